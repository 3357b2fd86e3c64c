"""Says: every reason that a condition or an event has, with what it means and what to do next. One table."""

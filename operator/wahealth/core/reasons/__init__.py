"""Messages: every reason of a condition or an event, with what it means and what to do next. One table."""

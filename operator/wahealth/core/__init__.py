"""Decides: from answers to a verdict, from a verdict to what is written. No clock, no luck, no I/O."""

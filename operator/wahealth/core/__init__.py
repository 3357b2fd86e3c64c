"""Decides: from answers to a verdict, and from a verdict to what is written. No clock, no randomness, no I/O."""

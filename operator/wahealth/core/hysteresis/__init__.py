"""Confirms: when a change counts, what the status shows until then, and what is remembered between rounds."""

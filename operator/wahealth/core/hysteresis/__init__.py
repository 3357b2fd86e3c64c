"""Confirms: when a change counts, what is shown while it is waited for, and what is remembered between rounds."""

"""Tells: what a change of what is confirmed has to tell, and how often."""

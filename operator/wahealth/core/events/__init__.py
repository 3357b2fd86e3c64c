"""Tells: what a change of what is believed has to tell, and how often."""

"""Judges: from what is seen to what one round says, with the graces that are over taken into account."""

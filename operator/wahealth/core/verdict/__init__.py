"""Judges: from the observation of one round to its verdict, with expired graces taken into account."""

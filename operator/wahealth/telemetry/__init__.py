"""Logs and metrics of the programs themselves."""

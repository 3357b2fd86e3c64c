"""Replays answers offline: what the operator would write, by the same code, without a cluster."""

"""Observes: the outcomes of a round, with what is remembered of earlier ones, before anything is judged."""

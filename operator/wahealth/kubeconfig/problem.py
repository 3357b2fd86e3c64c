"""What cannot be used, in a sentence."""

from __future__ import annotations


class NotUsable(Exception):
    """Why nobody can be signed in by this kubeconfig, and what to do next: one sentence without its full stop. It
    holds no word of a credential."""

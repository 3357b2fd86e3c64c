"""The error that a kubeconfig leads to."""

from __future__ import annotations


class NotUsable(Exception):
    """Why this kubeconfig cannot be used, and what to do next: one sentence without its full stop, and without any part
    of a credential."""

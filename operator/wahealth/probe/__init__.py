"""Asks: the vendor's health node over the network, and its bytes into a report. Knows nothing of Kubernetes."""

import sys

# httpx imports its own command line, with click, rich and pygments, where they are there: 8 MB and 200 ms for nothing.
# Without that module it does without, as it does where click is not installed.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]

"""Asks: the vendor's health node over the network, and its bytes into a report. Knows nothing of Kubernetes."""

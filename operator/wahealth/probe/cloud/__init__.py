"""The Cloud API: how a number is asked about, at each provider, and what the answers say."""

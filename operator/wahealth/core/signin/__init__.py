"""How a probe is authenticated: by an API key, by a token, or by a login that returns a token."""

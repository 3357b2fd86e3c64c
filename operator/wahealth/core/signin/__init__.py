"""How a question is signed in: by an API key, by a token, by a login that gives one."""

"""How we speak with the API server: signed in, asked, watched, and what is known of its absence."""

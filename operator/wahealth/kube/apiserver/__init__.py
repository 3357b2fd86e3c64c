"""The client of the API server: sessions, requests, list and watch, back-off and outages."""

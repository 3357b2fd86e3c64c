"""The Cloud API in our own types: the answer about one phone number, and errors. No verdict."""

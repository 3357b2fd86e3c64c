"""The Cloud API in our words: what an answer about one phone number says, and what an error says. No verdict."""

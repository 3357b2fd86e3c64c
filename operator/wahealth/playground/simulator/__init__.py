"""A simulated WhatsApp Business API client: what the vendor documents of its health node, and what was seen of it."""

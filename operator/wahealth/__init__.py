"""The health of WhatsApp Business API clients as a Kubernetes resource."""

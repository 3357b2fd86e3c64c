"""What one round says of a phone number of the Cloud API: its situation, its nodes, its conditions."""

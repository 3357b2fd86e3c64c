"""What was believed of a resource, from its newest state to the oldest of the last twenty."""

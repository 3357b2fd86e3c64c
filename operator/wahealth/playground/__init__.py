"""What a newcomer runs first: a real control plane on this machine, simulated clients, the demo."""

"""The playground for newcomers and tests: a real control plane on this machine, simulated clients, the demo."""

"""A real control plane on this machine, with simulated nodes or a real one: gets its programs, runs and stops them."""

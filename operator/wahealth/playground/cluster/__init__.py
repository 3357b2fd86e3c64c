"""A real control plane on this machine, with simulated nodes: where its programs come from, how they run and end."""

"""The operator: watches resources, workloads and pods, asks, and writes status and events."""

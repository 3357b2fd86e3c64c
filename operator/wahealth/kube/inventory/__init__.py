"""The workloads, Services and pods of the cluster, from watches: small tuples of what a probe needs."""

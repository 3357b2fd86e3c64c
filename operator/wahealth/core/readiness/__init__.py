"""Readiness: whether a pod may receive what its Service sends. From a view of the whole client to that of one pod."""

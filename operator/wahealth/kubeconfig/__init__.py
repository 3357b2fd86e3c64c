"""Any kubeconfig that kubectl takes: read, signed in, and one question asked. No library of Kubernetes is imported.

`kubernetes` would cost the command line one to two seconds and 30 MB; and it knows neither impersonation nor SOCKS.
What client-go does is done here too, or a sentence says what to do instead.
"""

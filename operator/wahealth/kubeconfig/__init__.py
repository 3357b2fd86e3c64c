"""Reads any kubeconfig that kubectl accepts, signs in with it and sends one request, without a Kubernetes library.

The package `kubernetes` would cost the command line one to two seconds and 30 MB, and it supports neither impersonation
nor SOCKS. This package does what client-go does, or raises a sentence that says what to do instead.
"""

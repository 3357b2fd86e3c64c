"""The fast lane: a round that repeats the last one costs an exchange and a comparison.

Whoever deletes this folder, and its door in `kube.scheduler`, has a correct and slower operator.
"""

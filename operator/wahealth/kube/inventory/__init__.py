"""What is there now, from watches: small tuples of just what a probe needs, nothing read in a round."""

"""What is seen: the outcomes of a round and what is remembered of earlier ones, before anything is judged."""

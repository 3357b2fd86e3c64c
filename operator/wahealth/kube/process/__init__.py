"""The operator as a process among others: who leads, whether it is late, what it tells of itself."""

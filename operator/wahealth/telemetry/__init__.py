"""What the programs tell of themselves."""

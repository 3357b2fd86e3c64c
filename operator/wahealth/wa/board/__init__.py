"""`kubectl wa board`: a page on the loopback address, fed by a watch with the user's own rights. It changes nothing."""

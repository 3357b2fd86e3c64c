"""`kubectl wa top` as a live view: fed by a watch, drawn by Textual, which is an extra."""

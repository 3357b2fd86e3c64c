"""What serves the operator alone: when to ask and who asks, whose fault a loss is, what is written onto pods. Pure."""

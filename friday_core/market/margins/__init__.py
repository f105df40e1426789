"""What a position or an order in India ties up, estimated from dated tables; never below, as far as known."""

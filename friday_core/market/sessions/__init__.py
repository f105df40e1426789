"""When the exchanges of a market trade, and in which phases, from dated tables."""

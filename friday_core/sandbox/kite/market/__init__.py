"""What anyone may see of the market, never later than its clock: instruments, phases, prices, depth, candles."""

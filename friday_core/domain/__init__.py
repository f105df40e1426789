"""The words of the market: frozen values without I/O."""

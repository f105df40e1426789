"""Friday: market data to a trade, in research, on paper and live, with the same plugin."""

__version__ = "0.1.0"

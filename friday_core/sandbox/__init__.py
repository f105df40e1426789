"""Counterparties to try a broker's plugin and a session on: processes of their own, with books of their own."""

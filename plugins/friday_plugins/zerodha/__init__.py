"""Zerodha, over Kite Connect: one connection, and the roles that share it."""

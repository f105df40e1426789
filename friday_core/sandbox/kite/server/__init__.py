"""The sandbox's edge: HTTP, sockets, sessions and limits in front of a market and an account."""

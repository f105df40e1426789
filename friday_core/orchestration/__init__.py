"""Lifecycle of components and the host that runs a session."""

"""The exchange of a simulation."""

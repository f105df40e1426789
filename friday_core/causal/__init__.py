"""Causal programs: columns that cannot see the future."""

"""Facts of the market with their dates: charges and taxes. Never constants in code."""

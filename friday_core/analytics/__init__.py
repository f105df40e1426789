"""What a result says."""

"""Two traders with the official client: one that survives the faults of the sandbox, and one that does not."""

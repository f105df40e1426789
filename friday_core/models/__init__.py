"""Models: what is known when, versions fitted as time goes by, immutable blobs to step, and what skill they have."""

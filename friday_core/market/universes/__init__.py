"""Which instruments belonged to an index on a day, so that a test does not know who survived."""

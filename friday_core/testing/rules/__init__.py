"""The rules of each role: what is promised, why, and what to do about a breach."""

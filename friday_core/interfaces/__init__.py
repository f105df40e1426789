"""The roles that plugins play: one small interface a file."""

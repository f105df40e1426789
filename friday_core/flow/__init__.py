"""Streams: validation, transformation, alignment."""

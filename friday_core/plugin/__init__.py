"""How components are found, declared and put together."""

"""Built-in plugins: no privilege over third parties."""

"""For authors of plugins: builders, doubles, and the rules that every plugin keeps; pytest runs them."""

"""Stretches of slices on which strategies are called and nothing else can happen."""

"""Builders and doubles for the tests of plugin authors."""

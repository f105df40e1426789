"""Plugins as their authors write them: the text of a module."""

from __future__ import annotations

#: A strategy that is called event by event and wants nothing.
EVENTS = """
from friday_core.api import ComponentSpec, Strategy, hookimpl

class Patient(Strategy):
    def on_event(self, event, book):
        return None

@hookimpl
def friday_components():
    return [ComponentSpec("strategy", "patient", Patient)]
"""

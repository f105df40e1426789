"""Role ``sizer``: from an opinion to a weight."""

from __future__ import annotations

from abc import ABC, abstractmethod

from friday_core.domain.market import Bar
from friday_core.domain.signals import Signal, Target
from friday_core.interfaces.component import Component
from friday_core.interfaces.strategy import BookView


class Sizer(Component, ABC):
    """Turns a signal into a target weight of the book's equity."""

    #: Columns that the bars must carry; checked before the session starts.
    inputs: tuple[str, ...] = ()

    @abstractmethod
    def size(self, signal: Signal, bar: Bar, book: BookView) -> Target | None:
        """The target, or ``None`` for no decision. ``bar`` is the signal's own, of this slice."""

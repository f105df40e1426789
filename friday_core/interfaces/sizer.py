"""Role ``sizer``: from an opinion to a weight."""

from __future__ import annotations

from abc import ABC, abstractmethod

from friday_core.domain.market import Bar
from friday_core.domain.signals import Signal, Target
from friday_core.interfaces.component import Component
from friday_core.interfaces.strategy import BookView


class Sizer(Component, ABC):
    """Turns a signal into a target weight of the book's equity.

    Risk comes afterwards: a target is a wish. A sizer that raises sizes nothing, and the
    decision is recorded as ``SIZER_RAISED``.

    A plugin, complete; at full strength every position gets the same share of the equity::

        from friday_core.api import ComponentSpec, PluginSettings, Sizer, Target, hookimpl


        class Settings(PluginSettings):
            positions: int = 10


        class EqualShare(Sizer):
            def __init__(self, settings):
                self.share = 1 / settings.positions

            def size(self, signal, bar, book):
                return Target(signal.instrument, signal.strength * self.share, signal.reason)


        @hookimpl
        def friday_components():
            return [ComponentSpec("sizer", "equal_share", EqualShare, Settings)]
    """

    #: Columns that the bars must carry; checked before the session starts.
    inputs: tuple[str, ...] = ()
    #: For kernels: ``size`` is ``Target(signal.instrument, signal.strength * share, signal.reason)`` for every signal,
    #: and nothing else. ``None`` for other sizers; whoever overrides ``size`` sets it anew.
    share: float | None = None

    @abstractmethod
    def size(self, signal: Signal, bar: Bar, book: BookView) -> Target | None:
        """The target, or ``None`` for no decision. ``bar`` is the signal's own, of this slice."""

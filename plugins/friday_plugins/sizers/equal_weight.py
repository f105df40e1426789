"""Sizer ``equal_weight``: every instrument has the same share of the equity."""

from __future__ import annotations

from pydantic import Field

from friday_core.api import Bar, BookView, ComponentSpec, PluginSettings, Signal, Sizer, Target, Universe, hookimpl


class Settings(PluginSettings):
    positions: int | None = Field(
        None, ge=1, description="Positions that share the equity; not set: as many as the source has instruments."
    )
    invested: float = Field(1.0, gt=0, description="Share of equity of all positions together, at strength 1.")


class EqualWeight(Sizer):
    """``weight = strength * invested / N``, N being ``positions`` or the number of the run's instruments.

    N does not count the signals that are active: a new signal would then shrink positions that
    nobody decided about, and the first signal of a slice would be sized otherwise than the last. A
    strategy that sees some of the instruments only needs ``positions`` for its full share.
    """

    share: float

    def __init__(self, settings: Settings, universe: Universe) -> None:
        self.share = settings.invested / (settings.positions or max(1, len(universe)))

    def size(self, signal: Signal, bar: Bar, book: BookView) -> Target:  # noqa: ARG002 - needs neither
        return Target(signal.instrument, signal.strength * self.share, signal.reason)


@hookimpl
def friday_components() -> list[ComponentSpec]:
    return [ComponentSpec("sizer", "equal_weight", EqualWeight, Settings, {"universe": "universe"})]

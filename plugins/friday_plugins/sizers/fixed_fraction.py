"""Sizer ``fixed_fraction``: the same share of equity for every full-strength signal."""

from __future__ import annotations

from pydantic import Field

from friday_core.api import Bar, BookView, ComponentSpec, PluginSettings, Signal, Sizer, Target, hookimpl


class Settings(PluginSettings):
    fraction: float = Field(0.1, gt=0, le=1, description="Share of equity at strength 1.")


class FixedFraction(Sizer):
    """``weight = fraction * strength``."""

    share: float

    def __init__(self, settings: Settings) -> None:
        self.share = settings.fraction

    def size(self, signal: Signal, bar: Bar, book: BookView) -> Target:  # noqa: ARG002 - needs neither
        return Target(signal.instrument, signal.strength * self.share, signal.reason)


@hookimpl
def friday_components() -> list[ComponentSpec]:
    return [ComponentSpec("sizer", "fixed_fraction", FixedFraction, Settings)]

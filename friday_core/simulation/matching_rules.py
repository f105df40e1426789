"""How pessimistic a simulated exchange is: in whole numbers, and as people write it."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Literal, Self

from pydantic import Field, model_validator

from friday_core.plugin.spec import PluginSettings
from friday_core.simulation.fill_rules import PPM

_SECOND = 1_000_000


class FillAt(enum.StrEnum):
    """The price that a market order gets, before slippage.

    ``NEXT_OPEN`` is the open of the first bar after the decision, ``NEXT_CLOSE`` the close of that bar.
    ``THIS_CLOSE`` is the very close at which it was decided: it looks ahead by one print, for nobody can
    decide at a price and be given it. It is there to be compared with engines that do so.
    """

    NEXT_OPEN = "next_open"
    NEXT_CLOSE = "next_close"
    THIS_CLOSE = "this_close"


@dataclass(frozen=True, slots=True)
class MatchingRules:
    """How pessimistic the simulated exchange is.

    ``latency`` is in slices and is for whoever sets ``active_from``; ``latency_us`` is the same in
    microseconds, and both have to pass. ``slippage_ticks``, ``spread_ppm``, ``impact_ppm`` and ``range_ppm``
    worsen the price of market and stop orders, one added to the other. ``participation_ppm`` is the
    largest share of a bar's volume that all orders together may take; ``None`` is no limit.
    ``protection_ppm`` is for orders that name none; ``band_ppm`` is how far prices may move from the close
    of the session before. Those in parts per million are 0 to 1,000,000, and 0 is none.
    """

    latency: int = 0
    slippage_ticks: int = 0
    participation_ppm: int | None = None
    latency_us: int = 0
    spread_ppm: int = 0
    impact_ppm: int = 0
    range_ppm: int = 0
    protection_ppm: int = 0
    band_ppm: int = 0
    fill: FillAt = FillAt.NEXT_OPEN

    def __post_init__(self) -> None:
        if min(self.latency, self.latency_us, self.slippage_ticks) < 0:
            latency = f"{self.latency} slices and {self.latency_us} microseconds"
            raise ValueError(f"latency {latency} and slippage {self.slippage_ticks} must not be negative")
        if self.participation_ppm is not None and not 0 < self.participation_ppm <= PPM:
            raise ValueError(f"participation {self.participation_ppm} must be 1 to {PPM} parts per million")
        for name in ("spread_ppm", "impact_ppm", "range_ppm", "protection_ppm", "band_ppm"):
            if not 0 <= getattr(self, name) <= PPM:
                raise ValueError(f"{name} {getattr(self, name)} must be 0 to {PPM} parts per million")
        if self.fill is FillAt.THIS_CLOSE and (self.latency or self.latency_us):
            raise ValueError("orders that trade at the close at which they were decided have no latency")


class MatchingSettings(PluginSettings):
    """Settings of a simulated broker that fills from bars; a broker with more of them derives its own."""

    latency: int = Field(0, ge=0, description="Slices an order takes to reach the market, after the next one.")
    latency_seconds: float = Field(
        0.0, ge=0, le=3600, description="The same in time: no open is traded at that was printed before it is over."
    )
    slippage_ticks: int = Field(1, ge=0, description="Ticks by which market and stop orders trade worse.")
    slippage_spread: float = Field(
        0.0, ge=0, le=1, description="Spread as a share of the price, of which these orders pay half besides."
    )
    slippage_impact: float = Field(
        0.0, ge=0, le=1, description="Times the squared share of the bar's volume: what they move the price besides."
    )
    slippage_range: float = Field(
        0.0, ge=0, le=1, description="Share of the bar's high less low by which they trade worse besides."
    )
    participation: float | None = Field(
        None, ge=1 / PPM, le=1, description="Largest share of a bar's volume that all orders may take."
    )
    protection: float = Field(
        0.0, ge=0, le=1, description="Share of the latest price beyond which market orders and stops do not trade."
    )
    band: float = Field(
        0.0, ge=0, le=1, description="Share by which prices may differ from the close of the session before."
    )
    fill: Literal["next_open", "next_close", "this_close"] = Field(
        "next_open",
        description="Where market orders trade: next_open, next_close, or this_close, which looks ahead by one print.",
    )

    @model_validator(mode="after")
    def _agree(self) -> Self:
        _ = self.rules
        return self

    @property
    def rules(self) -> MatchingRules:
        """The same in integers: shares are rounded to parts per million, time to microseconds."""
        share = self.participation
        return MatchingRules(
            self.latency,
            self.slippage_ticks,
            None if share is None else round(share * PPM),
            latency_us=round(self.latency_seconds * _SECOND),
            spread_ppm=round(self.slippage_spread * PPM),
            impact_ppm=round(self.slippage_impact * PPM),
            range_ppm=round(self.slippage_range * PPM),
            protection_ppm=round(self.protection * PPM),
            band_ppm=round(self.band * PPM),
            fill=FillAt(self.fill),
        )

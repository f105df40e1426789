"""Section ``[market]`` of a scenario: which market it is, and how fast its time goes."""

from __future__ import annotations

import datetime as dt

import msgspec

from friday_core.sandbox.kite.market.bands import Bands
from friday_core.sandbox.kite.market.hours import Hours, day_number, midnight
from friday_core.sandbox.kite.values import IST, SECOND, Listed

#: Shares open at 09:15.
_OPEN = (9 * 60 + 15) * 60 * SECOND
_NOW = "now"
_ANY_SHARE = Listed(1 << 8 | 1, "NSE", "SHARE", "SHARE", "NSE", "EQ", 5, 1)


class MarketSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Time begins at ``start``, ``yyyy-mm-dd HH:MM:SS`` IST, or ``now``: without it at the first moment of a
    price file, or at 09:15 of the latest session.

    From then on it goes ``speed`` times as fast as the wall clock; at 0 control calls move it. ``instruments`` is a
    list of Kite's; ``seed`` is what synthetic prices are made from. ``always_open`` is for tests that run at any
    time. ``share_band`` and ``dynamic_band`` are per cent of the close before.
    """

    start: str = ""
    speed: float = 1.0
    seed: int = 1
    instruments: str = ""
    always_open: bool = False
    share_band: float = 20.0
    dynamic_band: float = 10.0

    def __post_init__(self) -> None:
        if self.speed < 0 or min(self.share_band, self.dynamic_band) <= 0:
            raise ValueError("speed must not be negative, share_band and dynamic_band are above 0")
        if self.start not in ("", _NOW):
            try:
                dt.datetime.fromisoformat(self.start)
            except ValueError:
                form = "yyyy-mm-dd HH:MM:SS, the time in India, or now"
                raise ValueError(f"start is {self.start!r}, and must be written as {form}") from None

    def begin(self, wall: int) -> int:
        """When the market's time begins, for a sandbox that is made at a time of the wall clock."""
        if self.start == _NOW:
            return wall
        if self.start:
            return round(dt.datetime.fromisoformat(self.start).replace(tzinfo=IST).timestamp()) * SECOND
        return midnight(Hours(always_open=self.always_open).last_session(_ANY_SHARE, day_number(wall) + 1)) + _OPEN

    def bands(self) -> Bands:
        return Bands(share=self.share_band, dynamic=self.dynamic_band)

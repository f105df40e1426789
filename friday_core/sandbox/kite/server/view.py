"""Prices as the server shows them: the market's, stamped by a clock that may be wrong."""

from __future__ import annotations

import msgspec

from friday_core.sandbox.kite.server.parts import Market
from friday_core.sandbox.kite.values import SECOND, Snapshot


class View:
    """What the market shows, with its stamps off by as much as a fault wants."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._skew, self._until = 0, 0

    def skew(self, seconds: float, until_ts: int) -> None:
        """The stamps are off by so much, until a time of the market."""
        self._skew, self._until = round(seconds * SECOND), until_ts

    def look(self, token: int) -> Snapshot | None:
        """An instrument as it is seen now; ``None`` before its first price."""
        seen = self._market.snapshot(token)
        if seen is None or not self._skew or self._market.now >= self._until:
            return seen
        traded = seen.last_trade_ts and seen.last_trade_ts + self._skew
        return msgspec.structs.replace(seen, ts=seen.ts + self._skew, last_trade_ts=traded)

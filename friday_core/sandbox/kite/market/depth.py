"""Who stands in the market beside the last price: five levels a side, as a seed has them."""

from __future__ import annotations

from typing import NamedTuple

from friday_core.sandbox.kite.market.draws import digest
from friday_core.sandbox.kite.values import Level, Listed

LEVELS = 5
#: Rupees that stand at a level, about.
_VALUE = 150_000
_MOST_OF_VOLUME = 50


class Depth(NamedTuple):
    """Levels, the best one first, and what all of a side want, also beyond the levels."""

    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    buy_quantity: int
    sell_quantity: int


NOBODY = Depth((), (), 0, 0)


def depth(listed: Listed, seed: int, ts: int, price: int, *, volume: int, limits: tuple[int, int]) -> Depth:
    """As the last price left it: that is the best bid or the best offer, and the other one is a tick or two away.

    A function of what it is asked with alone. Nobody stands outside of the limits, so that at a limit one side is
    empty, and nobody in an index.
    """
    if listed.is_index or not listed.lot:
        return NOBODY
    luck = digest(32, seed, listed.key, ts, price)
    spread = 1 + (luck[0] > 200)  # of about one price in five
    lower, upper = limits
    is_ask = price <= lower or (price < upper and luck[1] & 1)
    tick = listed.tick or 1
    ask = price if is_ask else price + spread * tick
    size = _size(listed, price, volume)
    bids = _side(ask - spread * tick, -tick, limits, size, luck=luck[2:12], lot=listed.lot)
    asks = _side(ask, tick, limits, size, luck=luck[12:22], lot=listed.lot)
    behind = [
        size * (20 + one) * listed.lot if side else 0 for one, side in zip(luck[22:24], (bids, asks), strict=True)
    ]
    return Depth(
        bids, asks, *(sum(one.quantity for one in side) + more for side, more in zip((bids, asks), behind, strict=True))
    )


def _size(listed: Listed, price: int, volume: int) -> int:
    """Lots at a level: thin where little has traded."""
    usual = int(_VALUE * 10**listed.decimals / max(price, 1) / listed.lot)
    return max(min(usual, volume // listed.lot // _MOST_OF_VOLUME), 1)


def _side(best: int, step: int, limits: tuple[int, int], size: int, *, luck: bytes, lot: int) -> tuple[Level, ...]:
    lower, upper = limits
    rows = []
    for place in range(LEVELS):
        price = best + place * step
        if lower <= price <= upper:
            quantity = max(size * (32 + luck[2 * place]) // 128, 1) * lot
            rows.append(Level(price, quantity, min(1 + luck[2 * place + 1] % 12, quantity // lot)))
    return tuple(rows)

"""Lots of one instrument, first in, first out: no share and no minor unit is ever lost."""

from __future__ import annotations

from collections import deque

import msgspec

from friday_core.domain.money import divide_half_even


class Lot(msgspec.Struct, frozen=True):
    """Shares that were opened together.

    ``quantity`` is negative for a short. ``cost`` is the total in minor units and has the
    quantity's sign: what a long paid, or minus what a short received; so the unrealised profit is
    value less cost for both. ``ts_opened`` is microseconds UTC.
    """

    quantity: int
    cost: int
    ts_opened: int


def close_oldest(lots: deque[Lot], quantity: int) -> int:
    """Take ``quantity`` shares (a positive count, at most what is there) out; returns their cost.

    A lot that is closed in part gives up its share of the cost, rounded half-even, and keeps the
    remainder.
    """
    cost = 0
    while quantity:
        lot = lots.popleft()
        held = abs(lot.quantity)
        if held <= quantity:
            cost += lot.cost
            quantity -= held
            continue
        part = divide_half_even(lot.cost * quantity, held)
        left = lot.quantity - quantity if lot.quantity > 0 else lot.quantity + quantity
        lots.appendleft(Lot(left, lot.cost - part, lot.ts_opened))
        cost += part
        quantity = 0
    return cost


def split(lots: deque[Lot], numerator: int, denominator: int) -> deque[Lot]:
    """The lots after a split: together ``|q| * numerator // denominator`` shares at the same cost.

    Whole shares go to the lots by largest remainder, the older lot first in a tie. A lot that
    is left without a share gives its cost to the next lot, the last ones to the lot before. The
    result is empty, and the cost is the caller's to book, if no whole share is left.
    """
    total = sum(abs(lot.quantity) for lot in lots) * numerator // denominator
    shares = [divmod(abs(lot.quantity) * numerator, denominator) for lot in lots]
    counts = [whole for whole, _ in shares]
    by_remainder = sorted(range(len(lots)), key=lambda n: -shares[n][1])
    for n in by_remainder[: total - sum(counts)]:
        counts[n] += 1
    result: deque[Lot] = deque()
    carried = 0
    for lot, count in zip(lots, counts, strict=True):
        carried += lot.cost
        if count:
            result.append(Lot(count if lot.quantity > 0 else -count, carried, lot.ts_opened))
            carried = 0
    if carried and result:
        last = result.pop()
        result.append(Lot(last.quantity, last.cost + carried, last.ts_opened))
    return result

"""Crosses between books: what one strategy sells and another buys on the same row, at one price, without charges."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.orders import Side, WorkingOrder
from friday_core.trading.parts import Part, lots, shares
from friday_core.trading.risk import largest_affordable

#: After so many rounds whoever is short of cash does not cross.
_ROUNDS = 20


@dataclass(frozen=True, slots=True)
class Meeting:
    """Orders of several books that meet in one instrument at ``price`` units, both sides in arrival order."""

    instrument: Instrument
    price: int
    buys: Sequence[WorkingOrder]
    sells: Sequence[WorkingOrder]

    def parts(self, most: Mapping[str, int]) -> list[Part]:
        """Both sides get as much as the smaller one has, buys by the ``most`` that each can pay for."""
        wanted = [most[order.order.tag] for order in self.buys]
        offered = [order.remaining for order in self.sells]
        quantity = min(sum(wanted), sum(offered))
        return [*self._shared(self.sells, quantity, offered), *self._shared(self.buys, quantity, wanted)]

    def _shared(self, orders: Sequence[WorkingOrder], quantity: int, weights: Sequence[int]) -> list[Part]:
        """The same quantity and notional on either side, so that a cross neither makes nor loses money."""
        takes = lots(quantity, weights, self.instrument.lot_size)
        notionals = shares(self.instrument.notional(self.price, quantity), takes)
        return [Part(order, takes[n], self.price, notionals[n]) for n, order in enumerate(orders) if takes[n]]


def crossed(meetings: Sequence[Meeting], cash: Mapping[str, int]) -> list[Part]:
    """All crosses of a row together, sells first, so that what a book sells here pays for what it buys here.

    Buyers are cut to their strategies' cash in the order of the meetings, and crosses made anew with
    what they can pay for, until everybody can pay. Who still cannot after some rounds does not cross.
    """
    instruments = {meeting.instrument.id: meeting.instrument for meeting in meetings}
    most = {order.order.tag: order.remaining for meeting in meetings for order in meeting.buys}
    for made in itertools.count():
        parts = [part for meeting in meetings for part in meeting.parts(most)]
        cut = _cut_to_cash(parts, instruments, cash)
        if not cut:
            break
        # Money that runs in a circle loses a lot in each round, and may take thousands of them to settle.
        most.update(cut if made < _ROUNDS else dict.fromkeys(cut, 0))
    return sorted(parts, key=lambda part: part.order.order.side is Side.BUY)


def _cut_to_cash(
    parts: Sequence[Part], instruments: Mapping[InstrumentId, Instrument], cash: Mapping[str, int]
) -> dict[str, int]:
    """How much those buys can pay for, by tag, that cannot pay for their part."""
    left = dict(cash)
    for part in parts:
        if part.order.order.side is Side.SELL:
            left[part.strategy] -= part.cost
    cut: dict[str, int] = {}
    for part in parts:
        order, funds, cost = part.order.order, left[part.strategy], part.cost
        if order.side is Side.SELL:
            continue
        if cost > funds:
            instrument = instruments[order.instrument]
            cut[order.tag] = _affordable(part, funds, instrument)
            cost = instrument.notional(part.price, cut[order.tag])
        left[part.strategy] -= cost
    return cut


def _affordable(part: Part, funds: int, instrument: Instrument) -> int:
    """The most that the funds pay for, in whole lots; less than the part."""
    lot = instrument.lot_size
    return largest_affordable(
        part.quantity - lot, funds, lot, lambda quantity: instrument.notional(part.price, quantity)
    )

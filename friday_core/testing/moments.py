"""What sizers, risk rules and matchers are asked about: bars, books, signals and proposals of a market."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.market import Bar
from friday_core.domain.orders import Order, OrderType, Side
from friday_core.domain.signals import Signal, Target
from friday_core.flow.coarser import Slices
from friday_core.interfaces.risk_adjuster import RiskState
from friday_core.interfaces.risk_rule import Proposal
from friday_core.interfaces.strategy import BookView
from friday_core.session.slices import Slice, slices_of
from friday_core.testing.doubles import book_view
from friday_core.testing.markets import Market
from friday_core.testing.sessions import FIRST

STRENGTHS = (1.0, 0.4, 0.0, -0.4, -1.0)
STATES = (
    RiskState(),
    RiskState(drawdown=0.08, deepest=0.15, day_loss=0.02),
    RiskState(drawdown=0.6, deepest=0.9, day_loss=0.5),
    RiskState(day_loss=-0.03),
)


def slices(market: Market, columns: Sequence[str] = ()) -> list[Slice]:
    """The market as strategies and matchers see it."""
    return list(slices_of(Slices(market.stamped(columns), {}), 0, market.universe))


def bars(market: Market, columns: Sequence[str] = ()) -> list[Bar]:
    """Every seventh bar that has a close; every column is missing on some of them."""
    found = [bar for moment in slices(market, columns) for bar in moment.bars if bar.close > 0.0]
    return found[::7]


def books(bar: Bar) -> Iterator[BookView]:
    """An empty book, and books long and short of the bar's instrument."""
    own, price = bar.instrument, max(1, bar.raw.close)
    yield book_view()
    yield book_view(held={own: 40 * own.lot_size}, price=price)
    yield book_view(held={own: -40 * own.lot_size}, price=price, working={own.id: 10 * own.lot_size})


def signals(instrument: InstrumentId) -> list[Signal]:
    return [Signal(instrument, strength, "of the kit") for strength in STRENGTHS]


def targets(instrument: InstrumentId) -> list[Target]:
    return [Target(instrument, weight, "of the kit") for weight in (0.3, 0.02, -0.2)]


def proposals(own: Instrument, price: int) -> Iterator[tuple[Proposal, BookView]]:
    """Orders of each side and type that open, add to, reduce, close and turn a position, each with its book."""
    lot = own.lot_size
    for held in (0, 40 * lot, -40 * lot):
        book = book_view(held={own: held} if held else {}, price=max(1, price))
        for side in Side:
            for quantity in (lot, 40 * lot, 100 * lot):
                for kind in OrderType:
                    order = _order(own, side, quantity, kind, price)
                    after = held + side.sign * quantity
                    yield Proposal(order, own, price, held, after, FIRST, {own.id: price}), book


def reduces(proposal: Proposal) -> bool:
    """Whether all of it closes what is held."""
    held, after = proposal.position, proposal.after
    return held != 0 and abs(after) < abs(held) and (after == 0 or math.copysign(1, after) == math.copysign(1, held))


def _order(own: Instrument, side: Side, quantity: int, kind: OrderType, price: int) -> Order:
    return Order(
        own.id,
        side,
        quantity,
        kind,
        limit_price=price if kind.has_limit else None,
        trigger_price=price if kind.has_trigger else None,
        tag=f"FKIT{side.value}{quantity}{kind.value}"[:20],
        strategy="trial",
    )

"""What a risk rule is told besides the order: the date, and the latest prices."""

from __future__ import annotations

from collections.abc import Mapping

from fakes.bars import A, B, C, flat
from fakes.session import Script, Session

from friday_core.domain.chunk import MISSING_PRICE
from friday_core.domain.instruments import InstrumentId
from friday_core.domain.orders import Order, OrderType, Side
from friday_core.interfaces.risk_rule import Proposal, RiskRule, Ruling
from friday_core.interfaces.strategy import BookView


class Listener(RiskRule):
    """Lets everything pass and remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[int, Mapping[InstrumentId, int]]] = []

    def check(self, proposal: Proposal, book: BookView) -> Ruling:
        self.told.append((proposal.session, dict(proposal.prices)))
        return Ruling(proposal.order.quantity)


def buy(instrument: InstrumentId, limit: int | None = None) -> Order:
    return Order(instrument, Side.BUY, 1, OrderType.MARKET if limit is None else OrderType.LIMIT, limit_price=limit)


def test_it_is_told_the_trading_date() -> None:
    listener = Listener()
    Session(Script({1: [buy(A)], 3: [buy(A)]}), rules={"all": listener}).run([flat(n, A, 100) for n in (1, 2, 3)])
    assert [session for session, _ in listener.told] == [1, 3]


def test_it_is_told_the_closes_of_the_slice_and_none_that_is_missing() -> None:
    listener = Listener()
    rows = [flat(1, A, 100), flat(1, B, 200), flat(1, C, MISSING_PRICE)]
    Session(Script({1: [buy(A)]}), rules={"all": listener}).run(rows)
    assert listener.told == [(1, {A: 100, B: 200})]


def test_what_is_held_or_on_order_and_has_no_bar_is_told_at_its_mark_or_its_limit() -> None:
    listener = Listener()
    script = Script({1: [buy(B), buy(C, limit=250)], 3: [buy(A)]})
    rows = [flat(1, A, 100), flat(1, B, 200), flat(1, C, 300), flat(2, B, 210), flat(3, A, 120)]
    session = Session(script, rules={"all": listener})
    session.run(rows)
    assert listener.told[-1] == (3, {A: 120, B: 210, C: 250})

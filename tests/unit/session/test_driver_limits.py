"""Limits in a session: what they hold back, at the exact boundary, and that they never hold a book in a position."""

from __future__ import annotations

from typing import Any

import pytest
from fakes.bars import UNIVERSE, A, B, Row, flat
from fakes.session import Script, Session

from friday_core.domain.chunk import Universe
from friday_core.domain.instruments import Instrument
from friday_core.domain.market import CorporateAction
from friday_core.domain.orders import Order, OrderType, Side, TimeInForce
from friday_core.domain.records import CancelOrder
from friday_core.domain.signals import Target
from friday_core.interfaces.risk_rule import Proposal, RiskRule, Ruling
from friday_core.interfaces.strategy import BookView
from friday_plugins.risk_rules.long_only import LongOnly

BUY, SELL = Side.BUY, Side.SELL
GTC = TimeInForce.GTC


def limit(side: Side, quantity: int, price: int) -> Order:
    return Order(A, side, quantity, OrderType.LIMIT, limit_price=price, time_in_force=GTC)


def days(*prices: int) -> list[Row]:
    """A and B at the same price, one day each."""
    return [flat(day, one, price) for day, price in enumerate(prices, 1) for one in (A, B)]


# Drawdown and day's loss ------------------------------------------------------------------------


@pytest.mark.parametrize(("low", "code"), [(81, "SENT"), (80, "DRAWDOWN"), (79, "DRAWDOWN")])
def test_the_drawdown_latch_falls_at_the_exact_share_of_the_peak(low: int, code: str) -> None:
    # 10 A at 100 are all of the 1,000 of capital; at 80 a fifth of the peak is lost.
    script = Script({1: [Order(A, BUY, 10)], 3: [Order(B, SELL, 1)]})
    session = Session(script, capital=1_000, risk={"max_drawdown": 0.2}).run(days(100, 100, low, 100))
    assert session.codes[-1] == (3, "B", code)


def test_the_peak_is_the_highest_equity_so_far_not_the_capital() -> None:
    script = Script({1: [Order(A, BUY, 10)], 4: [Order(B, SELL, 1)]})
    session = Session(script, capital=1_000, risk={"max_drawdown": 0.2}).run(days(100, 100, 150, 120, 120))
    assert session.codes[-1] == (4, "B", "DRAWDOWN")


def test_the_drawdown_latch_stays_and_reductions_are_still_allowed() -> None:
    script = Script({1: [Order(A, BUY, 10)], 4: [Order(B, BUY, 1), Order(A, SELL, 4)], 5: [Order(A, SELL, 8)]})
    session = Session(script, capital=1_000, risk={"max_drawdown": 0.2}).run(days(100, 100, 80, 200, 200, 200))
    # The second sell is 8 where 6 are held: 2 would open a short.
    assert session.asked_and_sent[1:] == [(-4, -4, "SENT"), (1, 0, "DRAWDOWN"), (-8, -6, "DRAWDOWN")]
    assert session.book.positions() == {}


def test_a_latch_ends_the_orders_that_would_add_and_leaves_those_that_reduce() -> None:
    # 200 of 1,500 are lost on day 3: the resting buy ends, so that nothing is bought at 70; the sell still fills.
    script = Script({1: [Order(A, BUY, 10)], 2: [limit(BUY, 5, 75), limit(SELL, 10, 120)]})
    session = Session(script, capital=1_500, risk={"max_drawdown": 0.1})
    session.run([flat(1, A, 100), flat(2, A, 100), flat(3, A, 80), flat(4, A, 130), flat(5, A, 70)])
    assert session.ended == [(2, "filled", 10, ""), (3, "cancelled", 0, "DRAWDOWN"), (4, "filled", 10, "")]
    assert session.fills == [(2, "A", 10, 100), (4, "A", -10, 130)]
    cancels = [intent for intents in session.intents for intent in intents if isinstance(intent, CancelOrder)]
    assert [one.reason for one in cancels] == [
        "DRAWDOWN: 13.33% below the peak now; 10.00% was reached: only reductions"
    ]


def test_an_order_that_would_go_through_zero_ends_with_a_latch_too() -> None:
    # 8 are held when the day is lost: a resting sell of 10 would open a short of 2.
    script = Script({1: [Order(A, BUY, 8)], 2: [limit(SELL, 10, 120)]})
    session = Session(script, capital=1_000, risk={"max_day_loss": 0.1}).run(days(100, 100, 80, 130))
    assert session.ended[-1] == (3, "cancelled", 0, "DAY_LOSS")


@pytest.mark.parametrize(("low", "code"), [(91, "SENT"), (90, "DAY_LOSS")])
def test_the_day_loss_latch_falls_at_the_exact_share_of_the_days_first_equity(low: int, code: str) -> None:
    script = Script({1: [Order(A, BUY, 10)], 3: [Order(B, SELL, 1)]})
    session = Session(script, capital=1_000, risk={"max_day_loss": 0.1}).run(days(100, 100, low, 100))
    assert session.codes[-1] == (3, "B", code)


def test_the_days_first_equity_is_that_of_the_evening_before() -> None:
    # The whole loss of day 3 is in its opening gap.
    script = Script({1: [Order(A, BUY, 10)], 3: [Order(B, SELL, 1)]})
    rows = [flat(1, A, 100), flat(2, A, 100), flat(3, A, 90), flat(3, B, 90)]
    session = Session(script, capital=1_000, risk={"max_day_loss": 0.1}).run(rows)
    assert session.codes[-1] == (3, "B", "DAY_LOSS")


def test_the_day_loss_latch_holds_all_day_and_is_gone_the_next() -> None:
    script = Script({1: [Order(A, BUY, 10)], 3: [Order(A, SELL, 1)], 4: [Order(A, BUY, 1)]})
    rows = [*days(100, 100, 90), flat(3, A, 200, minute=1), flat(4, A, 200)]
    session = Session(script, capital=1_000, risk={"max_day_loss": 0.1}).run(rows)
    assert session.codes[1:] == [(3, "A", "SENT"), (4, "A", "SENT")]


def test_a_split_is_no_loss() -> None:
    script = Script({1: [Order(A, BUY, 10)], 3: [Order(A, BUY, 1)]})
    rows = [flat(1, A, 100), flat(2, A, 100), flat(3, A, 50), flat(4, A, 50)]
    session = Session(script, capital=1_050, risk={"max_day_loss": 0.01, "max_drawdown": 0.01})
    session.run(rows, CorporateAction(A, 3, numerator=2, factor=2.0))
    assert session.codes[-1] == (3, "A", "SENT")


# Orders of a session ----------------------------------------------------------------------------


def test_so_many_orders_may_be_sent_in_a_session_and_reductions_beyond() -> None:
    buys = [Order(A, BUY, 1), Order(A, BUY, 2), Order(A, BUY, 3)]
    script = Script({1: buys, 2: [*buys, Order(A, SELL, 3)]})
    session = Session(script, risk={"max_orders_per_session": 2}).run(days(100, 100, 100))
    assert session.asked_and_sent == [
        (1, 1, "SENT"), (2, 2, "SENT"), (3, 0, "ORDER_COUNT"),
        (-3, -3, "SENT"), (1, 1, "SENT"), (2, 0, "ORDER_COUNT"), (3, 0, "ORDER_COUNT"),
    ]  # fmt: skip


# Value, weight, gross exposure ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("risk", "quantity", "sent", "code"),
    [
        ({"max_order_value": 9}, 9, 9, "SENT"),
        ({"max_order_value": 9}, 10, 9, "ORDER_VALUE"),
        ({"max_position_weight": 0.09}, 9, 9, "SENT"),
        ({"max_position_weight": 0.09}, 10, 9, "POSITION_WEIGHT"),
        ({"max_gross_exposure": 0.09}, 9, 9, "SENT"),
        ({"max_gross_exposure": 0.09}, 10, 9, "GROSS_EXPOSURE"),
    ],
)
@pytest.mark.parametrize("side", Side)
def test_a_limit_of_size_cuts_an_order_to_the_boundary(
    side: Side, risk: dict[str, Any], quantity: int, sent: int, code: str
) -> None:
    # Capital of 100 rupees, shares at 1 rupee: 9 of them are 9 rupees, and 9% of the equity.
    session = Session(Script({1: [Order(A, side, quantity)]}), capital=10_000, risk=risk).run(days(100))
    assert session.asked_and_sent == [(side.sign * quantity, side.sign * sent, code)]


def test_working_orders_use_up_weight_and_exposure() -> None:
    script = Script({1: [limit(BUY, 5, 100)], 2: [Order(A, BUY, 10)], 3: [Order(B, BUY, 50)]})
    risk = {"max_position_weight": 0.1, "max_gross_exposure": 0.12}
    rows = [Row(day, one, 101, 101, 100, 100) for day in (1, 2, 3) for one in (A, B)]
    session = Session(script, capital=10_000, risk=risk, matching={"latency": 5}).run(rows)
    # A: 10 at most, 5 work: 5 are left. B: 12 of all, 10 work: 2 are left.
    assert session.asked_and_sent == [(5, 5, "SENT"), (10, 5, "POSITION_WEIGHT"), (50, 2, "GROSS_EXPOSURE")]


def test_a_book_that_is_fully_invested_can_rotate_in_one_slice() -> None:
    script = Script({1: [Target(A, 1.0)], 2: [Target(A, 0.0), Target(B, 1.0)]})
    session = Session(script, capital=1_000, risk={"max_gross_exposure": 1.0}).run(days(100, 100, 100))
    assert session.fills == [(2, "A", 10, 100), (3, "A", -10, 100), (3, "B", 10, 100)]


def test_a_rotation_that_waits_leaves_no_room_and_takes_none_twice() -> None:
    script = Script({1: [Target(A, 1.0)], 3: [Target(A, 0.0), Target(B, 1.0)], 4: [Target(B, 1.0), Order(B, BUY, 1)]})
    session = Session(script, capital=1_000, risk={"max_gross_exposure": 1.0}, matching={"latency": 1})
    session.run(days(100, 100, 100, 100, 100))
    assert session.asked_and_sent[1:] == [
        (-10, -10, "SENT"),
        (10, 10, "SENT"),
        (0, 0, "NO_CHANGE"),
        (1, 0, "GROSS_EXPOSURE"),
    ]


def test_a_resting_order_that_would_close_makes_no_room_before_it_fills() -> None:
    # 10 A are all of the exposure; a limit sell far away does not allow a short of 10 B besides.
    script = Script({1: [Target(A, 1.0)], 2: [limit(SELL, 10, 500), Order(B, SELL, 10)]})
    session = Session(script, capital=1_000, risk={"max_gross_exposure": 1.0}).run(days(100, 100, 100))
    assert session.asked_and_sent[1:] == [(-10, -10, "SENT"), (-10, 0, "GROSS_EXPOSURE")]


def test_a_reversal_passes_up_to_the_limit_on_the_other_side() -> None:
    script = Script({1: [Target(A, 1.0)], 2: [Target(A, -1.0)], 3: [Target(A, -2.0)], 4: [Target(A, 1.0)]})
    session = Session(script, capital=1_000, risk={"max_gross_exposure": 1.0, "max_position_weight": 1.0})
    session.run(days(100, 100, 100, 100, 100))
    assert session.asked_and_sent == [
        (10, 10, "SENT"),
        (-20, -20, "SENT"),
        (-10, 0, "POSITION_WEIGHT"),
        (20, 20, "SENT"),
    ]
    assert session.book.positions() == {A: 10}


def test_a_reversal_to_long_pays_for_closing_the_short_before_it_buys_more() -> None:
    # Short 10 at 100, capital 1,000: cash 2,000. At 150 closing takes 1,500, which leaves 500 for 3.
    script = Script({1: [Order(A, SELL, 10)], 2: [Order(A, BUY, 20)]})
    session = Session(script, capital=1_000).run([flat(1, A, 100), Row(2, A, 100, 150, 100, 150), flat(3, A, 150)])
    assert session.asked_and_sent == [(-10, -10, "SENT"), (20, 13, "CLIPPED_CASH")]
    assert session.equity[-1] == (3, 50, 450, 450, 500)


# Rules ------------------------------------------------------------------------------------------


class Says(RiskRule):
    def __init__(self, *rulings: object) -> None:
        self.asked: list[tuple[int, int, int, int]] = []
        self._rulings = list(rulings)

    def check(self, proposal: Proposal, book: BookView) -> Ruling:
        open_quantity = book.open_quantity(proposal.order.instrument)
        self.asked.append((proposal.order.quantity, proposal.position, proposal.after, open_quantity))
        return self._rulings.pop(0)  # type: ignore[return-value]


def test_a_rule_sees_the_orders_that_were_admitted_before() -> None:
    rule = Says(Ruling(10), Ruling(5), Ruling(3))
    script = Script({1: [Order(A, BUY, 10)], 2: [Order(A, BUY, 5), Order(A, BUY, 3)]})
    Session(script, rules={"says": rule}).run(days(100, 100, 100))
    assert rule.asked == [(10, 0, 10, 0), (5, 10, 15, 0), (3, 10, 18, 5)]


def test_a_rule_reduces_and_its_code_is_in_the_decision() -> None:
    session = Session(Script({1: [Order(A, BUY, 10)]}), rules={"says": Says(Ruling(4, "TOO_WILD", "today"))})
    session.run(days(100, 100))
    (taken,) = session.log.decisions
    assert (taken.sent, taken.code, taken.detail, session.fills) == (4, "TOO_WILD", "today", [(2, "A", 4, 100)])


@pytest.mark.parametrize("quantity", [11, 10**30])
def test_a_rule_cannot_enlarge(quantity: int) -> None:
    session = Session(Script({1: [Order(A, BUY, 10)]}), rules={"says": Says(Ruling(quantity, "MORE"))})
    session.run(days(100, 100))
    assert session.asked_and_sent == [(10, 10, "SENT")]


def long_only_book(script: dict[int, Any], *prices: int) -> Session:
    return Session(Script(script), capital=1_000, rules={"long_only": LongOnly()}).run(days(*prices))


def test_a_buy_that_may_never_fill_is_no_cover_for_a_sell() -> None:
    session = long_only_book({1: [limit(BUY, 10, 50)], 2: [Order(A, SELL, 10)]}, 100, 100, 100)
    assert session.asked_and_sent[1] == (-10, 0, "LONG_ONLY")
    assert session.fills == []


def test_a_resting_buy_takes_nothing_from_what_may_be_sold() -> None:
    session = long_only_book({1: [Order(A, BUY, 5)], 2: [limit(BUY, 5, 50)], 3: [Order(A, SELL, 5)]}, *[100] * 4)
    assert session.fills == [(2, "A", 5, 100), (4, "A", -5, 100)]


def test_shares_on_sale_already_are_not_sold_again() -> None:
    script = {1: [Order(A, BUY, 10)], 2: [limit(SELL, 6, 150)], 3: [Order(A, SELL, 10)]}
    assert long_only_book(script, 100, 100, 100, 100).asked_and_sent[2] == (-10, -4, "LONG_ONLY")


def test_a_position_limit_counts_a_buy_besides_a_resting_sell_in_full() -> None:
    script = Script({1: [Order(A, BUY, 10)], 2: [limit(SELL, 10, 500)], 3: [Order(A, BUY, 10)]})
    session = Session(script, capital=10_000, risk={"max_position_weight": 0.1}).run(days(100, 100, 100, 100))
    assert session.asked_and_sent[2] == (10, 0, "POSITION_WEIGHT")


def test_an_odd_rest_of_a_lot_can_be_closed_under_rules() -> None:
    # Lots of 4: 3 for 2 makes 18 of 12, which is no multiple of 4.
    lots = Universe(Instrument(one.id, "INR", lot_size=4) for one in UNIVERSE)
    script = Script({1: [Order(A, BUY, 12)], 3: [Target(A, 0.0)]})
    session = Session(script, universe=lots, rules={"long_only": LongOnly()})
    rows = [flat(day, A, 30 if day < 3 else 20) for day in range(1, 5)]
    session.run(rows, CorporateAction(A, 3, numerator=3, denominator=2, factor=1.5))
    assert session.fills == [(2, "A", 12, 30), (4, "A", -18, 20)]

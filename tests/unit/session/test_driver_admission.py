"""From wants to orders: shorts, lots, tiers and rates in a session, and limits that a slice's orders share."""

from __future__ import annotations

from typing import Any

import pytest
from fakes.bars import UNIVERSE, A, B, C, Row, flat
from fakes.session import PerFill, Script, Session

from friday_core.domain.chunk import Universe
from friday_core.domain.instruments import Instrument
from friday_core.domain.market import Bar
from friday_core.domain.orders import Order, OrderType, Side, TimeInForce
from friday_core.domain.signals import Signal, Target
from friday_core.interfaces.risk_adjuster import RiskAdjuster, RiskState
from friday_core.interfaces.risk_rule import Proposal, RiskRule, Ruling
from friday_core.interfaces.strategy import BookView

BUY, SELL = Side.BUY, Side.SELL
LOTS_OF_75 = Universe(Instrument(one.id, "INR", lot_size=75) for one in UNIVERSE)
FUTURES = Universe(Instrument(one.id, "INR", kind="future") for one in UNIVERSE)


def days(*prices: int) -> list[Row]:
    """Three instruments at the same price, one day each."""
    return [flat(day, one, price) for day, price in enumerate(prices, 1) for one in (A, B, C)]


def resting(side: Side, quantity: int, price: int = 50) -> Order:
    return Order(A, side, quantity, OrderType.LIMIT, limit_price=price, time_in_force=TimeInForce.GTC)


def outcome(session: Session) -> list[tuple[str, int, int, str]]:
    return [(one.instrument.symbol, one.asked, one.sent, one.code) for one in session.log.decisions]


# What cannot be had -----------------------------------------------------------------------------


def test_a_short_in_cash_delivery_is_refused_and_what_is_held_is_sold() -> None:
    script = Script({1: [Target(A, 0.5)], 2: [Target(A, -0.5), Target(B, -0.5)]})
    session = Session(script, capital=1_000, risk={"allow_short": False}).run(days(100, 100, 100))
    assert outcome(session)[1:] == [("A", -10, -5, "SHORT_DELIVERY"), ("B", -5, 0, "SHORT_DELIVERY")]
    assert session.fills == [(2, "A", 5, 100), (3, "A", -5, 100)]


def test_a_future_is_sold_short_without_being_asked() -> None:
    session = Session(Script({1: [Target(A, -0.5)]}), capital=1_000, universe=FUTURES, risk={"allow_short": False})
    assert session.run(days(100, 100)).fills == [(2, "A", -5, 100)]


@pytest.mark.parametrize("decision", [Target(A, 0.7), Signal(A, 0.7), Target(A, -0.7)])
def test_less_than_a_lot_is_an_outcome_with_its_reason(decision: Target | Signal) -> None:
    session = Session(Script({1: [decision]}), capital=10_000, universe=LOTS_OF_75).run(days(100))
    (taken,) = session.log.decisions
    assert (taken.asked, taken.sent, taken.code) == (0, 0, "ZERO_SIZE")
    assert taken.detail.endswith("is worth less than one lot of 75")


def test_an_order_for_a_part_of_a_lot_is_refused_with_the_numbers() -> None:
    session = Session(Script({1: [Order(A, BUY, 100)]}), universe=LOTS_OF_75).run(days(100))
    (taken,) = session.log.decisions
    assert (taken.code, taken.detail) == ("OFF_LOT", "100 asked for, quantities are multiples of 75")


def test_charges_that_exceed_the_cash_are_an_outcome_with_the_numbers() -> None:
    session = Session(Script({1: [Order(A, BUY, 1)]}), capital=150, charges=PerFill(51)).run(days(100))
    (taken,) = session.log.decisions
    assert (taken.sent, taken.code) == (0, "CLIPPED_CASH")
    assert taken.detail == "1.51 INR with all orders of the slice, 1.50 INR at most"


@pytest.mark.parametrize("decision", [Target(A, 1_000.0), Order(A, BUY, 2**62, OrderType.LIMIT, limit_price=4)])
def test_what_does_not_fit_into_64_bits_is_refused_and_the_run_goes_on(decision: Target | Order) -> None:
    session = Session(Script({1: [decision], 2: [Order(A, BUY, 1)]}), capital=2**62).run(days(1, 1))
    assert [code for _, _, code in session.codes] == ["OVERFLOW", "SENT"]


# Counts -----------------------------------------------------------------------------------------


def test_orders_of_one_slice_count_against_the_open_orders() -> None:
    script = Script({1: [resting(BUY, 1)], 2: [Order(B, BUY, 1), Order(C, BUY, 1)]})
    session = Session(script, risk={"max_open_orders": 2}).run(days(100, 100, 100))
    assert outcome(session) == [("A", 1, 1, "SENT"), ("B", 1, 1, "SENT"), ("C", 1, 0, "OPEN_ORDERS")]


def test_an_order_that_ended_makes_room_for_another() -> None:
    script = Script({1: [Order(A, BUY, 1)], 2: [Order(B, BUY, 1)]})
    session = Session(script, risk={"max_open_orders": 1}).run(days(100, 100, 100))
    assert [code for _, _, code in session.codes] == ["SENT", "SENT"]


def test_the_rate_of_orders_is_that_of_event_time() -> None:
    class EveryBar(Script):
        def on_event(self, event: Any, book: BookView) -> list[Order]:
            return [Order(A, BUY, 1)] if isinstance(event, Bar) else []

    # An order a minute is one in each minute, and three in the session.
    rows = [flat(1, A, 100, minute=minute) for minute in (0, 1, 2)]
    for limit, codes in (("max_orders_per_minute", ["SENT"] * 3), ("max_orders_per_session", ["SENT", "ORDER_COUNT"])):
        session = Session(EveryBar({}), risk={limit: 1}).run(rows)
        assert [code for _, _, code in session.codes][: len(codes)] == codes


def test_orders_of_one_slice_have_one_time() -> None:
    script = Script({1: [Order(one, BUY, 1) for one in (A, B, C)]})
    session = Session(script, risk={"max_orders_per_second": 2}).run(days(100))
    assert [code for _, _, code in session.codes] == ["SENT", "SENT", "ORDER_RATE"]


# Tiers ------------------------------------------------------------------------------------------


def test_a_tier_builds_half_a_position_once_and_the_peak_frees_the_rest() -> None:
    # 100 at 100; at 90 a tenth is lost: of a target of 40 in B 20 are built, and no more when asked again.
    tiers = [{"drawdown": 0.1, "scale": 0.5}]
    script = Script({1: [Order(A, BUY, 50)], 3: [Order(B, BUY, 40)], 4: [Order(B, BUY, 20)], 5: [Order(B, BUY, 20)]})
    rows = [flat(day, A, price) for day, price in enumerate((100, 100, 80, 80, 120, 120), 1)]
    rows += [flat(day, B, 10) for day in range(1, 7)]
    session = Session(script, capital=10_000, risk={"drawdown_tiers": tiers})
    session.run(sorted(rows, key=lambda row: (row.ts_event, row.instrument)))
    assert outcome(session) == [
        ("A", 50, 50, "SENT"),
        ("B", 40, 20, "DRAWDOWN_TIER"),
        ("B", 20, 0, "DRAWDOWN_TIER"),
        ("B", 20, 20, "SENT"),
    ]


def test_a_tier_that_stops_ends_resting_orders_too() -> None:
    tiers = [{"drawdown": 0.1, "scale": 0.0}]
    script = Script({1: [Order(A, BUY, 50)], 2: [resting(BUY, 1, 10)], 3: [Order(A, SELL, 60)]})
    session = Session(script, capital=10_000, risk={"drawdown_tiers": tiers}).run(days(100, 100, 80, 80))
    assert session.ended[-2:] == [(3, "cancelled", 0, "DRAWDOWN_TIER"), (4, "filled", 50, "")]
    assert outcome(session)[-1] == ("A", -60, -50, "DRAWDOWN_TIER")


# Shared limits ----------------------------------------------------------------------------------


def test_wishes_for_more_than_the_equity_become_equal_parts_less_the_buffer() -> None:
    script = Script({1: [Target(one, 0.5) for one in (A, B, C)]})
    session = Session(script, capital=100_000, risk={"cash_buffer": 0.02, "max_gross_exposure": 1.0})
    session.run(days(100, 100))
    # 1,500 are wanted; the exposure allows 333 of each 500, the cash with its buffer 326.
    assert outcome(session) == [(name, 500, 326, "CLIPPED_CASH") for name in "ABC"]


def test_a_market_neutral_pair_is_admitted_as_a_whole() -> None:
    script = Script({1: [Target(A, 0.5), Target(B, -0.5)]})
    session = Session(script, capital=10_000, risk={"max_net_exposure": 0.05}).run(days(10, 10))
    assert outcome(session) == [("B", -500, -500, "SENT"), ("A", 500, 500, "SENT")]


def test_rules_are_asked_before_the_cash_is_shared() -> None:
    class OnlyA(RiskRule):
        def check(self, proposal: Proposal, book: BookView) -> Ruling:
            return Ruling(proposal.order.quantity if proposal.order.instrument == A else 0, "ONLY_A")

    script = Script({1: [Target(A, 1.0), Target(B, 1.0)]})
    session = Session(script, capital=1_000, rules={"only_a": OnlyA()}).run(days(100, 100))
    assert outcome(session) == [("A", 10, 10, "SENT"), ("B", 10, 0, "ONLY_A")]


def test_two_orders_of_one_instrument_close_it_once() -> None:
    script = Script({1: [Order(A, BUY, 5)], 2: [Order(A, SELL, 5), Order(A, SELL, 5)]})
    session = Session(script, capital=1_000, risk={"allow_short": False}).run(days(100, 100, 100))
    assert outcome(session)[1:] == [("A", -5, -5, "SENT"), ("A", -5, 0, "SHORT_DELIVERY")]


# Adjusters --------------------------------------------------------------------------------------


class Times(RiskAdjuster):
    """Multiplies every target, or answers or raises what it was given."""

    def __init__(self, answer: Any) -> None:
        self.states: list[RiskState] = []
        self._answer = answer

    def adjust(self, target: Target, bar: Bar, book: BookView, state: RiskState) -> Target | None:
        self.states.append(state)
        if isinstance(self._answer, Exception):
            raise self._answer
        if not isinstance(self._answer, float):
            answer: Target | None = self._answer
            return answer
        return Target(target.instrument, target.weight * self._answer, target.reason)


def adjusted(answer: Any, *decisions: Any) -> Session:
    script = Script({1: decisions or [Target(A, 0.5)]})
    return Session(script, capital=10_000, rules={"times": Times(answer)}).run(days(100, 100))


@pytest.mark.parametrize("decision", [Target(A, 0.5), Signal(A, 0.5)])
def test_a_smaller_target_is_sent_and_the_decision_says_who_made_it_smaller(decision: Target | Signal) -> None:
    (taken,) = adjusted(0.5, decision).log.decisions
    assert (taken.value, taken.asked, taken.sent, taken.code) == (0.5, 25, 25, "SENT")
    assert taken.detail == "times: weight 0.500000 -> 0.250000"


def test_a_target_of_which_nothing_is_left_is_a_refusal() -> None:
    (taken,) = adjusted(0.001).log.decisions
    assert (taken.asked, taken.sent, taken.code) == (0, 0, "ADJUSTED")
    assert taken.detail == "times: weight 0.500000 -> 0.000500: less than one lot of 1"


def test_an_adjuster_that_decides_nothing_leaves_the_position_alone() -> None:
    (taken,) = adjusted(None).log.decisions
    assert (taken.code, taken.detail) == ("NO_TARGET", "times made no target of it")


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        (1.5, "PluginContractError: times may only reduce a target"),
        (-0.5, "PluginContractError: times may only reduce a target"),
        (RuntimeError("no data"), "RuntimeError: no data"),
        ("half", "PluginContractError: times may only reduce a target"),
    ],
)
def test_an_adjuster_that_raises_or_enlarges_sends_nothing(answer: Any, detail: str) -> None:
    (taken,) = adjusted(answer).log.decisions
    assert (taken.sent, taken.code) == (0, "ADJUSTER_RAISED")
    assert taken.detail.startswith(detail)


def test_a_position_can_be_closed_though_the_adjuster_is_broken() -> None:
    script = Script({1: [Order(A, BUY, 5)], 2: [Target(A, 0.0)]})
    session = Session(script, capital=1_000, rules={"times": Times(RuntimeError("no data"))}).run(days(100, 100, 100))
    assert session.fills == [(2, "A", 5, 100), (3, "A", -5, 100)]


def test_orders_of_a_strategys_own_making_are_not_adjusted() -> None:
    session = adjusted(0.0, Order(A, BUY, 5))
    assert outcome(session) == [("A", 5, 5, "SENT")]


def test_adjusters_see_how_the_book_has_done() -> None:
    adjuster = Times(1.0)
    script = Script({1: [Order(A, BUY, 50)], 3: [Target(B, 0.1)], 4: [Target(B, 0.1)]})
    Session(script, capital=10_000, rules={"times": adjuster}).run(days(100, 100, 80, 90))
    assert adjuster.states == [
        RiskState(drawdown=0.1, deepest=0.1, day_loss=0.1),
        RiskState(drawdown=0.05, deepest=0.1, day_loss=-500 / 9_000),
    ]

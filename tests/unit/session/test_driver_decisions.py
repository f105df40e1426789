"""What becomes of a decision: sizes, codes, cancels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from fakes.bars import UNIVERSE, A, B, Row, chunk_of, flat
from fakes.session import AsIs, Script, Session

from friday_core.domain.chunk import MISSING_PRICE, Universe
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.market import Bar
from friday_core.domain.orders import Order, OrderType, Side, TimeInForce
from friday_core.domain.signals import Cancel, Signal, Target
from friday_core.interfaces.sizer import Sizer
from friday_core.interfaces.strategy import BookView, Decision

BUY, SELL = Side.BUY, Side.SELL
#: Ticks of 5 paise, lots of 10.
COARSE = Universe(Instrument(one.id, "INR", tick_size=5, lot_size=10) for one in UNIVERSE)


def limit(side: Side, quantity: int, price: int, **changes: Any) -> Order:
    settings = {"time_in_force": TimeInForce.GTC, **changes}
    return Order(A, side, quantity, OrderType.LIMIT, limit_price=price, **settings)


def days(*numbers: int, price: int = 100) -> list[Row]:
    return [flat(day, A, price) for day in numbers]


def code_of(decision: Decision, *, universe: Universe = UNIVERSE, **session: Any) -> str:
    """The code of one decision on a single day, with 1,000,000 paise and A at 100."""
    made = Session(Script({1: [decision]}, session.pop("order_types", OrderType)), universe=universe, **session)
    made.run(days(1))
    (taken,) = made.log.decisions
    return taken.code


def test_a_target_is_rebalanced_to_its_weight_at_every_decision() -> None:
    # Day 1: half of 10,000 at 100 are 50 shares. Day 2: cash 5,000 + 50 x 200 = 15,000; half at 200
    # are 37.5, so 37: sell 13. Day 3 opens at 200: cash 7,600, 37 x 250 = 9,250, equity 16,850;
    # half at 250 are 33.7, so 33: sell 4, at 250 on day 4: cash 8,600 + 33 x 250 = 16,850.
    script = Script({day: [Target(A, 0.5)] for day in (1, 2, 3)})
    rows = [flat(1, A, 100), Row(2, A, 100, 200, 100, 200), Row(3, A, 200, 250, 200, 250), flat(4, A, 250)]
    session = Session(script, capital=10_000).run(rows)
    assert session.fills == [(2, "A", 50, 100), (3, "A", -13, 200), (4, "A", -4, 250)]
    assert session.equity[-1] == (4, 8_600, 8_250, 8_250, 16_850)


def test_a_signal_becomes_a_target_by_the_sizer() -> None:
    session = Session(Script({1: [Signal(A, -0.25, "down")]}), capital=10_000).run(days(1, 2))
    (taken,) = session.log.decisions
    assert (taken.kind, taken.value, taken.asked, taken.sent, taken.reason) == ("signal", -0.25, -25, -25, "down")
    assert session.fills == [(2, "A", -25, 100)]


def test_a_target_counts_what_is_on_its_way() -> None:
    script = Script({1: [Target(A, 0.5)], 2: [Target(A, 0.6)]})
    session = Session(script, capital=10_000, matching={"latency": 1}).run(days(1, 2, 3, 4))
    assert session.asked_and_sent == [(50, 50, "SENT"), (10, 10, "SENT")]


class Refuses(Sizer):
    def size(self, signal: Signal, bar: Bar, book: BookView) -> Target | None:
        return None


class Raises(Sizer):
    def size(self, signal: Signal, bar: Bar, book: BookView) -> Target | None:
        raise RuntimeError("no volatility")


class Answers(AsIs):
    def __init__(self, answer: object) -> None:
        self._answer = answer

    def size(self, signal: Signal, bar: Bar, book: BookView) -> Target | None:
        return self._answer  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("decision", "code"),
    [
        (Target(A, 0.5), "SENT"),
        (Target(A, 0.00009), "ZERO_SIZE"),
        (Target(A, -0.00009), "ZERO_SIZE"),
        (Target(A, 0.0), "NO_CHANGE"),
        (Signal(A, 0.0), "NO_CHANGE"),
        (Target(B, 0.5), "UNPRICED"),
        (Signal(B, 0.5), "UNPRICED"),
        (Order(B, BUY, 10), "UNPRICED"),
        (Cancel(A), "NO_CHANGE"),
        (Cancel(B), "NO_CHANGE"),
        (Order(InstrumentId("Z", "NSE"), BUY, 10), "UNKNOWN_INSTRUMENT"),
        (Signal(InstrumentId("A", "BSE"), 1.0), "UNKNOWN_INSTRUMENT"),
        (Cancel(InstrumentId("Z", "NSE")), "UNKNOWN_INSTRUMENT"),
    ],
)
def test_a_decision_without_an_order_says_why(decision: Decision, code: str) -> None:
    assert code_of(decision) == code


@pytest.mark.parametrize(
    ("order", "code"),
    [
        (Order(A, BUY, 10), "SENT"),
        (Order(A, BUY, 9), "OFF_LOT"),
        (Order(A, SELL, 15), "OFF_LOT"),
        (limit(BUY, 10, 95), "SENT"),
        (limit(BUY, 10, 96), "OFF_TICK"),
        (limit(BUY, 10, 0), "OFF_TICK"),
        (limit(BUY, 10, -5), "OFF_TICK"),
        (Order(A, BUY, 10, OrderType.STOP, trigger_price=101), "OFF_TICK"),
        (Order(A, BUY, 10, OrderType.STOP_LIMIT, trigger_price=105, limit_price=106), "OFF_TICK"),
        (Order(A, BUY, 10, OrderType.STOP_LIMIT, trigger_price=105, limit_price=110), "SENT"),
    ],
)
def test_orders_keep_to_ticks_and_lots(order: Order, code: str) -> None:
    assert code_of(order, universe=COARSE) == code


@pytest.mark.parametrize("kind", OrderType)
def test_an_order_type_that_the_strategy_did_not_declare_is_not_sent(kind: OrderType) -> None:
    prices: dict[str, Any] = {
        **({"limit_price": 100} if kind.has_limit else {}),
        **({"trigger_price": 100} if kind.has_trigger else {}),
    }
    order = Order(A, BUY, 10, kind, **prices)
    assert code_of(order, order_types=[kind]) == "SENT"
    assert code_of(order, order_types=[one for one in OrderType if one is not kind]) == "UNDECLARED_TYPE"


@pytest.mark.parametrize(
    ("sizer", "code", "detail"),
    [
        (Refuses(), "NO_TARGET", "the sizer made no target of it"),
        (Raises(), "SIZER_RAISED", "RuntimeError: no volatility"),
        (Answers(0.5), "SIZER_RAISED", "PluginContractError: the sizer answered a signal for A.NSE with 0.5"),
        (Answers(Target(B, 0.5)), "SIZER_RAISED", "PluginContractError: the sizer answered a signal for A.NSE with"),
    ],
)
def test_a_sizer_that_gives_no_target_sends_nothing(sizer: Sizer, code: str, detail: str) -> None:
    session = Session(Script({1: [Signal(A, 1.0)]}), sizer=sizer).run(days(1, 2))
    (taken,) = session.log.decisions
    assert (taken.code, taken.sent, session.fills) == (code, 0, [])
    assert taken.detail.startswith(detail)


def test_a_target_of_whole_lots_is_rounded_toward_zero() -> None:
    # 3,700 of 10,000 at 100 are 37 shares: 3 lots, long or short.
    for weight, lots in ((0.37, 30), (-0.37, -30)):
        session = Session(Script({1: [Target(A, weight)]}), capital=10_000, universe=COARSE)
        session.run(days(1))
        assert session.asked_and_sent == [(lots, lots, "SENT")]


@pytest.mark.parametrize("close", [0, -5, MISSING_PRICE])
def test_a_close_that_is_no_price_sizes_nothing_and_closes_nothing(close: int) -> None:
    script = Script({1: [Target(A, 0.5)], 2: [Target(A, 0.5), Order(A, SELL, 1)]})
    session = Session(script, capital=10_000).run([flat(1, A, 100), Row(2, A, 100, 100, 100, close)])
    assert [code for _, _, code in session.codes] == ["SENT", "UNPRICED", "UNPRICED"]


def test_a_missing_close_marks_nothing() -> None:
    rows = [flat(1, A, 100), flat(2, A, 110), Row(3, A, *[MISSING_PRICE] * 4), flat(4, A, 120)]
    session = Session(Script({1: [Order(A, BUY, 10)]}), capital=1_100).run(rows)
    assert [equity for *_, equity in session.equity] == [1_100, 1_100, 1_100, 1_200]


def test_of_several_wishes_for_an_instrument_the_last_counts() -> None:
    script = Script({1: [Target(A, 0.1), Signal(A, 0.2), Target(B, 0.1), Target(A, 0.3)]})
    session = Session(script, capital=10_000).run([flat(1, A, 100), flat(1, B, 100)])
    assert [(one.value, one.asked, one.code) for one in session.log.decisions] == [
        (0.1, 0, "SUPERSEDED"),
        (0.2, 0, "SUPERSEDED"),
        (0.3, 30, "SENT"),
        (0.1, 10, "SENT"),
    ]


def test_a_cancel_ends_every_order_of_the_strategy_in_the_instrument() -> None:
    script = Script({1: [limit(BUY, 1, 90), limit(BUY, 2, 80)], 2: [Cancel(A, "no more")]})
    session = Session(script).run([*days(1, 2), Row(3, A, 50, 50, 50, 50)])
    assert session.fills == []
    assert session.ended == [(2, "cancelled", 0, "no more"), (2, "cancelled", 0, "no more")]
    assert [code for _, _, code in session.codes] == ["SENT", "SENT", "CANCEL_SENT", "CANCEL_SENT"]


def test_a_cancel_needs_no_bar_of_its_instrument() -> None:
    script = Script({1: [limit(BUY, 1, 90)], 2: [Cancel(A)]})
    session = Session(script).run([flat(1, A, 100), flat(2, B, 100)])
    assert session.ended == [(2, "cancelled", 0, "CANCELLED")]


def test_a_second_cancel_finds_nothing_to_cancel() -> None:
    session = Session(Script({1: [limit(BUY, 1, 90)], 2: [Cancel(A), Cancel(A)]})).run(days(1, 2))
    assert [code for _, _, code in session.codes] == ["SENT", "CANCEL_SENT", "NO_CHANGE"]


def replaced(*decisions: Decision, capital: int = 1_000) -> Session:
    """Day 2: 10 A are held and a limit sell of 10 works; then the decisions, then a day at 100."""
    script = Script({1: [Order(A, BUY, 10)], 2: [limit(SELL, 10, 150)], 3: decisions})
    return Session(script, capital=capital).run(days(1, 2, 3, 4))


def sent(session: Session) -> list[tuple[int, int, str]]:
    return session.asked_and_sent[2:]


def test_an_order_can_replace_another_in_one_slice() -> None:
    session = replaced(Order(A, SELL, 10), Cancel(A))
    assert sent(session) == [(0, 0, "CANCEL_SENT"), (-10, -10, "SENT")]
    assert (session.fills[-1], session.book.positions()) == ((4, "A", -10, 100), {})


def test_a_target_counts_what_its_slice_cancelled_as_gone() -> None:
    assert sent(replaced(Cancel(A), Target(A, 0.5))) == [(0, 0, "CANCEL_SENT"), (-5, -5, "SENT")]


def test_cash_of_a_cancelled_buy_is_free_in_the_same_slice() -> None:
    script = Script({1: [limit(BUY, 10, 90)], 2: [Cancel(A), Order(A, BUY, 10)]})
    session = Session(script, capital=1_000).run(days(1, 2, 3))
    assert session.fills == [(3, "A", 10, 100)]


def test_a_strategy_sees_one_book_on_every_bar_of_a_slice() -> None:
    seen: list[tuple[float, int, int]] = []

    class Watches(Script):
        def on_event(self, event: Any, book: BookView) -> Sequence[Decision]:
            if isinstance(event, Bar):
                seen.append((book.cash, book.position(A), book.open_quantity(A)))
            return [Order(A, BUY, 1)] if isinstance(event, Bar) and event.session == 1 else []

    session = Session(Watches({}), capital=1_000)
    session.feed(chunk_of([flat(1, A, 100), flat(1, B, 100), flat(2, A, 100), flat(2, B, 100)]))
    session.end()
    # Both bars of day 1 decided; neither saw the other's order, and both see the fills on day 2.
    assert seen == [(10.0, 0, 0), (10.0, 0, 0), (8.0, 2, 0), (8.0, 2, 0)]

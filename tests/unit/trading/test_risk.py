"""The risk engine: every limit on both sides of its boundary, and rules that can only reduce."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.orders import Order, Side
from friday_core.interfaces.risk_rule import Proposal, RiskRule, Ruling
from friday_core.interfaces.strategy import BookView
from friday_core.plugin.sections import RiskSettings
from friday_core.trading.book_risk import BookRisk
from friday_core.trading.exposure import Claim, Exposure
from friday_core.trading.ledger import Book, FrozenBook
from friday_core.trading.limits import Limits
from friday_core.trading.risk import Queue, RiskEngine, largest_affordable

INFY = InstrumentId("INFY", "NSE")
VIEW = FrozenBook(Book("one", "INR", 0), {})
#: A lakh of rupees: equity and cash of a book without positions, in paise.
LAKH = 10_000_000


class Says(RiskRule):
    """Answers with whatever it was given, or raises it."""

    def __init__(self, answer: object) -> None:
        self._answer = answer

    def check(self, proposal: Proposal, book: BookView) -> Ruling:
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer  # type: ignore[return-value]


def limits(*, margin: bool = False, **risk: Any) -> Limits:
    free = {"max_gross_exposure": None, "cash_buffer": 0.0, "allow_short": True}
    return Limits.of(RiskSettings(**{**free, **risk}), "INR", margin=margin)


def proposed(
    quantity: int, *, position: int = 0, working: int = 0, price: int = 10_000, kind: str = "equity", **units: int
) -> Proposal:
    """A signed quantity at 100 rupees; ``working`` is signed and of the same side."""
    side = Side.BUY if quantity > 0 else Side.SELL
    instrument = Instrument(INFY, "INR", kind=kind, **units)
    return Proposal(Order(INFY, side, abs(quantity)), instrument, price, position, position + working + quantity)


def ruling(
    proposal: Proposal,
    *,
    exposure: Exposure | None = None,
    latched: str = "",
    sent: int = 0,
    working: int = 0,
    rules: dict[str, RiskRule] | None = None,
    charges: int = 0,
    **risk: Any,
) -> Ruling:
    """What limits and rules leave of a proposal that is alone in its slice; ``charges`` are those of a fill."""
    made = limits(**risk)
    state = BookRisk(made)
    state.mark(1, LAKH, LAKH)
    if latched:
        setattr(state, latched, True)
    for _ in range(sent):
        state.count_order(0)
    engine, exposure = RiskEngine(made, rules or {}), exposure or Exposure(LAKH, LAKH)
    alone = engine.check(proposal, state, Queue(0, exposure.equity, working), VIEW)
    reducing = min(proposal.reducing, alone.quantity)
    claim = Claim(
        proposal.order, proposal.instrument, proposal.price, proposal.price, reducing, alone.quantity - reducing
    )

    def cost_of(instrument: Instrument, side: Side, price: int, quantity: int) -> int:
        return side.sign * instrument.notional(price, quantity) + charges

    (shared,) = engine.share(exposure, [claim], cost_of)
    return shared if shared.code else alone


def ruled(proposal: Proposal, **changes: Any) -> tuple[int, str]:
    """What is left of a proposal, and the code."""
    left = ruling(proposal, **changes)
    return left.quantity, left.code


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize(
    ("risk", "most", "code"),
    [
        # 50,000 rupees are 500 shares at 100; half of a lakh too.
        ({"max_order_value": 50_000}, 500, "ORDER_VALUE"),
        ({"max_order_value": 50_099}, 500, "ORDER_VALUE"),
        ({"max_position_weight": 0.5}, 500, "POSITION_WEIGHT"),
        ({"max_gross_exposure": 0.5}, 500, "GROSS_EXPOSURE"),
    ],
)
def test_a_limit_of_size_lets_the_boundary_pass_and_cuts_what_is_beyond(
    side: int, risk: dict[str, Any], most: int, code: str
) -> None:
    assert ruled(proposed(side * most), **risk) == (most, "")
    assert ruled(proposed(side * (most + 1)), **risk) == (most, code)


def test_cash_lets_the_boundary_pass_and_cuts_what_is_beyond() -> None:
    assert ruled(proposed(1_000)) == (1_000, "")
    assert ruled(proposed(1_001)) == (1_000, "CLIPPED_CASH")
    assert ruled(proposed(1_000), exposure=Exposure(LAKH, LAKH - 1, 0)) == (999, "CLIPPED_CASH")


def test_a_short_needs_no_cash() -> None:
    assert ruled(proposed(-1_000), exposure=Exposure(LAKH, 0, 0)) == (1_000, "")


def test_a_cut_goes_down_to_whole_lots() -> None:
    assert ruled(proposed(600, lot_size=75), max_order_value=50_000) == (450, "ORDER_VALUE")


def test_the_smallest_ruling_wins_with_its_code() -> None:
    risk: dict[str, Any] = {"max_order_value": 50_000, "max_position_weight": 0.3, "max_gross_exposure": 0.4}
    rules: dict[str, RiskRule] = {"some": Says(Ruling(350, "SOME")), "more": Says(Ruling(999, "MORE"))}
    assert ruled(proposed(1_000), rules=rules, **risk) == (300, "POSITION_WEIGHT")
    assert ruled(proposed(1_000), rules={"few": Says(Ruling(7, "FEW"))}, **risk) == (7, "FEW")


@pytest.mark.parametrize(("latched", "code"), [("drawdown_latched", "DRAWDOWN"), ("day_latched", "DAY_LOSS")])
def test_a_latch_lets_reductions_pass_and_nothing_else(latched: str, code: str) -> None:
    assert ruled(proposed(10), latched=latched) == (0, code)
    assert ruled(proposed(-10), latched=latched) == (0, code)
    assert ruled(proposed(-10, position=10), latched=latched) == (10, "")
    assert ruled(proposed(10, position=-10), latched=latched) == (10, "")
    assert ruled(proposed(-15, position=10), latched=latched) == (10, code)


def test_the_last_order_of_a_session_passes_and_the_next_does_not() -> None:
    assert ruled(proposed(10), sent=2, max_orders_per_session=3) == (10, "")
    assert ruled(proposed(10), sent=3, max_orders_per_session=3) == (0, "ORDER_COUNT")
    assert ruled(proposed(-10, position=10), sent=99, max_orders_per_session=3) == (10, "")


@pytest.mark.parametrize("position", [400, -400])
def test_the_weight_of_a_position_counts_what_is_held_and_what_works(position: int) -> None:
    sign = 1 if position > 0 else -1
    assert ruled(proposed(sign * 100, position=position), max_position_weight=0.5) == (100, "")
    cut = proposed(sign * 100, position=position, working=sign * 50)
    assert ruled(cut, max_position_weight=0.5) == (50, "POSITION_WEIGHT")
    assert ruled(proposed(sign * 100, position=sign * 600), max_position_weight=0.5) == (0, "POSITION_WEIGHT")


def test_an_order_through_zero_may_open_the_limit_on_the_other_side() -> None:
    assert ruled(proposed(-900, position=400), max_position_weight=0.5) == (900, "")
    assert ruled(proposed(-901, position=400), max_position_weight=0.5) == (900, "POSITION_WEIGHT")


def test_gross_exposure_counts_what_there_is_already() -> None:
    exposure = Exposure(LAKH, LAKH, LAKH * 9 // 10)
    assert ruled(proposed(-100), exposure=exposure, max_gross_exposure=1.0) == (100, "")
    assert ruled(proposed(-101), exposure=exposure, max_gross_exposure=1.0) == (100, "GROSS_EXPOSURE")


@pytest.mark.parametrize("equity", [0, -LAKH])
def test_a_book_without_equity_may_only_reduce(equity: int) -> None:
    exposure = Exposure(equity, LAKH, 0)
    limited: list[tuple[dict[str, Any], str]] = [
        ({"max_position_weight": 0.5}, "POSITION_WEIGHT"),
        ({"max_gross_exposure": 1.0}, "GROSS_EXPOSURE"),
    ]
    for risk, code in limited:
        assert ruled(proposed(10), exposure=exposure, **risk) == (0, code)
        assert ruled(proposed(-10, position=10), exposure=exposure, **risk) == (10, "")


def test_closing_a_short_is_paid_before_more_is_bought() -> None:
    # 100 close the short for 10,000 rupees of 15,000: 50 more can be bought.
    exposure = Exposure(LAKH, 1_500_000, 0)
    assert ruled(proposed(300, position=-100), exposure=exposure) == (150, "CLIPPED_CASH")
    assert ruled(proposed(300, position=-200), exposure=exposure) == (200, "CLIPPED_CASH")


def test_an_odd_rest_of_a_lot_is_closed_as_a_whole() -> None:
    # 18 held in lots of 4: all 18 may be sold, and of a cut order of 20 the 18.
    assert ruled(proposed(-18, position=18, lot_size=4), rules={"fine": Says(Ruling(18))}) == (18, "")
    assert ruled(proposed(-20, position=18, lot_size=4), latched="day_latched") == (18, "DAY_LOSS")
    assert ruled(proposed(-18, position=18, lot_size=4), rules={"half": Says(Ruling(10, "HALF"))}) == (8, "HALF")


def test_no_limit_is_no_limit() -> None:
    assert ruled(proposed(-(10**9))) == (10**9, "")


def test_an_infinite_share_is_no_limit() -> None:
    assert ruled(proposed(-(10**9)), max_gross_exposure=float("inf")) == (10**9, "")


def test_a_buy_whose_charges_exceed_the_cash_is_refused_with_the_numbers() -> None:
    exposure = Exposure(LAKH, 10_000)
    assert ruled(proposed(1), exposure=exposure) == (1, "")
    left = ruling(proposed(1), exposure=exposure, charges=1)
    assert (left.quantity, left.code) == (0, "CLIPPED_CASH")
    assert left.detail == "100.01 INR with all orders of the slice, 100.00 INR at most"


def test_a_short_whose_charges_exceed_what_it_brings_needs_cash() -> None:
    # One share brings 100 rupees; charges of 150 leave 50 to be paid.
    assert ruled(proposed(-1), exposure=Exposure(LAKH, 5_000), charges=15_000) == (1, "")
    left = ruling(proposed(-1), exposure=Exposure(LAKH, 4_999), charges=15_000)
    assert (left.quantity, left.code) == (0, "CLIPPED_CASH")
    assert left.detail == "it costs 50.00 INR, 49.99 INR are there"


@pytest.mark.parametrize("kind", ["equity", "etf", "something new"])
def test_a_short_in_cash_delivery_is_refused_unless_it_is_allowed(kind: str) -> None:
    left = ruling(proposed(-10, kind=kind), allow_short=False)
    assert (left.quantity, left.code) == (0, "SHORT_DELIVERY")
    assert left.detail == f"a short of 10: {kind} is delivered for cash, limit 0"
    assert ruled(proposed(-10, kind=kind), allow_short=True) == (10, "")


@pytest.mark.parametrize("kind", ["future", "option"])
def test_a_derivative_may_be_sold_short(kind: str) -> None:
    assert ruled(proposed(-10, kind=kind), allow_short=False) == (10, "")


def test_what_is_held_may_be_sold_without_a_permission_for_shorts() -> None:
    assert ruled(proposed(-10, position=10), allow_short=False) == (10, "")
    assert ruled(proposed(-15, position=10), allow_short=False) == (10, "SHORT_DELIVERY")
    assert ruled(proposed(-10, position=10, working=-4), allow_short=False) == (6, "SHORT_DELIVERY")


def test_the_last_open_order_passes_and_the_next_does_not() -> None:
    assert ruled(proposed(10), working=2, max_open_orders=3) == (10, "")
    left = ruling(proposed(10), working=3, max_open_orders=3)
    assert (left.quantity, left.code, left.detail) == (0, "OPEN_ORDERS", "3 orders work, limit 3")
    assert ruled(proposed(-10, position=10), working=99, max_open_orders=3) == (10, "")


def test_an_order_below_the_least_value_opens_nothing() -> None:
    # 500 rupees are 5 shares.
    assert ruled(proposed(5), min_order_value=500) == (5, "")
    left = ruling(proposed(4), min_order_value=500)
    assert (left.quantity, left.code) == (0, "MIN_ORDER_VALUE")
    assert left.detail == "worth 400.00 INR, 500.00 INR at least"


def test_the_least_value_is_asked_of_what_the_other_limits_leave() -> None:
    assert ruled(proposed(10), max_order_value=400, min_order_value=500) == (0, "MIN_ORDER_VALUE")
    assert ruled(proposed(10), exposure=Exposure(LAKH, 40_000), min_order_value=500) == (0, "MIN_ORDER_VALUE")


def test_the_least_value_keeps_nobody_in_a_position() -> None:
    assert ruled(proposed(-1, position=1), min_order_value=500) == (1, "")
    assert ruled(proposed(-3, position=1), min_order_value=500) == (1, "MIN_ORDER_VALUE")


@pytest.mark.parametrize(("charges", "most"), [(0, 900), (1, 899)])
def test_margin_check_wants_the_full_value_and_the_charges_beside_a_buffer(charges: int, most: int) -> None:
    # 90% of a lakh are 900 shares, or 899 and their charges.
    risk: dict[str, Any] = {"margin": True, "margin_buffer": 0.1, "charges": charges}
    assert ruled(proposed(-most), **risk) == (most, "")
    assert ruled(proposed(-1_000), **risk) == (most, "MARGIN")
    assert ruled(proposed(-1_000), **{**risk, "margin": False}) == (1_000, "")


@pytest.mark.parametrize(
    ("risk", "detail"),
    [
        ({"max_order_value": 50_000}, "60,000.00 INR, limit 50,000.00 INR"),
        ({"max_position_weight": 0.5}, "a position of 600 worth 60,000.00 INR, limit 50,000.00 INR"),
        ({"max_gross_exposure": 0.5}, "60,000.00 INR with all orders of the slice, 50,000.00 INR at most"),
        ({"max_net_exposure": 0.5}, "60,000.00 INR with all orders of the slice, 50,000.00 INR at most"),
        ({"max_concentration": 0.5}, "60,000.00 INR in the 5 largest positions, 50,000.00 INR at most"),
    ],
)
def test_a_limit_says_what_it_saw_and_what_it_allows(risk: dict[str, Any], detail: str) -> None:
    assert ruling(proposed(600), **risk).detail == detail


def test_limits_that_are_set_too_tight_for_anything_still_let_a_position_go() -> None:
    tight: dict[str, Any] = {
        "max_order_value": 1,
        "min_order_value": 10**9,
        "max_position_weight": 1e-6,
        "max_gross_exposure": 1e-6,
        "max_net_exposure": 0.0,
        "max_concentration": 1e-6,
        "max_orders_per_session": 1,
        "max_orders_per_minute": 1,
        "max_orders_per_second": 1,
        "max_open_orders": 1,
        "allow_short": False,
    }
    broke = Exposure(-1, -1, 5 * LAKH, 5 * LAKH, 5 * LAKH)
    for sign in (1, -1):
        left = ruled(proposed(-sign * 10, position=sign * 10), exposure=broke, sent=9, working=9, **tight)
        assert left == (10, "")


# Rules ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [Ruling(1_001, "MORE"), Ruling(10**40, "MORE"), Ruling(1_000, "SAME")])
def test_a_rule_that_returns_more_than_asked_enlarges_nothing(answer: Ruling) -> None:
    assert ruled(proposed(1_000), rules={"rule": Says(answer)}) == (1_000, "")
    cut = ruled(proposed(1_000), rules={"rule": Says(answer)}, max_order_value=50_000)
    assert cut == (500, "ORDER_VALUE")


def test_a_negative_ruling_is_a_denial() -> None:
    assert ruled(proposed(10), rules={"rule": Says(Ruling(-5, "NEVER"))}) == (0, "NEVER")


def test_a_rule_may_hold_back_a_reduction() -> None:
    assert ruled(proposed(-10, position=10), rules={"rule": Says(Ruling(0, "LOCKED"))}) == (0, "LOCKED")


def test_a_cut_without_a_code_carries_the_rules_name() -> None:
    assert ruled(proposed(10), rules={"my_rule": Says(Ruling(3))}) == (3, "MY_RULE")


@pytest.mark.parametrize("code", ["SENT", "NO_CHANGE", ""])
def test_a_rules_cut_never_looks_as_if_nothing_was_cut(code: str) -> None:
    assert ruled(proposed(10), rules={"my_rule": Says(Ruling(3, code))}) == (3, "MY_RULE")


def test_whole_numbers_of_numpy_are_rulings_too() -> None:
    quantity, _ = ruled(proposed(10), rules={"rule": Says(Ruling(np.int64(3)))})  # type: ignore[arg-type]
    assert (type(quantity), quantity) == (int, 3)


@pytest.mark.parametrize("answer", [RuntimeError("no data"), None, 5, Ruling(2.5), Ruling(None)])  # type: ignore[arg-type]
def test_a_rule_that_raises_or_answers_garbage_denies(answer: object) -> None:
    fine = Says(Ruling(10))
    assert ruled(proposed(10), rules={"broken": Says(answer), "fine": fine}) == (0, "RULE_RAISED")


# Against brute force ----------------------------------------------------------------------------


@given(st.integers(1, 60), st.integers(-100, 3_000), st.integers(1, 7), st.integers(1, 60), st.integers(0, 40))
def test_the_largest_affordable_quantity_equals_that_of_trying_all(
    quantity: int, cash: int, lot: int, price: int, fixed: int
) -> None:
    def cost_of(part: int) -> int:
        return price * part + (fixed + price * part // 30 if part else 0)

    tried = [part for part in range(0, quantity + 1, lot) if cost_of(part) <= cash]
    expected = quantity if cost_of(quantity) <= cash else max(tried, default=0)
    assert largest_affordable(quantity, cash, lot, cost_of) == expected


@given(st.integers(-20, 20), st.integers(0, 20), st.integers(1, 40), st.sampled_from(Side))
def test_the_reducing_part_equals_that_of_counting_one_by_one(
    position: int, working: int, quantity: int, side: Side
) -> None:
    """One share after the other reduces if it brings the position closer to zero."""
    before = position + side.sign * working
    counted = sum(abs(before + side.sign * (one + 1)) < abs(before + side.sign * one) for one in range(quantity))
    sign = side.sign
    assert proposed(sign * quantity, position=position, working=sign * working).reducing == counted


@given(
    quantity=st.integers(-300, 300).filter(bool),
    position=st.integers(-300, 300),
    price=st.integers(1, 30_000),
    decimals=st.sampled_from([0, 2, 4]),
    gross=st.integers(0, 2_000_000),
    risk=st.fixed_dictionaries(
        {
            "max_order_value": st.none() | st.integers(1, 20_000),
            "max_position_weight": st.none() | st.floats(0.01, 2),
            "max_gross_exposure": st.none() | st.floats(0.01, 2),
        }
    ),
)
def test_no_ruling_leaves_a_limit_broken(
    *, quantity: int, position: int, price: int, decimals: int, gross: int, risk: dict[str, Any]
) -> None:
    proposal = proposed(quantity, position=position, price=price, price_decimals=decimals)
    equity, cash = 3_000_000, 2_000_000
    sent, _ = ruled(proposal, exposure=Exposure(equity, cash, gross), **risk)
    assert 0 <= sent <= abs(quantity)
    reducing = proposal.reducing
    assert sent >= reducing
    added = sent - reducing
    if added == 0:
        return
    made = limits(**risk)
    value = proposal.instrument.notional(price, added)
    held = abs(proposal.after) - (abs(quantity) - reducing) + added
    if made.order_value is not None:
        assert value <= made.order_value
    if made.position_ppm is not None:
        assert proposal.instrument.notional(price, held) * 1_000_000 <= made.position_ppm * equity + 1_000_000
    if made.gross_ppm is not None:
        closed = proposal.instrument.notional(price, reducing)
        assert (gross + value - closed) * 1_000_000 <= made.gross_ppm * equity
    if quantity > 0:
        assert proposal.instrument.notional(price, sent) <= cash

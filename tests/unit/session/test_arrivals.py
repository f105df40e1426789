"""When an order may trade: after slices, and after time."""

from __future__ import annotations

import pytest
from fakes.bars import A, B, Row, flat
from fakes.session import Script, Session

from friday_core.domain.orders import Order, OrderType, Side
from friday_core.domain.signals import Cancel

MINUTE = 60_000_000
BUY = Side.BUY


def minutes(session: int, *prices: int, first: int = 0, step: int = 1) -> list[Row]:
    """Bars that close a minute after one another, each at one price."""
    return [flat(session, A, price, minute=first + n * step) for n, price in enumerate(prices)]


def first_price(rows: list[Row], **matching: int) -> int:
    """Where a market order trades that is decided on the first bar."""
    session = Session(Script({1: [Order(A, BUY, 1)]}), matching=matching).run(rows)
    [(_, _, _, price)] = session.fills
    return price


@pytest.mark.parametrize(
    ("latency_us", "price"), [(0, 101), (1, 102), (MINUTE, 102), (MINUTE + 1, 103), (2 * MINUTE, 103)]
)
def test_no_open_is_traded_at_that_was_printed_before_the_order_came(latency_us: int, price: int) -> None:
    # Decided at minute 0. The bar that closes at minute 1 opened at minute 0, when an order with any latency was not
    # there; that of minute 2 opened at minute 1.
    assert first_price(minutes(1, 100, 101, 102, 103, 104), latency_us=latency_us) == price


@pytest.mark.parametrize("latency_us", [1, 60 * MINUTE])
def test_an_order_arrives_in_the_pause_between_two_sessions(latency_us: int) -> None:
    assert first_price([flat(1, A, 100), flat(2, A, 110), flat(3, A, 120)], latency_us=latency_us) == 110


def test_slices_count_from_the_arrival() -> None:
    assert first_price(minutes(1, 100, 101, 102, 103, 104), latency_us=MINUTE, latency=1) == 103


def test_slices_in_which_others_trade_let_time_pass_too() -> None:
    rows = [flat(1, A, 100), flat(1, B, 50, minute=3), flat(1, A, 101, minute=4), flat(1, A, 102, minute=5)]
    assert first_price(rows, latency_us=2 * MINUTE) == 101


def test_orders_that_are_netted_arrive_together_and_cross_then() -> None:
    rows = minutes(1, 100, 101, 102, 103)
    scripts = Script({1: [Order(A, BUY, 10)]}), Script({1: [Order(A, Side.SELL, 4)]})
    session = Session(*scripts, netting=True, matching={"latency_us": MINUTE}).run(rows)
    assert sorted(quantity for _, _, quantity, _ in session.fills) == [-4, 4, 6]
    assert {price for *_, price in session.fills} == {102}


def test_an_order_on_its_way_can_be_cancelled() -> None:
    script = Script({1: [Order(A, BUY, 1, OrderType.LIMIT, 200)], 2: [Cancel(A)]})
    session = Session(script, matching={"latency_us": MINUTE, "latency": 3}).run(
        [flat(1, A, 100), flat(2, A, 100), *minutes(3, 100, 100, 100, 100)]
    )
    assert session.fills == []
    assert session.ended == [(2, "cancelled", 0, "CANCELLED")]

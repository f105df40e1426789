"""Orders as Kite's forms, its rows as updates, slices, and our own stop."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from friday_core.api import InstrumentId, Order, OrderStatus, OrderType, Refused, Side, TimeInForce
from friday_plugins.zerodha.brake import Brake
from friday_plugins.zerodha.breaker import Breaker
from friday_plugins.zerodha.checks import check
from friday_plugins.zerodha.clock_skew import ClockSkew
from friday_plugins.zerodha.instruments import Listed
from friday_plugins.zerodha.login import token_in
from friday_plugins.zerodha.orders import Tag, form_of, in_ticks, tag_of
from friday_plugins.zerodha.postbacks import verified
from friday_plugins.zerodha.slicing import FreezeQuantities, sliced
from friday_plugins.zerodha.updates import joined, traded, update_of

INFY = Listed(408065, "NSE", "INFY", "INFOSYS", "EQ", "NSE", Decimal("0.05"), 1, None)
OPTION = Listed(
    9000194, "NFO", "NIFTY26NOV25000CE", "NIFTY", "CE", "NFO-OPT", Decimal("0.05"), 65, dt.date(2026, 11, 24)
)
DAY = dt.date(2026, 11, 23)
ROW = {
    "order_id": "100", "tag": "F0FJG0000001", "status": "OPEN", "quantity": 10, "filled_quantity": 0,
    "order_timestamp": dt.datetime(2026, 11, 23, 9, 15, 1),  # noqa: DTZ001 - as the client has it
}  # fmt: skip
TRADES = [
    {"trade_id": str(place), "fill_timestamp": "2026-11-23 09:15:01", "quantity": quantity, "average_price": price}
    for place, (quantity, price) in enumerate([(3, 100.05), (4, 100.1), (3, 100.2)])
]


def order(listed: Listed = INFY, **terms: Any) -> Order:
    given = {"side": Side.BUY, "quantity": 10, "tag": "F0FJG0000001", **terms}
    return Order(InstrumentId(listed.symbol, listed.exchange), **given)


def form(listed: Listed = INFY, protection: float = -1.0, **terms: Any) -> dict[str, Any]:
    return form_of(order(listed, **terms), listed, protection, "intraday")


@pytest.mark.parametrize(
    "terms", [{"product": "delivery"}, {"product": "intraday", "type": OrderType.STOP, "trigger_price": 140_000}]
)
def test_an_order_that_ends_today_anyway_goes_as_one_of_the_day(terms: dict[str, Any]) -> None:
    """What closes positions rests until it has traded: a square-off, a halt, a stop."""
    assert form(time_in_force=TimeInForce.GTC, **terms)["validity"] == "DAY"


@pytest.mark.parametrize(
    "terms", [
        {"product": "delivery", "type": OrderType.LIMIT, "limit_price": 140_000, "time_in_force": TimeInForce.GTC},
        {"time_in_force": TimeInForce.AT_CLOSE},
    ],
)  # fmt: skip
def test_an_order_that_another_day_may_see_is_refused(terms: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="Kite's orders are for the day"):
        form(**terms)


@given(st.text("0123456789ABCXYZ", min_size=1, max_size=12), st.booleans(), st.integers(0, 99))
def test_a_tag_comes_back_as_it_was_written(name: str, is_market: bool, part: int) -> None:
    tag = Tag(name, is_market, part, 99 if part else 0)
    assert tag_of(str(tag)) == tag
    assert len(str(tag)) <= 20


def test_the_tag_of_somebody_else_is_theirs() -> None:
    assert tag_of("by hand") == Tag("by hand")
    assert not tag_of("BYHAND1").is_fridays


@pytest.mark.parametrize(
    ("terms", "wanted"),
    [
        ({}, {"order_type": "MARKET", "market_protection": -1, "product": "MIS", "transaction_type": "BUY"}),
        ({"protection_ppm": 15_000}, {"market_protection": 1.5}),
        ({"product": "delivery"}, {"product": "CNC"}),
        ({"type": OrderType.LIMIT, "limit_price": 150_005}, {"order_type": "LIMIT", "price": "1500.05"}),
        ({"type": OrderType.STOP, "trigger_price": 151_000}, {"order_type": "SL-M", "trigger_price": "1510.00"}),
        (
            {"type": OrderType.STOP_LIMIT, "trigger_price": 151_000, "limit_price": 151_500, "side": Side.SELL},
            {"order_type": "SL", "price": "1515.00", "transaction_type": "SELL"},
        ),
    ],
)
def test_an_order_has_this_form(terms: dict[str, Any], wanted: dict[str, Any]) -> None:
    found = form(**terms)
    assert {name: found[name] for name in wanted} == wanted
    assert ("market_protection" in found) == (found["order_type"] in ("MARKET", "SL-M"))


def test_a_stop_of_an_option_has_a_limit_since_it_cannot_be_at_the_market() -> None:
    found = form(OPTION, type=OrderType.STOP, trigger_price=10_000, quantity=65)
    assert (found["order_type"], found["price"], "market_protection" in found) == ("SL", "103.00", False)


def test_a_price_is_rounded_to_the_tick_that_is_not_beyond_it() -> None:
    assert in_ticks(Decimal("100.07"), INFY, Side.BUY) == Decimal("100.05")
    assert in_ticks(Decimal("100.07"), INFY, Side.SELL) == Decimal("100.10")


@pytest.mark.parametrize(
    ("listed", "terms", "words"),
    [
        (OPTION, {"quantity": 66}, "66 is no multiple of the lot of 65"),
        (INFY, {"type": OrderType.LIMIT, "limit_price": 150_003}, "no multiple of the tick"),
        (INFY, {"tag": "F" * 21}, "21 characters"),
        (OPTION, {"product": "delivery", "quantity": 65}, "NFO has no product CNC"),
        (INFY, {"protection_ppm": 1_000_000}, None),
    ],
)
def test_an_order_is_checked_in_itself(listed: Listed, terms: dict[str, Any], words: str | None) -> None:
    asked = {**form(listed, **terms), "tag": terms.get("tag", "A")}
    if words is None:
        check(asked, listed, DAY)
        return
    with pytest.raises(Refused, match=words):
        check(asked, listed, DAY)


def test_an_expired_contract_is_not_ordered() -> None:
    with pytest.raises(Refused, match="expired on 2026-11-24"):
        check({**form(OPTION, quantity=65), "tag": "A"}, OPTION, dt.date(2026, 11, 25))


@given(st.integers(1, 5_000), st.integers(1, 100), st.integers(100, 2_000))
def test_slices_are_whole_lots_within_the_freeze_quantity_and_sum_to_the_order(lots: int, lot: int, most: int) -> None:
    try:
        parts = sliced(lots * lot, most, lot)
    except Refused:
        assert lot > most or lots * lot > 99 * (most // lot * lot)
        return
    assert sum(parts) == lots * lot
    assert all(0 < part <= most and part % lot == 0 for part in parts)


def test_shares_have_no_freeze_quantity_and_settings_stand_in_for_facts() -> None:
    freeze = FreezeQuantities({"NIFTY": 1_800})
    assert freeze.of(INFY, DAY) is None
    assert freeze.of(OPTION, dt.date(2099, 1, 1)) == 1_800


def test_what_traded_is_made_of_the_trades_that_the_row_knows() -> None:
    assert traded({**ROW, "filled_quantity": 7}, TRADES) == (7, 70_055, False)
    assert traded({**ROW, "filled_quantity": 10}, TRADES[:2]) == (7, 70_055, True)
    assert traded(ROW, TRADES) == (0, 0, False)


@pytest.mark.parametrize(
    ("status", "filled", "wanted"),
    [
        ("PUT ORDER REQ RECEIVED", 0, OrderStatus.ACKED),
        ("A WORD OF TOMORROW", 0, OrderStatus.ACKED),
        ("TRIGGER PENDING", 0, OrderStatus.OPEN),
        ("UPDATE", 7, OrderStatus.PARTIAL),
        ("COMPLETE", 10, OrderStatus.FILLED),
        ("CANCELLED", 7, OrderStatus.CANCELLED),
        ("REJECTED", 0, OrderStatus.REJECTED),
    ],
)
def test_a_word_of_kites_is_a_status(status: str, filled: int, wanted: OrderStatus) -> None:
    row = {**ROW, "status": status, "filled_quantity": filled, "status_message": "16283 : no"}
    update = update_of(row, traded(row, TRADES))
    assert (update.status, update.filled, update.tag, update.number) == (wanted, filled, "F0FJG0000001", "100")
    assert ("16283 : no" in update.reason) == (wanted in (OrderStatus.CANCELLED, OrderStatus.REJECTED))


def test_what_is_cancelled_on_another_date_has_expired_and_so_has_an_order_of_which_a_slice_has() -> None:
    row = {**ROW, "status": "CANCELLED", "order_timestamp": "2026-11-20 10:00:00"}
    row["exchange_update_timestamp"] = "2026-11-21 00:00:01"
    update = update_of(row, traded(row, TRADES))
    assert (update.status, update.reason) == (OrderStatus.EXPIRED, "EXPIRED: its day is over")
    assert update_of({**row, "variety": "amo"}, traded(row, TRADES)).status is OrderStatus.CANCELLED
    both = [({**row, "status": "REJECTED"}, traded(row, [])), (row, traded(row, []))]
    assert joined(Tag("F0FJG0000001", False, 0, 2), both, complete=False).status is OrderStatus.EXPIRED


def test_times_of_kite_are_indias() -> None:
    assert update_of(ROW, traded(ROW, [])).ts_event == 1_795_405_501_000_000


def test_an_order_in_slices_is_open_while_another_may_turn_up_and_then_ends_short() -> None:
    row = {**ROW, "status": "COMPLETE", "filled_quantity": 10}
    parts = [(row, traded(row, TRADES))]
    tag = Tag("F0FJG0000001", True, 0, 3)
    assert joined(tag, parts, complete=False).status is OrderStatus.PARTIAL
    end = joined(tag, parts, complete=True)
    assert (end.status, end.filled, end.reason) == (OrderStatus.CANCELLED, 10, "CANCELLED: 2 of 3 slices were not sent")
    assert joined(tag._replace(slices=1), parts, complete=False).status is OrderStatus.FILLED


def test_the_same_order_rests_after_a_refusal_and_entries_rest_after_several() -> None:
    now = 0.0
    brake = Brake(2, lambda: now)
    brake.refused("one", "16283")
    with pytest.raises(Refused, match="is not repeated"):
        brake.check("one", reduces=True)
    brake.check("two", reduces=False)
    brake.refused("two", "16283")
    with pytest.raises(Refused, match="2 orders in a row"):
        brake.check("three", reduces=False)
    brake.check("three", reduces=True)
    now = 61.0
    brake.check("three", reduces=False)
    brake.check("one", reduces=False)


def test_a_breaker_opens_after_failures_in_a_row_and_lets_one_try() -> None:
    now = 0.0
    breaker = Breaker(lambda: now)
    for _ in range(6):
        assert breaker.pause() == 0.0
        breaker.failed("silence")
    assert breaker.pause() == 2.0
    now = 2.0
    assert breaker.pause() == 0.0
    assert breaker.pause() == 2.0
    breaker.answered()
    assert breaker.pause() == 0.0


def test_clocks_that_agree_have_no_skew_and_answers_narrow_it() -> None:
    clock = ClockSkew()
    assert clock.seconds is None
    clock.dated("Mon, 23 Nov 2026 09:15:00 GMT", 1_795_425_300.1, 1_795_425_300.2)
    assert clock.seconds == 0.0
    off = ClockSkew()
    for ahead in (29.9, 30.4):
        off.dated("Mon, 23 Nov 2026 09:15:30 GMT", 1_795_425_330 - ahead, 1_795_425_330 - ahead + 0.01)
    assert off.seconds == pytest.approx(30.65, abs=0.01)
    off.dated("no date", 0.0, 0.0)


def test_a_postback_is_believed_with_kites_checksum_alone() -> None:
    secret = SecretStr("the secret")
    row = {"order_id": "100", "order_timestamp": "2026-11-23 09:15:01", "status": "COMPLETE"}
    signed = hashlib.sha256(b"1002026-11-23 09:15:01the secret").hexdigest()
    assert verified(json.dumps({**row, "checksum": signed}).encode(), secret) == {**row, "checksum": signed}
    for wrong in ({**row, "checksum": "0" * 64}, row, {**row, "order_id": "101", "checksum": signed}, []):
        assert verified(json.dumps(wrong).encode(), secret) is None
    assert verified(b"\xff", secret) is None


def test_a_request_token_is_found_in_an_address_or_by_itself() -> None:
    address = "http://127.0.0.1:8799/?action=login&status=success&request_token=abc123"
    assert token_in(address) == token_in(" abc123\n") == "abc123"

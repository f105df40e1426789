"""What the broker says no to before an order has a number, and after."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes.kite_account import CALL, FUTURE, GOLD, INFY, NIFTY, SBIN, Desk

from friday_core.sandbox.kite.account.rules import Opening
from friday_core.sandbox.kite.refusals import KiteRefusal


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    one = Desk(tmp_path)
    yield one
    one.account.book.close()


@pytest.mark.parametrize(
    ("listed", "form", "words"),
    [
        (INFY, {"exchange": ""}, "Missing or empty field `exchange`"),
        (INFY, {"transaction_type": "buy"}, "Invalid `transaction_type`"),
        (INFY, {"tradingsymbol": "INFI"}, "has either expired or does not exist"),
        (NIFTY, {}, "not allowed in indices"),
        (INFY, {"quantity": "10.0"}, "Invalid `quantity`"),
        (INFY, {"quantity": "1e2"}, "Invalid `quantity`"),
        (INFY, {"quantity": "0"}, "Invalid `quantity`"),
        (INFY, {"quantity": "-1"}, "Invalid `quantity`"),
        (INFY, {"quantity": "١"}, "Invalid `quantity`"),
        (INFY, {"price": "nan"}, "Invalid `price`"),
        (INFY, {"price": "1e400"}, "Invalid `price`"),
        (INFY, {"price": "-5"}, "Invalid `price`"),
        (INFY, {"price": "abc"}, "Invalid `price`"),
        (INFY, {"price": None}, "Missing or empty field `price`"),
        (INFY, {"price": "1500.0000001"}, r"Tick size for this script is 10\.00 paise"),
        (INFY, {"price": "1500.05"}, r"Tick size for this script is 10\.00 paise"),
        (INFY, {"price": "1800.1"}, "higher than the current upper circuit limit of 1800"),
        (INFY, {"price": "1199.9"}, "lower than the current lower circuit limit of 1200"),
        (INFY, {"product": "NRML"}, "Product type NRML is not allowed for NSE"),
        (FUTURE, {"product": "CNC", "quantity": 65}, "Product type CNC is not allowed for NFO"),
        (FUTURE, {"quantity": 66}, "multiples of the lot size 65"),
        (FUTURE, {"quantity": 1_820}, "above the freeze quantity of 1800"),
        (FUTURE, {"quantity": 65, "autoslice": "true"}, "only for orders above the freeze quantity"),
        (FUTURE, {"quantity": 19_500, "autoslice": "true"}, "at most 10 orders"),
        (INFY, {"order_type": "MARKET"}, "Market orders without market protection are not allowed via API"),
        (INFY, {"order_type": "MARKET", "market_protection": "0"}, "without market protection"),
        (INFY, {"order_type": "SL-M", "trigger_price": "1510"}, "without market protection"),
        (INFY, {"market_protection": "101"}, "Invalid `market_protection`"),
        (INFY, {"market_protection": "-2"}, "Invalid `market_protection`"),
        (CALL, {"order_type": "SL-M", "trigger_price": "130", "quantity": 65}, "SL-M orders are not allowed"),
        (INFY, {"order_type": "SL", "price": "1512"}, "Missing or empty field `trigger_price`"),
        (INFY, {"order_type": "SL", "trigger_price": "1490", "price": "1512"}, r"higher than the last .* \(1500\)"),
        (INFY, {"order_type": "SL", "trigger_price": "1512", "price": "1510"}, "lower than the limit price"),
        (INFY, {"tag": "x" * 21}, "Invalid `tag`"),
        (INFY, {"validity": "GTC"}, "Invalid `validity`"),
        (INFY, {"validity": "TTL"}, "Missing or empty field `validity_ttl`"),
        (INFY, {"disclosed_quantity": "11"}, "Invalid `disclosed_quantity`"),
        (INFY, {"quantity": 100, "disclosed_quantity": "9"}, "less than 10% of the quantity"),
        (FUTURE, {"quantity": 650, "disclosed_quantity": "65"}, "Invalid `disclosed_quantity`"),
        (GOLD, {"validity": "IOC"}, "IOC orders are not allowed on MCX"),
        (INFY, {"variety": "iceberg", "iceberg_legs": "1"}, "between 2 and 50"),
        (INFY, {"variety": "iceberg", "iceberg_legs": "2", "iceberg_quantity": "10"}, "Invalid `iceberg_quantity`"),
        (INFY, {"variety": "amo"}, "cannot be placed during market hours"),
        (INFY, {"variety": "auction"}, "no auction"),
        (INFY, {"variety": "bo"}, "Invalid `variety`"),
        (INFY, {"variety": "co", "trigger_price": "1450"}, "only be placed with product MIS"),
    ],
)  # fmt: skip
def test_what_is_refused_at_once(desk: Desk, listed: Any, form: dict[str, Any], words: str) -> None:
    price = {INFY: 1500, FUTURE: 24_050, CALL: 120, GOLD: 7_000, NIFTY: 1}[listed]
    with pytest.raises(KiteRefusal, match=words) as told:
        desk.place(listed, **{"price": price, **form})
    assert told.value.code == 400
    assert desk.account.orders() == []


def test_older_days_knew_no_protection(tmp_path: Path) -> None:
    d = Desk(tmp_path, legacy=True)
    number = d.place(order_type="MARKET")
    d.step()
    assert (d.row(number)["order_type"], d.row(number)["price"], d.row(number)["status"]) == ("MARKET", 0, "COMPLETE")
    d.account.book.close()


@pytest.mark.parametrize("time", ["08:00:00", "16:30:00"])
def test_a_closed_market_takes_after_market_orders_only(tmp_path: Path, time: str) -> None:
    d = Desk(tmp_path, time=time)
    with pytest.raises(KiteRefusal, match="Markets are closed right now"):
        d.place(price=1500)
    d.account.book.close()


def test_the_pre_open_takes_no_stops(tmp_path: Path) -> None:
    d = Desk(tmp_path, time="09:01:00")
    with pytest.raises(KiteRefusal, match="Only market and limit orders"):
        d.place(order_type="SL", trigger_price=1510, price=1512)
    number = d.place(price=1500)
    d.step()
    assert (d.row(number)["status"], d.row(number)["filled_quantity"]) == ("OPEN", 0)
    d.until("09:15:00")
    assert d.row(number)["status"] == "COMPLETE"
    d.account.book.close()


def test_an_expired_contract_does_not_exist(tmp_path: Path) -> None:
    d = Desk(tmp_path)
    d.until("10:00:00", dt.date(2026, 11, 25))
    with pytest.raises(KiteRefusal, match="expired or does not exist"):
        d.place(FUTURE, quantity=65, price=24_050)
    d.account.book.close()


def test_too_little_money_is_told_by_the_order_book(tmp_path: Path) -> None:
    d = Desk(tmp_path, cash=14_000.0)
    number = d.place(price=1500)
    d.step()
    row = d.row(number)
    assert d.statuses(number) == ["PUT ORDER REQ RECEIVED", "VALIDATION PENDING", "REJECTED"]
    assert row["status_message"] == (
        "Insufficient funds. Required margin is 15000.00 but available margin is 14000.00. "
        "Check the orderbook for open orders."
    )
    assert row["status_message_raw"] == (
        "RMS:Margin Exceeds,Required:15000.00, Available:14000.00 for entity account-AB1234 "
        "across exchange across segment across product "
    )
    assert (row["exchange_order_id"], row["exchange_timestamp"], row["pending_quantity"]) == (None, None, 0)
    d.account.book.close()


def test_money_that_orders_wait_with_is_not_there_twice(tmp_path: Path) -> None:
    d = Desk(tmp_path, cash=25_000.0)
    numbers = [d.place(price=1490), d.place(price=1490)]
    d.step()
    assert [d.row(one)["status"] for one in numbers] == ["OPEN", "REJECTED"]
    d.account.book.close()


def test_only_what_is_held_can_be_sold_for_delivery(tmp_path: Path) -> None:
    d = Desk(tmp_path, holdings=(Opening("NSE:SBIN", 10, 700.0, t1=5),))
    enough, too_many = d.place(SBIN, "SELL", 12, price=900), d.place(SBIN, "SELL", 4, price=900)
    d.step()
    assert [d.row(one)["status"] for one in (enough, too_many)] == ["OPEN", "REJECTED"]
    assert d.row(too_many)["status_message"].startswith("Insufficient stock holding. Required quantity is 4 but avail")
    d.account.book.close()


def test_a_sale_waits_for_the_authorisation_where_one_is_asked_for(tmp_path: Path) -> None:
    d = Desk(tmp_path, holdings=(Opening("NSE:SBIN", 10, 700.0),), authorise=True)
    refused = d.place(SBIN, "SELL", 10, price=900)
    d.step()
    assert d.row(refused)["status_message"].startswith("Holdings are not authorised for sale")
    asked = d.account.authorise({"isin": "INE062A01020", "quantity": "10"})
    d.account.approve(asked["request_id"])
    assert d.account.holdings()[0]["authorised_quantity"] == 10
    taken = d.place(SBIN, "SELL", 10, price=900)
    d.step()
    assert d.row(taken)["status"] == "OPEN"
    with pytest.raises(KiteRefusal, match="Invalid `isin`"):
        d.account.authorise({"isin": "INE000000000", "quantity": "1"})
    with pytest.raises(KiteRefusal, match="Invalid `request_id`"):
        d.account.approve("nobody")
    d.account.book.close()


def test_a_number_that_is_not_there_is_not_found(desk: Desk) -> None:
    calls = (
        lambda: desk.account.cancel("regular", "1", desk.market.now, desk.wall),
        lambda: desk.account.modify("regular", "1", {"price": "1"}, desk.market.now, desk.wall),
        lambda: desk.account.history("1"),
        lambda: desk.account.trades("1"),
    )
    for call in calls:
        with pytest.raises(KiteRefusal, match="Couldn't find that `order_id`"):
            call()


def test_a_refused_request_leaves_no_trace(desk: Desk) -> None:
    number = desk.place(price=1490)
    desk.step()
    before = desk.account.history(number)
    with pytest.raises(KiteRefusal, match="Tick size"):
        desk.account.modify("regular", number, {"price": "1490.03"}, desk.market.now, desk.wall)
    with pytest.raises(KiteRefusal, match="Couldn't find that"):
        desk.account.cancel("amo", number, desk.market.now, desk.wall)
    desk.step()
    assert desk.account.history(number) == before

"""Positions, holdings, money, margins and notes: their rows and their sums."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from fakes.kite_account import CALL, DOLLAR, FUTURE, GOLD, INFY, NIFTY, SBIN, Desk, gtt_form

from friday_core.sandbox.kite.account.rules import Opening
from friday_core.sandbox.kite.refusals import KiteRefusal

TUESDAY, WEDNESDAY, THURSDAY = (dt.date(2026, 11, day) for day in (24, 25, 26))
_CHARGES = {
    "transaction_tax", "transaction_tax_type", "exchange_turnover_charge", "sebi_turnover_charge", "brokerage",
    "stamp_duty", "gst", "total",
}  # fmt: skip
_MARGIN = {
    "type", "tradingsymbol", "exchange", "span", "exposure", "option_premium", "additional", "bo", "cash", "var", "pnl",
    "leverage", "charges", "total",
}  # fmt: skip


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    one = Desk(tmp_path, cash=5_000_000.0, commodity_cash=100_000.0, holdings=(Opening("NSE:SBIN", 10, 700.0, t1=5),))
    yield one
    one.account.book.close()


def position(desk: Desk, listed: Any = INFY, what: str = "net") -> Mapping[str, Any]:
    return next(one for one in desk.account.positions()[what] if one["tradingsymbol"] == listed.symbol)


def trade(desk: Desk, listed: Any, side: str, quantity: int, price: float, **form: Any) -> None:
    """So many at exactly this price."""
    desk.market.put(listed, price, free=10**6)
    if side == "SELL":
        desk.market.put(listed, price + listed.rupees(listed.tick), free=10**6)
    number = desk.place(listed, side, quantity, price=price, **form)
    desk.step()
    assert desk.row(number)["status"] == "COMPLETE", desk.row(number)["status_message"]
    assert desk.row(number)["average_price"] == price


def test_rows_have_the_names_of_the_official_samples(desk: Desk) -> None:
    trade(desk, INFY, "BUY", 10, 1500.0, tag="mine")
    assert {*desk.account.orders()[0]} == {
        "account_id", "placed_by", "order_id", "exchange_order_id", "parent_order_id", "status", "status_message",
        "status_message_raw", "order_timestamp", "exchange_update_timestamp", "exchange_timestamp", "variety",
        "modified", "exchange", "tradingsymbol", "instrument_token", "order_type",
        "transaction_type", "validity", "validity_ttl",
        "product", "quantity", "disclosed_quantity", "price", "trigger_price", "average_price", "filled_quantity",
        "pending_quantity", "cancelled_quantity", "market_protection", "meta", "tag", "tags", "guid",
    }  # fmt: skip
    assert {*desk.account.trades()[0]} == {
        "trade_id", "order_id", "exchange", "tradingsymbol", "instrument_token", "product", "average_price", "quantity",
        "exchange_order_id", "transaction_type", "fill_timestamp", "order_timestamp", "exchange_timestamp",
    }  # fmt: skip
    assert {*position(desk)} == {
        "tradingsymbol", "exchange", "instrument_token", "product", "quantity", "overnight_quantity", "multiplier",
        "average_price", "close_price", "last_price", "value", "pnl", "m2m", "unrealised", "realised", "buy_quantity",
        "buy_price", "buy_value", "buy_m2m", "sell_quantity", "sell_price", "sell_value", "sell_m2m",
        "day_buy_quantity", "day_buy_price", "day_buy_value", "day_sell_quantity", "day_sell_price", "day_sell_value",
    }  # fmt: skip
    assert {*desk.account.holdings()[0]} == {
        "tradingsymbol", "exchange", "instrument_token", "isin", "product", "price", "quantity", "used_quantity",
        "t1_quantity", "realised_quantity", "authorised_quantity", "authorised_date", "authorisation",
        "opening_quantity", "short_quantity", "collateral_quantity", "collateral_type",
        "discrepancy", "average_price", "last_price",
        "close_price", "pnl", "day_change", "day_change_percentage", "mtf",
    }  # fmt: skip
    margins = desk.account.margins("equity")
    assert [*margins] == ["enabled", "net", "available", "utilised"]
    assert {*margins["utilised"]} == {
        "debits", "exposure", "m2m_realised", "m2m_unrealised", "option_premium", "payout", "span", "holding_sales",
        "turnover", "liquid_collateral", "stock_collateral", "delivery",
    }  # fmt: skip


def test_a_round_trip_is_a_flat_position_with_its_gain(desk: Desk) -> None:
    trade(desk, INFY, "BUY", 10, 1500.0, product="MIS")
    trade(desk, INFY, "SELL", 10, 1510.0, product="MIS")
    row = position(desk)
    assert (row["quantity"], row["average_price"], row["pnl"], row["m2m"], row["value"]) == (0, 0, 100.0, 100.0, 100.0)


def test_a_carried_position_is_valued_from_the_close_before(desk: Desk) -> None:
    trade(desk, FUTURE, "BUY", 130, 24_000.0)
    desk.market.put(FUTURE, 24_100.0)
    desk.until("09:30:00", TUESDAY)
    trade(desk, FUTURE, "SELL", 65, 24_150.0)
    desk.market.put(FUTURE, 24_150.0)
    net, day = position(desk, FUTURE), position(desk, FUTURE, "day")
    assert (net["overnight_quantity"], net["quantity"], net["close_price"]) == (130, 65, 24_100.0)
    assert (net["pnl"], net["m2m"]) == (130 * 150.0, 130 * 50.0)
    assert (net["buy_value"], net["buy_m2m"]) == (130 * 24_000.0, 130 * 24_100.0)
    assert (day["quantity"], day["overnight_quantity"], day["pnl"]) == (-65, 0, 0.0)


def test_gains_of_contracts_are_paid_every_day(desk: Desk) -> None:
    trade(desk, FUTURE, "BUY", 65, 24_000.0)
    desk.market.put(FUTURE, 24_100.0)
    desk.until("09:30:00", TUESDAY)
    ledger = {what: amount for _, what, amount in desk.account.book.ledger()}
    assert ledger["gained NFO:NIFTY26NOVFUT NRML"] == 65 * 100_00


def test_an_option_that_expires_is_paid_what_it_is_worth(desk: Desk) -> None:
    trade(desk, CALL, "BUY", 65, 120.0)
    desk.until("09:30:00", TUESDAY)
    desk.market.put(NIFTY, 24_200.0)
    desk.until("09:30:00", WEDNESDAY)
    ledger = {what: amount for _, what, amount in desk.account.book.ledger()}
    assert ledger["settled NIFTY26NOV24000CE"] == 65 * 200_00
    assert ledger["traded NFO:NIFTY26NOV24000CE NRML"] == -65 * 120_00
    assert desk.account.positions()["net"] == []


def test_shares_are_a_position_then_t1_then_held(desk: Desk) -> None:
    trade(desk, INFY, "BUY", 10, 1500.0)
    seen = []
    for day in (TUESDAY, WEDNESDAY):
        desk.until("09:30:00", day)
        row = next(one for one in desk.account.holdings() if one["tradingsymbol"] == "INFY")
        seen.append((row["t1_quantity"], row["quantity"], row["average_price"]))
    assert seen == [(10, 0, 1500.0), (0, 10, 1500.0)]
    assert desk.account.positions()["net"] == []


def test_a_weekend_settles_nothing(desk: Desk) -> None:
    desk.until("09:30:00", dt.date(2026, 11, 27))
    trade(desk, INFY, "BUY", 10, 1500.0)
    for day in (28, 29):
        desk.until("12:00:00", dt.date(2026, 11, day))
    desk.until("09:30:00", dt.date(2026, 11, 30))
    row = next(one for one in desk.account.holdings() if one["tradingsymbol"] == "INFY")
    assert (row["t1_quantity"], row["quantity"]) == (10, 0)


def test_a_sale_out_of_holdings_is_a_negative_position_and_used(desk: Desk) -> None:
    trade(desk, SBIN, "SELL", 12, 800.0)
    (row,) = desk.account.holdings()
    assert (position(desk, SBIN)["quantity"], row["used_quantity"]) == (-12, 12)
    assert (row["quantity"], row["t1_quantity"], row["opening_quantity"]) == (0, 3, 15)
    desk.until("09:30:00", TUESDAY)
    (row,) = desk.account.holdings()
    assert (row["quantity"], row["used_quantity"], row["average_price"]) == (3, 0, 700.0)


def test_the_summary_adds_the_holdings_up(desk: Desk) -> None:
    desk.market.put(SBIN, 800.0, close=790.0)
    assert desk.account.holdings_summary() == {
        "total_pnl": 1_500.0, "total_pnl_percent": pytest.approx(14.285714), "today_pnl": 150.0,
        "today_pnl_percent": pytest.approx(100 * 10 / 790), "invested_amount": 10_500.0, "current_value": 12_000.0,
    }  # fmt: skip


def test_a_converted_position_leaves_one_product_for_another(desk: Desk) -> None:
    trade(desk, INFY, "BUY", 10, 1500.0, product="MIS")
    form = {
        "exchange": "NSE", "tradingsymbol": "INFY", "transaction_type": "BUY", "position_type": "day", "quantity": "4",
        "old_product": "MIS", "new_product": "CNC",
    }  # fmt: skip
    assert desk.account.convert(form) is True
    held = {one["product"]: (one["quantity"], one["average_price"]) for one in desk.account.positions()["net"]}
    assert held == {"MIS": (6, 1500.0), "CNC": (4, 1500.0)}
    with pytest.raises(KiteRefusal, match="Insufficient quantity to convert"):
        desk.account.convert({**form, "quantity": "7"})
    with pytest.raises(KiteRefusal, match="cannot be converted from MIS to NRML"):
        desk.account.convert({**form, "new_product": "NRML"})


def test_a_conversion_that_money_does_not_allow_changes_nothing(tmp_path: Path) -> None:
    d = Desk(tmp_path, cash=5_000.0)
    trade(d, INFY, "BUY", 10, 1500.0, product="MIS")
    before = (d.account.positions(), d.account.margins())
    with pytest.raises(KiteRefusal, match="Insufficient funds"):
        d.account.convert({
            "exchange": "NSE", "tradingsymbol": "INFY", "transaction_type": "BUY", "position_type": "day",
            "quantity": "10", "old_product": "MIS", "new_product": "CNC",
        })  # fmt: skip
    assert (d.account.positions(), d.account.margins()) == before
    d.account.book.close()


def test_margin_funded_shares_tie_up_half_until_they_are_sold(desk: Desk) -> None:
    before = desk.net()
    trade(desk, INFY, "BUY", 100, 1500.0, product="MTF")
    assert before - desk.net() == pytest.approx(75_000, abs=300)  # and charges
    desk.until("09:30:00", TUESDAY)
    row = next(one for one in desk.account.holdings() if one["tradingsymbol"] == "INFY")
    assert (row["mtf"]["quantity"], row["mtf"]["initial_margin"]) == (100, 75_000.0)
    trade(desk, INFY, "SELL", 100, 1510.0, product="MTF")
    desk.until("09:30:00", WEDNESDAY)
    ledger = {what: amount for _, what, amount in desk.account.book.ledger()}
    assert ledger["sold NSE:INFY MTF"] == 100 * 10_00
    assert all(one["tradingsymbol"] != "INFY" for one in desk.account.holdings())


def test_what_is_net_is_the_opening_balance_less_debits(desk: Desk) -> None:
    trade(desk, INFY, "BUY", 10, 1500.0)
    trade(desk, FUTURE, "BUY", 65, 24_050.0)
    trade(desk, CALL, "SELL", 65, 120.0)
    row = desk.account.margins()["equity"]
    assert row["net"] == pytest.approx(row["available"]["cash"] - row["utilised"]["debits"])
    assert row["utilised"]["delivery"] == 15_000.0
    assert row["utilised"]["option_premium"] == -65 * 120.0
    assert row["utilised"]["span"] > 0
    with pytest.raises(KiteRefusal, match="Invalid `segment`"):
        desk.account.margins("equities")


def test_segments_have_purses_of_their_own(desk: Desk) -> None:
    before = desk.net()
    trade(desk, GOLD, "BUY", 1, 7_000.0)
    assert desk.net() == before
    assert desk.account.margins("commodity")["utilised"]["span"] == 560.0


def test_currencies_have_seven_decimals_and_lots_of_a_thousand(desk: Desk) -> None:
    trade(desk, DOLLAR, "BUY", 2, 84.5025)
    desk.market.put(DOLLAR, 84.6025)
    row = position(desk, DOLLAR)
    assert (row["multiplier"], row["average_price"], row["pnl"]) == (1_000, 84.5025, 200.0)


def test_margins_of_orders_are_those_of_the_official_sample(desk: Desk) -> None:
    order = {
        "exchange": "NSE", "tradingsymbol": "INFY", "transaction_type": "BUY", "variety": "regular", "product": "CNC",
        "order_type": "LIMIT", "quantity": 1, "price": 1498, "trigger_price": 0,
    }  # fmt: skip
    (row,) = desk.account.order_margins([order])
    assert {*row} == _MARGIN
    assert {*row["charges"]} == _CHARGES
    assert (row["type"], row["var"], row["total"], row["leverage"]) == ("equity", 1498.0, 1498.0, 1)
    assert (row["charges"]["transaction_tax"], row["charges"]["transaction_tax_type"]) == (1.498, "stt")
    (intraday,) = desk.account.order_margins([{**order, "product": "MIS"}])
    assert (intraday["total"], intraday["leverage"]) == (299.6, 5)
    with pytest.raises(KiteRefusal, match="a list of orders"):
        desk.account.order_margins({"orders": []})  # type: ignore[arg-type]


def test_a_basket_knows_that_legs_cover_each_other(desk: Desk) -> None:
    future = {
        "exchange": "NFO", "tradingsymbol": FUTURE.symbol, "transaction_type": "BUY", "product": "NRML",
        "order_type": "LIMIT", "quantity": 65, "price": 24_050,
    }  # fmt: skip
    call = {**future, "tradingsymbol": CALL.symbol, "transaction_type": "SELL", "price": 120}
    basket = desk.account.basket_margins([future, call], consider_positions=False)
    assert [*basket] == ["initial", "final", "orders", "charges"]
    assert 0 < basket["final"]["span"] < basket["initial"]["span"]
    assert basket["initial"]["total"] == pytest.approx(sum(one["total"] for one in basket["orders"]))
    assert basket["charges"]["brokerage"] == sum(one["charges"]["brokerage"] for one in basket["orders"])
    assert desk.account.basket_margins([future], False, "compact")["orders"] == []


def test_a_virtual_note_charges_by_the_table_of_the_day(desk: Desk) -> None:
    (note,) = desk.account.contract_note([
        {
            "order_id": "1", "exchange": "NSE", "tradingsymbol": "INFY", "transaction_type": "SELL",
            "variety": "regular", "product": "MIS", "order_type": "MARKET", "quantity": 100, "average_price": 1000,
        }
    ])  # fmt: skip
    charges = note.pop("charges")
    assert note == {
        "transaction_type": "SELL", "tradingsymbol": "INFY", "exchange": "NSE", "variety": "regular", "product": "MIS",
        "order_type": "MARKET", "quantity": 100, "price": 1000.0,
    }  # fmt: skip
    assert (charges["brokerage"], charges["transaction_tax"], charges["exchange_turnover_charge"]) == (20.0, 25.0, 3.07)


# GTTs ----------------------------------------------------------------------------------------------


def test_a_trigger_sends_a_limit_order_and_says_what_became_of_it(desk: Desk) -> None:
    form = gtt_form(INFY, [1520.0], 1500.0, [{"transaction_type": "BUY", "quantity": 5, "price": 1525.0}])
    number = desk.account.place_gtt(form)["trigger_id"]
    desk.step(1, (INFY, 1519.9, 10))
    assert desk.account.gtt(number)["status"] == "active"
    desk.market.put(INFY, 1520.0)
    desk.step(1, (INFY, 1520.0, 10))
    row = desk.account.gtt(number)
    outcome = row["orders"][0]["result"]["order_result"]
    assert (row["status"], outcome["status"], row["orders"][0]["result"]["triggered_at"]) == (
        "triggered",
        "success",
        1520,
    )
    placed = desk.row(outcome["order_id"])
    assert (placed["price"], placed["meta"]) == (1525.0, {"app_id": 1, "gtt": number})


def test_a_triggered_order_may_fail(desk: Desk) -> None:
    legs = [{"transaction_type": "SELL", "quantity": 5, "price": price} for price in (1.0, 1700.0)]
    number = desk.account.place_gtt(gtt_form(INFY, [1450.0, 1600.0], 1500.0, legs))["trigger_id"]
    desk.step(1, (INFY, 1440.0, 10))
    low, high = desk.account.gtt(number)["orders"]
    assert low["result"]["order_result"] == {
        "status": "failed", "order_id": "",
        "rejection_reason": "Your order price is lower than the current lower circuit limit of 1200. "
        "Place an order within the daily range.",
    }  # fmt: skip
    assert high["result"] is None


def test_triggers_are_modified_and_deleted_while_they_are_active(desk: Desk) -> None:
    leg = {"transaction_type": "BUY", "quantity": 5, "price": 1400.0}
    number = desk.account.place_gtt(gtt_form(INFY, [1400.0], 1500.0, [leg]))["trigger_id"]
    desk.account.modify_gtt(number, gtt_form(INFY, [1410.0], 1500.0, [leg]))
    assert desk.account.gtts()[0]["condition"]["trigger_values"] == [1410.0]
    assert desk.account.delete_gtt(number) == {"trigger_id": number}
    assert (desk.account.gtts(), desk.account.gtt(number)["status"]) == ([], "deleted")
    with pytest.raises(KiteRefusal, match="cannot be deleted as it is deleted"):
        desk.account.delete_gtt(number)
    with pytest.raises(KiteRefusal, match="Trigger not found"):
        desk.account.gtt(99)


@pytest.mark.parametrize(
    ("triggers", "change", "words"),
    [
        ([1501.0], {}, r"at least 0\.25% away"),
        ([1510.0, 1520.0], {}, "below and above the last price"),
        ([1520.0], {"quantity": "1.5"}, "Invalid `quantity`"),
        ([1520.0], {"order_type": "MARKET"}, "Invalid `order_type`"),
        ([1520.0], {"product": "MIS"}, "Invalid `product`"),
    ],
)
def test_what_a_trigger_cannot_be(desk: Desk, triggers: list[float], change: dict[str, Any], words: str) -> None:
    leg = {"transaction_type": "BUY", "quantity": 5, "price": 1400.0, **change}
    with pytest.raises(KiteRefusal, match=words):
        desk.account.place_gtt(gtt_form(INFY, triggers, 1500.0, [leg] * len(triggers)))
    with pytest.raises(KiteRefusal, match="Invalid `condition`"):
        desk.account.place_gtt({"type": "single", "condition": "{", "orders": "[]"})

"""Whatever is asked for and whatever prints: states are paths, quantities and money are conserved."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
from fakes.kite_account import FUTURE, INFY, NO_DELAY, SBIN, Desk
from hypothesis import given, settings
from hypothesis import strategies as st

from friday_core.sandbox.kite.account.rules import Fate, Opening, Rules
from friday_core.sandbox.kite.refusals import KiteRefusal
from friday_core.sandbox.kite.values import Listed

#: The order book's states as Kite's documents draw them; a partial fill repeats a state.
PATHS = {
    "PUT ORDER REQ RECEIVED": {"VALIDATION PENDING"},
    "VALIDATION PENDING": {"OPEN PENDING", "REJECTED"},
    "OPEN PENDING": {"OPEN", "TRIGGER PENDING", "REJECTED"},
    "TRIGGER PENDING": {"OPEN", "MODIFY VALIDATION PENDING", "CANCEL PENDING", "CANCELLED"},
    "OPEN": {"OPEN", "COMPLETE", "CANCELLED", "MODIFY VALIDATION PENDING", "CANCEL PENDING"},
    "MODIFY VALIDATION PENDING": {"MODIFY PENDING", "NOT MODIFIED"},
    "MODIFY PENDING": {"MODIFIED", "NOT MODIFIED"},
    "MODIFIED": {"OPEN", "TRIGGER PENDING"},
    "NOT MODIFIED": {"OPEN", "TRIGGER PENDING"},
    "CANCEL PENDING": {"CANCEL PENDING", "CANCELLED", "COMPLETE"},
    "COMPLETE": set[str](),
    "CANCELLED": set[str](),
    "REJECTED": set[str](),
}
PRICES = {INFY.symbol: 1500.0, SBIN.symbol: 800.0, FUTURE.symbol: 24_050.0}
_CHARGED = {"brokerage", "stt", "exchange", "ipft", "sebi", "stamp", "gst", "depository", "square_off"}

listed = st.sampled_from([INFY, SBIN, FUTURE])
ticks = st.integers(-8, 8)
orders = st.tuples(
    st.just("place"), listed, st.sampled_from(["BUY", "SELL"]), st.integers(1, 30), ticks,
    st.sampled_from(["LIMIT", "LIMIT", "MARKET", "SL"]), st.sampled_from(["CNC", "MIS"]),
    st.sampled_from(["DAY", "DAY", "IOC", "TTL"]),
    st.sampled_from([Fate(), Fate(), Fate(), Fate(parts=1), Fate(reject="no"), Fate(accept_after=3)]),
)  # fmt: skip
steps = st.tuples(st.just("step"), listed, ticks, st.integers(0, 80), st.sampled_from([0.0, 0.3, 1.0, 70.0]))
moves = st.tuples(st.just("move"), listed, ticks, st.integers(0, 20))
changes = st.tuples(st.just("modify"), st.integers(0, 9), ticks, st.integers(1, 30))
cancels = st.tuples(st.just("cancel"), st.integers(0, 9))
RULES = [
    Rules(cash=300_000.0),
    Rules(cash=3_000_000.0, parts=3),
    msgspec.structs.replace(NO_DELAY, cash=3_000_000.0, cancellation=0.02),
    NO_DELAY,
]


def do(desk: Desk, action: tuple[Any, ...]) -> None:
    """One action; a refusal is an answer like another."""
    account, now = desk.account, desk.market.now
    match action:
        case ("place", one, side, count, off, type_, product, validity, fate):
            form: dict[str, Any] = {"order_type": type_, "validity": validity}
            price = near(one, off)
            if type_ == "SL":
                form["trigger_price"] = near(one, 5 if side == "BUY" else -5)
                price = near(one, 7 if side == "BUY" else -7)
            form |= {"market_protection": -1} if type_ == "MARKET" else {"price": price}
            form |= {"validity_ttl": 1} if validity == "TTL" else {}
            product = product if one is not FUTURE else "NRML"
            desk.place(one, side, count * one.lot, product=product, fate=fate, **form)
        case ("step", one, off, volume, seconds):
            desk.step(seconds, (one, near(one, off), volume))
        case ("move", one, off, free):
            desk.market.put(one, near(one, off), free=free * one.lot, close=PRICES[one.symbol])
        case ("modify", place, off, count):
            row = chosen(desk, place)
            one = next(x for x in (INFY, SBIN, FUTURE) if x.symbol == row["tradingsymbol"])
            form = {"price": str(near(one, off)), "quantity": str(count * one.lot)}
            account.modify("regular", row["order_id"], form, now, desk.wall)
        case ("cancel", place):
            account.cancel("regular", chosen(desk, place)["order_id"], now, desk.wall)


def chosen(desk: Desk, place: int) -> dict[str, Any]:
    rows = desk.account.orders()
    if not rows:
        raise KiteRefusal(400, "OrderException", "there is none")
    row: dict[str, Any] = rows[place % len(rows)]
    return row


def near(one: Listed, off: int) -> float:
    return one.rupees(one.units(PRICES[one.symbol]) + off * one.tick)


def check_orders(desk: Desk) -> None:
    traded: dict[str, tuple[int, float]] = defaultdict(lambda: (0, 0.0))
    for trade in desk.account.trades():
        count, worth = traded[trade["order_id"]]
        traded[trade["order_id"]] = count + trade["quantity"], worth + trade["quantity"] * trade["average_price"]
    for row in desk.account.orders():
        history = desk.account.history(row["order_id"])
        assert history[-1]["status"] == row["status"]
        assert history[0]["status"] == "PUT ORDER REQ RECEIVED"
        for before, after in pairwise(history):
            assert after["status"] in PATHS[before["status"]]
            assert after["filled_quantity"] >= before["filled_quantity"]
        count, worth = traded[row["order_id"]]
        assert row["filled_quantity"] == count <= row["quantity"]
        assert (row["status"] == "COMPLETE") == (count == row["quantity"])
        if count:
            assert abs(row["average_price"] * count - worth) < 0.01 + count * 5e-5, "told to four decimals"
            limit = worth / count if row["modified"] or not row["price"] else row["price"]
            assert (limit - worth / count) * (1 if row["transaction_type"] == "BUY" else -1) > -1e-6


def check_positions(desk: Desk) -> None:
    held: dict[tuple[str, str], int] = defaultdict(int)
    for trade in desk.account.trades():
        sign = 1 if trade["transaction_type"] == "BUY" else -1
        held[trade["tradingsymbol"], trade["product"]] += sign * trade["quantity"]
    shown = {(row["tradingsymbol"], row["product"]): row["quantity"] for row in desk.account.positions()["net"]}
    assert shown == dict(held)
    for row in desk.account.positions()["net"]:
        worth = row["sell_value"] - row["buy_value"] + row["quantity"] * row["last_price"] * row["multiplier"]
        assert abs(row["pnl"] - worth) < 0.01


def check_money(desk: Desk, cash: float) -> None:
    """The day ends: what there was, and what trades brought, and the charges, are what there is."""
    last = {one.symbol: desk.market.snapshots[one.token].last_price for one in (INFY, SBIN, FUTURE)}
    trades_before = desk.account.trades()
    desk.market.now += 14 * 3600 * 1_000_000
    desk.account.next_day(desk.market.now, desk.wall)
    assert dt.date.fromisoformat(desk.account.book.day) == dt.date(2026, 11, 24)
    # What was still held for the day was closed at the last price, and so was nothing besides what it was worth.
    brought = 0
    for trade in trades_before:
        sign, one = (1 if trade["transaction_type"] == "BUY" else -1), trade["tradingsymbol"]
        price = round(trade["average_price"] * 100)
        brought += sign * trade["quantity"] * ((0 if trade["product"] == "CNC" else last[one]) - price)
    ledger = desk.account.book.ledger()
    charged = sum(amount for _, what, amount in ledger if what in _CHARGED)
    assert charged <= 0
    assert sum(amount for _, _, amount in ledger) == round(cash * 100) + brought + charged
    assert desk.account.orders() == desk.account.trades() == []


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(RULES),
    st.lists(st.one_of(orders, orders, steps, steps, moves, changes, cancels), min_size=4, max_size=30),
)
def test_orders_quantities_and_money_are_conserved(rules: Rules, actions: list[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(Path(folder), rules, holdings=(Opening("NSE:SBIN", 40, 700.0),))
        try:
            for action in actions:
                try:
                    do(desk, action)
                except KiteRefusal:
                    continue
            check_orders(desk)
            check_positions(desk)
            seen = (desk.account.orders(), desk.account.positions(), desk.account.margins(), desk.account.holdings())
            desk.again()
            again = (desk.account.orders(), desk.account.positions(), desk.account.margins(), desk.account.holdings())
            assert again == seen
            check_money(desk, rules.cash)
        finally:
            desk.account.book.close()

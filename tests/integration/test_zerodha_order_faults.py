"""What Kite does to orders, and the reaction that each of its faults demands: against the sandbox, by number."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes.zerodha import NSE, OPEN, Trader, far_below, log_in, sharing, trading, until

from friday_core.api import BrokerError, InDoubt, InstrumentId, OrderStatus, OrderType, Refused, Side, TimeInForce
from friday_core.sandbox.kite.audit.finding import Rule
from friday_core.testing.kite_sandbox import KiteSandbox

#: An account that can pay for very many shares.
RICH = OPEN + "[rules]\ncash = 1000000000.0\n"
LIMIT, GTC = OrderType.LIMIT, TimeInForce.GTC
#: After these nobody knows whether the order stands, and it does.
UNTOLD: list[dict[str, Any]] = [
    {"do": "lost_answer"},
    {"do": "error_after", "code": 504},
    {"do": "html_after"},
    {"do": "empty_answer"},
    {"do": "cut_answer"},
    {"do": "slow", "seconds": 2},
]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KiteSandbox]:
    """Where one test does not disturb another."""
    with KiteSandbox(tmp_path_factory.mktemp("orders") / "kite", OPEN) as sandbox:
        yield sandbox


@pytest.fixture
def trader(shared: KiteSandbox) -> Iterator[Trader]:
    with sharing(shared) as one:
        yield one


@pytest.fixture
def alone(kite_sandbox: KiteSandbox) -> Iterator[Trader]:
    """In an account where nothing else has happened."""
    with trading(kite_sandbox) as one:
        yield one


def last_price(trader: Trader, symbol: str = "INFY") -> int:
    """In paise."""
    row = trader.connection.read("ltp", f"NSE:{symbol}")[f"NSE:{symbol}"]
    return round(row["last_price"] * 100)


def judged(sandbox: KiteSandbox, *rules: Rule) -> None:
    """The verdict on these rules is clean."""
    found = [one for rule in rules for one in sandbox.verdict(flat=False).of(rule)]
    assert found == []


def test_fault_01_an_outcome_that_is_not_known_is_in_doubt_until_the_book_shows_it(alone: Trader) -> None:
    for number, fault in enumerate(UNTOLD, 1):
        alone.sandbox.fail(method="POST", path="/orders", times=1, **fault)
        with pytest.raises(InDoubt, match="place_order"):
            alone.send(number, quantity=number)
        assert alone.wait(number, "filled").filled == number
        assert len(alone.rows(number)) == 1
    judged(alone.sandbox, Rule.DUPLICATES, Rule.LOST_ORDERS)


def test_fault_01_a_request_that_was_lost_is_in_doubt_and_never_in_the_book(trader: Trader) -> None:
    trader.sandbox.fail("lost_request", method="POST", path="/orders", times=1)
    with pytest.raises(InDoubt, match="place_order"):
        trader.send(1)
    assert trader.orders(1) == []
    assert len(trader.requests("POST", "/orders")) == 1


def test_fault_02_an_order_that_appears_late_is_told_when_it_does(trader: Trader) -> None:
    trader.sandbox.fail("late_accept", seconds=3.0, times=1)
    with pytest.raises(InDoubt, match="place_order"):
        trader.send(1)
    assert trader.orders(1) == []
    assert trader.wait(1, "filled").filled == 5


def test_fault_02_a_second_copy_of_an_order_is_ended(trader: Trader) -> None:
    price = far_below(trader)
    for _ in range(2):
        trader.send(1, type=LIMIT, limit_price=price)
        trader.broker._brake.taken()
    until(trader.sandbox, lambda: [one["status"] for one in trader.rows(1)] == ["OPEN", "CANCELLED"])


def test_fault_03_a_400_that_tells_of_a_time_out_is_in_doubt(trader: Trader) -> None:
    trader.sandbox.fail("error_after", method="POST", path="/orders", code=400, times=1)
    with pytest.raises(InDoubt, match="timed out"):
        trader.send(1)
    trader.wait(1, "filled")


def test_fault_04_a_stale_book_takes_nothing_away(trader: Trader) -> None:
    trader.send(1)
    before = trader.wait(1, "filled")
    trader.sandbox.fail("stale_book", seconds=60.0, times=3)
    assert trader.orders(1) == [before]
    assert [one.status for one in trader.told if one.tag == trader.tag(1)][-1] is OrderStatus.FILLED


def test_fault_05_another_process_finds_its_orders_by_their_tags(trader: Trader) -> None:
    trader.sandbox.fail("lost_answer", method="POST", path="/orders", times=1)
    with pytest.raises(InDoubt, match="place_order"):
        trader.send(1)
    trader.broker.stop()
    trader.sandbox.control("external", exchange="NSE", tradingsymbol="TCS", transaction_type="BUY", quantity=1,
                           product="MIS", order_type="MARKET", market_protection=-1, validity="DAY")  # fmt: skip
    other = Trader(trader.sandbox, first=trader.first)
    try:
        other.broker.start()
        assert other.wait(1, "filled").filled == 5
        assert {one.tag for one in other.broker.orders()} >= {trader.tag(1), ""}
    finally:
        other.broker.stop()
        other.connection.stop()


def test_fault_06_a_cancel_of_unknown_fate_is_repeated_until_the_order_has_ended(trader: Trader) -> None:
    faults: list[dict[str, Any]] = [{"do": "lost_answer"}, {"do": "lost_request"}, {"do": "error", "code": 503}]
    for number, fault in enumerate(faults, 1):
        trader.send(number, quantity=number, type=LIMIT, limit_price=far_below(trader))
        trader.wait(number, "open")
        trader.sandbox.fail(method="DELETE", path="/orders", times=1, **fault)
        trader.cancel(number)
        assert trader.wait(number, "cancelled").filled == 0
    assert len(trader.requests("DELETE")) <= 3 * len(faults)


def test_fault_08_a_part_that_traded_is_told_while_the_rest_works_and_after_a_cancel(trader: Trader) -> None:
    trader.sandbox.fail("partial", parts=1)
    trader.send(1, quantity=10, type=LIMIT, limit_price=last_price(trader) * 102 // 100 // 100 * 100)
    part = trader.wait(1, "partial")
    assert 0 < part.filled < 10
    trader.cancel(1)
    end = trader.wait(1, "cancelled")
    assert (end.filled, end.notional) == (part.filled, part.notional)


def test_fault_09_a_market_order_that_rests_gets_another_price(shared: KiteSandbox) -> None:
    with sharing(shared, chase_after=1.0) as trader:
        shared.fail("stuck", status="OPEN PENDING", seconds=1.5)
        trader.send(1)
        shared.happen("gap", symbol="INFY", percent=3)
        assert trader.wait(1, "filled").filled == 5
        assert len(trader.requests("PUT", "/orders")) >= 1
    judged(shared, Rule.INVALID_REQUESTS)


def test_fault_10_an_order_is_known_by_its_tag_when_the_book_shows_another_type(trader: Trader) -> None:
    trader.send(1)
    trader.wait(1, "filled")
    (row,) = trader.rows(1)
    assert (row["order_type"], row["tag"]) == ("LIMIT", f"{trader.tag(1)}m")
    assert [one.status for one in trader.orders(1)] == [OrderStatus.FILLED]


def test_fault_11_updates_that_come_late_twice_or_backwards_take_nothing_back(trader: Trader) -> None:
    trader.send(1)
    end = trader.wait(1, "filled")
    (row,) = trader.rows(1)
    for late in ({"status": "UPDATE", "filled_quantity": 2}, {"status": "OPEN", "filled_quantity": 0}, {}, {}):
        trader.connection.told({**row, **late})
    assert trader.orders(1) == [end]
    assert trader.latest(1) == end


def test_fault_11_a_hint_is_enough_to_read_the_book_at_once(shared: KiteSandbox) -> None:
    with sharing(shared, poll=60.0) as trader:
        price = last_price(trader)
        trader.send(1, type=LIMIT, limit_price=price * 102 // 100 // 100 * 100)
        until(shared, lambda: [one["status"] for one in trader.rows(1)] == ["COMPLETE"])
        trader.connection.told(trader.rows(1)[0])
        trader.wait(1, "filled", 5.0)


def test_fault_12_a_rejection_is_told_in_words_and_after_several_entries_rest(shared: KiteSandbox) -> None:
    with sharing(shared, refusals_in_a_row=2) as trader:
        trader.send(1, "SBIN.NSE")
        trader.wait(1, "filled")
        trader.broker.positions()
        shared.fail("reject", words="16283: the exchange has refused it", times=2)
        for number in (2, 3):
            trader.send(number, quantity=number)
            assert "16283: the exchange has refused it" in trader.wait(number, "rejected").reason
        with pytest.raises(Refused, match="2 orders in a row"):
            trader.send(4, quantity=4)
        trader.send(5, "SBIN.NSE", Side.SELL)
        trader.wait(5, "filled")
    judged(shared, Rule.REPEATED_REFUSALS)


def test_fault_12_the_same_order_is_not_repeated_after_its_refusal(trader: Trader) -> None:
    trader.sandbox.fail("reject", times=1)
    trader.send(1)
    trader.wait(1, "rejected")
    with pytest.raises(Refused, match="is not repeated"):
        trader.send(2)
    assert len(trader.requests("POST", "/orders")) == 1


def test_fault_13_a_cancel_of_an_order_that_is_being_processed_waits_for_it(trader: Trader) -> None:
    trader.sandbox.fail("stuck", status="OPEN PENDING", seconds=2.0, times=1)
    trader.send(1, type=LIMIT, limit_price=far_below(trader))
    until(trader.sandbox, lambda: [one["status"] for one in trader.rows(1)] == ["OPEN PENDING"])
    trader.wait(1, "acked")
    trader.cancel(1)
    trader.wait(1, "cancelled")


def test_fault_13_a_modification_that_does_nothing_is_made_again(shared: KiteSandbox) -> None:
    with sharing(shared, chase_after=1.0) as trader:
        shared.fail("stuck", status="OPEN PENDING", seconds=1.5)
        shared.fail("ignore_modify", times=1)
        trader.send(1)
        shared.happen("gap", symbol="INFY", percent=3)
        trader.wait(1, "filled")
        assert len(trader.requests("PUT", "/orders")) >= 2


def test_fault_14_a_cancel_that_is_ignored_is_sent_again(trader: Trader) -> None:
    trader.send(1, type=LIMIT, limit_price=far_below(trader))
    trader.wait(1, "open")
    trader.sandbox.fail("ignore_cancel", times=1)
    trader.cancel(1)
    trader.wait(1, "cancelled")
    assert len(trader.requests("DELETE")) == 2


def test_fault_14_the_cancel_of_what_has_traded_is_refused_and_the_order_is_filled(trader: Trader) -> None:
    trader.send(1)
    trader.wait(1, "filled")
    with pytest.raises(Refused, match="has ended at Kite as COMPLETE"):
        trader.cancel(1)
    assert trader.orders(1)[0].status is OrderStatus.FILLED


def test_fault_15_positions_are_those_of_the_account_and_orders_of_others_are_told_as_theirs(alone: Trader) -> None:
    alone.sandbox.happen("foreign_order", symbol="TCS", side="BUY", quantity=3, tag="byhand")
    until(alone.sandbox, lambda: alone.broker.positions() == {InstrumentId("TCS", "NSE"): 3})
    (update,) = alone.broker.orders()
    assert (update.tag, update.filled) == ("byhand", 3)


def test_fault_17_what_kite_would_refuse_is_not_sent(trader: Trader) -> None:
    price = far_below(trader)
    cases: list[tuple[str, dict[str, Any]]] = [
        ("no multiple of the tick", {"type": LIMIT, "limit_price": price + 3}),
        ("outside today's", {"type": LIMIT, "limit_price": 10 * price}),
        ("no product NRML", {"product": "normal"}),
        ("not above the latest", {"type": OrderType.STOP, "trigger_price": price}),
        ("lies before its trigger", {"type": OrderType.STOP_LIMIT, "trigger_price": price, "limit_price": price - 500}),
        ("takes no market order without protection", {"protection_ppm": 0}),
        ("for the day, not gtc", {"type": LIMIT, "limit_price": price, "product": "delivery", "time_in_force": GTC}),
    ]
    for number, (words, terms) in enumerate(cases, 1):
        with pytest.raises(Refused, match=words):
            trader.send(number, **terms)
    assert trader.requests("POST", "/orders") == []


def test_fault_17_a_lot_and_an_index_are_checked_before_anything_is_sent(shared: KiteSandbox) -> None:
    future = future_of(shared)
    with sharing(shared, (*NSE, future, "NIFTY 50.NSE")) as trader:
        with pytest.raises(Refused, match="no multiple of the lot"):
            trader.send(1, future, quantity=1)
        with pytest.raises(Refused, match="is an index"):
            trader.send(2, "NIFTY 50.NSE")
        assert trader.requests("POST", "/orders") == []


def test_fault_17_a_contract_without_a_freeze_quantity_ends_the_start(shared: KiteSandbox) -> None:
    future = future_of(shared)
    words = r"no freeze quantity is known on [-0-9]+ of NIFTY: .*freeze_quantities = { NIFTY = \.\.\. }"
    with pytest.raises(BrokerError, match=words), sharing(shared, (*NSE, future), freeze_quantities={}):
        pass


def test_fault_18_a_price_reaches_kite_to_the_last_digit(trader: Trader) -> None:
    price = far_below(trader) + 60
    trader.send(1, type=LIMIT, limit_price=price)
    (request,) = trader.requests("POST", "/orders")
    assert request["form"]["price"] == f"{price // 100}.{price % 100:02}"


def test_fault_27_nothing_is_added_where_the_price_is_stale(shared: KiteSandbox) -> None:
    with sharing(shared, stale=5.0) as trader:
        trader.send(1, "SBIN.NSE")
        trader.wait(1, "filled")
        trader.broker.positions()
        trader.connection.stale = lambda seconds: [InstrumentId("SBIN", "NSE")] if seconds == 5.0 else []
        with pytest.raises(Refused, match=r"no news of SBIN\.NSE for 5 seconds"):
            trader.send(2, "SBIN.NSE")
        trader.send(3, "SBIN.NSE", Side.SELL)
        trader.send(4, "TCS.NSE")
        trader.wait(3, "filled")
        trader.wait(4, "filled")


def test_fault_39_where_nobody_is_on_the_other_side_one_order_rests(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with KiteSandbox(tmp_path, RICH) as sandbox, trading(sandbox, chase_after=1.0) as trader:
        sandbox.happen("freeze", symbol="INFY", side="SELL")
        trader.send(1, quantity=100_000)  # what a few sell at the limit does not fill it
        until(sandbox, lambda: "nobody is on the other side" in caplog.text)
        assert trader.requests("PUT") == []
        assert len(trader.requests("POST", "/orders")) == 1


def test_fault_40_a_square_off_of_the_broker_is_told_and_seen_in_the_positions(alone: Trader) -> None:
    alone.send(1)
    alone.wait(1, "filled")
    alone.sandbox.happen("square_off", product="MIS")
    until(alone.sandbox, lambda: alone.broker.positions() == {})
    assert {one.tag for one in alone.broker.orders()} == {alone.tag(1), ""}


def test_fault_41_a_refusal_for_want_of_money_stops_entries_and_not_exits(tmp_path: Path) -> None:
    with KiteSandbox(tmp_path, OPEN + "[rules]\ncash = 5000.0\n") as sandbox, trading(sandbox) as trader:
        trader.send(1, "SBIN.NSE", quantity=1)
        trader.wait(1, "filled")
        trader.broker.positions()
        trader.send(2, quantity=1_000)
        assert "argin" in trader.wait(2, "rejected").reason or "und" in trader.wait(2, "rejected").reason
        with pytest.raises(Refused, match="entries rest"):
            trader.send(3, "TCS.NSE", quantity=1)
        trader.send(4, "SBIN.NSE", Side.SELL, quantity=1)
        trader.wait(4, "filled")


def future_of(sandbox: KiteSandbox) -> str:
    """The nearest future on the index."""
    log_in(sandbox)
    trader = Trader(sandbox)
    trader.connection.stop()
    rows = [row for row in trader.connection.instruments()._by_key.values() if row.exchange == "NFO"]
    found = min((row for row in rows if row.type == "FUT" and row.name == "NIFTY"), key=lambda row: str(row.expiry))
    return f"{found.symbol}.NFO"


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KiteSandbox]:
    with KiteSandbox(tmp_path_factory.mktemp("rich") / "kite", RICH) as sandbox:
        yield sandbox


def test_fault_07_an_order_above_the_freeze_quantity_goes_in_slices_and_is_told_as_one(rich: KiteSandbox) -> None:
    future = future_of(rich)
    with sharing(rich, (future,), product="normal") as trader:
        lot = trader.universe[0].lot_size
        quantity = 1_800 // lot * lot * 2 + lot
        trader.send(1, future, quantity=quantity)
        update = trader.wait(1, "filled", 30.0)
        assert (update.filled, update.number) == (quantity, trader.tag(1))
        assert [row["tag"] for row in trader.rows(1)] == [f"{trader.tag(1)}ms0{n}03" for n in (1, 2, 3)]
        numbers = {row["order_id"] for row in trader.rows(1)}
        trades = [one for one in rich.state()["trades"] if one["order_id"] in numbers]
        assert update.notional == sum(round(one["average_price"] * 100) * one["quantity"] for one in trades)


def test_fault_07_a_slice_that_is_refused_leaves_those_before_it_and_no_more_follow(rich: KiteSandbox) -> None:
    future = future_of(rich)
    with sharing(rich, (future,), product="normal") as trader:
        lot = trader.universe[0].lot_size
        step = 1_800 // lot * lot
        rich.fail("error", method="POST", path="/orders", nth=2, code=400, error_type="OrderException", words="No.")
        trader.send(1, future, quantity=3 * step)
        end = trader.wait(1, "cancelled", 30.0)
        assert (end.filled, end.reason) == (step, "CANCELLED: 2 of 3 slices were not sent")
        assert len(trader.requests("POST", "/orders")) == 2

"""What a session makes of doubts, copies, losses and strangers at Kite: its core and the broker, at the sandbox."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fakes.kite_session import session_at
from fakes.zerodha import OPEN, Trader, far_below, sharing, trading, until

from friday_core.api import InDoubt, InstrumentId, Order, OrderType, Refused, Side
from friday_core.session.at_broker import InDoubtPolicy
from friday_core.testing.kite_sandbox import KiteSandbox

INFY, TCS = (InstrumentId(symbol, "NSE") for symbol in ("INFY", "TCS"))
BUY = Order(INFY, Side.BUY, 5)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KiteSandbox]:
    """Where one test does not disturb another."""
    with KiteSandbox(tmp_path_factory.mktemp("doubts") / "kite", OPEN) as sandbox:
        yield sandbox


@pytest.fixture
def trader(shared: KiteSandbox) -> Iterator[Trader]:
    with sharing(shared) as one:
        yield one


def placements(trader: Trader, tag: str) -> int:
    return sum(one["form"]["tag"].startswith(tag) for one in trader.requests("POST", "/orders"))


def test_fault_01_what_is_proven_lost_goes_again_once_under_its_tag_and_nothing_is_added_meanwhile(
    trader: Trader,
) -> None:
    trader.sandbox.fail("lost_request", method="POST", path="/orders", times=1)
    with session_at(trader, {1: [BUY]}, InDoubtPolicy.RESEND) as session:
        session.day(1)
        session.day(2)
        session.until(lambda: session.orders == [("in_doubt", 0)])
        with pytest.raises(Refused, match=r"whether F\w+ in INFY.NSE stands is not known yet"):
            trader.send(50)
        trader.send(51, "TCS.NSE")
        session.until(lambda: session.orders == [("filled", 5)])
        assert session.sent == [session.sent[0]] * 2
        assert placements(trader, session.sent[0]) == 2
        trader.send(52)


def test_fault_02_what_a_second_copy_has_traded_is_closed_and_told(kite_sandbox: KiteSandbox) -> None:
    with trading(kite_sandbox) as trader, session_at(trader, {1: [BUY]}) as session:
        session.day(1)
        session.day(2)
        session.until(lambda: session.orders == [("filled", 5)])
        (first,) = (row for row in kite_sandbox.state()["orders"] if row["tag"].startswith(session.sent[0]))
        kite_sandbox.control("external", exchange="NSE", tradingsymbol="INFY", transaction_type="BUY", quantity=5,
                             product="MIS", order_type="MARKET", market_protection=-1, validity="DAY",
                             tag=first["tag"])  # fmt: skip
        session.until(lambda: trader.broker.positions() == {INFY: 5} and "IMPOSSIBLE_UPDATE" in session.differences)
        until(kite_sandbox, lambda: len(kite_sandbox.state()["orders"]) == 3)
        (closing,) = (row for row in kite_sandbox.state()["orders"] if row["tag"] == f"{session.sent[0]}c")
        assert (closing["transaction_type"], closing["filled_quantity"]) == ("SELL", 5)
        assert session.core.book.position(INFY) == 5


def test_fault_09_what_closes_a_second_copy_gets_another_price_too(kite_sandbox: KiteSandbox) -> None:
    with trading(kite_sandbox, chase_after=1.0) as trader:
        trader.send(1)
        trader.wait(1, "filled")
        kite_sandbox.control("external", exchange="NSE", tradingsymbol="INFY", transaction_type="BUY", quantity=5,
                             product="MIS", order_type="MARKET", market_protection=-1, validity="DAY",
                             tag=f"{trader.tag(1)}m")  # fmt: skip
        until(kite_sandbox, lambda: [row["status"] for row in trader.rows(1)] == ["COMPLETE"] * 2)
        kite_sandbox.fail("stuck", status="OPEN PENDING", seconds=1.5, times=1)
        trader.connection.connected()  # let it read its book

        def closing() -> list[str]:
            return [row["status"] for row in trader.rows(1) if row["tag"] == f"{trader.tag(1)}c"]

        until(kite_sandbox, lambda: len(closing()) == 1)
        kite_sandbox.happen("gap", symbol="INFY", percent=-3)
        until(kite_sandbox, lambda: closing() == ["COMPLETE"])
        assert len(trader.requests("PUT", "/orders")) >= 1


def test_fault_02_what_was_traded_twice_before_a_start_is_left_to_a_person(
    kite_sandbox: KiteSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    with trading(kite_sandbox) as trader:
        trader.broker.stop()
        for _ in range(2):
            kite_sandbox.control("external", exchange="NSE", tradingsymbol="INFY", transaction_type="BUY", quantity=5,
                                 product="MIS", order_type="MARKET", market_protection=-1, validity="DAY",
                                 tag=f"{trader.tag(1)}m")  # fmt: skip
        until(kite_sandbox, lambda: [one["status"] for one in trader.rows(1)] == ["COMPLETE"] * 2)
        trader.broker.start()
        assert "an order is at Kite twice" in caplog.text
        trader.send(2, "TCS.NSE")
        trader.wait(2, "filled")
        assert placements(trader, trader.tag(1)) == 0


def test_fault_05_an_order_of_another_session_of_ours_is_an_alarm_and_not_adopted(trader: Trader) -> None:
    trader.send(1)
    trader.wait(1, "filled")
    with session_at(trader, {1: [BUY]}) as session:
        assert set(session.differences) == {"EXTERNAL_ORDER", "EXTERNAL_POSITION"}
        assert session.core.book.position(INFY) == 0
        session.day(1)
        session.day(2)
        session.until(lambda: session.orders == [("filled", 5)])
        assert session.core.book.position(INFY) == 5


def test_fault_06_a_modification_of_unknown_fate_is_looked_after_in_the_book(shared: KiteSandbox) -> None:
    with sharing(shared, chase_after=1.0) as trader:
        shared.fail("stuck", status="OPEN PENDING", seconds=1.5)
        shared.fail("lost_request", method="PUT", path="/orders", nth=1)
        shared.fail("lost_answer", method="PUT", path="/orders", nth=1)
        trader.send(1)
        shared.happen("gap", symbol="INFY", percent=3)
        assert trader.wait(1, "filled").filled == 5
        assert len(trader.rows(1)) == 1
        assert 2 <= len(trader.requests("PUT", "/orders")) <= 5


def test_fault_07_a_slice_whose_answer_is_lost_is_found_by_its_tag(tmp_path_factory: pytest.TempPathFactory) -> None:
    scenario = OPEN + "[rules]\ncash = 1000000000.0\n"
    with KiteSandbox(tmp_path_factory.mktemp("slices") / "kite", scenario) as rich:
        with trading(rich) as looking:
            listed = looking.connection.instruments()._by_key.values()
            futures = [one for one in listed if one.exchange == "NFO" and one.type == "FUT" and one.name == "NIFTY"]
            future = f"{min(futures, key=lambda one: str(one.expiry)).symbol}.NFO"
        with trading(rich, (future,), product="normal", freeze_quantities={"NIFTY": 1_800}) as trader:
            step = 1_800 // trader.universe[0].lot_size * trader.universe[0].lot_size
            rich.fail("lost_answer", method="POST", path="/orders", nth=2)
            with pytest.raises(InDoubt, match="place_order"):
                trader.send(1, future, quantity=3 * step)
            end = trader.wait(1, "cancelled", 40.0)
            assert (end.filled, end.reason) == (2 * step, "CANCELLED: 1 of 3 slices were not sent")
            assert len(trader.requests("POST", "/orders")) == 2


def test_fault_11_what_no_update_told_is_found_by_the_reading_on_the_timer(shared: KiteSandbox) -> None:
    with sharing(shared, poll=60.0) as trader:
        limit = Order(INFY, Side.BUY, 5, OrderType.LIMIT, limit_price=far_below(trader))
        with session_at(trader, {1: [limit]}) as session:
            session.day(1)
            session.day(2)
            session.until(lambda: session.orders == [("open", 0)])
            shared.happen("gap", symbol="INFY", percent=-6)
            session.until(lambda: session.orders == [("filled", 5)])
            shared.happen("gap", symbol="INFY", percent=6)


def test_fault_13_what_does_not_trade_at_twenty_prices_is_cancelled(shared: KiteSandbox) -> None:
    with sharing(shared, chase_after=1.0) as trader:
        shared.fail("partial", parts=1)
        trader.send(1, quantity=10)
        number = trader.wait(1, "partial").number
        for _ in range(20):
            trader.connection.limiter.modification(number)
        end = trader.wait(1, "cancelled")
        assert 0 < end.filled < 10
        assert trader.requests("PUT") == []


def test_fault_15_a_position_of_somebody_else_is_told_and_stops_entries_and_is_not_traded_away(
    trader: Trader,
) -> None:
    with session_at(trader, {3: [BUY, Order(TCS, Side.BUY, 1)]}) as session:
        session.day(1)
        known = len(session.differences)
        trader.sandbox.happen("foreign_order", symbol="INFY", side="BUY", quantity=3, tag="byhand")
        session.until(lambda: "EXTERNAL_POSITION" in session.differences[known:])
        for day in (2, 3, 4):
            session.day(day)
        session.until(lambda: session.orders == [("filled", 1)])
        assert session.codes == ["BOOK_DIFFERS", "SENT"]
        assert placements(trader, "") == 1

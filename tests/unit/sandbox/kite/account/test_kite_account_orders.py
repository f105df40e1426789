"""What becomes of orders: states, fills, validity, modification, cancellation."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes.kite_account import CALL, FUTURE, INFY, NO_DELAY, SBIN, Desk, at

from friday_core.sandbox.kite.account.desk import Autosliced
from friday_core.sandbox.kite.account.rules import Fate, Rules
from friday_core.sandbox.kite.refusals import KiteRefusal

Open = Callable[..., Desk]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Open]:
    """Opens accounts in folders of their own."""
    made: list[Desk] = []

    def opened(**changes: Any) -> Desk:
        rules = changes.pop("rules", NO_DELAY)
        time = changes.pop("time", "10:00:00")
        made.append(Desk(tmp_path / str(len(made)), rules, time, **changes))
        return made[-1]

    yield opened
    for one in made:
        one.account.book.close()


def test_an_order_passes_every_state_at_its_own_time(desk: Open) -> None:
    d = desk(rules=Rules(validation=1, routing=1, exchange=1))
    number = d.place(price=1490)
    for expected in ("PUT ORDER REQ RECEIVED", "VALIDATION PENDING", "OPEN PENDING", "OPEN"):
        assert d.row(number)["status"] == expected
        d.step(1)
    assert d.statuses(number) == ["PUT ORDER REQ RECEIVED", "VALIDATION PENDING", "OPEN PENDING", "OPEN"]


def test_a_marketable_order_takes_the_depth_level_by_level_as_far_as_its_limit(desk: Open) -> None:
    d = desk()
    d.market.put(INFY, 1500.0, free=4)
    number = d.place(price=1500.2, quantity=20)
    d.step()
    assert [(one["quantity"], one["average_price"]) for one in d.account.trades(number)] == [
        (4, 1500.0), (4, 1500.1), (4, 1500.2),
    ]  # fmt: skip
    row = d.row(number)
    assert (row["status"], row["filled_quantity"], row["pending_quantity"]) == ("OPEN", 12, 8)
    assert row["average_price"] == pytest.approx(1500.1)


def test_the_same_depth_is_not_taken_twice(desk: Open) -> None:
    d = desk()
    d.market.put(INFY, 1500.0, free=4)
    first, second = d.place(price=1500, quantity=4), d.place(price=1500, quantity=4)
    d.step()
    d.step(1)
    assert [d.row(one)["filled_quantity"] for one in (first, second)] == [4, 0]


def test_a_resting_order_gets_its_share_of_what_prints_at_its_limit(desk: Open) -> None:
    d = desk()
    number = d.place(price=1490, quantity=100)
    d.step()
    d.step(1, (INFY, 1491.0, 1_000))
    assert d.row(number)["filled_quantity"] == 0
    d.step(1, (INFY, 1490.0, 100), (INFY, 1489.0, 40))
    assert [(one["quantity"], one["average_price"]) for one in d.account.trades(number)] == [(25, 1490.0), (10, 1490.0)]


def test_the_better_price_is_served_first_and_then_the_earlier_order(desk: Open) -> None:
    d = desk()
    late_and_better = [
        d.place(price=1490, quantity=10),
        d.place(price=1490, quantity=10),
        d.place(price=1491, quantity=10),
    ]
    d.step()
    d.step(1, (INFY, 1489.0, 60))
    assert [d.row(one)["filled_quantity"] for one in late_and_better] == [5, 0, 10]


def test_a_print_from_before_the_order_does_not_fill_it(desk: Open) -> None:
    d = desk()
    number = d.place(price=1490)
    d.step(0, (INFY, 1480.0, 1_000))
    assert d.row(number)["filled_quantity"] == 0


def test_a_protected_market_order_stands_in_the_book_as_a_limit_order(desk: Open) -> None:
    d = desk()
    d.market.put(INFY, 1500.0, free=0)
    number = d.place(order_type="MARKET", market_protection=2)
    d.step()
    row = d.row(number)
    assert (row["order_type"], row["price"], row["status"]) == ("LIMIT", 1530.0, "OPEN")
    assert (row["tag"], row["tags"], row["market_protection"]) == (None, ["mktp", "mktp:2.00"], 0)


@pytest.mark.parametrize(
    ("listed", "price", "bound"), [(INFY, 1500, 1507.5), (SBIN, 400, 404.0), (SBIN, 99, 100.95), (CALL, 120, 122.4)]
)
def test_automatic_protection_goes_by_the_price_and_the_kind(
    desk: Open, listed: Any, price: float, bound: float
) -> None:
    d = desk()
    d.market.put(listed, price, free=0)
    number = d.place(listed, quantity=listed.lot, order_type="MARKET", market_protection=-1)
    assert d.row(number)["price"] == bound


def test_a_stop_waits_for_its_trigger_and_then_trades_as_a_limit_order(desk: Open) -> None:
    d = desk()
    number = d.place(order_type="SL", trigger_price=1510, price=1512)
    d.step()
    assert d.row(number)["status"] == "TRIGGER PENDING"
    d.step(1, (INFY, 1509.9, 10))
    assert d.row(number)["status"] == "TRIGGER PENDING"
    d.market.put(INFY, 1510.0)
    d.step(1, (INFY, 1510.0, 10))
    assert d.statuses(number)[-3:] == ["TRIGGER PENDING", "OPEN", "COMPLETE"]
    assert d.row(number)["order_type"] == "SL"


def test_an_ioc_order_leaves_nothing_in_the_book(desk: Open) -> None:
    d = desk()
    d.market.put(INFY, 1500.0, free=4)
    number = d.place(price=1500, quantity=10, validity="IOC")
    d.step()
    row = d.row(number)
    assert (row["status"], row["filled_quantity"], row["cancelled_quantity"]) == ("CANCELLED", 4, 6)


def test_a_ttl_order_ends_after_its_minutes(desk: Open) -> None:
    d = desk()
    number = d.place(price=1490, validity="TTL", validity_ttl=2)
    d.step()
    d.step(119)
    assert d.row(number)["status"] == "OPEN"
    d.step(1)
    assert d.row(number)["status"] == "CANCELLED"


def test_a_day_order_ends_with_the_day(desk: Open) -> None:
    d = desk()
    number = d.place(price=1490)
    d.step()
    d.until("15:29:59")
    assert d.row(number)["status"] == "OPEN"
    d.until("15:41:00")
    assert d.row(number)["status"] == "CANCELLED"


def test_an_after_market_order_reaches_the_exchange_at_the_next_open(desk: Open) -> None:
    d = desk(time="18:00:00")
    number = d.place(price=1500, variety="amo")
    d.step(1)
    assert d.row(number)["status"] == "AMO REQ RECEIVED"
    d.until("09:14:59", dt.date(2026, 11, 24))
    assert d.row(number)["status"] == "AMO REQ RECEIVED"
    d.until("09:15:00", dt.date(2026, 11, 24))
    assert d.statuses(number) == ["PUT ORDER REQ RECEIVED", "AMO REQ RECEIVED", "OPEN", "COMPLETE"]


def test_a_modification_takes_its_time_and_may_then_trade(desk: Open) -> None:
    d = desk(rules=Rules(validation=0, routing=0, exchange=0, modification=1))
    number = d.place(price=1490)
    d.step()
    assert d.account.modify("regular", number, {"price": "1500"}, d.market.now, d.wall) == number
    assert (d.row(number)["status"], d.row(number)["price"]) == ("MODIFY VALIDATION PENDING", 1490.0)
    d.step(2)
    assert d.statuses(number)[4:] == ["MODIFY VALIDATION PENDING", "MODIFY PENDING", "MODIFIED", "OPEN", "COMPLETE"]
    assert d.row(number)["modified"] is True


def test_a_modification_that_money_does_not_allow_leaves_the_order_as_it_was(desk: Open) -> None:
    d = desk(cash=20_000.0)
    number = d.place(price=1490)
    d.step()
    d.account.modify("regular", number, {"quantity": "100"}, d.market.now, d.wall)
    d.step()
    assert d.statuses(number)[-3:] == ["MODIFY VALIDATION PENDING", "NOT MODIFIED", "OPEN"]
    assert d.row(number)["quantity"] == 10
    assert d.row(number)["status_message"].startswith("Insufficient funds. Required margin is 149000.00 but available")


def test_an_order_on_its_way_cannot_be_changed(desk: Open) -> None:
    d = desk(rules=Rules(validation=1))
    number = d.place(price=1490)
    with pytest.raises(KiteRefusal, match="as it is being processed"):
        d.account.modify("regular", number, {"price": "1491"}, d.market.now, d.wall)
    with pytest.raises(KiteRefusal, match="as it is being processed"):
        d.account.cancel("regular", number, d.market.now, d.wall)


def test_a_fill_wins_the_race_against_a_cancellation(desk: Open) -> None:
    d = desk(rules=Rules(validation=0, routing=0, exchange=0, cancellation=1))
    number = d.place(price=1490, quantity=10)
    d.step()
    d.account.cancel("regular", number, d.market.now, d.wall)
    d.step(2, (INFY, 1489.0, 100))
    assert d.statuses(number)[-2:] == ["CANCEL PENDING", "COMPLETE"]


def test_what_was_cancelled_keeps_what_had_traded(desk: Open) -> None:
    d = desk()
    number = d.place(price=1490, quantity=10)
    d.step()
    d.step(1, (INFY, 1490.0, 16))
    d.account.cancel("regular", number, d.market.now, d.wall)
    d.step()
    row = d.row(number)
    assert [row[f"{name}_quantity"] for name in ("filled", "cancelled", "pending")] == [4, 6, 6]
    with pytest.raises(KiteRefusal, match="already cancelled"):
        d.account.cancel("regular", number, d.market.now, d.wall)


def test_the_26th_modification_is_refused(desk: Open) -> None:
    d = desk()
    number = d.place(price=1490)
    d.step()
    for n in range(25):
        d.account.modify("regular", number, {"price": str(1480 + n % 2)}, d.market.now, d.wall)
        d.step()
    with pytest.raises(KiteRefusal, match="Maximum allowed order modifications exceeded"):
        d.account.modify("regular", number, {"price": "1485"}, d.market.now, d.wall)


def test_orders_are_counted_by_the_day(desk: Open) -> None:
    d = desk(orders_a_day=2)
    for _ in range(2):
        d.place(price=1490)
    with pytest.raises(KiteRefusal, match="Maximum allowed order requests") as told:
        d.place(price=1490)
    assert told.value.code == 429


def test_an_order_above_the_freeze_quantity_is_sliced_and_each_slice_stands_alone(desk: Open) -> None:
    d = desk(cash=800_000.0, freeze={"NIFTY": 130})
    placed = d.account.place(
        "regular", d.form(FUTURE, quantity=325, price=24_050, autoslice="true", tag="mine"), d.market.now, d.wall
    )
    assert isinstance(placed, Autosliced)
    answer = placed.answer()
    assert [*answer["children"][1]] == ["order_id"]
    assert answer["children"][2]["error"]["error_type"] == "MarginException"
    assert answer["children"][2]["error"]["message"].startswith("Insufficient funds. Required margin is")
    row = d.row(answer["children"][0]["order_id"])
    assert (row["quantity"], row["tags"]) == (130, ["mine", "autoslice", f"autoslice:{answer['order_id']}"])


def test_an_iceberg_shows_one_leg_after_the_other(desk: Open) -> None:
    d = desk()
    d.place(price=1500, quantity=25, variety="iceberg", iceberg_legs=3, iceberg_quantity=10)
    for _ in range(6):
        d.step(1)
    assert [(one["quantity"], one["status"]) for one in d.account.orders()] == [(n, "COMPLETE") for n in (10, 10, 5)]
    assert d.account.orders()[2]["meta"]["iceberg"] == {
        "leg": 3, "legs": 3, "leg_quantity": 10, "total_quantity": 25, "remaining_quantity": 0,
    }  # fmt: skip


def test_a_square_off_closes_each_position_once_whatever_else_works_in_it(desk: Open) -> None:
    d = desk(rules=Rules(validation=0.1, legacy=True))
    d.place(quantity=1, order_type="MARKET", product="MIS", variety="co", trigger_price=1450)
    for _ in range(4):
        d.step(1.0)
    assert [row["status"] for row in d.account.orders()] == ["COMPLETE", "TRIGGER PENDING"]
    d.account.external(d.form(quantity=1, order_type="MARKET", product="MIS"), d.market.now, d.wall)
    for _ in range(2):
        d.account.square_off("MIS", d.market.now, d.wall)
        d.step(0.01)
    d.market.put(INFY, 1400)
    for _ in range(4):
        d.step(1.0)
    assert [row["quantity"] for row in d.account.positions()["net"]] == [0]
    assert [row["transaction_type"] for row in d.account.trades()] == ["BUY", "SELL"]
    assert {row["status"] for row in d.account.orders()} == {"COMPLETE", "CANCELLED"}


def test_a_cover_order_brings_its_stop_and_is_left_by_it(desk: Open) -> None:
    d = desk(legacy=True)
    main = d.place(order_type="MARKET", product="MIS", variety="co", trigger_price=1450)
    d.step()
    d.step()
    stop = d.account.orders()[1]
    assert (stop["parent_order_id"], stop["transaction_type"], stop["status"]) == (main, "SELL", "TRIGGER PENDING")
    d.account.cancel("co", stop["order_id"], d.market.now, d.wall)
    d.step(1)
    assert d.row(stop["order_id"])["status"] == "COMPLETE"
    assert d.account.positions()["net"][0]["quantity"] == 0


def test_the_broker_squares_off_what_is_intraday(desk: Open) -> None:
    d = desk()
    d.place(product="MIS", price=1500, quantity=10)
    resting = d.place(product="MIS", price=1490)
    d.step()
    d.until("15:10:00")
    d.step(1)
    closing = d.account.orders()[2]
    assert (closing["placed_by"], closing["status"], closing["transaction_type"]) == ("ADMINSQF", "COMPLETE", "SELL")
    assert d.row(resting)["status"] == "CANCELLED"
    with pytest.raises(KiteRefusal, match="not allowed after the auto square-off"):
        d.place(product="MIS", price=1500)


def test_the_book_survives_its_process_with_all_that_was_under_way(desk: Open) -> None:
    d = desk(rules=Rules(validation=1))
    done, waiting = d.place(price=1500), d.place(price=1490)
    d.step(3)
    late = d.place(price=1500)
    before = (d.account.orders(), d.account.trades(), d.account.positions(), d.account.margins())
    d.again()
    assert (d.account.orders(), d.account.trades(), d.account.positions(), d.account.margins()) == before
    d.step(3)
    assert [d.row(one)["status"] for one in (done, waiting, late)] == ["COMPLETE", "OPEN", "COMPLETE"]


def test_what_is_told_of_an_order_calls_a_part_an_update(desk: Open) -> None:
    d = desk()
    d.place(price=1490, quantity=10)
    d.step()
    d.step(1, (INFY, 1490.0, 16))
    d.step(1, (INFY, 1490.0, 100))
    told = [(one["status"], one["filled_quantity"], one["unfilled_quantity"]) for one in d.account.changed]
    assert told == [("OPEN", 0, 10), ("UPDATE", 4, 6), ("COMPLETE", 10, 0)]
    d.account.changed.clear()
    d.step(1)
    assert d.account.changed == []


def test_a_stale_read_shows_the_book_as_it_stood(desk: Open) -> None:
    d = desk()
    d.place(price=1490)
    then = d.wall
    d.step(5)
    d.place(price=1491)
    assert [one["status"] for one in d.account.orders(before=then)] == ["PUT ORDER REQ RECEIVED"]


def test_every_state_can_be_followed(desk: Open) -> None:
    d = desk()
    d.place(price=1490)
    count, first = d.account.states_after(0)
    d.step()
    _, then = d.account.states_after(count)
    assert [one["status"] for one in (*first, *then)] == [
        "PUT ORDER REQ RECEIVED", "VALIDATION PENDING", "OPEN PENDING", "OPEN",
    ]  # fmt: skip


# Fates ---------------------------------------------------------------------------------------------


def test_a_fate_rejects_with_the_words_of_the_exchange(desk: Open) -> None:
    d = desk()
    number = d.place(price=1500, fate=Fate(reject="17070 : The Price is out of the LPP range"))
    d.step()
    assert d.statuses(number)[-2:] == ["OPEN PENDING", "REJECTED"]
    assert d.row(number)["status_message"] == "17070 : The Price is out of the LPP range"


@pytest.mark.parametrize(("parts", "sizes"), [(0, []), (1, [5]), (3, [3, 3, 3])])
def test_a_fate_stops_after_its_parts(desk: Open, parts: int, sizes: list[int]) -> None:
    d = desk()
    number = d.place(price=1500, quantity=10, fate=Fate(parts=parts))
    for _ in range(6):
        d.market.put(INFY, 1500.0)
        d.step(1)
    assert [one["quantity"] for one in d.account.trades(number)] == sizes
    assert d.row(number)["status"] == "OPEN"


@pytest.mark.parametrize("status", ["PUT ORDER REQ RECEIVED", "VALIDATION PENDING", "OPEN PENDING", "OPEN"])
def test_a_fate_keeps_an_order_in_a_state(desk: Open, status: str) -> None:
    d = desk()
    ever, awhile = (
        d.place(price=1500, fate=Fate(stuck=status)),
        d.place(price=1500, fate=Fate(stuck=status, stuck_seconds=30)),
    )
    d.step()
    d.step(10)
    assert [d.row(one)["status"] for one in (ever, awhile)] == [status, status]
    d.step(30)
    assert [d.row(one)["status"] for one in (ever, awhile)] == [status, "COMPLETE"]


def test_an_order_that_is_accepted_late_is_in_nobodys_book_before(desk: Open) -> None:
    d = desk()
    number = d.place(price=1500, fate=Fate(accept_after=8))
    d.step(7)
    assert d.account.orders() == []
    with pytest.raises(KiteRefusal, match="Couldn't find that"):
        d.account.history(number)
    d.step(2)
    assert d.row(number)["status"] == "COMPLETE"


def test_ignored_requests_are_answered_well(desk: Open) -> None:
    d = desk()
    number = d.place(price=1490)
    d.step()
    d.account.cancel("regular", number, d.market.now, d.wall, fate=Fate(ignore_cancel=True))
    d.account.modify("regular", number, {"price": "1491"}, d.market.now, d.wall, fate=Fate(ignore_modify=True))
    d.step(5)
    assert (d.row(number)["status"], d.row(number)["price"]) == ("OPEN", 1490.0)


def test_a_modification_may_be_refused_by_the_exchange_after_a_200(desk: Open) -> None:
    d = desk()
    number = d.place(price=1490)
    d.step()
    d.account.modify("regular", number, {"price": "1491"}, d.market.now, d.wall, fate=Fate(reject="16418 : no"))
    d.step(5)
    assert d.statuses(number)[-3:] == ["MODIFY PENDING", "NOT MODIFIED", "OPEN"]
    assert (d.row(number)["price"], d.row(number)["status_message"]) == (1490.0, "16418 : no")


def test_the_last_slices_may_fail(desk: Open) -> None:
    d = desk(cash=10_000_000.0, freeze={"NIFTY": 130})
    placed = d.account.place(
        "regular", d.form(FUTURE, quantity=325, price=24_050, autoslice="true"), d.market.now, d.wall,
        fate=Fate(failed_slices=1),
    )  # fmt: skip
    assert isinstance(placed, Autosliced)
    assert [[*one] for one in placed.children] == [["order_id"], ["order_id"], ["error"]]


def test_somebody_may_make_an_order_trade(desk: Open) -> None:
    d = desk()
    number = d.place(price=1490, quantity=10)
    d.step()
    assert d.account.happen("trade", number, d.market.now, d.wall, quantity=4, price=1490.0)["filled_quantity"] == 4
    assert d.account.happen("cancelled", number, d.market.now, d.wall)["status"] == "CANCELLED"
    with pytest.raises(KiteRefusal, match="cannot happen"):
        d.account.happen("trade", number, d.market.now, d.wall, quantity=1, price=1490.0)


def test_an_order_of_somebody_else_is_in_the_same_book(desk: Open) -> None:
    d = desk()
    number = d.account.external(d.form(price=1500), d.market.now, d.wall)
    d.step()
    assert isinstance(number, str)
    assert (d.account.app_of(number), d.row(number)["status"]) == ("", "COMPLETE")
    assert at("10:00:00") == d.market.now

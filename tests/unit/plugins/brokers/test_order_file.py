"""The order file: what a row says, and what becomes of the files."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pydantic import ValidationError

from friday_core.domain.chunk import Universe
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.orders import Order, OrderType, Side, TimeInForce
from friday_core.domain.records import CancelOrder, PlaceOrder
from friday_core.errors import InDoubt, Refused
from friday_core.simulation.matching import MatchingRules
from friday_plugins.brokers.order_file import CANCEL_COLUMNS, ORDER_COLUMNS, OrderFileBroker, friday_components

INFY = InstrumentId("INFY", "NSE")
USDINR = InstrumentId("USDINR", "CDS")
SUM = InstrumentId("=SUM(A1)", "-NSE")
UNIVERSE = Universe([Instrument(INFY, "INR"), Instrument(USDINR, "INR", price_decimals=4), Instrument(SUM, "INR")])
#: 2024-01-15 10:00:00 UTC, half past three in Kolkata.
DECIDED = 1_705_312_800_000_000

Rows = list[dict[str, str]]


def made(folder: Path, **settings: object) -> OrderFileBroker:
    return OrderFileBroker(OrderFileBroker.Settings.model_validate(settings), folder, UNIVERSE)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[OrderFileBroker]:
    one = made(tmp_path)
    one.start()
    yield one
    one.stop()


def order(
    side: Side = Side.BUY,
    limit: int | None = None,
    *,
    of: InstrumentId = INFY,
    tag: str = "F1",
    validity: TimeInForce = TimeInForce.DAY,
) -> Order:
    kind = OrderType.MARKET if limit is None else OrderType.LIMIT
    return Order(of, side, 10, kind, limit, None, validity, tag=tag, ts_decided=DECIDED)


def rows_of(path: Path) -> Rows:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def written(broker: OrderFileBroker, folder: Path, *orders: Order) -> Rows:
    broker.send([PlaceOrder(one) for one in orders])
    return rows_of(folder / "basket_orders.csv.partial")


def test_a_market_order_is_a_row_without_a_price(broker: OrderFileBroker, tmp_path: Path) -> None:
    assert written(broker, tmp_path, order()) == [
        {
            "tradingsymbol": "INFY",
            "exchange": "NSE",
            "transaction_type": "BUY",
            "quantity": "10",
            "order_type": "MARKET",
            "price": "",
            "trigger_price": "",
            "product": "CNC",
            "validity": "DAY",
            "tag": "F1",
            "decided_at": "2024-01-15T15:30:00+05:30",
            "note": "",
        }
    ]


@pytest.mark.parametrize(
    ("instrument", "limit", "expected"),
    [(INFY, 150_005, "1500.05"), (INFY, 150_000, "1500.00"), (INFY, 5, "0.05"), (USDINR, 832_525, "83.2525")],
)
def test_a_limit_price_is_an_exact_decimal(
    broker: OrderFileBroker, tmp_path: Path, instrument: InstrumentId, limit: int, expected: str
) -> None:
    [row] = written(broker, tmp_path, order(Side.SELL, limit, of=instrument))
    assert (row["transaction_type"], row["order_type"], row["price"]) == ("SELL", "LIMIT", expected)


def test_a_tiny_price_is_not_written_with_an_exponent(tmp_path: Path) -> None:
    fine = Instrument(INFY, "INR", price_decimals=8)
    broker = OrderFileBroker(OrderFileBroker.Settings(), tmp_path, Universe([fine]))
    broker.start()
    [row] = written(broker, tmp_path, order(limit=1))
    assert row["price"] == "0.00000001"
    broker.stop()


def test_a_good_till_cancelled_order_is_a_day_order_with_a_note(broker: OrderFileBroker, tmp_path: Path) -> None:
    [row] = written(broker, tmp_path, order(limit=150_000, validity=TimeInForce.GTC))
    assert row["validity"] == "DAY"
    assert row["note"] == "good till cancelled: place it again each session until it is done"


NOTES = [
    (
        {"time_in_force": TimeInForce.GTD, "good_till": 19_737},
        "good till 2024-01-15: place it again each session until",
    ),
    ({"time_in_force": TimeInForce.AT_CLOSE}, "for the closing auction of its session"),
    ({"protection_ppm": 7_500}, "market protection 0.75%"),
    ({"protection_ppm": 0}, ""),
    ({"time_in_force": TimeInForce.GTC, "protection_ppm": 10_000}, "until it is done; market protection 1%"),
]


@pytest.mark.parametrize(("changes", "note"), NOTES)
def test_what_a_row_has_no_column_for_is_in_the_note(
    broker: OrderFileBroker, tmp_path: Path, changes: dict[str, Any], note: str
) -> None:
    [row] = written(broker, tmp_path, msgspec.structs.replace(order(), **changes))
    assert note in row["note"]
    assert bool(row["note"]) == bool(note)


@pytest.mark.parametrize(
    ("product", "written_as"),
    [("", "MIS"), ("delivery", "CNC"), ("intraday", "MIS"), ("normal", "NRML"), ("mtf", "MTF")],
)
def test_a_product_that_an_order_names_goes_before_the_setting(tmp_path: Path, product: str, written_as: str) -> None:
    broker = made(tmp_path, product="MIS")
    broker.start()
    (row,) = written(broker, tmp_path, msgspec.structs.replace(order(), product=product))
    broker.stop()
    assert row["product"] == written_as


def test_product_and_time_zone_are_settings(tmp_path: Path) -> None:
    broker = made(tmp_path, product="MIS", timezone="UTC")
    broker.start()
    [row] = written(broker, tmp_path, order())
    assert (row["product"], row["decided_at"]) == ("MIS", "2024-01-15T10:00:00+00:00")
    broker.stop()


def test_orders_stand_in_the_order_of_the_decisions(broker: OrderFileBroker, tmp_path: Path) -> None:
    first = written(broker, tmp_path, order(tag="F1"), order(tag="F2"))
    assert [row["tag"] for row in first] == ["F1", "F2"]
    assert [row["tag"] for row in written(broker, tmp_path, order(tag="F3"))] == ["F1", "F2", "F3"]


def test_a_cancel_says_which_order_it_concerns(broker: OrderFileBroker, tmp_path: Path) -> None:
    broker.send([PlaceOrder(order(Side.SELL)), CancelOrder("F1", "CANCELLED: the session ends")])
    assert rows_of(tmp_path / "basket_cancels.csv.partial") == [
        {
            "tag": "F1",
            "tradingsymbol": "INFY",
            "exchange": "NSE",
            "transaction_type": "SELL",
            "quantity": "10",
            "reason": "CANCELLED: the session ends",
        }
    ]


def test_a_cancel_of_an_unknown_order_has_its_tag_only(broker: OrderFileBroker, tmp_path: Path) -> None:
    broker.send([CancelOrder("F9", "by hand")])
    [row] = rows_of(tmp_path / "basket_cancels.csv.partial")
    assert list(row.values()) == ["F9", "", "", "", "", "by hand"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_a_text_that_looks_like_a_formula_is_led_by_an_apostrophe(
    broker: OrderFileBroker, tmp_path: Path, start: str
) -> None:
    broker.send([PlaceOrder(order(tag=f"{start}1")), CancelOrder(f"{start}1", f"{start}2")])
    assert rows_of(tmp_path / "basket_orders.csv.partial")[0]["tag"] == f"'{start}1"
    cancel = rows_of(tmp_path / "basket_cancels.csv.partial")[0]
    assert (cancel["tag"], cancel["reason"]) == (f"'{start}1", f"'{start}2")


@pytest.mark.parametrize("text", ["\r=1\n+2", "\t=1 +2", " =1  +2"])
def test_a_text_stays_on_one_line_and_blanks_do_not_hide_a_formula(
    broker: OrderFileBroker, tmp_path: Path, text: str
) -> None:
    broker.send([CancelOrder("F1", text)])
    [row] = rows_of(tmp_path / "basket_cancels.csv.partial")
    assert row["reason"] == "'=1 +2"


def test_symbol_and_exchange_are_neutralised_too(broker: OrderFileBroker, tmp_path: Path) -> None:
    broker.send([PlaceOrder(order(of=SUM)), CancelOrder("F1", "")])
    for name in ("basket_orders.csv.partial", "basket_cancels.csv.partial"):
        [row] = rows_of(tmp_path / name)
        assert (row["tradingsymbol"], row["exchange"]) == ("'=SUM(A1)", "'-NSE")


def test_the_header_is_there_before_the_first_row(broker: OrderFileBroker, tmp_path: Path) -> None:
    assert (tmp_path / "basket_orders.csv.partial").read_text() == ",".join(ORDER_COLUMNS) + "\n"
    assert (tmp_path / "basket_cancels.csv.partial").read_text() == ",".join(CANCEL_COLUMNS) + "\n"


def test_stopping_gives_the_files_their_final_names(tmp_path: Path) -> None:
    broker = made(tmp_path)
    broker.start()
    broker.send([PlaceOrder(order())])
    broker.stop()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["basket_cancels.csv", "basket_orders.csv"]
    assert rows_of(tmp_path / "basket_orders.csv")[0]["tag"] == "F1"


def test_the_results_name_the_final_files(tmp_path: Path) -> None:
    assert made(tmp_path).results() == {
        "orders to place": str(tmp_path / "basket_orders.csv"),
        "orders to cancel": str(tmp_path / "basket_cancels.csv"),
    }


def test_a_second_start_keeps_the_rows_of_the_first(tmp_path: Path) -> None:
    broker = made(tmp_path)
    for tag in ("F1", "F2"):
        broker.start()
        broker.send([PlaceOrder(order(tag=tag))])
        broker.stop()
    assert [row["tag"] for row in rows_of(tmp_path / "basket_orders.csv")] == ["F1", "F2"]


def test_stopping_what_was_never_started_writes_nothing(tmp_path: Path) -> None:
    made(tmp_path).stop()
    assert list(tmp_path.iterdir()) == []


def test_a_stop_order_is_refused_and_nothing_of_the_call_is_written(broker: OrderFileBroker, tmp_path: Path) -> None:
    stop = Order(INFY, Side.SELL, 1, OrderType.STOP, trigger_price=100, tag="F2")
    with pytest.raises(Refused, match="order F2: an order file takes market and limit orders, not stop"):
        written(broker, tmp_path, order(), stop)
    assert rows_of(tmp_path / "basket_orders.csv.partial") == []


def test_an_order_outside_the_universe_is_refused(broker: OrderFileBroker, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"order F1: TCS\.NSE is not in the session's universe"):
        written(broker, tmp_path, order(of=InstrumentId("TCS", "NSE")))


@pytest.mark.parametrize("intent", [PlaceOrder(order()), CancelOrder("F1", "")])
def test_before_the_start_everything_is_refused(tmp_path: Path, intent: PlaceOrder | CancelOrder) -> None:
    with pytest.raises(Refused, match="is not open; start the broker first"):
        made(tmp_path).send([intent])


def test_after_the_stop_everything_is_refused(tmp_path: Path) -> None:
    broker = made(tmp_path)
    broker.start()
    broker.stop()
    with pytest.raises(Refused, match=r"basket_orders\.csv is not open; start the broker first"):
        broker.send([PlaceOrder(order())])


def test_a_row_that_may_be_written_in_part_is_in_doubt(
    broker: OrderFileBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    class FullDisk(io.StringIO):
        def flush(self) -> None:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(broker._orders, "_stream", FullDisk())
    with pytest.raises(InDoubt, match="No space left on device"):
        broker.send([PlaceOrder(order())])


def test_it_fills_by_the_rules_of_the_paper_broker(tmp_path: Path) -> None:
    assert made(tmp_path).matcher().rules == MatchingRules(0, 1, None)
    assert made(tmp_path, latency=2, slippage_ticks=3, participation=0.29).matcher().rules == MatchingRules(
        2, 3, 290_000
    )
    assert made(tmp_path, latency=0, slippage_ticks=0, participation=1).matcher().rules == MatchingRules(
        0, 0, 1_000_000
    )


def test_its_fills_are_assumed_and_it_takes_market_and_limit_orders_only() -> None:
    assert (OrderFileBroker.account, OrderFileBroker.assumed) == ("simulated", True)
    assert OrderFileBroker.order_types == {OrderType.MARKET, OrderType.LIMIT}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"timezone": "Asia/Bombay"}, "'Asia/Bombay' is not a time zone"),
        ({"product": "CASH"}, "product"),
        ({"latency": -1}, "latency"),
        ({"slippage_ticks": -1}, "slippage_ticks"),
        ({"participation": 0.0}, "participation"),
        ({"participation": 1.1}, "participation"),
        ({"speed": 1}, "speed"),
    ],
)
def test_wrong_settings_are_refused(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        OrderFileBroker.Settings.model_validate(wrong)


def test_it_is_registered_with_what_it_needs() -> None:
    [spec] = friday_components()
    assert (spec.key, spec.factory, spec.settings) == ("broker.order_file", OrderFileBroker, OrderFileBroker.Settings)
    assert spec.requires == {"run_folder": "run_folder", "universe": "universe"}
    assert spec.capabilities == {"broker", "broker:market", "broker:limit"}

"""A session and its backtest, made to differ in one thing: that is the cause that is named."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from friday_core.analytics.attribution import Attribution, Cause, attribute, lines
from friday_core.analytics.run_files import RunFiles

INFY, TCS = "INFY.NSE", "TCS.NSE"
Rows = dict[str, list[dict[str, Any]]]


def at(minute: int, second: int = 0) -> dt.datetime:
    return dt.datetime(2024, 1, 1, 4, minute, second, tzinfo=dt.UTC)


def bar(minute: int, close: str, instrument: str = INFY) -> dict[str, Any]:
    price = Decimal(close)
    named = dict.fromkeys(("open", "high", "low", "close"), price)
    return {"instrument": instrument, "ts_event": at(minute), **named, "volume": float("nan"), "factor": 1.0}


def rows() -> Rows:
    """Two decisions of one book that were sent and filled a minute later, on bars of eight minutes."""
    made: Rows = {"decisions": [], "orders": [], "fills": [], "quarantine": []}
    made["bars"] = [bar(minute, "100.00", name) for minute in range(8) for name in (INFY, TCS)]
    for number, (minute, value, side) in enumerate([(2, 1.0, "buy"), (5, 0.0, "sell")]):
        tag, sent = f"F{number}", 10 if side == "buy" else -10
        whose = {"strategy": "cross", "instrument": INFY}
        decided = {"kind": "signal", "value": value, "asked": sent, "sent": sent, "code": "SENT", "detail": ""}
        made["decisions"].append({"ts_event": at(minute), **whose, **decided, "reason": "", "tag": tag})
        order = {"side": side, "type": "market", "quantity": 10, "status": "filled", "filled": 10, "status_reason": ""}
        made["orders"].append({"tag": tag, "ts_decided": at(minute), **whose, **order})
        made["fills"].append(fill(minute + 1, tag, side))
    return made


def fill(minute: int, tag: str, side: str, quantity: int = 10, price: str = "100.00") -> dict[str, Any]:
    money = {"price": Decimal(price), "charges": Decimal("1.50")}
    named = {"strategy": "cross", "instrument": INFY, "side": side, "quantity": quantity}
    return {"ts_event": at(minute), "tag": tag, **named, **money}


def run(made: Rows, **settings: Any) -> RunFiles:
    tables = {name: pa.Table.from_pylist(found) for name, found in made.items()}
    return RunFiles(Path("run"), {}, {"risk": {"max": 1}, **settings}, "", tables)


def found(live: Rows, **settings: Any) -> Attribution:
    return attribute(run(live, **settings), run(rows()))


def test_what_is_alike_has_no_difference() -> None:
    same = found(rows())
    assert (same.alike, list(same.differences)) == (2, [])
    assert list(lines(same)) == ["2 decisions and orders alike, 0 differ"]


def quantity(made: Rows) -> None:
    made["decisions"][1]["sent"] = -9


def value(made: Rows) -> None:
    made["decisions"][1]["value"] = 0.5


def nothing(made: Rows) -> None:
    for name in ("decisions", "orders", "fills"):
        made[name].pop()


@pytest.mark.parametrize("differ", [quantity, value, nothing])
@pytest.mark.parametrize("cause", [Cause.REVISED, Cause.MISSING, Cause.LATE, Cause.CONFIGURATION, Cause.UNEXPLAINED])
def test_another_decision_has_its_cause_in_the_bars_before_it_or_in_the_settings(differ: Any, cause: Cause) -> None:
    made = rows()
    settings: dict[str, Any] = {}
    differ(made)
    at_four = next(row for row in made["bars"] if row["instrument"] == INFY and row["ts_event"] == at(4))
    if cause is Cause.REVISED:
        at_four["close"] = Decimal("100.05")
    elif cause in (Cause.MISSING, Cause.LATE):
        made["bars"].remove(at_four)
    elif cause is Cause.CONFIGURATION:
        settings = {"risk": {"max": 2}}
    if cause is Cause.LATE:
        made["quarantine"] = [
            {"instrument": INFY, "ts_event": at(4), "stage": "order", "reason": "late: behind the watermark"}
        ]
    (one,) = found(made, **settings).differences
    assert (one.cause, one.key.ts, one.cost) == (cause, at(5), None)
    told = {
        Cause.REVISED: "close 100.05, in the backtest 100.00",
        Cause.MISSING: "not in the session",
        Cause.LATE: "late: behind the watermark",
        Cause.CONFIGURATION: "risk.max",
        Cause.UNEXPLAINED: "",
    }
    assert told[cause] in one.evidence


def test_bars_of_other_instruments_after_it_or_before_an_agreement_explain_nothing() -> None:
    for minute, name in ((4, TCS), (6, INFY), (1, INFY)):
        made = rows()
        value(made)
        next(row for row in made["bars"] if (row["instrument"], row["ts_event"]) == (name, at(minute)))["close"] = (
            Decimal("90.00")
        )
        (one,) = found(made).differences
        assert one.cause is Cause.UNEXPLAINED


def test_a_refused_order_is_a_reject_and_what_follows_in_the_book_is_told_so() -> None:
    made = rows()
    made["orders"][0] |= {"status": "rejected", "filled": 0, "status_reason": "RMS: margin"}
    del made["fills"][0]
    nothing(made)
    first, second = found(made).differences
    assert (first.cause, first.evidence) == (Cause.REJECT, "RMS: margin")
    assert (second.cause, second.what) == (Cause.EARLIER, "decision")
    assert second.evidence.startswith("reject of INFY.NSE at ")


def test_a_decision_that_our_own_rules_refused_is_a_reject() -> None:
    made = rows()
    made["decisions"][0] |= {"code": "KILL_SWITCH", "detail": "it is on", "sent": 0}
    (first, *_) = found(made).differences
    assert (first.cause, first.evidence) == (Cause.REJECT, "KILL_SWITCH it is on")


def test_a_part_that_traded_is_a_partial_fill() -> None:
    made = rows()
    made["fills"][0]["quantity"] = 4
    made["orders"][0] |= {"status": "expired", "filled": 4, "status_reason": "EXPIRED: session over"}
    (one,) = found(made).differences
    assert (one.cause, one.live, one.backtest) == (Cause.PARTIAL, "4 filled", "10 filled")
    assert one.evidence == "expired EXPIRED: session over"


def test_a_later_fill_is_latency_with_what_it_cost() -> None:
    made = rows()
    made["fills"][0] |= {"ts_event": at(3, 7), "price": Decimal("100.20")}
    (one,) = found(made).differences
    assert (one.cause, one.evidence, one.cost) == (Cause.LATENCY, "+7 s", Decimal("2.00"))


def test_the_same_moment_at_another_price_is_price_and_a_lower_sale_costs() -> None:
    made = rows()
    made["fills"][1]["price"] = Decimal("99.95")
    answer = found(made)
    (one,) = answer.differences
    assert (one.cause, one.live, one.backtest) == (Cause.PRICE, "99.9500", "100.0000")
    assert one.cost == Decimal("0.50")
    assert list(lines(answer))[1].split() == ["price", "1", "cost", "+0.50"]


def test_other_charges_name_the_settings_that_differ() -> None:
    made = rows()
    made["fills"][0]["charges"] = Decimal("2.25")
    (one,) = found(made, account={"charges": "indian"}).differences
    assert (one.cause, one.evidence, one.cost) == (Cause.CHARGES, "account.charges", Decimal("0.75"))


def test_where_rows_come_from_is_no_configuration_that_explains() -> None:
    made = rows()
    value(made)
    (one,) = found(made, streams={"market_data": {"source": "parquet"}}, clock={"kind": "wall"}).differences
    assert one.cause is Cause.UNEXPLAINED


def test_an_order_that_no_decision_names_is_matched_too() -> None:
    made = rows()
    leg = made["orders"][0] | {"tag": "F9", "type": "stop", "side": "sell", "status": "cancelled", "filled": 0}
    made["orders"].append(leg)
    (one,) = found(made).differences
    assert (one.live, one.backtest, one.cause) == ("sell 10 stop", "nothing", Cause.UNEXPLAINED)

"""The case that docs/backtest.md works by hand is what a backtest comes to, to the paisa."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pandas as pd
import pytest
from docs.documents import DOCS, table
from fakes.few_bars import Planned

from friday_core.api import ExecutedOrder, IndianTariff, Instrument, InstrumentId, Side, rate_tables
from friday_core.domain.sessions import to_days
from friday_core.market.charges.lines import Line
from friday_core.research import Result, backtest

PATH = DOCS / "backtest.md"
SHARES, CAPITAL = 97, 100_000
BOUGHT, SOLD = dt.date(2026, 5, 5), dt.date(2026, 5, 7)
INFY = Instrument(InstrumentId("INFY", "NSE"), "INR", tick_size=5)
LINES = {row["line"]: row for row in table(PATH, "line")}


@pytest.fixture(scope="module")
def result() -> Result:
    rows = table(PATH, "day")
    bars = pd.DataFrame([{name: float(row[name]) for name in row if name != "day"} for row in rows])
    bars = bars.assign(ts=pd.to_datetime([row["day"] for row in rows]), instrument="INFY.NSE")
    return backtest(
        bars,
        Planned({1: 1.0, 3: 0.0}),
        capital=CAPITAL,
        charges={"indian": {"broker": "zerodha", "product": "delivery"}},
        allow_refusals=["CLIPPED_CASH"],
        check=True,
    )


def told(line: str) -> tuple[Decimal, Decimal]:
    """What the document says of both trades."""
    return Decimal(LINES[line]["bought"]), Decimal(LINES[line]["sold"])


def paise(amount: Decimal) -> int:
    return int(amount * 100)


def test_plain_python_agrees(result: Result) -> None:
    assert result.checked is not None
    assert result.checked.difference is None


def test_ninety_nine_are_asked_for_and_the_cash_pays_for_ninety_seven(result: Result) -> None:
    first, second = result.decisions.to_pandas().to_dict("records")
    assert (first["asked"], first["sent"], first["code"]) == (99, SHARES, "CLIPPED_CASH")
    assert first["detail"].startswith("101,503.71 INR")
    assert (second["asked"], second["sent"], second["code"]) == (-SHARES, -SHARES, "SENT")


@pytest.mark.parametrize(
    ("shares", "before", "reserved"), [(99, "101,383.92", "101,503.71"), (97, "99,335.76", "99,453.48")]
)
def test_what_a_buy_reserves_is_told_to_the_paisa(shares: int, before: str, reserved: str) -> None:
    """The close and 2%, and the charges of that."""
    worth = shares * 1004_00 * 102 // 100
    order = ExecutedOrder(INFY, Side.BUY, shares, worth, to_days(dt.date(2026, 5, 4)))
    charged = IndianTariff(rate_tables("zerodha")).charges(order).total
    assert (f"{worth / 100:,.2f}", f"{(worth + charged) / 100:,.2f}") == (before, reserved)
    text = PATH.read_text("utf-8")
    assert before in text
    assert reserved in text


def test_fills_have_the_prices_and_the_charges_of_the_table(result: Result) -> None:
    fills = result.fills.to_pandas(exact=True)
    assert tuple(fills["price"]) == told("price")
    assert tuple(fills["charges"]) == told("charges")
    assert tuple(fills["price"] * fills["quantity"]) == told("value")


@pytest.mark.parametrize("line", [line.value for line in Line if line.value in LINES])
def test_every_line_of_the_charges_is_that_of_the_tariff(line: str) -> None:
    tariff = IndianTariff(rate_tables("zerodha"))
    values = told("value")
    sides = ((Side.BUY, BOUGHT, values[0]), (Side.SELL, SOLD, values[1]))
    orders = [ExecutedOrder(INFY, side, SHARES, paise(value), to_days(day)) for side, day, value in sides]
    assert tuple(getattr(tariff.charges(order), line) for order in orders) == tuple(map(paise, told(line)))


def test_the_lines_are_all_that_is_charged() -> None:
    assert {line.value for line in Line} - set(LINES) == {"square_off"}
    lines = [told(line.value) for line in Line if line.value in LINES]
    assert tuple(map(sum, zip(*lines, strict=True))) == told("charges")


def test_the_cash_after_each_trade_and_equity_at_each_close_are_those_of_the_table(result: Result) -> None:
    equity = result.equity.to_pandas(exact=True)
    rows = table(PATH, "close of")
    assert [str(day) for day in equity["session"]] == [row["close of"] for row in rows]
    for column, name in (("cash", "cash"), ("value", "shares"), ("equity", "equity")):
        assert list(equity[column]) == [Decimal(row[name]) for row in rows]
    assert (equity["cash"][1], equity["cash"][3]) == told("cash")


def test_the_trip_and_the_drawdown_are_those_of_the_text(result: Result) -> None:
    (trip,) = result.round_trips.to_pandas(exact=True).to_dict("records")
    assert (trip["gross"], trip["charges"], trip["net"]) == (Decimal("2124.30"), Decimal("235.73"), Decimal("1888.57"))
    assert result.stats["max_drawdown"] == pytest.approx(1 - 101_888.57 / 102_206.49)
    text = PATH.read_text("utf-8")
    assert f"= {result.stats['max_drawdown']:.3%}" in text
    assert "**1,888.57**" in text

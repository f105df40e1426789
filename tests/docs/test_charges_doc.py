"""The tables of the document on charges hold the rows of the rate files, and no other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docs.documents import DOCS, table

from friday_core.market.charges import shipped
from friday_core.market.charges.lines import Line
from friday_core.market.charges.rate_file import RateFile, read_rates
from friday_core.market.charges.tariff import SEGMENTS
from friday_core.market.fact_rows import Row

PATH = DOCS / "charges.md"


def shipped_file(name: str) -> RateFile:
    return read_rates(Path(shipped.__file__).parents[1] / "data" / "charges" / f"{name}.toml")


INDIA, ZERODHA = shipped_file("india"), shipped_file("zerodha")


def shown(first_column: str) -> list[tuple[str, ...]]:
    return [tuple(row.values()) for row in table(PATH, first_column)]


def said(row: Row, *values: Any) -> tuple[str, ...]:
    """A row of a table: tuples as lists of words, nothing as an empty cell."""
    cells = [", ".join(value) if isinstance(value, tuple) else "" if value is None else str(value) for value in values]
    return (*cells, str(row.first), str(row.until or ""), row.certainty.value, row.source)


def test_every_levy_is_in_the_table() -> None:
    expected = [said(one, one.levy, one.exchanges, one.segments, one.buy, one.sell) for one in INDIA.levies]
    assert shown("levy") == expected


def test_every_rounding_is_in_the_table() -> None:
    assert shown("rounding of") == [said(one, one.lines, one.note, one.estimate) for one in INDIA.rounding]


def test_every_rate_of_gst_is_in_the_table() -> None:
    assert shown("gst %") == [said(one, one.percent, one.on) for one in INDIA.gst]


def test_every_brokerage_is_in_the_table() -> None:
    expected = [said(one, one.segments, one.percent, one.flat, one.most) for one in ZERODHA.brokerage]
    assert shown("brokerage of") == expected


def test_every_fee_is_in_the_table() -> None:
    assert shown("fee") == [said(one, one.fee, one.holder, one.rupees) for one in ZERODHA.fees]


def test_every_line_has_its_formula() -> None:
    rows = table(PATH, "line")
    assert [row["line"] for row in rows if "formula" in row] == [line.value for line in Line]


def test_every_product_is_named() -> None:
    text = PATH.read_text("utf-8")
    assert [name for products in SEGMENTS.values() for name in products if f"`{name}`" not in text] == []

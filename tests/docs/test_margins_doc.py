"""The tables of the document on margins hold the rows of the margin files, and no other."""

from __future__ import annotations

from typing import Any

import pytest
from docs.documents import DOCS, table

from friday_core.market.fact_rows import Row
from friday_core.market.margins.estimate import LABEL, MarginEstimate
from friday_core.market.margins.margin_file import MarginFile, read_margins
from friday_core.market.margins.shipped import SHIPPED

PATH = DOCS / "margins.md"
FILES = [read_margins(path) for path in SHIPPED]

#: The first heading of each table, and the fields of its rows.
SHOWN = {
    "cash": ("shares held as", "products percent"),
    "scan": (
        "scan of",
        "underlyings over_months sigmas days price_least volatility_share volatility_least",
    ),
    "exposure": ("exposure of", "underlyings over_months percent deep_beyond deep"),
    "short_options": ("least for sold options on", "underlyings least"),
    "calendar": ("set off on", "underlyings percent on_expiry_day"),
    "expiry_day": ("last day of sold options on", "underlyings short_options"),
    "last_days": ("last days of contracts on", "underlyings days long_options others"),
}


def told(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, tuple) else "" if value is None else str(value)


def said(row: Row, fields: str) -> tuple[str, ...]:
    cells = [told(getattr(row, field)) for field in fields.split()]
    return (*cells, str(row.first), str(row.until or ""), row.certainty.value, row.source)


@pytest.mark.parametrize("name", MarginFile.tables)
def test_every_row_of_a_table_is_shown(name: str) -> None:
    heading, fields = SHOWN[name]
    expected = [said(row, fields) for file in FILES for row in getattr(file, name)]
    assert [tuple(row.values()) for row in table(PATH, heading)] == expected


def test_every_part_is_explained_and_the_label_is_there() -> None:
    explained = [row["part"] for row in table(PATH, "part")]
    assert explained == [*MarginEstimate.__dataclass_fields__][1:]
    assert LABEL.partition("; ")[2] in PATH.read_text("utf-8")


def test_no_estimate_is_below_what_was_published_and_ratios_are_right() -> None:
    rows = table(PATH, "published")
    for row in rows:
        kite, estimate, ratio = (float(row[name].replace(",", "")) for name in ("Kite", "estimate", "estimate / Kite"))
        assert estimate >= kite
        assert f"{estimate / kite:.3f}" == f"{ratio:.3f}"
    assert len(rows) == 9

"""Interest on what the broker lends for a margin-funded purchase."""

from __future__ import annotations

import datetime as dt

from friday_core.market.charges.lines import PARTS
from friday_core.market.charges.rows import InterestRow
from friday_core.market.charges.tables import RateTables


def interest(tables: RateTables, lent: int, bought: dt.date, sold: dt.date) -> int:
    """What ``lent`` paise cost from the day after the purchase to the day of the sale, in paise.

    Simple interest on every calendar day, each at its own day's rate; rounded once, a half up.
    ``DataError`` for a day without a rate, ``ValueError`` if it was sold before it was bought.
    """
    if sold < bought:
        raise ValueError(f"sold on {sold}, before it was bought on {bought}")
    parts = 0
    for days in range(1, (sold - bought).days + 1):
        row = tables.find(bought + dt.timedelta(days=days), ("interest",), InterestRow)
        parts += lent * int(row.percent_per_day.scaleb(-2) * PARTS)
    return (2 * parts + PARTS) // (2 * PARTS)

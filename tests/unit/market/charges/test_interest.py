"""Interest on what the broker lends, with the examples of the broker's own pages."""

from __future__ import annotations

import datetime as dt

import pytest

from friday_core.errors import DataError
from friday_core.market.charges.interest import interest
from friday_core.market.charges.shipped import rate_tables

TABLES = rate_tables("zerodha")
BOUGHT = dt.date(2026, 5, 4)


@pytest.mark.parametrize(
    ("lent", "days", "paise"),
    [
        (200_000, 10, 800),  # 2,000 rupees, 0.80 a day
        (4_000_000, 20, 32_000),
        (4_000_000, 30, 48_000),
        (100_000_000, 7, 280_000),
    ],
)
def test_the_brokers_own_examples(lent: int, days: int, paise: int) -> None:
    assert interest(TABLES, lent, BOUGHT, BOUGHT + dt.timedelta(days)) == paise


def test_nothing_is_due_on_the_day_of_the_purchase() -> None:
    assert interest(TABLES, 10_000_000, BOUGHT, BOUGHT) == 0


def test_it_is_rounded_once_a_half_up() -> None:
    # 12.50 rupees at 0.04% are half a paisa a day
    assert [interest(TABLES, 1_250, BOUGHT, BOUGHT + dt.timedelta(days)) for days in (1, 2, 3)] == [1, 1, 2]


def test_a_day_without_a_rate_is_refused() -> None:
    with pytest.raises(DataError, match="no rate for interest on 2027-04-01"):
        interest(TABLES, 100, dt.date(2027, 3, 30), dt.date(2027, 4, 2))


def test_a_sale_before_the_purchase_is_refused() -> None:
    with pytest.raises(ValueError, match="sold on 2026-05-03, before it was bought on 2026-05-04"):
        interest(TABLES, 100, BOUGHT, dt.date(2026, 5, 3))

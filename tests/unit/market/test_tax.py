"""Fills to gains by category, worked by hand."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import pytest
from fakes.executed import instrument
from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.orders import Side
from friday_core.errors import DataError
from friday_core.market.tax import NOTICE, Realised, TaxFill, Totals, financial_year, realise, totals
from friday_core.market.tax_rules import Category, tax_rules

RULES = tax_rules()
INFY, CALL, FUT = instrument("INFY.NSE"), instrument("NIFTYCE.NFO"), instrument("INFYFUT.NFO")
D = dt.date.fromisoformat


def fill(side: str, quantity: int, amount: int, day: str, of: object = INFY, **costs: int) -> TaxFill:
    return TaxFill(of, Side(side), quantity, amount, D(day), **costs)  # type: ignore[arg-type]


def shape(found: list[Realised]) -> list[tuple[str, int, int]]:
    """Category, quantity and gain of each."""
    return [(one.category.value, one.quantity, one.gain) for one in found]


def test_a_share_sold_after_months_is_a_short_term_gain() -> None:
    found = realise([fill("buy", 10, 1_000, "2025-01-10"), fill("sell", 10, 1_500, "2025-06-10")], RULES)
    assert found == [Realised(INFY.id, Category.STCG, 10, D("2025-01-10"), D("2025-06-10"), 1_000, 1_500, 0, 0)]
    assert (found[0].days, found[0].gain) == (151, 500)


@pytest.mark.parametrize(
    ("bought", "sold", "category"),
    [
        ("2024-01-10", "2025-01-10", Category.STCG),  # twelve months, not more
        ("2024-01-10", "2025-01-11", Category.LTCG),
        ("2024-02-29", "2025-02-28", Category.STCG),
        ("2024-02-29", "2025-03-01", Category.LTCG),
    ],
)
def test_a_share_is_long_term_after_more_than_twelve_months(bought: str, sold: str, category: Category) -> None:
    [found] = realise([fill("buy", 1, 100, bought), fill("sell", 1, 100, sold)], RULES)
    assert found.category is category


def test_the_oldest_shares_are_sold_first() -> None:
    found = realise(
        [
            fill("buy", 10, 1_000, "2023-01-10"),
            fill("buy", 10, 2_000, "2025-01-10"),
            fill("sell", 15, 3_000, "2025-06-10"),
        ],
        RULES,
    )
    assert shape(found) == [("ltcg", 10, 1_000), ("stcg", 5, 0)]


def test_what_is_bought_and_sold_on_one_day_is_speculative_also_when_older_shares_are_held() -> None:
    found = realise(
        [fill("buy", 10, 1_000, "2025-01-10"), fill("sell", 5, 900, "2025-02-10"), fill("buy", 5, 800, "2025-02-10")],
        RULES,
    )
    assert shape(found) == [("speculative", 5, 100)]
    assert found[0].turnover == 100


def test_of_a_larger_sale_the_rest_closes_what_was_delivered() -> None:
    found = realise(
        [
            fill("buy", 10, 1_000, "2025-01-10"),
            fill("buy", 5, 800, "2025-02-10"),
            fill("sell", 10, 1_800, "2025-02-10"),
        ],
        RULES,
    )
    assert shape(found) == [("speculative", 5, 100), ("stcg", 5, 400)]


def test_what_is_sold_the_day_after_it_was_bought_is_a_capital_gain() -> None:
    found = realise([fill("buy", 1, 100, "2025-01-10"), fill("sell", 1, 130, "2025-01-11")], RULES)
    assert shape(found) == [("stcg", 1, 30)]


def test_stt_does_not_reduce_a_capital_gain_but_other_charges_do() -> None:
    found = realise(
        [fill("buy", 1, 1_000, "2025-01-10", charges=3, stt=1), fill("sell", 1, 1_500, "2025-02-10", charges=4, stt=2)],
        RULES,
    )
    assert shape(found) == [("stcg", 1, 493)]


def test_stt_reduces_the_profit_of_a_business_but_not_its_turnover() -> None:
    found = realise(
        [
            fill("buy", 50, 1_000, "2025-01-10", FUT, charges=3, stt=0),
            fill("sell", 50, 900, "2025-02-10", FUT, charges=4, stt=2),
        ],
        RULES,
    )
    assert shape(found) == [("fo", 50, -109)]
    assert found[0].turnover == 100


def test_a_short_future_is_bought_back() -> None:
    found = realise([fill("sell", 50, 1_000, "2025-01-10", FUT), fill("buy", 50, 900, "2025-02-10", FUT)], RULES)
    assert found == [Realised(FUT.id, Category.FO, 50, D("2025-01-10"), D("2025-02-10"), 900, 1_000, 0, 100)]


def test_an_order_that_turns_a_position_closes_it_and_opens_the_other() -> None:
    found = realise(
        [
            fill("buy", 50, 1_000, "2025-01-10", FUT),
            fill("sell", 75, 1_650, "2025-01-13", FUT),
            fill("buy", 25, 500, "2025-01-14", FUT),
        ],
        RULES,
    )
    assert shape(found) == [("fo", 50, 100), ("fo", 25, 50)]


@pytest.mark.parametrize(("year", "turnover"), [("2020", 1_400), ("2025", 400)])
def test_the_premium_of_a_sold_option_counted_as_turnover_once(year: str, turnover: int) -> None:
    # Sold for 1,000 and bought back for 600.
    found = realise(
        [fill("sell", 50, 1_000, f"{year}-05-04", CALL), fill("buy", 50, 600, f"{year}-05-05", CALL)], RULES
    )
    assert found[0].turnover == turnover


def test_parts_of_a_fill_share_its_money_to_the_last_paisa() -> None:
    fills = [fill("buy", 3, 100, "2025-01-10", charges=10), *(fill("sell", 1, 50, f"2025-02-1{n}") for n in range(3))]
    found = realise(fills, RULES)
    assert [(one.cost, one.charges) for one in found] == [(33, 3), (34, 4), (33, 3)]


def test_more_sold_than_bought_is_refused() -> None:
    with pytest.raises(DataError, match=r"INFY\.NSE: 5 more sold on 2025-02-10 than were bought"):
        realise([fill("buy", 5, 100, "2025-01-10"), fill("sell", 10, 100, "2025-02-10")], RULES)


def test_fills_out_of_order_are_refused() -> None:
    with pytest.raises(DataError, match=r"fills of INFY\.NSE are not in order: 2025-01-10 after 2025-02-10"):
        realise([fill("buy", 5, 100, "2025-02-10"), fill("sell", 5, 100, "2025-01-10")], RULES)


def test_a_day_that_the_rules_do_not_know_is_refused() -> None:
    with pytest.raises(
        DataError, match="no holding period for 2027-04-01 in the tax rules 'india', which end on 2027-03-31"
    ):
        realise([fill("buy", 5, 100, "2025-02-10"), fill("sell", 5, 100, "2027-04-01")], RULES)


def test_totals_are_by_financial_year_and_category() -> None:
    found = realise(
        [
            fill("buy", 10, 1_000, "2025-01-10"),
            fill("sell", 5, 700, "2025-03-31"),
            fill("sell", 2, 150, "2025-04-01"),
            fill("sell", 3, 330, "2025-04-02"),
            fill("buy", 50, 1_000, "2025-05-02", FUT),
            fill("sell", 50, 900, "2025-05-05", FUT),
        ],
        RULES,
    )
    assert totals(found) == {
        ("2024-25", Category.STCG): Totals(gains=200, losses=0, turnover=0),
        ("2025-26", Category.FO): Totals(gains=0, losses=100, turnover=100),
        ("2025-26", Category.STCG): Totals(gains=30, losses=50, turnover=0),
    }


@pytest.mark.parametrize(
    ("day", "year"), [("2025-03-31", "2024-25"), ("2025-04-01", "2025-26"), ("2000-03-31", "1999-00")]
)
def test_a_financial_year_begins_on_1_april(day: str, year: str) -> None:
    assert financial_year(D(day)) == year


def test_it_is_labelled_as_no_advice() -> None:
    assert NOTICE == "A calculation from dated rules, no tax advice."


@given(st.lists(st.tuples(st.sampled_from(Side), st.integers(1, 50), st.integers(0, 10**6)), max_size=12))
def test_no_contract_and_no_paisa_is_lost(trades: list[tuple[Side, int, int]]) -> None:
    fills = [
        TaxFill(FUT, side, quantity, amount, D("2025-05-05") + dt.timedelta(n), charges=7, stt=5)
        for n, (side, quantity, amount) in enumerate(trades)
    ]
    quantity = {side: sum(one.quantity for one in fills if one.side is side) for side in Side}
    over = quantity[Side.BUY] - quantity[Side.SELL]
    if over:
        side = Side.SELL if over > 0 else Side.BUY
        fills.append(TaxFill(FUT, side, abs(over), 0, D("2025-12-01")))
    found = realise(fills, RULES)
    money = Counter({side: sum(one.amount for one in fills if one.side is side) for side in Side})
    assert sum(one.quantity for one in found) == max(quantity.values())
    assert (sum(one.cost for one in found), sum(one.proceeds for one in found)) == (money[Side.BUY], money[Side.SELL])
    assert sum(one.charges for one in found) == sum(one.charges + one.stt for one in fills)

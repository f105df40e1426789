"""Terms of bills as plain numbers."""

from __future__ import annotations

from fractions import Fraction

import pytest

from friday_core.domain.bill_terms import Amount, BillLine, BillRounding, BillTerms
from friday_core.domain.executed import ExecutedOrder
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.orders import Side

INFY = Instrument(InstrumentId("INFY", "NSE"), "INR")


def sale(notional: int, same_day: int = 0, *, paid: bool = False) -> ExecutedOrder:
    return ExecutedOrder(INFY, Side.SELL, 10, notional, 20_000, "", same_day, paid)


@pytest.mark.parametrize(
    ("rounding", "expected"), [(BillRounding.HALF_UP, 300), (BillRounding.HALF_EVEN, 200), (BillRounding.DOWN, 200)]
)
def test_a_half_goes_where_the_line_says(rounding: BillRounding, expected: int) -> None:
    line = BillLine(Amount(Fraction(1, 4)), unit=100, rounding=rounding)
    assert BillTerms((line,)).charges_of(sale(1_000)) == expected


def test_an_amount_is_kept_between_least_and_most() -> None:
    terms = BillTerms((BillLine(Amount(Fraction(1, 100), Fraction(5), Fraction(10), Fraction(40))),))
    assert [terms.charges_of(sale(notional)) for notional in (100, 1_000, 10_000)] == [10, 15, 40]


def test_the_tax_is_on_exact_amounts_of_the_lines_that_bear_it() -> None:
    lines = (BillLine(Amount(Fraction(1, 3)), is_taxed=True), BillLine(Amount(Fraction(1, 3))))
    assert BillTerms(lines, Fraction(18, 100)).charges_of(sale(10)) == 3 + 3 + 1


def test_what_meets_on_the_same_day_is_charged_by_itself() -> None:
    terms = BillTerms((BillLine(Amount(Fraction(1, 10)), Amount(Fraction(1, 100))),))
    assert [terms.charges_of(sale(1_000, met)) for met in (0, 4, 10)] == [100, 64, 10]


def test_the_delivery_fee_is_paid_once_and_only_for_what_is_delivered() -> None:
    terms = BillTerms((), delivery_fee=1_534)
    orders = sale(1_000), sale(1_000, 9), sale(1_000, 10), sale(1_000, paid=True)
    assert [terms.charges_of(one) for one in orders] == [1_534, 1_534, 0, 0]


def test_the_whole_is_scaled_and_rounded_half_even() -> None:
    assert BillTerms((BillLine(Amount(flat=Fraction(5))),), scale=Fraction(1, 2)).charges_of(sale(1)) == 2

"""The terms of a day as a kernel reads them."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from friday_core.domain import bill_terms as bill
from friday_core.domain.orders import Side
from friday_core.market.charges.lines import LEVIES, PARTS, Line
from friday_core.market.charges.terms import GST_BASE, Rounding, Terms

_NOTHING = bill.Amount()


def bill_of(
    own: Terms, met: Terms | None, rule: Rounding, side: Side, *, unit_of: Callable[[Line], int], fee: int, until: int
) -> bill.BillTerms:
    """The lines of an order that are not nothing, each rounded to ``unit_of`` it in paise.

    ``met`` are the terms of what is bought and sold on one day, if they are others; ``fee`` is what a sale that is
    delivered pays besides, in paise.
    """
    lines = []
    for line in (Line.BROKERAGE, *LEVIES):
        amount, other = _amount(own, line, side), None if met is None else _amount(met, line, side)
        if amount != _NOTHING or other not in (None, _NOTHING):
            way = _way(rule, line)
            lines.append(bill.BillLine(amount, other, unit_of(line), way, is_taxed=line in own.gst_on))
    return bill.BillTerms(
        tuple(lines),
        Fraction(own.gst, GST_BASE),
        unit_of(Line.GST),
        _way(rule, Line.GST),
        delivery_fee=fee,
        until=until,
    )


def _amount(terms: Terms, line: Line, side: Side) -> bill.Amount:
    if line is not Line.BROKERAGE:
        return bill.Amount(Fraction(terms.levies[side][line], PARTS))
    one = terms.brokerage
    share, flat, least = (Fraction(parts, PARTS) for parts in (one.share, one.flat, one.least))
    return bill.Amount(share, flat, least, None if one.most is None else Fraction(one.most, PARTS))


def _way(rule: Rounding, line: Line) -> bill.BillRounding:
    return bill.BillRounding.HALF_EVEN if line in rule.even else bill.BillRounding.HALF_UP

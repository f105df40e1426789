"""The words of a decision's detail, from the numbers that the kernel left: the same words as the driver's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from friday_core.domain.chunk import Float64, Int64, Universe
from friday_core.domain.instruments import Instrument
from friday_core.domain.money import format_amounts, format_money
from friday_core.session.compiled.ruled import Ruled
from friday_core.session.products import not_held_as
from friday_core.simulation.compiled import words as w
from friday_core.simulation.compiled.rates import CODES
from friday_core.trading.entry_rules import THE_SHORTABLE, THE_UNIVERSE, TOO_LATE, not_listed
from friday_core.trading.limits import Limits

_SHARED = "{} with all orders of the slice, {} at most"
#: A row of the table of decisions.
Row = Sequence[int]


def detail_of(row: Row, weight: float, instrument: Instrument, limits: Limits, ruled: Ruled) -> str:
    """What stands in ``DecisionTaken.detail``; ``weight`` is the target."""
    if row[w.D_CODE] >= len(w.CODES):
        return ruled.detail(row, instrument)
    return _DETAILS[row[w.D_CODE]](row, weight, instrument, limits)


def details_of(
    table: Int64, weight: Float64, inst: Int64, *, universe: Universe, limits: Sequence[Limits], ruled: Ruled
) -> Sequence[str]:
    """``detail_of`` every row of the table; ``limits`` are those of the desks."""
    texts, code = [""] * len(table), table[:, w.D_CODE]
    is_shared = (code == w.C_GROSS_EXPOSURE) | (code == w.C_CLIPPED_CASH) | (code == w.C_MARGIN)
    currencies = np.array([one.currency for one in universe])[inst]
    for currency in np.unique(currencies[is_shared]).tolist():
        some = np.flatnonzero(is_shared & (currencies == currency))
        amounts = (format_amounts(table[some, word].tolist(), currency) for word in (w.D_A, w.D_B))
        for place, worth, most in zip(some.tolist(), *amounts, strict=True):
            texts[place] = _SHARED.format(worth, most)
    some = np.flatnonzero((code != w.C_SENT) & ~is_shared)
    rows = zip(some.tolist(), table[some].tolist(), weight[some].tolist(), inst[some].tolist(), strict=True)
    for place, row, target, position in rows:
        texts[place] = detail_of(row, target, universe[position], limits[row[w.D_DESK]], ruled)
    return texts


def _none(_row: Row, _weight: float, _instrument: Instrument, _limits: Limits) -> str:
    return ""


def _nothing_works(_row: Row, _weight: float, _instrument: Instrument, _limits: Limits) -> str:
    return "no order works"


def _no_change(row: Row, _weight: float, _instrument: Instrument, _limits: Limits) -> str:
    return f"{row[w.D_A]} are held or on their way"


def _zero(_row: Row, weight: float, instrument: Instrument, _limits: Limits) -> str:
    return f"a weight of {weight:.6f} is worth less than one lot of {instrument.lot_size}"


def _unpriced(_row: Row, _weight: float, _instrument: Instrument, _limits: Limits) -> str:
    return "the close is missing or not positive"


def _short(row: Row, _weight: float, instrument: Instrument, _limits: Limits) -> str:
    how = f"held as {CODES[row[w.D_B]]}" if row[w.D_B] else "delivered for cash"
    return f"a short of {row[w.D_A]}: {instrument.kind} is {how}, limit 0"


def _product(row: Row, _weight: float, instrument: Instrument, _limits: Limits) -> str:
    return not_held_as(CODES[row[w.D_A]], instrument)


def _late(_row: Row, _weight: float, _instrument: Instrument, _limits: Limits) -> str:
    return TOO_LATE


def _unlisted(row: Row, _weight: float, instrument: Instrument, _limits: Limits) -> str:
    return not_listed(instrument.id, THE_UNIVERSE, row[w.D_A])


def _unborrowed(row: Row, _weight: float, instrument: Instrument, _limits: Limits) -> str:
    return not_listed(instrument.id, THE_SHORTABLE, row[w.D_A])


def _order_value(row: Row, _weight: float, instrument: Instrument, limits: Limits) -> str:
    return f"{_money(row[w.D_A], instrument)}, limit {_money(limits.order_value or 0, instrument)}"


def _position(row: Row, _weight: float, instrument: Instrument, _limits: Limits) -> str:
    worth, most = _money(row[w.D_B], instrument), _money(row[w.D_C], instrument)
    return f"a position of {row[w.D_A]} worth {worth}, limit {most}"


def _order_count(row: Row, _weight: float, _instrument: Instrument, limits: Limits) -> str:
    return f"{row[w.D_A]} orders in this session, limit {limits.orders_per_session}"


def _open_orders(row: Row, _weight: float, _instrument: Instrument, limits: Limits) -> str:
    return f"{row[w.D_A]} orders work, limit {limits.open_orders}"


def _shared(row: Row, _weight: float, instrument: Instrument, _limits: Limits) -> str:
    return _SHARED.format(_money(row[w.D_A], instrument), _money(row[w.D_B], instrument))


def _small(row: Row, _weight: float, instrument: Instrument, limits: Limits) -> str:
    return f"worth {_money(row[w.D_A], instrument)}, {_money(limits.min_order_value or 0, instrument)} at least"


def _money(minor: int, instrument: Instrument) -> str:
    return format_money(minor, instrument.currency)


_DETAILS: Mapping[int, Callable[[Row, float, Instrument, Limits], str]] = {
    w.C_SENT: _none,
    w.C_NO_CHANGE: _no_change,
    w.C_ZERO_SIZE: _zero,
    w.C_UNPRICED: _unpriced,
    w.C_SHORT_DELIVERY: _short,
    w.C_ORDER_VALUE: _order_value,
    w.C_POSITION_WEIGHT: _position,
    w.C_ORDER_COUNT: _order_count,
    w.C_OPEN_ORDERS: _open_orders,
    w.C_GROSS_EXPOSURE: _shared,
    w.C_CLIPPED_CASH: _shared,
    w.C_MARGIN: _shared,
    w.C_MIN_ORDER_VALUE: _small,
    w.C_WRONG_PRODUCT: _product,
    w.C_INTRADAY_CUT_OFF: _late,
    w.C_NOT_IN_UNIVERSE: _unlisted,
    w.C_NOT_SHORTABLE: _unborrowed,
    w.C_CANCEL_SENT: _none,
    w.C_NO_ORDER: _nothing_works,
}

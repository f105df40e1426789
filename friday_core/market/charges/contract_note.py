"""The contract note of one day: what the orders of an account cost together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import msgspec

from friday_core.domain.executed import ExecutedOrder
from friday_core.domain.instruments import InstrumentId
from friday_core.domain.money import divide_half_even
from friday_core.domain.orders import Side
from friday_core.market.charges.lines import LEDGER_LINES, Charges, Line
from friday_core.market.charges.tariff import IndianTariff


@dataclass(frozen=True, slots=True)
class ContractNote:
    """The lines of a note by exchange, each rounded once, and what the ledger is charged beside them; paise."""

    session: int
    exchanges: Mapping[str, Charges]
    ledger: Charges

    @property
    def total(self) -> int:
        """All that the day costs, in paise."""
        return reduce(Charges.__add__, self.exchanges.values(), self.ledger).total


def contract_note(tariff: IndianTariff, orders: Sequence[ExecutedOrder]) -> ContractNote:
    """The note of all orders of an account in one session; ``ValueError`` for none, or for several sessions.

    Of a share, what was both bought and sold that day is intraday, whatever the orders' product,
    and the rest is delivered: for each side the same part of every order's value, as the
    transaction tax has it. The depository is paid once for each share of which more was sold than
    bought. ``same_day`` and ``depository_paid`` of the orders are not looked at.
    """
    sessions = {order.session for order in orders}
    if len(sessions) != 1:
        raise ValueError(f"a contract note is of one session, not of {len(sessions)}")
    session = sessions.pop()
    exact: dict[str, dict[Line, int]] = defaultdict(lambda: defaultdict(int))
    ledger = dict.fromkeys(LEDGER_LINES, 0)
    ledger[Line.SQUARE_OFF] = sum(tariff.fee(Line.SQUARE_OFF, session) for order in orders if order.squared_off)
    for instrument, group in _by_instrument(orders):
        bought, sold = (sum(one.quantity for one in group if one.side is side) for side in (Side.BUY, Side.SELL))
        met = min(bought, sold)
        for order in group:
            part = divide_half_even(order.notional * met, bought if order.side is Side.BUY else sold)
            for line, parts in tariff.note_lines(_delivered(order), part).items():
                exact[instrument.exchange][line] += parts
        if group[0].instrument.kind == "equity" and sold > met:
            ledger[Line.DEPOSITORY] += tariff.fee(Line.DEPOSITORY, session)
    rule = tariff.rounding(session)
    return ContractNote(
        session,
        {name: Charges.of({line: rule.paid(line, n) for line, n in lines.items()}) for name, lines in exact.items()},
        Charges.of({line: rule.paid(line, parts) for line, parts in ledger.items()}),
    )


def _by_instrument(orders: Sequence[ExecutedOrder]) -> Iterator[tuple[InstrumentId, list[ExecutedOrder]]]:
    groups: dict[InstrumentId, list[ExecutedOrder]] = defaultdict(list)
    for order in orders:
        groups[order.instrument.id].append(order)
    return iter(sorted(groups.items()))


def _delivered(order: ExecutedOrder) -> ExecutedOrder:
    """An intraday order in shares as what it becomes where nothing meets it."""
    if order.instrument.kind != "equity" or order.product != "intraday":
        return order
    return msgspec.structs.replace(order, product="delivery")

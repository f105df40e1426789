"""What the account holds: the day's positions, and shares from before: settled or not, pledged or funded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from friday_core.api import InstrumentId
from friday_plugins.zerodha.connection import Zerodha

Row = Mapping[str, Any]


class Portfolio(NamedTuple):
    """Rows of ``positions()["net"]`` and of ``holdings()``; what was sold today is a negative position."""

    positions: Sequence[Row]
    holdings: Sequence[Row]

    def quantities(self) -> dict[InstrumentId, int]:
        """Signed, in all products together; what is flat is left out."""
        held: dict[InstrumentId, int] = defaultdict(int)
        for row in self.positions:
            held[_name(row)] += int(row["quantity"])
        for row in self.holdings:
            held[_name(row)] += _own(row) + _number(row, "collateral_quantity") + _funded(row)
        return {name: quantity for name, quantity in held.items() if quantity}

    def sellable(self, symbol: str, product: str) -> int:
        """What may be sold of a share as ``CNC`` or ``MTF``, before orders that work; pledged ones may not.

        Shares are the same on both exchanges: what was bought on one is sold on the other.
        """
        of = _funded if product == "MTF" else _own
        before = sum(of(row) for row in self.holdings if row["tradingsymbol"] == symbol)
        return before + self.traded(symbol, product)

    def traded(self, symbol: str, product: str) -> int:
        """The day's net position of a share in a product."""
        rows = [row for row in self.positions if row["tradingsymbol"] == symbol and row["product"] == product]
        return sum(int(row["quantity"]) for row in rows)


def portfolio_of(connection: Zerodha, deadline: float = 20.0) -> Portfolio:
    """As Kite has it now; raises as ``Zerodha.read``."""
    positions = connection.read("positions", deadline=deadline)["net"]
    return Portfolio(positions, connection.read("holdings", deadline=deadline))


def _name(row: Row) -> InstrumentId:
    return InstrumentId(row["tradingsymbol"], row["exchange"])


def _own(row: Row) -> int:
    """Of a holding, as the day began: settled, on their way, and those of both that were sold today."""
    return sum(_number(row, name) for name in ("quantity", "t1_quantity", "used_quantity"))


def _funded(row: Row) -> int:
    """As the day began, too."""
    return _number(row.get("mtf") or {}, "quantity")


def _number(row: Row, name: str) -> int:
    return int(row.get(name) or 0)

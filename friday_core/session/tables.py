"""The result of a session as tidy Arrow tables: exact decimals, UTC times, one row a fact."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from friday_core.domain.chunk import MISSING_PRICE, PRICE_COLUMNS, Universe
from friday_core.domain.money import MINOR_DIGITS
from friday_core.domain.orders import Fill, FillKind, SettledFill
from friday_core.flow.quarantine import HeldRow
from friday_core.session.columns import Block, Coded
from friday_core.session.decimals import decimals, prices
from friday_core.session.log import LAYOUTS, SessionLog
from friday_core.session.row_layout import ROW_CLASS

_TS = pa.timestamp("us", tz="UTC")
_TEXT = pa.string()
_COUNT = pa.int64()

#: From rows to one column.
Column = Callable[[Block], pa.Array]
Columns = Mapping[str, Column]
#: What becomes of every text: ``SecretRegistry.mask``.
Mask = Callable[[str], str]


class ResultTables:
    """Builds every table of a run, of any of its rows. Money and prices are decimals in the account's currency.

    Every text goes through ``mask``: each that occurs, once.
    """

    def __init__(self, universe: Universe, currency: str, mask: Mask = str) -> None:
        self._decimals = {instrument.id: instrument.price_decimals for instrument in universe}
        self._money_digits = MINOR_DIGITS[currency]
        self._price_digits = max(self._decimals.values(), default=2)
        self._mask = mask
        self._columns = self._all()

    def all(self, log: SessionLog, held: Iterable[HeldRow]) -> Mapping[str, pa.Table]:
        """Table name to table, every table with its columns even without a row.

        The account's own are among them where several strategies are netted.
        """
        tables = {name: list(rows.blocks()) for name, rows in log.tables().items()}
        sent_in = parents_in(tables.get("account_orders", ()))
        found = {name: self.table(name, blocks, sent_in) for name, blocks in tables.items() if name in self._columns}
        return {**found, "quarantine": self.quarantine(held)}

    @property
    def names(self) -> frozenset[str]:
        """The tables that ``table`` builds."""
        return frozenset(self._columns)

    def table(self, name: str, blocks: Sequence[Block], sent_in: Mapping[str, str]) -> pa.Table:
        """Some rows of a table; ``sent_in`` tells of an order's tag the last account order that stood for it."""
        columns = self._columns[name]
        some = blocks or [LAYOUTS[name].block([])]
        found = pa.concat_tables(pa.table({column: made(block) for column, made in columns.items()}) for block in some)
        if name != "orders":
            return found
        tags = (tag for block in blocks for tag in block.coded("tag").tolist())
        return found.append_column("account_order", pa.array([sent_in.get(tag, "") for tag in tags], _TEXT))

    def quarantine(self, held: Iterable[HeldRow]) -> pa.Table:
        """The rows that streams held back."""
        rows = list(held)
        return pa.table({
            **{
                name: self._masked([getattr(row, name) for row in rows])
                for name in ("stream", "stage", "verdict", "reason")
            },
            "instrument": self._masked([str(row.instrument) for row in rows]),
            "ts_event": pa.array([row.ts_event for row in rows], _TS),
            "seq": pa.array([row.seq for row in rows], _COUNT),
            "values": self._masked([self._held_values(row) for row in rows]),
        })  # fmt: skip

    def _held_values(self, row: HeldRow) -> str:
        """The row as it arrived, as JSON: prices as decimals, null for what is missing."""
        shown = {
            name: value if name not in PRICE_COLUMNS
            else None if value == MISSING_PRICE
            else str(Decimal(int(value)).scaleb(-self._decimals[row.instrument]))
            for name, value in row.values.items()
        }  # fmt: skip
        return msgspec.json.encode(shown).decode()

    def _masked(self, texts: Sequence[str]) -> pa.Array:
        shown = {text: self._mask(text) for text in dict.fromkeys(texts)}
        return pa.array([shown[text] for text in texts], _TEXT)

    # Kinds of columns, none of which leads back to the object: tables are large, and go with whoever asked for them.

    def _text(self, name: str, shown: Callable[[Any], str] = str) -> Column:
        mask = self._mask

        def column(block: Block) -> pa.Array:
            coded = block.coded(name)
            return _taken([mask(shown(value)) for value in coded.values], coded)

        return column

    def _money(self, name: str) -> Column:
        digits = self._money_digits
        return lambda block: decimals(block.array(name), digits)

    def _price(self, name: str) -> Column:
        decimals_of, most = self._decimals, self._price_digits

        def column(block: Block) -> pa.Array:
            ids = block.coded("instrument")
            digits = np.array([decimals_of[one] for one in ids.values], np.int64)[ids.codes]
            return prices(block.array(name), digits, most)

        return column

    def _texts(self, *names: str) -> Columns:
        return {name: self._text(name) for name in names}

    # The tables ---------------------------------------------------------------------------------

    def _all(self) -> Mapping[str, Columns]:
        orders, fills = self._orders(), self._fills()
        return {
            "account_orders": {**_without_strategy(orders), "parents": self._text("parents", " ".join)},
            "account_fills": _without_strategy(fills),
            "nettings": self._nettings(),
            "orders": orders,
            "fills": {**fills, "kind": _fill_kinds, **self._texts("account_order")},
            "positions": self._positions(),
            "equity": self._equity(),
            "decisions": self._decisions(),
            "corporate_actions": self._actions(),
            "postings": self._postings(),
        }

    def _orders(self) -> Columns:
        return {
            **self._texts("tag"),
            "ts_decided": _times("ts_decided"),
            **self._texts("strategy", "instrument", "side", "type"),
            "quantity": _plain("quantity"),
            "limit_price": self._price("limit_price"),
            "trigger_price": self._price("trigger_price"),
            **self._texts("time_in_force", "product", "status"),
            "filled": _plain("filled"),
            **self._texts("status_reason", "reason"),
        }

    def _fills(self) -> Columns:
        return {
            "ts_event": _times("ts_event"),
            **self._texts("tag", "strategy", "instrument", "side"),
            "quantity": _plain("quantity"),
            "price": self._price("price"),
            "charges": self._money("charges"),
            "assumed": _plain("assumed"),
            **self._texts("product"),
        }

    def _nettings(self) -> Columns:
        return {
            "ts_event": _times("ts_event"),
            **self._texts("instrument"),
            "bought": _plain("bought"),
            "sold": _plain("sold"),
            **self._texts("account_order"),
            "orders": self._text("orders", " ".join),
        }

    def _positions(self) -> Columns:
        return {
            "session": _dates,
            **self._texts("strategy", "instrument"),
            "quantity": _plain("quantity"),
            "price": self._price("price"),
            "cost": self._money("cost"),
            "value": self._money("value"),
        }

    def _equity(self) -> Columns:
        money = {name: self._money(name) for name in ("cash", "value", "gross", "equity")}
        return {"ts_event": _times("ts_event"), "session": _dates, **self._texts("strategy"), **money}

    def _decisions(self) -> Columns:
        return {
            "ts_event": _times("ts_event"),
            **self._texts("strategy", "instrument", "kind"),
            "value": _plain("value"),
            "asked": _plain("asked"),
            "sent": _plain("sent"),
            **self._texts("code", "detail", "reason", "tag"),
        }

    def _actions(self) -> Columns:
        counts = ("numerator", "denominator", "quantity_before", "quantity_after")
        return {
            "session": _dates,
            **self._texts("strategy", "instrument"),
            **{name: _plain(name) for name in counts},
            "dividend": self._price("dividend"),
            "cash": self._money("cash"),
        }

    def _postings(self) -> Columns:
        return {
            "ts_event": _times("ts_event"),
            "session": _dates,
            **self._texts("strategy", "instrument", "kind"),
            "quantity": _plain("quantity"),
            "price": self._price("price"),
            "amount": self._money("amount"),
        }


def parents_in(account_orders: Iterable[Block]) -> dict[str, str]:
    """By a strategy's order, the tag of the last of these account orders that stood for it."""
    found: dict[str, str] = {}
    for block in account_orders:
        for tag, parents in zip(block.coded("tag").tolist(), block.coded("parents").tolist(), strict=True):
            found |= dict.fromkeys(parents, tag)
    return found


def _taken(texts: Sequence[str], coded: Coded) -> pa.Array:
    if len(texts) == 1:
        return pa.repeat(pa.scalar(texts[0], _TEXT), len(coded))
    return pa.array(texts, _TEXT).take(pa.array(coded.codes))


def _plain(name: str) -> Column:
    return lambda block: pa.array(block.array(name))


def _times(name: str) -> Column:
    return lambda block: pa.array(block.array(name)).cast(_TS)


def _dates(block: Block) -> pa.Array:
    return pa.array(block.array("session").astype(np.int32)).cast(pa.date32())


def _fill_kinds(block: Block) -> pa.Array:
    """As ``kind`` of the fill says: one of a class that is not netted is a trade at the market."""
    kinds, parents = block.coded(ROW_CLASS), block.coded("account_order")
    is_own = np.array([kind is Fill for kind in kinds.values], np.bool_)[kinds.codes]
    is_sent = np.array([bool(tag) for tag in parents.values], np.bool_)[parents.codes]
    is_settled = np.array([kind is SettledFill for kind in kinds.values], np.bool_)[kinds.codes]
    shown = [str(FillKind.CROSS), str(FillKind.MARKET), str(FillKind.SETTLEMENT)]
    return _taken(shown, Coded(np.where(is_settled, 2, is_own | is_sent).astype(np.int8), ("", "", "")))


def _without_strategy(columns: Columns) -> Columns:
    return {name: made for name, made in columns.items() if name != "strategy"}

"""``m``: the market as an author meets it, and the words besides columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from friday_core.causal.choices import latch, ratchet, where
from friday_core.causal.columns import HOLD, Col
from friday_core.causal.domains import Domain, is_coarser, parse
from friday_core.causal.kinds import Kind
from friday_core.causal.panels import Panel
from friday_core.causal.refusals import KnownNames, unknown_name
from friday_core.causal.trace import Trace, author_line
from friday_core.errors import ClockDomainError, TraceError

__all__ = ["HOLD", "Market", "Panel", "latch", "ratchet", "where"]

_PRICES = ("open", "high", "low", "close")
#: What the book tells, as it is before the slice's decisions: shares held of the row's instrument,
#: what a share of them cost, what working orders would add to them; money of the whole book.
FEEDBACK = {
    "pos": Kind.NUM, "avg_price": Kind.NUM, "open_qty": Kind.NUM, "cash": Kind.NUM, "equity": Kind.NUM,
}  # fmt: skip
#: What the flow stamps from the dated calendar.
STAMPED = {
    "session": Kind.COUNT, "month_end": Kind.BOOL, "week_end": Kind.BOOL, "session_start": Kind.BOOL,
    "session_end": Kind.BOOL,
}  # fmt: skip


class Market:
    """The columns of one stream in one clock domain.

    ``m.close`` is adjusted forward where the stream has corporate actions, and then a ``NUM``;
    ``m.raw.close`` is the price as it traded, exact. ``m.volume`` is exact where it is whole.
    Every further column of the stream is there under its name.

    ``m.pos`` and ``m.open_qty`` are shares or contracts, of sells below zero: ``m.pos + m.open_qty``
    is held when all working orders have filled. ``m.avg_price`` is the average price of the open
    lots in the currency, without charges, times the row's factor, so that it compares with
    ``m.close``; NaN without a position. ``m.cash`` and ``m.equity`` are the book's.
    """

    __slots__ = ("_adjusted", "_columns", "_domain", "_trace")

    def __init__(self, trace: Trace, columns: Sequence[str], domain: str, *, adjusted: bool) -> None:
        self._trace = trace
        self._columns = tuple(columns)
        self._domain = domain
        self._adjusted = adjusted

    @property
    def raw(self) -> Raw:
        """Prices as they traded, on the exact grid."""
        return Raw(self._trace, self._domain)

    def at(self, domain: str) -> Market:
        """The same market in a coarser clock domain, ``"15m"`` or ``"1d"``; join with ``.asof()``."""
        base, line = self._trace.base, author_line()
        if not isinstance(domain, str):
            raise ClockDomainError(f"{line}: m.at() takes the name of a clock domain, such as '15m'")
        wanted = parse(domain, line)
        if wanted.name != base and not is_coarser(wanted.name, base):
            raise ClockDomainError(f"{line}: m.at({domain!r}) {_no_join(wanted, parse(base))}")
        return Market(self._trace, self._columns, wanted.name, adjusted=self._adjusted)

    def panel(self, column: Col, *, min_valid: int = 2) -> Panel:
        """The column across the instruments of a slice; NaN where fewer than ``min_valid`` have a value."""
        return Panel(column, min_valid)

    def __getattr__(self, name: str) -> Col:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in _PRICES:
            kind = Kind.NUM if self._adjusted else Kind.PRICE
            return self._input(name if kind is Kind.NUM else f"raw.{name}", kind)
        if name == "volume":
            return self._input(name, Kind.COUNT)
        if name == "price" and name in self._columns:  # of a tick, which is never adjusted
            return self._input("raw.price", Kind.PRICE)
        if name in FEEDBACK:
            return self._feedback(name)
        if name in STAMPED or name in self._columns:
            return self._input(name, STAMPED.get(name, Kind.NUM))
        raise unknown_name(name, "the market", [*_PRICES, "volume", *FEEDBACK, *STAMPED, *self._columns])

    def __getitem__(self, name: str) -> Col:
        """A column whose name is no Python name."""
        if not isinstance(name, str):
            raise TraceError(f"{author_line()}: m[...] takes the name of a column; rows are chosen by where()")
        return self.__getattr__(name)

    def __setattr__(self, name: str, value: object) -> None:
        if not name.startswith("_"):
            self[name] = value
        object.__setattr__(self, name, value)

    def __setitem__(self, name: str, value: object) -> NoReturn:
        raise TraceError(
            f"{author_line()}: the market does not change, so {name!r} cannot be set; "
            "keep the new column in a variable, or return it from outputs(m)"
        )

    def _input(self, label: str, kind: Kind) -> Col:
        return Col(self._trace, self._trace.input(label, kind, self._domain))

    def _feedback(self, name: str) -> Col:
        if self._domain != self._trace.base:
            raise ClockDomainError(
                f"{author_line()}: {name} is the book's and known on every row of the program's own clock; "
                f"write m.{name}, without at()"
            )
        return Col(self._trace, self._trace.input(name, FEEDBACK[name], self._domain, feedback=True))


def _no_join(wanted: Domain, base: Domain) -> str:
    """Why values of one domain cannot be brought over to a program on the other, and the mend."""
    if base.volume:
        return f"cannot be joined to bars by volume, the program's own clock {base.name}; run the program on 1m"
    if wanted.volume:
        return f"asks for bars by volume, which join no other clock; run the program on {wanted.name}"
    return (
        f"is not coarser than the program's own clock {base.name}; "
        f"run the program on {wanted.name} and bring {base.name} over with .asof()"
    )


class Raw(KnownNames):
    """Prices as they traded, in the exact ``PRICE`` kind."""

    _owner = "m.raw"

    def __init__(self, trace: Trace, domain: str) -> None:
        self._trace = trace
        self._domain = domain

    @property
    def open(self) -> Col:
        return self._price("open")

    @property
    def high(self) -> Col:
        return self._price("high")

    @property
    def low(self) -> Col:
        return self._price("low")

    @property
    def close(self) -> Col:
        return self._price("close")

    def _price(self, name: str) -> Col:
        return Col(self._trace, self._trace.input(f"raw.{name}", Kind.PRICE, self._domain))

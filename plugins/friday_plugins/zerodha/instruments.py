"""Kite's list of instruments of a day, as Friday's instruments."""

from __future__ import annotations

import csv
import datetime as dt
import io
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from friday_core.api import BrokerError, DataSourceError, Instrument, InstrumentId, get_logger
from friday_plugins.zerodha.token_file import IST

_COLUMNS = ("instrument_token", "tradingsymbol", "name", "expiry", "strike", "tick_size", "lot_size",
            "instrument_type", "segment", "exchange")  # fmt: skip
_KINDS = {"EQ": "equity", "FUT": "future", "CE": "option", "PE": "option"}
#: Price decimals by segment, the token's last byte; two where nothing is said.
_DECIMALS = {3: 7, 6: 4, 12: 4}
_INDICES = "INDICES"
#: Kite makes the list of a day at about this time, IST.
_MADE = dt.time(8, 30)
#: Where the contracts on the shares of an exchange are.
_CONTRACTS_OF = {"NSE": "NFO", "BSE": "BFO"}


@dataclass(frozen=True, slots=True)
class Listed:
    """A row of the list; ``tick`` in rupees, ``expiry`` of contracts."""

    token: int
    exchange: str
    symbol: str
    name: str
    type: str
    segment: str
    tick: Decimal
    lot: int
    expiry: dt.date | None

    @property
    def key(self) -> str:
        """As Kite's quotes name it: ``NSE:INFY``."""
        return f"{self.exchange}:{self.symbol}"

    @property
    def is_index(self) -> bool:
        return self.segment == _INDICES or self.lot < 1

    @property
    def kind(self) -> str:
        """Friday's word: equity, future, option or index."""
        return "index" if self.is_index else _KINDS.get(self.type, "equity")

    @property
    def decimals(self) -> int:
        """Of a price unit."""
        return _DECIMALS.get(self.token & 0xFF, 2)

    def instrument(self) -> Instrument:
        """As Friday trades it; an index has a tick of one unit and a lot of one."""
        tick = max(int(self.tick.scaleb(self.decimals)), 1)
        name = InstrumentId(self.symbol, self.exchange)
        return Instrument(name, "INR", self.decimals, tick, max(self.lot, 1), self.kind)


class Listing:
    """All that is listed on ``day``; a name that comes twice is its first row.

    ``is_early`` where it was fetched before Kite made that of the day: it may be that of the day before.
    """

    def __init__(self, day: dt.date, rows: Iterable[Listed], *, is_early: bool = False) -> None:
        self.day, self.is_early = day, is_early
        self._by_key: dict[str, Listed] = {}
        for row in rows:
            self._by_key.setdefault(row.key, row)
        self._by_token = {row.token: row for row in self._by_key.values()}
        self._underlying = {(row.exchange, row.name) for row in self._by_key.values() if row.type == "FUT"}

    def __len__(self) -> int:
        return len(self._by_key)

    def of(self, instrument: InstrumentId) -> Listed | None:
        """The row of an instrument of Friday's."""
        return self._by_key.get(f"{instrument.exchange}:{instrument.symbol}")

    def by_token(self, token: int) -> Listed | None:
        """What has the token today: tokens are used again after an expiry."""
        return self._by_token.get(token)

    def has_contracts(self, share: Listed) -> bool:
        """Whether there are futures on a share: then its day ends by an auction."""
        return (_CONTRACTS_OF.get(share.exchange), share.symbol) in self._underlying

    def instruments(self, names: Iterable[InstrumentId]) -> list[Instrument]:
        """Friday's instruments of these names; ``DataSourceError`` lists those that are not listed."""
        rows = {name: self.of(name) for name in names}
        if missing := sorted(str(name) for name, row in rows.items() if row is None):
            raise DataSourceError(
                f"Kite does not list {', '.join(missing)} on {self.day}: look for the symbol of today"
            )
        return [row.instrument() for row in rows.values() if row is not None]


def listing_of(day: dt.date, folder: Path, fetch: Callable[[], bytes] | None, now: dt.datetime) -> Listing:
    """The list of a day from ``folder``, or fetched ``now`` and kept there; ``DataSourceError`` if it is another day's.

    One that was fetched before ``made_at`` is fetched again after it, and used as long as that fails. ``fetch`` is
    ``None`` where the day is over: Kite has the list of today only.
    """
    path = folder / f"instruments-{day}.csv"
    kept = _kept(day, path) if path.is_file() else None
    if kept is not None and (fetch is None or not kept.is_early or now < made_at(day)):
        return kept
    if fetch is None:
        raise DataSourceError(f"there is no list of instruments of {day} in {folder}, and Kite has today's only")
    try:
        content = fetch()
        found = _listing(day, content, path, now)
    except (BrokerError, DataSourceError, ConnectionError) as error:
        if kept is None:
            raise
        get_logger("zerodha").warning("the list of instruments is from before 08:30 IST still", why=str(error))
        return kept
    _keep(path, content, now)
    return found


def made_at(day: dt.date) -> dt.datetime:
    """When Kite has the list of a day, more or less."""
    return dt.datetime.combine(day, _MADE, IST)


def _kept(day: dt.date, path: Path) -> Listing:
    """What was fetched when the file says that it was."""
    return _listing(day, path.read_bytes(), path, dt.datetime.fromtimestamp(path.stat().st_mtime, IST))


def _listing(day: dt.date, content: bytes, path: Path, fetched: dt.datetime) -> Listing:
    try:
        table = csv.DictReader(io.StringIO(content.decode("utf-8")))
        if missing := set(_COLUMNS) - set(table.fieldnames or ()):
            raise ValueError(f"without the columns {', '.join(sorted(missing))}")
        rows = [_row(one) for one in table]
    except (ValueError, ArithmeticError, TypeError) as error:
        raise DataSourceError(f"this is no list of Kite's instruments: {error} ({path}); fetch it anew") from error
    if not rows:
        raise DataSourceError(f"Kite's list of instruments of {day} is empty: it comes at about 08:30; fetch it later")
    if old := next((row for row in rows if row.expiry is not None and row.expiry < day), None):
        raise DataSourceError(
            f"{path} is not the list of {day}: {old.key} had expired on {old.expiry}; remove it, and it is fetched anew"
        )
    return Listing(day, rows, is_early=fetched < made_at(day))


def _row(row: Mapping[str, str]) -> Listed:
    return Listed(
        token=int(row["instrument_token"]),
        exchange=row["exchange"],
        symbol=row["tradingsymbol"],
        name=row["name"],
        type=row["instrument_type"],
        segment=row["segment"],
        tick=Decimal(row["tick_size"] or "0"),
        lot=int(row["lot_size"] or "0"),
        expiry=dt.date.fromisoformat(row["expiry"]) if row["expiry"] else None,
    )


def _keep(path: Path, content: bytes, fetched: dt.datetime) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    os.utime(name, (fetched.timestamp(), fetched.timestamp()))
    Path(name).replace(path)

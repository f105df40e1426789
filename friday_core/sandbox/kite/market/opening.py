"""A market from its settings: instruments of a list or the shipped ones, prices of files or synthetic ones."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from friday_core.domain.instruments import InstrumentId
from friday_core.errors import DataSourceError
from friday_core.sandbox.kite.market.bands import Bands
from friday_core.sandbox.kite.market.disturbances import Disturbances
from friday_core.sandbox.kite.market.draws import key
from friday_core.sandbox.kite.market.hours import Hours, day_number
from friday_core.sandbox.kite.market.laid import lay
from friday_core.sandbox.kite.market.listing import Listing, kite_rows
from friday_core.sandbox.kite.market.market import Market
from friday_core.sandbox.kite.market.price_file import PriceFile, price_file
from friday_core.sandbox.kite.market.shipped import shipped_rows
from friday_core.sandbox.kite.market.synthetic import Synthetic
from friday_core.sandbox.kite.values import Listed

_SEGMENT = {"NSE": 1, "BSE": 4}
_FIRST_NUMBER = 100_000


def open_market(
    now: int,
    folder: Path,
    *,
    seed: int = 0,
    prices: Mapping[str, Any] | None = None,
    instruments: Path | None = None,
    always_open: bool = False,
    bands: Bands | None = None,
    disturbances: Disturbances | None = None,
) -> Market:
    """The market as it stands at ``now``.

    ``prices`` are the settings of a file (``PriceSettings``), which is laid into ``folder``; without it prices are
    synthetic. ``instruments`` is a list of Kite's; without it there are the shipped instruments of the day, and what a
    price file has besides. ``DataSourceError`` for files that cannot be read.
    """
    day = dt.date(1970, 1, 1) + dt.timedelta(days=day_number(now))
    file = None if prices is None else price_file(prices)
    spots = Synthetic(seed, Hours(always_open=always_open))
    rows = kite_rows(instruments, day) if instruments else shipped_rows(day, lambda root: spots.spot(root, day))
    if file is not None and instruments is None:
        rows += _unlisted(file, rows)
    listing = Listing(rows)
    hours = Hours(listing.with_derivatives, always_open=always_open)
    if file is None:
        tape = Synthetic(seed, hours, rows)
        return Market(listing, tape, hours, now, seed=seed, bands=bands, disturbances=disturbances)
    laid = lay(file, listing, hours, folder)
    market = Market(listing, laid, hours, now, seed=seed, bands=bands, disturbances=disturbances)
    market.watch(listing.named(one).token for one in laid.keys)
    return market


def first_moment(folder: Path, prices: Mapping[str, Any]) -> int:
    """When the first row of a price file begins; ``DataSourceError`` if it cannot be read, or has none."""
    file = price_file(prices)
    begun = lay(file, Listing(_unlisted(file, [])), Hours(), folder).begin()
    if begun is None:
        raise DataSourceError("[prices] the files have no rows that can be traded\n    mend: name others")
    return begun


def _unlisted(file: PriceFile, rows: list[Listed]) -> list[Listed]:
    """What a file has and no list: shares with a token of their own, and their file's tick and lot."""
    known = {row.key for row in rows}
    taken = {row.exchange_token for row in rows}
    found = []
    for one in file.names():
        if f"{one.exchange}:{one.symbol}" not in known:
            number = _FIRST_NUMBER + key(one) % _FIRST_NUMBER
            while number in taken:
                number += 1
            taken.add(number)
            found.append(_share(one, number, file.settings.tick_size, file.settings.lot_size))
    return found


def _share(one: InstrumentId, number: int, tick: int, lot: int) -> Listed:
    token = number << 8 | _SEGMENT.get(one.exchange, 1)
    return Listed(token, one.exchange, one.symbol, one.symbol, one.exchange, "EQ", tick, lot)

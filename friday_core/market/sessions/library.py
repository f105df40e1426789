"""Dates to begin with from the library exchange_calendars."""

from __future__ import annotations

import warnings

import numpy as np

from friday_core.errors import CalendarError
from friday_core.market.sessions.market_sessions import SessionBase


def library_sessions(name: str) -> SessionBase:
    """The dates of a calendar of exchange_calendars, as far as they are recorded; ``CalendarError`` if it has none."""
    with warnings.catch_warnings():
        # What pandas deprecates in the library is not for the user to mend.
        warnings.simplefilter("ignore", DeprecationWarning)
        import exchange_calendars  # noqa: PLC0415

        try:
            start = exchange_calendars.get_calendar(name).bound_min()
            library = exchange_calendars.get_calendar(name, start=start)
        except Exception as error:
            what = f"exchange_calendars refuses {name!r}: {str(error)[:300]}"
            raise CalendarError(f"{what}\n    mend: write a base that it has, or weekdays") from error
    dates = library.sessions.to_numpy().astype("M8[D]").astype(np.int64)
    last = np.datetime64(library.default_end()).astype("M8[D]").astype(np.int64)
    return SessionBase(dates, int(dates[0]), int(last))

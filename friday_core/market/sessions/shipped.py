"""The files of sessions that come with Friday, and a user's own above them."""

from __future__ import annotations

import difflib
from pathlib import Path

from friday_core.errors import CalendarError
from friday_core.market.facts import FactsTable
from friday_core.market.sessions.session_file import SessionFile, read_sessions

_FOLDER = Path(__file__).parents[1] / "data" / "sessions"


def session_files(exchange: str, own: Path | None = None) -> list[SessionFile]:
    """The shipped file that has this exchange, and before it a file of one's own.

    ``CalendarError`` for an exchange that no file has, with the nearest name; ``DataSourceError`` for a file
    of one's own that cannot be read or has faults, each with its line.
    """
    mine = [] if own is None else [read_sessions(own)]
    shipped = [file for _, file in _shipped()]
    for file in (*mine, *shipped):
        if any(market.exchange == exchange for market in file.markets):
            return [*mine, *([] if file in mine else [file])]
    known = sorted(market.exchange for file in shipped for market in file.markets)
    near = difflib.get_close_matches(exchange.upper(), known, 1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
    raise CalendarError(f"no sessions of {exchange!r} come with Friday\n    mend: {hint}")


def horizon() -> list[FactsTable]:
    """What is shipped about the sessions of each exchange, and when it runs out."""
    return [
        FactsTable(
            f"sessions of {market.exchange}",
            f"{market.title}: trading dates and phases of {', '.join(market.segments)}",
            market.first,
            file.known_until or market.first,
            f"{file.title}, looked up on {file.checked}",
            path,
            tuple(
                f"{', '.join(map(str, row.dates))}: {row.what}"
                for row in file.unsettled
                if any(row.is_of(market.exchange, segment) for segment in market.segments)
            ),
        )
        for path, file in _shipped()
        for market in file.markets
    ]


def _shipped() -> list[tuple[Path, SessionFile]]:
    return [(path, read_sessions(path)) for path in sorted(_FOLDER.glob("*.toml"))]

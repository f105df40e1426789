"""The margin files that come with Friday, and a user's own above them."""

from __future__ import annotations

from pathlib import Path

from friday_core.market.margins.margin_file import read_margins
from friday_core.market.margins.tables import MarginTables

#: Friday's files: what one broker asks goes before what the clearing corporations do.
SHIPPED = tuple(Path(__file__).parents[1] / "data" / "margins" / f"{name}.toml" for name in ("zerodha", "india"))


def margin_tables(own: Path | None = None) -> MarginTables:
    """What comes with Friday; ``own`` goes before it.

    ``DataSourceError`` for a file of one's own that cannot be read or has faults, each with its line.
    """
    shipped = [read_margins(path) for path in SHIPPED]
    return MarginTables(shipped if own is None else [read_margins(own), *shipped])

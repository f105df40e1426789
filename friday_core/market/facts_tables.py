"""Every table of facts that comes with Friday, and how far it is known."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from friday_core.market.charges import shipped as charges
from friday_core.market.charges.rate_file import read_rates
from friday_core.market.fact_file import DatedFile
from friday_core.market.facts import FactsTable
from friday_core.market.instruments.dated_facts import instrument_tables
from friday_core.market.margins.margin_file import read_margins
from friday_core.market.margins.shipped import SHIPPED as MARGINS
from friday_core.market.sessions.shipped import horizon
from friday_core.market.tax_rules import tax_rules

_DATA = Path(__file__).parent / "data"


def facts_tables() -> list[FactsTable]:
    """All of them, in the order of ``PROVIDERS``; ``DataSourceError`` if a file is broken."""
    return [table for provider in PROVIDERS for table in provider()]


def charges_tables() -> list[FactsTable]:
    """What the state, the exchanges and brokers charge; plans that are made up to be copied are left out."""
    paths = [_DATA / "charges" / f"{name}.toml" for name in (charges.STATUTORY, *charges.broker_plans())]
    files = [(path, read_rates(path)) for path in paths]
    return [_table("charges", file, file.title, path) for path, file in files if not file.example]


def tax_tables() -> list[FactsTable]:
    """How gains are told apart for tax."""
    return [_table("tax", tax_rules(), "Gains by category", _DATA / "tax" / "india.toml")]


def margin_tables() -> list[FactsTable]:
    """What margins are estimated from."""
    files = [(path, read_margins(path)) for path in MARGINS]
    return [_table("margins", file, file.title, path) for path, file in files]


#: One function for each kind of facts.
PROVIDERS: tuple[Callable[[], Iterable[FactsTable]], ...] = (
    charges_tables,
    tax_tables,
    margin_tables,
    horizon,
    instrument_tables,
)


def _table(kind: str, file: DatedFile, covers: str, path: Path) -> FactsTable:
    """Known from its first row on; the source is that of the row that came into force last."""
    rows = [row for _, _, row in file.rows()]
    last = max(rows, key=lambda row: row.first)
    source = f"{last.source} ({last.certainty}); looked up on {file.checked}"
    return FactsTable(f"{kind} of {file.name}", covers, min(row.first for row in rows), file.known_until, source, path)

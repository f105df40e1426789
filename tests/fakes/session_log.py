"""Logs of a session that never ran."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from friday_core.session.log import LAYOUTS, SessionLog
from friday_core.session.rows import Rows

_TABLES = {"actions": "corporate_actions"}


def log_of(**tables: Iterable[Any]) -> SessionLog:
    """A log whose tables have these rows."""
    log = SessionLog()
    for name, rows in tables.items():
        setattr(log, name, rows_of(name, rows))
    return log


def rows_of(table: str, rows: Iterable[Any]) -> Rows[Any]:
    """Rows as an attribute of the log has them: ``log.fills = rows_of("fills", [...])``."""
    return Rows(LAYOUTS[_TABLES.get(table, table)], rows)

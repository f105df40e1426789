"""A folder of a server that no second one may serve."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from friday_core.errors import BrokerError

_FILE = "lock.sqlite"


def locked(folder: Path, server: str) -> sqlite3.Connection:
    """A lock that the system takes from a process that is killed; ``BrokerError`` if another one has it."""
    lock = sqlite3.connect(folder / _FILE, isolation_level=None, timeout=0)
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        lock.close()
        raise BrokerError(f"another {server} serves {folder}: stop it, or use another folder") from error
    return lock

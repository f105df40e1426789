"""Asking a paper broker from outside: for tests and tools, one request at a time."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import msgspec

from friday_core.sandbox.paper.messages import Declined
from friday_core.sandbox.paper.process import address_of


def ask(folder: Path, method: str, *, patience: float = 10.0, **params: Any) -> Any:
    """The answer to one request, on a connection of its own.

    ``Declined`` for a no, ``ConnectionError`` where there is no server or the connection ends without an answer,
    ``TimeoutError`` after ``patience`` seconds without one.
    """
    address = address_of(folder)
    with socket.create_connection((address.host, address.port), patience) as connection:
        connection.sendall(msgspec.json.encode({"id": 1, "method": method, "params": params}) + b"\n")
        with connection.makefile("rb") as lines:
            line = lines.readline()
    if not line.endswith(b"\n"):
        raise ConnectionError(f"the paper broker ended the connection without an answer to {method!r}")
    answer = msgspec.json.decode(line)
    if "refused" in answer:
        raise Declined(answer["refused"])
    return answer["result"]

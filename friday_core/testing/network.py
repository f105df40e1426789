"""A network that is down: whoever wants out is told so at once, and nothing leaves the machine."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch


class DeadNetwork:
    """What was asked of it: how often, and whether somebody would have waited for ever."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.patient: list[str] = []

    def connect(self, sock: socket.socket, address: Any) -> None:
        """As ``socket.connect``."""
        where = f"{address!r:.60}"
        self.asked.append(where)
        if sock.gettimeout() is None:
            self.patient.append(where)
        raise TimeoutError(f"the kit's network is down: {where}")

    def look_up(self, host: Any, *_: Any, **__: Any) -> Any:
        """As ``socket.getaddrinfo``: every name has an address, at which nobody answers."""
        self.asked.append(f"{host!r:.60}")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 9))]


@contextmanager
def dead_network() -> Iterator[DeadNetwork]:
    """For this process, as far as Python's own sockets lead."""
    network = DeadNetwork()

    def connect(sock: socket.socket, address: Any) -> None:
        network.connect(sock, address)

    with patch.object(socket.socket, "connect", connect), patch.object(socket, "getaddrinfo", network.look_up):
        yield network

"""The audit: one JSON object a line for everything that happens in a sandbox, in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

#: A secret is never in an audit, and a token only so far that two of them can be told apart.
_SECRETS = frozenset({
    "access_token", "api_secret", "authorization", "checksum", "enctoken", "password", "public_token",
    "refresh_token", "request_token", "token",
})  # fmt: skip
_SHOWN = 4


class Audit:
    """Appends to a file. A line is with the system when ``write`` returns: kill -9 loses none, and cuts none.

    ============ ====================================================================================================
    kind         fields, besides ``wall`` and ``ts`` in microseconds UTC
    ============ ====================================================================================================
    ``start``    of each process on this book
    ``request``  ``n`` counts them; ``method, path, token_ok, symbol, tag, form``
    ``answer``   ``n``; ``code`` (0: nobody got one), ``error_type``, ``message``, ``order_id`` of a new order
    ``state``    ``order``: its row in a new state; ``owner``: client, external or broker
    ``trade``    ``trade``: its row
    ``fault``    ``do``, and what it took: the ``n`` of a request, an ``order_id``, a ``symbol``
    ``socket``   ``what``: open, close, refused (with ``code``), subscribe, unsubscribe, mode (``tokens``, ``mode``),
                 mute, stall (``until``, in wall time; without it for ever); ``socket`` counts them
    ``feed``     ``what``: stop, go: no ticks, though there are sockets and prices
    ``update``   ``order_id`` of an order update that was sent to a socket
    ``clock``    what somebody did to it
    ``end``      ``open_orders`` (rows), ``positions`` (net rows)
    ============ ====================================================================================================
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab", buffering=0)

    def write(self, kind: str, **fields: Any) -> None:
        """One line; of secrets and tokens, also deep inside, only the beginning is written."""
        self._file.write(msgspec.json.encode({"kind": kind, **masked(fields)}) + b"\n")

    def close(self) -> None:
        self._file.close()


def masked(value: Any, name: str = "") -> Any:
    """The same without secrets."""
    if isinstance(value, Mapping):
        return {key: masked(one, str(key)) for key, one in value.items()}
    if isinstance(value, str):
        return f"{value[: min(_SHOWN, len(value) // 3)]}…" if value and name.lower() in _SECRETS else value
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [masked(one, name) for one in value]
    return value


def read(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of an audit, also while it is written; ``ValueError`` names a line that is none."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.endswith(b"\n"):
                return  # half of it is still to be written
            try:
                yield msgspec.json.decode(line, type=dict[str, Any])
            except msgspec.MsgspecError as error:
                raise ValueError(f"{path}, line {number} is no line of an audit: {error}") from error

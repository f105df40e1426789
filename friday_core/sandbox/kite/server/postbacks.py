"""Order updates to an address of the app, signed as Kite signs them."""

from __future__ import annotations

import asyncio
import hashlib
import zlib
from collections.abc import Mapping
from typing import Any

import aiohttp
import msgspec

from friday_core.sandbox.kite.server.parts import Audit
from friday_core.sandbox.kite.server.settings import SessionSettings

_SENT = frozenset({"COMPLETE", "CANCELLED", "REJECTED", "UPDATE"})
_PATIENCE = aiohttp.ClientTimeout(total=5.0)


class Postbacks:
    """Sends each end of an order, and each part of it, once; nobody waits for it, and it is not sent again."""

    def __init__(self, settings: SessionSettings, audit: Audit) -> None:
        self._settings, self._audit = settings, audit
        self._session: aiohttp.ClientSession | None = None
        self._under_way: set[asyncio.Task[None]] = set()

    def send(self, row: Mapping[str, Any], app: str) -> None:
        """A state of an order that ``app`` placed; orders from elsewhere are told to nobody."""
        if self._settings.postback_url and app in self._settings.apps and row["status"] in _SENT:
            task = asyncio.get_running_loop().create_task(self._sent(signed(row, app, self._settings)))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    async def close(self) -> None:
        """What is under way is given up."""
        for task in [*self._under_way]:
            task.cancel()
        if self._session is not None:
            await self._session.close()

    async def _sent(self, message: Mapping[str, Any]) -> None:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=_PATIENCE)
        body, headers = msgspec.json.encode(message), {"Content-Type": "application/json"}
        code = 0
        try:
            async with self._session.post(self._settings.postback_url, data=body, headers=headers) as answer:
                code = answer.status
        except (aiohttp.ClientError, TimeoutError):
            pass  # it is in the audit as not delivered
        self._audit.write("postback", order_id=message["order_id"], status=message["status"], code=code)


def signed(row: Mapping[str, Any], app: str, settings: SessionSettings) -> dict[str, Any]:
    """The row with ``checksum = sha256(order_id + order_timestamp + api_secret)``, whose it is, and what is left."""
    text = f"{row['order_id']}{row['order_timestamp']}{settings.apps[app]}"
    return {
        "user_id": settings.user_id, "unfilled_quantity": row["quantity"] - row["filled_quantity"],
        **row, "app_id": zlib.crc32(app.encode()) % 100_000, "checksum": hashlib.sha256(text.encode()).hexdigest(),
    }  # fmt: skip

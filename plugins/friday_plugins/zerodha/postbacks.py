"""Postbacks of Kite: order rows that anybody could send, and the checksum that only Kite can make."""

from __future__ import annotations

import hashlib
import hmac
import http.server
import json
import threading
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import SecretStr

from friday_core.api import BrokerError, get_logger

#: Seconds for which one sender is listened to, and bytes that an order's row never has.
_PATIENCE, _LONGEST = 5.0, 65_536
_LOCAL = "127.0.0.1"


def verified(body: bytes, api_secret: SecretStr) -> Mapping[str, Any] | None:
    """The row of a postback's body, for ``Zerodha.told``; ``None`` for one that is not Kite's.

    ``checksum`` is the SHA-256 of order number, order time and API secret, in hexadecimal digits.
    """
    try:
        row = json.loads(body)
        signed = f"{row['order_id']}{row['order_timestamp']}{api_secret.get_secret_value()}"
        given = row["checksum"].encode()
    except (ValueError, LookupError, TypeError, AttributeError):
        return None
    made = hashlib.sha256(signed.encode()).hexdigest().encode()
    return row if hmac.compare_digest(made, given) else None


class PostbackListener:
    """An HTTP server on this machine's loopback; what it is told is a hint, as what a socket brings.

    Kite reaches it by whatever forwards the app's postback URL to ``port``. Whoever knows no secret is answered 403,
    and counted.
    """

    def __init__(self, port: int, api_secret: SecretStr, tell: Callable[[Mapping[str, Any]], None]) -> None:
        self._port, self._secret, self._tell = port, api_secret, tell
        self._server: http.server.ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self.taken = self.wrong = 0

    def start(self) -> None:
        """``BrokerError`` if something else listens there."""
        try:
            server = http.server.ThreadingHTTPServer((_LOCAL, self._port), self._handler())
        except OSError as error:
            mend = "choose another [plugins.broker.zerodha] postback_port"
            raise BrokerError(f"postbacks cannot be heard at {_LOCAL}:{self._port}: {error}; {mend}") from error
        server.daemon_threads = True
        self._server = server
        self._thread = threading.Thread(target=server.serve_forever, args=(0.1,), name="zerodha postbacks", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()
        self._server = self._thread = None

    def hear(self, body: bytes) -> bool:
        """Whether it was Kite's; then it is told."""
        row = verified(body, self._secret)
        with self._lock:
            self.taken += row is not None
            self.wrong += row is None
            wrong = self.wrong
        if row is None:
            # Whoever sends nonsense may send a lot of it.
            if wrong & (wrong - 1) == 0:
                get_logger("zerodha").warning("postbacks that are not Kite's were turned away", count=wrong)
            return False
        self._tell(row)
        return True

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        hear = self.hear

        class Postback(http.server.BaseHTTPRequestHandler):
            timeout = _PATIENCE

            def do_POST(self) -> None:
                written = self.headers.get("Content-Length", "")
                length = int(written) if written.isascii() and written.isdigit() else 0
                is_kites = 0 < length <= _LONGEST and hear(self.rfile.read(length))
                self.send_response(200 if is_kites else 403)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing: what strangers send is none of the log's."""

        return Postback

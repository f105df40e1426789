"""Orders at a paper broker that is a process of its own: ``friday sandbox paper``."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import Field

from friday_core.api import (
    BrokerError,
    CancelOrder,
    ComponentSpec,
    Health,
    InDoubt,
    Instrument,
    InstrumentId,
    Intent,
    Order,
    OrderStatus,
    OrderType,
    OrderUpdate,
    PluginSettings,
    RealBroker,
    Refused,
    TimeInForce,
    Universe,
    get_logger,
    hookimpl,
)

Row = Mapping[str, Any]
T = TypeVar("T")
#: Seconds between two attempts to connect again: the first, and the longest.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 2.0


class PaperProcess(RealBroker):
    """A request has a connection of its own, so that one that breaks is in doubt alone.

    Updates come on another connection, which a thread keeps; when that breaks, it connects again, and tells where
    every order of the day stands before it goes on.
    """

    account = "simulated"
    order_types = frozenset(OrderType)

    class Settings(PluginSettings):
        folder: Path = Field(Path("paper_broker"), description="Folder of the server, which says there where it is.")
        timeout: float = Field(5.0, gt=0, le=300, description="Seconds to wait for an answer; then it is in doubt.")

    def __init__(self, settings: Settings, universe: Universe) -> None:
        self._wire = _Wire(settings.folder.expanduser(), settings.timeout)
        self._universe = universe
        self._tell: Callable[[OrderUpdate], None] = _nobody
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._stream: _Lines | None = None
        self._told = 0

    def listen(self, tell: Callable[[OrderUpdate], None]) -> None:
        self._tell = tell

    def start(self) -> None:
        """Connect, and tell where every order stands; ``BrokerError`` if there is no server."""
        self._over.clear()
        try:
            self._stream = self._connected()
        except OSError as error:
            folder = self._wire.folder
            mend = f"start it with `friday sandbox paper --folder {folder}`"
            raise BrokerError(f"there is no paper broker in {folder}: {error}; {mend}") from error
        self._thread = threading.Thread(target=self._keep_listening, name="paper_process", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        if self._stream is not None:
            self._stream.close()
        if self._thread is not None:
            self._thread.join()
        self._thread = self._stream = None

    def health(self) -> Health:
        """Updates that were told; not well while there is no connection for them."""
        is_well = self._thread is None or self._stream is not None
        return Health(is_well, self._told, "" if is_well else "the paper broker is away; trying to connect again")

    def orders(self) -> Sequence[OrderUpdate]:
        return self._read("orders", lambda rows: [_update(row) for row in rows])

    def positions(self) -> Mapping[InstrumentId, int]:
        def held(rows: Sequence[Row]) -> dict[InstrumentId, int]:
            totals: dict[InstrumentId, int] = {}
            for row in rows:
                name = InstrumentId.parse(row["instrument"])
                totals[name] = totals.get(name, 0) + int(row["quantity"])
            return totals

        return self._read("positions", held)

    def cash(self) -> int:
        return self._read("cash", int)

    def _read(self, what: str, made: Callable[[Any], T]) -> T:
        try:
            return made(self._wire.asked(what, {}))
        except _Declined as error:
            raise Refused(str(error)) from error
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise ConnectionError(f"the paper broker does not tell its {what}: {error}") from error

    def send(self, intents: Sequence[Intent]) -> None:
        for intent in intents:
            if isinstance(intent, CancelOrder):
                self._ask("cancel", {"tag": intent.tag})
            else:
                self._ask("place", self._params(intent.order))

    def _ask(self, method: str, params: Row) -> None:
        """Ask once. What certainly never left is ``Refused``, what may have arrived ``InDoubt``."""
        name = f"order {params['tag']}"
        try:
            self._wire.asked(method, params)
        except _Declined as error:
            raise Refused(f"{name}: {error}") from error
        except _NotSentError as error:
            kind = InDoubt if method == "cancel" else Refused
            raise kind(f"{name}: {method} was not sent: {error}") from error
        except (OSError, ValueError) as error:
            raise InDoubt(f"{name}: no answer to {method}: {error}") from error

    def _params(self, order: Order) -> dict[str, Any]:
        if order.time_in_force is not TimeInForce.DAY:
            raise Refused(f"order {order.tag}: the paper broker takes orders for the day, not {order.time_in_force}")
        if order.instrument not in self._universe:
            raise Refused(f"order {order.tag}: {order.instrument} is not in the session's universe")
        instrument = self._universe.instrument(order.instrument)
        return {
            "tag": order.tag, "instrument": str(order.instrument), "side": order.side.value,
            "quantity": order.quantity, "type": order.type.value, "limit_price": order.limit_price,
            "trigger_price": order.trigger_price, "product": order.product, "ts_decided": order.ts_decided,
            "price_decimals": instrument.price_decimals, "currency": instrument.currency,
            "protection_ppm": order.protection_ppm or 0,
        }  # fmt: skip

    def _connected(self) -> _Lines:
        """A connection for updates, once all that it starts with has been told."""
        stream = self._wire.connection()
        try:
            for row in stream.asked("listen", {}):
                self._pass_on(row)
            stream.wait_for_ever()
        except (OSError, ValueError, LookupError, TypeError, _Declined) as error:
            stream.close()
            raise ConnectionError(f"the paper broker does not tell its orders: {error}") from error
        return stream

    def _keep_listening(self) -> None:
        while not self._over.is_set():
            stream = self._stream or self._connected_again()
            if stream is None:
                return
            try:
                for message in stream:
                    self._pass_on(message["update"])
            except (OSError, ValueError, LookupError, TypeError) as error:
                get_logger(__name__).warning("paper broker connection ended", reason=str(error))
            stream.close()
            self._stream = None

    def _connected_again(self) -> _Lines | None:
        """A new connection as soon as there is one; ``None`` if we are stopped before."""
        pause = _FIRST_PAUSE
        while not self._over.wait(pause):
            with contextlib.suppress(OSError):
                self._stream = self._connected()
                if self._over.is_set():  # stopped meanwhile, and nobody else will close it
                    self._stream.close()
                return self._stream
            pause = min(2 * pause, _LONGEST_PAUSE)
        return None

    def _pass_on(self, row: Row) -> None:
        self._tell(_update(row))
        self._told += 1


class _Declined(Exception):  # noqa: N818 - an answer, not an error
    """The server says no."""


class _NotSentError(ConnectionError):
    """No connection was made, and nothing was sent."""


class _Wire:
    """Where the server is now: it may come back elsewhere."""

    def __init__(self, folder: Path, timeout: float) -> None:
        self.folder = folder
        self._timeout = timeout

    def connection(self) -> _Lines:
        """A new one; ``_NotSentError`` if there is no server."""
        path = self.folder / "server.json"
        try:
            address = json.loads(path.read_text("utf-8"))
            return _Lines(socket.create_connection((address["host"], address["port"]), self._timeout))
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise _NotSentError(f"no server answers at what {path} says ({error})") from error

    def asked(self, method: str, params: Row) -> Any:
        """The answer to one request that is sent once."""
        with contextlib.closing(self.connection()) as stream:
            return stream.asked(method, params)


class _Lines:
    """A connection on which every line is a JSON object."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._lines = connection.makefile("rb")

    def asked(self, method: str, params: Row) -> Any:
        request = {"id": 1, "method": method, "params": params}
        self._socket.sendall(json.dumps(request).encode() + b"\n")
        answer = next(iter(self))
        if "refused" in answer:
            raise _Declined(str(answer["refused"]))
        if "result" not in answer:
            raise ValueError(f"{answer!r:.80} is no answer")
        return answer["result"]

    def wait_for_ever(self) -> None:
        self._socket.settimeout(None)

    def __iter__(self) -> Iterator[Any]:
        """Message by message; ``ConnectionError`` at the end, ``ValueError`` for what is none."""
        while line := self._lines.readline():
            if not line.endswith(b"\n"):
                break
            message = json.loads(line)
            if not isinstance(message, dict):
                raise ValueError(f"{message!r:.80} is no message")
            yield message
        raise ConnectionError("the connection has ended")

    def close(self) -> None:
        """Whoever reads from it in another thread is woken."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._lines.close()
        self._socket.close()


def _nobody(_update: OrderUpdate) -> None:
    """Whoever was not told to listen."""


def _update(row: Row) -> OrderUpdate:
    """What is told and what is asked for alike; ``ValueError`` or ``LookupError`` for a row that is none."""
    instrument = Instrument(InstrumentId.parse(row["instrument"]), row["currency"], row["price_decimals"])
    notional = instrument.notional(row["worth"], 1)
    status = OrderStatus(row["status"])
    return OrderUpdate(row["tag"], row["number"], status, row["filled"], notional, row["ts_event"], row["reason"])


@hookimpl
def friday_components() -> list[ComponentSpec]:
    return [
        ComponentSpec(
            "broker",
            "paper_process",
            PaperProcess,
            PaperProcess.Settings,
            requires={"universe": "universe"},
            provides=PaperProcess.order_types,
        )
    ]

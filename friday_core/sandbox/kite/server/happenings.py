"""What befalls the market, the account or the sockets at a time, at a request, or at a word of somebody."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import msgspec

from friday_core.sandbox.kite.faults.fault import TIMED, Do, Fault
from friday_core.sandbox.kite.refusals import bad_input
from friday_core.sandbox.kite.server.parts import Facts, Rooms
from friday_core.sandbox.kite.server.sessions import Sessions
from friday_core.sandbox.kite.server.sockets import EVER, Sockets
from friday_core.sandbox.kite.server.view import View
from friday_core.sandbox.kite.values import SECOND

_REISSUED = "reissued"
#: What of the market is kept in the book.
DISTURBANCES = "disturbances"


class Happenings:
    """Does what a fault says, at once; ``LookupError`` or ``ValueError`` where the market cannot.

    ``restart_after`` is set by one that ends the process.
    """

    def __init__(
        self, rooms: Rooms, view: View, sockets: Sockets, sessions: Sessions, stop: Callable[[], None]
    ) -> None:
        market, account = rooms.market, rooms.account
        self._market, self._account, self._book = market, account, rooms.book
        self._faults, self._audit = rooms.faults, rooms.audit
        self._view, self._sockets, self._stop = view, sockets, stop
        #: Seconds after which the process is to be started anew.
        self.restart_after: float | None = None
        self._doings: Mapping[Do, Callable[[Fault, int, int], object]] = {
            Do.DROP: lambda *_: sockets.drop(),
            Do.MUTE: lambda one, _, wall: sockets.mute(wall + round(one.seconds * SECOND) if one.seconds else EVER),
            Do.STALL: lambda one, _, wall: sockets.stall(wall + round(one.seconds * SECOND)),
            Do.EXPIRE_TOKEN: lambda *_: sessions.kill(),
            Do.RESTART: lambda one, *_: self._restart(one.seconds),
            Do.CLOCK_SKEW: lambda one, ts, _: self._skew(one, ts),
            Do.HALT: lambda one, ts, _: market.halt(self._keys(one), self._end(one, ts)),
            Do.FREEZE: lambda one, ts, _: self._freeze(one, ts),
            Do.GAP: lambda one, *_: market.gap(self._key(one), one.percent),
            Do.SPIKE: lambda one, *_: market.spike(self._key(one), one.percent, one.seconds),
            Do.STALE_PRICES: lambda one, ts, _: market.stale(self._keys(one), self._end(one, ts)),
            Do.REISSUE_TOKEN: lambda one, *_: self._reissue(self._key(one)),
            Do.FOREIGN_ORDER: self._foreign_order,
            Do.SQUARE_OFF: lambda one, ts, wall: account.square_off(one.product, ts, wall),
        }

    def befall(self, fault: Fault, ts: int, wall: int) -> bool:
        """Whether it was something that befalls; ``KiteRefusal`` where it names what there is not."""
        doing = self._doings.get(fault.do) if fault.do in TIMED else None
        if doing is None:
            return False
        self._audit.write("fault", ts=ts, wall=wall, do=str(fault.do), symbol=fault.symbol)
        doing(fault, ts, wall)
        self._keep()
        return True

    def clear(self) -> None:
        """What befell the prices and the stamps is over."""
        self._market.clear()
        self._view.skew(0.0, 0)
        self._keep()

    def _keep(self) -> None:
        """A restart finds the market as disturbed as it is, and whoever watches sees it at once."""
        with self._book.transaction():
            self._book.note(DISTURBANCES, self._market.state().decode())
        self._sockets.refresh()

    def _reissue(self, key: str) -> None:
        self._market.reissue(key)
        with self._book.transaction():
            self._book.note(_REISSUED, msgspec.json.encode([*reissued(self._book), key]).decode())

    def _restart(self, seconds: float) -> None:
        self.restart_after = seconds
        self._sockets.drop()
        self._stop()

    def _skew(self, fault: Fault, ts: int) -> None:
        end = self._faults.end_of(fault, ts) if fault.until is not None else None
        self._view.skew(fault.seconds, EVER if end is None else end)

    def _freeze(self, fault: Fault, ts: int) -> None:
        """Where nobody sells the price is at its upper limit."""
        side: Literal["upper", "lower"] = "upper" if fault.side == "SELL" else "lower"
        self._market.freeze(self._key(fault), side, self._end(fault, ts))

    def _foreign_order(self, fault: Fault, ts: int, wall: int) -> None:
        exchange, _, symbol = self._key(fault).partition(":")
        form = {
            "exchange": exchange, "tradingsymbol": symbol, "transaction_type": fault.side,
            "quantity": str(fault.quantity), "product": fault.product, "validity": "DAY", "tag": fault.tag,
        }  # fmt: skip
        if fault.price:
            form |= {"order_type": "LIMIT", "price": f"{fault.price}"}
        else:
            form |= {"order_type": "MARKET", "market_protection": "-1"}
        self._account.external({name: value for name, value in form.items() if value}, ts, wall)

    def _end(self, fault: Fault, ts: int) -> int:
        end = self._faults.end_of(fault, ts)
        return EVER if end is None else end

    def _keys(self, fault: Fault) -> list[str] | None:
        return [self._key(fault)] if fault.symbol else None

    def _key(self, fault: Fault) -> str:
        """With its exchange; the first one that lists it, without."""
        listing = self._market.listing
        if listing.by_key(fault.symbol) is not None:
            return fault.symbol
        found = next((one.key for one in listing.rows(None) if one.symbol == fault.symbol), None)
        if found is None:
            raise bad_input(f"There is no instrument {fault.symbol!r}.")
        return str(found)


def reissued(book: Facts) -> list[str]:
    """The instruments that have another token since the book began, in order; once for each time."""
    return msgspec.json.decode(book.fact(_REISSUED, "[]"), type=list[str])

"""What a real broker tells of an order, in one form for all brokers."""

from __future__ import annotations

import operator

import msgspec

from friday_core.domain.orders import OrderStatus

_S = OrderStatus
#: What a broker can say of an order; the other statuses are our own view of it.
TOLD = frozenset({_S.ACKED, _S.OPEN, _S.PARTIAL, _S.FILLED, _S.CANCELLED, _S.EXPIRED, _S.REJECTED})
_ENDED_SHORT = frozenset({_S.CANCELLED, _S.EXPIRED, _S.REJECTED})
_MOST = 2**63 - 1


class OrderUpdate(msgspec.Struct, frozen=True):
    """Where an order stands at the broker: all that has happened to it so far, not what is new.

    ``tag`` is what we named it, whatever the broker shows there for an order of somebody else, and
    empty if it shows nothing. ``number`` is the broker's own name, the same for the order's life.
    ``filled`` and ``notional`` are totals over all trades, ``notional`` in minor units: the sum of
    price times quantity, made of the trades and rounded half-even once. An average price is no
    source for it: brokers round it, and times the quantity it is off by several minor units.
    ``ts_event`` is the exchange's time, microseconds UTC. ``reason`` is a code and a sentence in the
    broker's words, ``REJECTED: insufficient margin``.

    ``status`` is ``ACKED`` while the broker has the order and the exchange perhaps not, which is
    also the word for whatever the plugin does not understand. Some words of brokers are made
    consistent: ``ACKED`` and ``OPEN`` with something filled become ``PARTIAL``, and ``REJECTED`` with
    something filled ``CANCELLED``, since only the rest was turned down. An end short of all without
    a reason gets one that says so. ``ValueError`` for statuses that are not the broker's to tell,
    numbers that are not whole, negative or 2 ** 63 and more, ``FILLED`` and ``PARTIAL`` with nothing
    filled, and money without shares.
    """

    tag: str
    number: str
    status: OrderStatus
    filled: int
    notional: int
    ts_event: int
    reason: str = ""

    def __post_init__(self) -> None:
        for name in ("tag", "number", "reason"):
            if not isinstance(getattr(self, name), str):
                raise ValueError(f"update of {self._name}: {name} {getattr(self, name)!r} is not a text")
        if not self.number:
            raise ValueError(f"update of {self._name}: the broker's number of the order is missing")
        if not isinstance(self.status, OrderStatus) or self.status not in TOLD:
            raise ValueError(f"update of {self._name}: {self.status!r} is no status for a broker to tell")
        for name in ("filled", "notional", "ts_event"):
            self._set(name, self._whole(name))
        if not self.filled and (self.notional or self.status in (_S.PARTIAL, _S.FILLED)):
            raise ValueError(f"update of {self._name}: {self.status} for {self.notional} minor units with 0 filled")
        self._set("status", self._consistent())
        if self.status in _ENDED_SHORT and not self.reason.strip():
            self._set("reason", f"{self.status.name}: the broker gives no reason")

    @property
    def _name(self) -> str:
        return f"order {self.tag!r}"

    def _set(self, name: str, value: object) -> None:
        msgspec.structs.force_setattr(self, name, value)

    def _whole(self, name: str) -> int:
        value = getattr(self, name)
        try:
            whole = operator.index(value)
        except TypeError:
            raise ValueError(f"update of {self._name}: {name} {value!r} is not a whole number") from None
        if not 0 <= whole <= _MOST:
            raise ValueError(f"update of {self._name}: {name} {whole} must be at least 0 and below 2 ** 63")
        return whole

    def _consistent(self) -> OrderStatus:
        if self.filled and self.status in (_S.ACKED, _S.OPEN):
            return _S.PARTIAL
        return _S.CANCELLED if self.filled and self.status is _S.REJECTED else self.status

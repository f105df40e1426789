"""A session's core whose orders go to Zerodha's broker at a sandbox, day by day."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from fakes.bars import flat
from fakes.session import Says, Script, Session
from fakes.zerodha import Trader

from friday_core.domain.records import PlaceOrder
from friday_core.infrastructure.clock import SteadyWallClock
from friday_core.session.at_broker import InDoubtPolicy
from friday_core.session.broker_gateway import BrokerGateway, BrokerTimes

#: Longer than the client waits for an answer.
TIMES = BrokerTimes(settle=1.5, interval=1.5, patience=2.0)
PRICE = 1_000_00


class KiteSession:
    """The core, the edge to the broker, and the broker; ``sent`` are the tags of orders, in their order."""

    def __init__(self, trader: Trader, script: Mapping[int, Says], policy: InDoubtPolicy) -> None:
        self.trader = trader
        self.core = Session(Script(script), universe=trader.universe, capital=5 * 10**7, at_broker=policy)
        self.gateway = BrokerGateway(trader.broker, "zerodha", now=SteadyWallClock().now, times=TIMES)
        self.gateway.listen()
        self.core.apply(*self.gateway.opening(lambda: True))
        self.sent: list[str] = []
        self._given = len(self.core.intents)

    def day(self, number: int) -> None:
        """A bar of each instrument; what the day before decided is sent."""
        self.core.feed([flat(number, one.id, PRICE) for one in self.trader.universe])
        self._send()

    def until(self, condition: Callable[[], bool], seconds: float = 20.0) -> None:
        """Hear what the broker tells until something is so."""
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, (self.orders, self.differences)
            self.core.apply(*self.gateway.news())
            self._send()
            time.sleep(0.02)

    @property
    def orders(self) -> list[tuple[str, int]]:
        """Status and filled quantity of each."""
        return [(str(one.status), one.filled) for one in self.core.log.orders]

    @property
    def differences(self) -> list[str]:
        return [str(one.code) for one in self.core.log.differences]

    @property
    def codes(self) -> list[str]:
        """Of every decision."""
        return [code for _, _, code in self.core.codes]

    def _send(self) -> None:
        intents = [one for some in self.core.intents[self._given :] for one in some]
        self._given = len(self.core.intents)
        self.sent += [one.order.tag for one in intents if isinstance(one, PlaceOrder)]
        self.gateway.send(intents)


@contextmanager
def session_at(
    trader: Trader, script: Mapping[int, Says], policy: InDoubtPolicy = InDoubtPolicy.ABANDON
) -> Iterator[KiteSession]:
    """Of a broker that was started."""
    session = KiteSession(trader, script, policy)
    try:
        yield session
    finally:
        session.gateway.close()

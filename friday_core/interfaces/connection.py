"""Role ``connection``: what several components share at a vendor: one account, one session, one limit."""

from __future__ import annotations

from abc import ABC
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.interfaces.component import Component


class Login(Protocol):
    """What ``friday login`` leads a person through: a page in a browser, and what that page answers."""

    @property
    def url(self) -> str:
        """The page."""
        ...

    def finish(self, answer: str) -> str:
        """Take the address that the page leads to, or the token in it, and keep the session that it is good for.

        Returns one sentence about the session; ``BrokerError`` says what to do. No secret is in either.
        """
        ...


@runtime_checkable
class Lists(Protocol):
    """A connection whose vendor lists instruments; optional.

    ``[data] listing = "zerodha"`` names it, with any source: ticks, lots and kinds are then those of the list of today,
    and no source has to know them. A list of another day is no answer.
    """

    def listed(self, names: Sequence[InstrumentId]) -> Sequence[Instrument]:
        """What these names are today, in any order. ``DataSourceError`` says which are not listed, or why none is told.

        Asked once, before anything is started.
        """
        ...


class Connection(Component, ABC):
    """A vendor's service, as its broker and its sources share it: secrets, a session, limits on requests.

    It is there once, and for the components of its name alone: ``zerodha`` for ``broker.zerodha``, for
    ``source.zerodha_history``, and for whatever else begins with ``zerodha_``. They ask for it with
    ``requires={"connection": "connection:zerodha"}``, and are of the same distribution. There is no line that
    switches it on: it is there where one of them is, and has a section of its own; or where ``[data] listing`` names it
    (``Lists``). What stands in that section is masked in every other session.

    A plugin, complete; a vendor that counts requests, and a source that asks through it::

        import numpy as np
        from pydantic import SecretStr

        from friday_core.api import (
            Chunk, ComponentSpec, Connection, HistoricalData, Instrument, InstrumentId, PluginSettings, hookimpl
        )


        class Settings(PluginSettings):
            api_key: SecretStr


        class Harbour(Connection):
            def __init__(self, settings):
                self.key, self.asked = settings.api_key, 0


        class Closes(HistoricalData):
            def __init__(self, connection):
                self.connection = connection

            def instruments(self):
                return [Instrument(InstrumentId("WAVE", "SEA"), "INR", price_decimals=2)]

            def bars(self):
                self.connection.asked += 1
                price = 10_000 + np.arange(250)
                columns = {**dict.fromkeys(["open", "high", "low", "close"], price), "volume": 0 * price + 500}
                yield Chunk(86_400_000_000 * (price - 9_999), 0 * price, columns)


        @hookimpl
        def friday_components():
            source = ComponentSpec("source", "harbour_closes", Closes, requires={"connection": "connection:harbour"})
            return [ComponentSpec("connection", "harbour", Harbour, Settings), source]
    """

    def login(self) -> Login | None:
        """Where a person has to log in: what ``friday login`` asks for, of a connection that is not started."""
        return None

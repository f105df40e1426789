"""Role ``risk_rule``: may this order be sent?"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field

from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.orders import Order
from friday_core.interfaces.component import Component
from friday_core.interfaces.strategy import BookView


@dataclass(frozen=True, slots=True)
class Proposal:
    """An order that the limits let through, with what a rule needs to judge it.

    ``price`` is the reference price in price units (limit, trigger or latest close), ``position``
    what the book holds now, ``after`` what it would hold if this and all working orders of its side
    filled: the worst case, since those of the other side may never fill. ``session`` is the trading
    date in days since 1970-01-01. ``prices`` are the latest prices in price units of all that the book
    holds or has on order, and of whatever has a bar in the slice.
    """

    order: Order
    instrument: Instrument
    price: int
    position: int
    after: int
    session: int = 0
    prices: Mapping[InstrumentId, int] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Ruling:
    """``quantity`` that may be sent, from 0 to what was asked, and the reason if it is less.

    ``code`` is upper case with underscores and goes into the results.
    """

    quantity: int
    code: str = ""
    detail: str = ""


class RiskRule(Component, ABC):
    """Decides about one order at a time; the engine asks all rules, and the smallest ruling wins.

    A rule can only reduce. One that raises denies the order.

    A plugin, complete; nothing below ``least`` is bought, in the currency of the instrument::

        from friday_core.api import ComponentSpec, PluginSettings, RiskRule, Ruling, Side, hookimpl


        class Settings(PluginSettings):
            least: float = 20.0


        class NoPennyStocks(RiskRule):
            def __init__(self, settings):
                self.least = settings.least

            def check(self, proposal, book):
                price = proposal.instrument.price(proposal.price)
                if proposal.order.side is Side.SELL or price >= self.least:
                    return Ruling(proposal.order.quantity)
                return Ruling(0, "PENNY_STOCK", f"{price} is less than {self.least}")


        @hookimpl
        def friday_components():
            return [ComponentSpec("risk_rule", "no_penny_stocks", NoPennyStocks, Settings)]
    """

    @abstractmethod
    def check(self, proposal: Proposal, book: BookView) -> Ruling:
        """How much of the proposed order may be sent."""

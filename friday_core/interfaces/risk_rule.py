"""Role ``risk_rule``: may this order be sent?"""

from __future__ import annotations

import enum
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from friday_core.domain.bill_terms import FOR_EVER
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.orders import Order, Side
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

    @property
    def reducing(self) -> int:
        """How much of the order only brings the position closer to zero.

        Working orders of the same side come first; those of the other side may never fill.
        """
        order = self.order
        before = self.after - order.side.sign * order.quantity
        return min(order.quantity, max(0, -order.side.sign * before))


class Ruling(msgspec.Struct, frozen=True, gc=False):
    """``quantity`` that may be sent, from 0 to what was asked, and the reason if it is less.

    ``code`` is upper case with underscores and goes into the results.
    """

    quantity: int
    code: str = ""
    detail: str = ""


class Bound(enum.IntEnum):
    """What ``OrderTerms`` hold back of an order; never what reduces a position."""

    #: Nothing.
    NONE = 0
    #: What makes an order larger than ``most``.
    ORDER = 1
    #: What would be sold short.
    SHORT = 2
    #: The whole order, if ``most`` other instruments are held or on order already, and its own is not.
    INSTRUMENTS = 3
    #: Nobody knows before ``check`` was asked; what reduces passes here too.
    ASKED = 4


@dataclass(frozen=True, slots=True)
class OrderTerms:
    """What a rule says of every order in one instrument up to session ``until``, before there is one.

    ``most`` is units of ``Bound.ORDER``, instruments of ``Bound.INSTRUMENTS``. ``code`` and ``detail`` are those of
    the ruling that holds something back; in ``detail`` the first ``{}`` stands for a number: of ``Bound.SHORT`` the
    units that may be sold, of ``Bound.INSTRUMENTS`` the instruments that are held or on order.
    """

    bound: Bound = Bound.NONE
    most: int = 0
    code: str = ""
    detail: str = ""
    until: int = FOR_EVER

    def ruling(self, proposal: Proposal, book: BookView) -> Ruling:
        """As ``RiskRule.check``, where the terms are those of the proposal's instrument and session.

        ``ValueError`` for ``Bound.ASKED``: then ``check`` alone knows.
        """
        asked, reducing, number = proposal.order.quantity, proposal.reducing, 0
        passes = asked
        if self.bound is Bound.ORDER:
            passes = max(self.most, reducing)
        elif self.bound is Bound.SHORT and proposal.order.side is Side.SELL:
            passes = number = reducing
        elif self.bound is Bound.INSTRUMENTS:
            already = book.instruments()
            number = len(already)
            is_new = proposal.order.instrument not in already
            passes = 0 if is_new and number >= self.most else asked
        elif self.bound is Bound.ASKED:
            raise ValueError("these terms say that check has to be asked: answer there without them")
        return Ruling(asked) if passes >= asked else Ruling(passes, self.code, self.detail_of(number))

    def detail_of(self, number: int) -> str:
        """The detail with its number."""
        return self.detail if self.bound is Bound.ORDER else self.detail.replace("{}", str(number), 1)


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

    def order_terms(
        self,
        instrument: Instrument,  # noqa: ARG002 - for those who override it
        session: int,  # noqa: ARG002
    ) -> OrderTerms | None:
        """For kernels: what ``check`` says of orders in an instrument, decided in a session, as numbers.

        ``None``, unless overridden, where ``check`` has to be asked. Asked before there is an order, in any order of
        sessions, and again for the words of a ruling: it answers the same for the same. It must say what ``check``
        does: whoever overrides that overrides this. A rule may say this alone, and answer from it by
        ``OrderTerms.ruling``.
        """
        return None

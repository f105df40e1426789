"""Risk rule ``margin``: a book ties up no more than it has, by estimated margins of India."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Literal

from pydantic import Field

from friday_core.api import (
    BookView,
    Bound,
    Calendar,
    ComponentSpec,
    FridayError,
    HoldingsMargin,
    Instrument,
    MarginEstimate,
    OrderTerms,
    PluginSettings,
    Proposal,
    RiskRule,
    Ruling,
    Universe,
    Volatilities,
    format_money,
    hookimpl,
    instrument_facts,
    margin_tables,
)

_TERMS = OrderTerms(Bound.ASKED)


class MarginSettings(PluginSettings):
    """Settings of the risk rule ``margin``."""

    keep_free: float = Field(0.1, ge=0, lt=1, description="Share of the book's equity that is never tied up.")
    product: Literal["delivery", "intraday", "mtf"] = Field("delivery", description="How shares are held.")
    index_volatility: float = Field(
        0.25, gt=0, allow_inf_nan=False, description="Annual volatility of every index, an assumption: 0.25 for 25%."
    )
    stock_volatility: float = Field(
        0.5, gt=0, allow_inf_nan=False, description="Annual volatility of every share with derivatives, an assumption."
    )
    volatilities: dict[str, float] = Field(
        default_factory=dict, description="By the underlying's name in symbols, instead: { NIFTY = 0.18 }."
    )
    file: Path | None = Field(None, description="A margin file of your own; its rows go before those that are shipped.")
    facts: Path | None = Field(
        None, description="A file of facts about instruments of your own, for days of expiry; before those shipped."
    )


class Margin(RiskRule):
    """An order that adds needs the estimated margin of the book with it to be within the equity less ``keep_free``.

    The equity is what is compared, since a book pays a future in full and is paid in full for a short. Counted
    with the order are all positions, once as if every working order in other instruments had filled and once as
    if none had; the larger estimate counts. What only reduces passes, and so does an order with which the book
    ties up no more than without it, such as a hedge. What is too large is cut to whole lots.

    The estimate is meant to lie above; the broker's own margin decides. Where there is none, as for a date
    without rules or an option without a price of what it is written on, nothing is added.
    """

    Settings = MarginSettings

    def __init__(self, settings: MarginSettings, universe: Universe, calendar: Calendar) -> None:
        volatilities = Volatilities(settings.index_volatility, settings.stock_volatility, settings.volatilities)
        tables, facts = margin_tables(settings.file), instrument_facts(settings.facts)
        self._margin = HoldingsMargin(tables, facts, calendar.schedule(), volatilities, settings.product)
        self._universe = universe
        self._usable = Decimal(1) - Decimal(str(settings.keep_free))

    def check(self, proposal: Proposal, book: BookView) -> Ruling:
        asked = proposal.order.quantity
        reducing = proposal.reducing
        if reducing == asked:
            return Ruling(asked)
        try:
            return self._ruling(proposal, book, reducing)
        except FridayError as error:
            return Ruling(reducing, "MARGIN_UNKNOWN", f"no margin can be estimated: {error}")

    def order_terms(self, instrument: Instrument, session: int) -> OrderTerms:  # noqa: ARG002 - the same for all
        return _TERMS

    def _ruling(self, proposal: Proposal, book: BookView, reducing: int) -> Ruling:
        asked, lot = proposal.order.quantity, proposal.instrument.lot_size
        needed, usable = self._estimate(proposal, book, asked), int(Decimal(round(book.equity * 100)) * self._usable)
        most = max(usable, self._estimate(proposal, book, reducing).total)
        if needed.total <= most:
            return Ruling(asked)
        low, high = 0, (asked - reducing) // lot
        while low < high:
            middle = (low + high + 1) // 2
            fits = self._estimate(proposal, book, reducing + middle * lot).total <= most
            low, high = (middle, high) if fits else (low, middle - 1)
        free = f"{format_money(usable, 'INR')} of {format_money(round(book.equity * 100), 'INR')} may be tied up"
        return Ruling(reducing + low * lot, "MARGIN_ESTIMATE", f"{free}, with all of it are {needed}")

    def _estimate(self, proposal: Proposal, book: BookView, quantity: int) -> MarginEstimate:
        """What the book ties up with so much of the order."""
        order, name = proposal.order, proposal.instrument.id
        own = proposal.after - order.side.sign * (order.quantity - quantity)
        prices = {**proposal.prices, name: max(proposal.price, proposal.prices.get(name, 0))}
        others = book.instruments() - {name}
        unfilled: dict[Instrument, int] = {self._universe.instrument(one): book.position(one) for one in others}
        filled = {one: held + book.open_quantity(one.id) for one, held in unfilled.items()}
        estimates = (
            self._margin.estimate(proposal.session, {**holdings, proposal.instrument: own}, prices)
            for holdings in ((unfilled,) if filled == unfilled else (unfilled, filled))
        )
        return max(estimates, key=lambda one: one.total)


@hookimpl
def friday_components() -> list[ComponentSpec]:
    requires = {"universe": "universe", "calendar": "calendar"}
    return [ComponentSpec("risk_rule", "margin", Margin, Margin.Settings, requires)]

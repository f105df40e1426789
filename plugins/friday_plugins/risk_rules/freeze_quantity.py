"""Risk rule ``freeze_quantity``: no order in derivatives is larger than the exchange takes at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from friday_core.api import (
    BookView,
    Bound,
    ComponentSpec,
    DataError,
    Instrument,
    OrderTerms,
    PluginSettings,
    Proposal,
    RiskRule,
    Ruling,
    contract_name,
    hookimpl,
    instrument_facts,
    to_date,
)

_ANY = OrderTerms()


class FreezeQuantitySettings(PluginSettings):
    """Settings of the risk rule ``freeze_quantity``."""

    otherwise: dict[str, Annotated[int, Field(ge=1)]] = Field(
        default_factory=dict,
        description="Units by underlying, an assumption for the days of which the facts say nothing: { NIFTY = 1800 }.",
    )
    file: Path | None = Field(None, description="A file of facts about instruments of your own, before those shipped.")


class FreezeQuantity(RiskRule):
    """What an order in a future or an option adds is cut to the freeze quantity of its day.

    The exchange freezes a larger order as a whole. The quantity is a dated fact of the underlying, or else
    ``otherwise``; a day with neither adds nothing. What reduces a position passes whole: whoever sends it
    to an exchange slices it. Shares pass: their limit is an amount, of which nothing is known here.
    """

    Settings = FreezeQuantitySettings

    def __init__(self, settings: FreezeQuantitySettings) -> None:
        self._facts = instrument_facts(settings.file)
        self._otherwise = settings.otherwise
        #: By symbol what the contract is written on, by that and session what holds for it.
        self._underlyings: dict[str, str] = {}
        self._known: dict[tuple[str, int], OrderTerms] = {}

    def check(self, proposal: Proposal, book: BookView) -> Ruling:
        return self.order_terms(proposal.instrument, proposal.session).ruling(proposal, book)

    def order_terms(self, instrument: Instrument, session: int) -> OrderTerms:
        if instrument.kind not in {"future", "option"}:
            return _ANY
        symbol = instrument.id.symbol
        if symbol not in self._underlyings:
            name = contract_name(symbol)
            self._underlyings[symbol] = symbol if name is None else name.underlying
        key = self._underlyings[symbol], session
        if key not in self._known:
            self._known[key] = self._terms(*key)
        return self._known[key]

    def _terms(self, underlying: str, session: int) -> OrderTerms:
        try:
            most = self._facts.freeze_quantity(underlying, to_date(session))
        except DataError as error:
            if underlying not in self._otherwise:
                detail = f"{error}, or write {underlying} into otherwise"
                return OrderTerms(Bound.ORDER, 0, "FREEZE_UNKNOWN", detail, until=session)
            most = self._otherwise[underlying]
        detail = f"the exchange takes {most} of {underlying} at once"
        return OrderTerms(Bound.ORDER, most, "FREEZE_QUANTITY", detail, until=session)


@hookimpl
def friday_components() -> list[ComponentSpec]:
    return [ComponentSpec("risk_rule", "freeze_quantity", FreezeQuantity, FreezeQuantity.Settings)]

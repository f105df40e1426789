"""Risk rule ``freeze_quantity``: no order in derivatives is larger than the exchange takes at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from friday_core.api import (
    BookView,
    ComponentSpec,
    DataError,
    PluginSettings,
    Proposal,
    RiskRule,
    Ruling,
    contract_name,
    hookimpl,
    instrument_facts,
    to_date,
)


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

    def check(self, proposal: Proposal, book: BookView) -> Ruling:  # noqa: ARG002 - the proposal says it all
        order = proposal.order
        if proposal.instrument.kind not in {"future", "option"}:
            return Ruling(order.quantity)
        before = proposal.after - order.side.sign * order.quantity
        reducing = min(order.quantity, max(0, -order.side.sign * before))
        name = contract_name(order.instrument.symbol)
        underlying = order.instrument.symbol if name is None else name.underlying
        try:
            most = self._facts.freeze_quantity(underlying, to_date(proposal.session))
        except DataError as error:
            if underlying not in self._otherwise:
                return Ruling(reducing, "FREEZE_UNKNOWN", f"{error}, or write {underlying} into otherwise")
            most = self._otherwise[underlying]
        if order.quantity <= max(most, reducing):
            return Ruling(order.quantity)
        return Ruling(max(most, reducing), "FREEZE_QUANTITY", f"the exchange takes {most} of {underlying} at once")


@hookimpl
def friday_components() -> list[ComponentSpec]:
    return [ComponentSpec("risk_rule", "freeze_quantity", FreezeQuantity, FreezeQuantity.Settings)]

"""Risk rule ``max_positions``: a book holds at most so many instruments."""

from __future__ import annotations

from pydantic import Field

from friday_core.api import (
    BookView,
    Bound,
    ComponentSpec,
    Instrument,
    OrderTerms,
    PluginSettings,
    Proposal,
    RiskRule,
    Ruling,
    hookimpl,
)


class Settings(PluginSettings):
    most: int = Field(10, ge=1, description="Instruments held or on their way at the same time.")


class MaxPositions(RiskRule):
    """Orders that would open a position beyond ``most`` are denied; all others pass."""

    def __init__(self, settings: Settings) -> None:
        detail = "{} instruments are held or on their way"
        self._terms = OrderTerms(Bound.INSTRUMENTS, settings.most, "MAX_POSITIONS", detail)

    def check(self, proposal: Proposal, book: BookView) -> Ruling:
        return self._terms.ruling(proposal, book)

    def order_terms(self, instrument: Instrument, session: int) -> OrderTerms:  # noqa: ARG002 - the same for all
        return self._terms


@hookimpl
def friday_components() -> list[ComponentSpec]:
    return [ComponentSpec("risk_rule", "max_positions", MaxPositions, Settings)]

"""Risk rule ``max_positions``: a book holds at most so many instruments."""

from __future__ import annotations

from pydantic import Field

from friday_core.api import BookView, ComponentSpec, PluginSettings, Proposal, RiskRule, Ruling, hookimpl


class Settings(PluginSettings):
    most: int = Field(10, ge=1, description="Instruments held or on their way at the same time.")


class MaxPositions(RiskRule):
    """Orders that would open a position beyond ``most`` are denied; all others pass."""

    def __init__(self, settings: Settings) -> None:
        self._most = settings.most

    def check(self, proposal: Proposal, book: BookView) -> Ruling:
        instrument = proposal.order.instrument
        already = book.instruments()
        if instrument in already or len(already) < self._most:
            return Ruling(proposal.order.quantity)
        return Ruling(0, "MAX_POSITIONS", f"{len(already)} instruments are held or on their way")


@hookimpl
def friday_components() -> list[ComponentSpec]:
    return [ComponentSpec("risk_rule", "max_positions", MaxPositions, Settings)]

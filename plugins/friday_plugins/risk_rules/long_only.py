"""Risk rule ``long_only``: nothing is sold that is not held, as in cash delivery."""

from __future__ import annotations

from friday_core.api import BookView, Bound, ComponentSpec, Instrument, OrderTerms, Proposal, RiskRule, Ruling, hookimpl

_TERMS = OrderTerms(Bound.SHORT, code="LONG_ONLY", detail="only {} held and not on sale already")


class LongOnly(RiskRule):
    """Sells are cut to what would be held once all working orders have filled."""

    def check(self, proposal: Proposal, book: BookView) -> Ruling:
        return _TERMS.ruling(proposal, book)

    def order_terms(self, instrument: Instrument, session: int) -> OrderTerms:  # noqa: ARG002 - the same for all
        return _TERMS


@hookimpl
def friday_components() -> list[ComponentSpec]:
    return [ComponentSpec("risk_rule", "long_only", LongOnly)]

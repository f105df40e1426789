"""Risk rule ``long_only``: nothing is sold that is not held, as in cash delivery."""

from __future__ import annotations

from friday_core.api import BookView, ComponentSpec, Proposal, RiskRule, Ruling, Side, hookimpl


class LongOnly(RiskRule):
    """Sells are cut to what would be held once all working orders have filled."""

    def check(self, proposal: Proposal, book: BookView) -> Ruling:  # noqa: ARG002 - the proposal says it all
        if proposal.order.side is Side.BUY or proposal.after >= 0:
            return Ruling(proposal.order.quantity)
        available = proposal.order.quantity + proposal.after
        return Ruling(max(0, available), "LONG_ONLY", f"only {max(0, available)} held and not on sale already")


@hookimpl
def friday_components() -> list[ComponentSpec]:
    return [ComponentSpec("risk_rule", "long_only", LongOnly)]

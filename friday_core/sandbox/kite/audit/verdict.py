"""What an audit says about a client: nothing, or findings, each with the lines that prove it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec

from friday_core.sandbox.kite.audit import of_feed, of_orders, of_requests
from friday_core.sandbox.kite.audit.finding import MEANING, Finding, Rule
from friday_core.sandbox.kite.audit.story import Line, Story

_JUDGES: Mapping[Rule, Callable[[Story], Iterator[Finding]]] = {
    Rule.DUPLICATES: of_orders.duplicates,
    Rule.LOST_ORDERS: of_orders.lost_orders,
    Rule.RATES: of_requests.rates,
    Rule.INVALID_REQUESTS: of_requests.invalid_requests,
    Rule.REPEATED_REFUSALS: of_orders.repeated_refusals,
    Rule.DEAD_TOKEN: of_requests.dead_token,
    Rule.RECONNECTION: of_feed.reconnection,
    Rule.DEAD_FEED: of_feed.dead_feed,
    Rule.END_STATE: of_orders.end_state,
}


class Verdict(msgspec.Struct, frozen=True):
    """``judged`` are the rules that were looked at; ``requests``, ``orders`` and ``faults`` how much there was."""

    findings: tuple[Finding, ...]
    judged: tuple[Rule, ...]
    requests: int
    orders: int
    faults: int

    @property
    def passed(self) -> bool:
        return not self.findings

    def of(self, rule: Rule) -> tuple[Finding, ...]:
        return tuple(one for one in self.findings if one.rule is rule)

    def text(self) -> str:
        """A line for each rule, and under it one for each finding."""
        written = [f"{self.requests} requests, {self.orders} orders, {self.faults} faults"]
        for rule in self.judged:
            found = self.of(rule)
            written.append(f"{'FAILED' if found else 'ok':6}  {rule:17}  {MEANING[rule]}")
            written += [f"{'':8}line {', '.join(map(str, one.lines))}: {one.words}" for one in found]
        return "\n".join([*written, "PASSED" if self.passed else f"FAILED: {len(self.findings)} findings"])

    def json(self) -> bytes:
        return msgspec.json.encode({"passed": self.passed, **msgspec.structs.asdict(self)})


def judge(lines: Iterable[Line], *, flat: bool = True) -> Verdict:
    """Judge an audit; ``flat`` asks for an account without positions and open orders at its end, too."""
    story = Story(lines)
    judged = tuple(rule for rule in Rule if flat or rule is not Rule.END_STATE)
    findings = tuple(one for rule in judged for one in _JUDGES[rule](story))
    faults = sum(one.line.get("kind") == "fault" for one in story.lines)
    return Verdict(findings, judged, len(story.asked), len(story.orders), faults)

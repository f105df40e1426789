"""What risk rules say of the orders of a block, as numbers: known before there is an order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeGuard

import numpy as np

from friday_core.domain.chunk import Array, Chunk, Int64, Universe
from friday_core.domain.instruments import Instrument
from friday_core.interfaces.risk_rule import Bound, OrderTerms, RiskRule
from friday_core.session.desk import Desk
from friday_core.simulation.compiled import words as w
from friday_core.trading.risk import code_of_rule

#: Larger orders there are not; two of them can be added.
_LARGEST = 2**61
#: Of a session for which a rule has no terms: its bound, number and code.
_UNKNOWN = (w.U_UNKNOWN, 0, 0)


class Ruled:
    """The terms of all rules by instrument and session, and the words of the rulings that come of them.

    Where a rule has none, or strategies have different rules, each slice with an order is the driver's.
    """

    def __init__(self, universe: Universe, desks: Sequence[Desk]) -> None:
        self._universe = universe
        rules = [list(desk.risk.rules.items()) for desk in desks]
        first = rules[0] if rules else []
        is_same = all(_are_same(one, first) for one in rules)
        #: Whether orders are the driver's.
        self.asks = not is_same or not all(has_order_terms(rule) for _, rule in first)
        self._rules: Sequence[tuple[str, RiskRule]] = [] if self.asks else first
        self._codes: dict[str, int] = {}
        #: The words of the latest block, and the sessions, from its last one on, for which they are good too.
        self._latest: tuple[int, int, Int64] | None = None

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of all rulings so far, in the numbers of the kernel."""
        return (*w.CODES, *self._codes)

    def detail(self, row: Sequence[int], instrument: Instrument) -> str:
        """The words of a ruling; ``row`` is that of the decision."""
        _, rule = self._rules[row[w.D_C]]
        terms = rule.order_terms(instrument, row[w.D_B])
        return "" if terms is None else str(terms.detail_of(row[w.D_A]))

    def bind(self, rows: Chunk, begins: Int64) -> Mapping[int, Array]:
        """The rows of a block; what the kernel has to know, by its word in the context.

        ``begins`` are the first rows of all sessions but the first.
        """
        if not self._rules:
            return {}
        known, sessions = self._latest, rows["session"][np.append(0, begins)].astype(np.int64)
        first, last = int(sessions.min()), int(sessions.max())
        if known is None or not known[0] <= first <= last <= known[1]:
            known = self._latest = (last, *self._made(np.unique(sessions).tolist()))
        return {w.RULES_AT: known[2]}

    def _made(self, sessions: Sequence[int]) -> tuple[int, Int64]:
        """The last session for which the words are good, and the words."""
        pairs = [(name, rule, one) for name, rule in self._rules for one in self._universe]
        heads, spans, until = [len(self._rules)], list[int](), w.NEVER
        start = w.RULE_HEADS + w.RULE_HEAD_WORDS * len(pairs)
        for pair in pairs:
            found = list(self._spans(*pair, sessions))
            heads += [start + len(spans), len(found)]
            spans += [word for span in found for word in span]
            until = min(until, found[-1][0])
        return until, np.array([*heads, *spans], np.int64)

    def _spans(
        self, name: str, rule: RiskRule, instrument: Instrument, sessions: Sequence[int]
    ) -> Iterator[tuple[int, int, int, int]]:
        """What one rule says of an instrument, each with the last session for which it is so."""
        last, said = -w.NEVER, _UNKNOWN
        for session in sessions:
            if session <= last:
                continue
            until, now = self._said(name, rule, instrument, session)
            if last > -w.NEVER and now != said:
                yield last, *said
            last, said = until, now
        yield last, *said

    def _said(
        self, name: str, rule: RiskRule, instrument: Instrument, session: int
    ) -> tuple[int, tuple[int, int, int]]:
        try:
            terms = rule.order_terms(instrument, session)
        except Exception:  # noqa: BLE001 - a rule that raises denies, once it is asked about an order
            return session, _UNKNOWN
        if not _is_plain(terms) or terms.until < session:
            return session, _UNKNOWN
        code = self._codes.setdefault(code_of_rule(name, terms.code), len(self.codes))
        return min(terms.until, w.NEVER), (int(terms.bound), min(max(terms.most, -1), _LARGEST), code)


def _are_same(some: Sequence[tuple[str, RiskRule]], others: Sequence[tuple[str, RiskRule]]) -> bool:
    return [(name, id(rule)) for name, rule in some] == [(name, id(rule)) for name, rule in others]


def _is_plain(terms: OrderTerms | None) -> TypeGuard[OrderTerms]:
    """Whether they are what they are declared to be, and no class of somebody's that says something else."""
    if type(terms) is not OrderTerms:
        return False
    numbers, texts = (terms.most, terms.until), (terms.code, terms.detail)
    is_typed = all(isinstance(one, int) for one in numbers) and all(isinstance(one, str) for one in texts)
    return is_typed and isinstance(terms.bound, Bound)


def has_order_terms(rule: RiskRule) -> bool:
    """Whether ``rule.order_terms`` may be asked: no class that knows nothing of them changes what ``check`` says."""
    said, checks = (_definer(rule, name) for name in ("order_terms", "check"))
    return said is not RiskRule and issubclass(said, checks)


def _definer(rule: RiskRule, name: str) -> type:
    return next(kind for kind in type(rule).__mro__ if name in vars(kind))

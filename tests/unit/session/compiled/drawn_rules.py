"""Risk rules that a drawn session may have: those that say their terms, in any order, and some that do not."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from friday_core.domain.chunk import Universe
from friday_core.domain.instruments import Instrument
from friday_core.domain.sessions import to_date
from friday_core.errors import DataError
from friday_core.interfaces.risk_rule import Bound, OrderTerms, Proposal, RiskRule, Ruling
from friday_core.interfaces.strategy import BookView
from friday_plugins.risk_rules.freeze_quantity import FreezeQuantity, FreezeQuantitySettings
from friday_plugins.risk_rules.long_only import LongOnly
from friday_plugins.risk_rules.max_positions import MaxPositions, Settings

_FACTS = 'name = "drawn"\nchecked = {known}\nknown_until = {known}\n'
_ROW = '[[freeze]]\nquantities = {{ {quantities} }}\nfrom = {first}\nuntil = {last}\nsource = "drawn"\n'
_ROW += 'certainty = "certain"\n'


class AtMost(RiskRule):
    """Holds back what exceeds so many shares."""

    def __init__(self, most: int) -> None:
        self._most = most

    def check(self, proposal: Proposal, book: BookView) -> Ruling:
        return Ruling(min(proposal.order.quantity, self._most), "AT_MOST", f"{self._most} at most")


class Changing(RiskRule):
    """Other terms every so many sessions; of some it says nothing, about some it raises."""

    def __init__(self, terms: Sequence[OrderTerms | None], sessions: int) -> None:
        self._terms = terms
        self._sessions = sessions

    def check(self, proposal: Proposal, book: BookView) -> Ruling:
        terms = self.order_terms(proposal.instrument, proposal.session)
        if terms is None:
            return Ruling(proposal.order.quantity // 2, "HALF")
        if terms.bound is Bound.ASKED:
            return Ruling(max(proposal.reducing, proposal.order.quantity // 2), "HALF_AT_MOST")
        return terms.ruling(proposal, book)

    def order_terms(self, instrument: Instrument, session: int) -> OrderTerms | None:
        number = session // self._sessions
        found = self._terms[(number + int(instrument.id.symbol[1:])) % len(self._terms)]
        if found is None and number % 2:
            raise DataError(f"nothing is known of {instrument.id}")
        if found is None:
            return None
        until = (number + 1) * self._sessions - 1
        return OrderTerms(found.bound, found.most, found.code, found.detail, until)


class Sometimes(Changing):
    """Checks something else, and forgets to say so."""

    def check(self, proposal: Proposal, book: BookView) -> Ruling:
        return Ruling(proposal.order.quantity // 3, "", "a third")


def drawn_rules(random: np.random.Generator, universe: Universe, sessions: Sequence[int]) -> dict[str, RiskRule]:
    """Some rules in some order."""
    freeze = _freeze(random, universe, sessions)
    rules: dict[str, RiskRule] = {
        "freeze_quantity": freeze,
        "freeze_again": freeze if random.random() < 0.5 else _freeze(random, universe, sessions),
        "long_only": LongOnly(),
        "max_positions": MaxPositions(Settings(most=int(random.integers(1, 5)))),
        "changing": _changing(random, Changing),
    }
    if random.random() < 0.1:
        rules["at_most"] = AtMost(int(random.choice([0, 7, 1000])))
    if random.random() < 0.05:
        rules["sometimes"] = _changing(random, Sometimes)
    names = random.permutation(list(rules))[: int(random.choice([1, 1, 2, 3, 5]))]
    return {str(name): rules[str(name)] for name in names}


def _freeze(random: np.random.Generator, universe: Universe, sessions: Sequence[int]) -> FreezeQuantity:
    """By facts of some of the days, and assumptions for some contracts."""
    symbols = [one.id.symbol for one in universe]
    otherwise = {one: int(10 ** random.uniform(0, 6)) for one in symbols if random.random() < 0.4}
    first, last = min(sessions), max(sessions)
    rows, known = [], last if random.random() < 0.7 else max(first, last - 3)
    while first <= known and len(rows) < 20:
        until = first + int(random.choice([0, 1, 3, 30, 1_000]))
        some = [one for one in symbols if random.random() < 0.8] or symbols[:1]
        quantities = ", ".join(f"{one} = {int(10 ** random.uniform(0, 6))}" for one in some)
        rows.append(_ROW.format(quantities=quantities, first=to_date(first), last=to_date(until)))
        first = until + 1 + int(random.choice([0, 0, 0, 1, 2]))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "facts.toml"
        file.write_text(_FACTS.format(known=to_date(known)) + "".join(rows), "utf-8")
        return FreezeQuantity(FreezeQuantitySettings(otherwise=otherwise, file=file))


def _changing(random: np.random.Generator, kind: type[Changing]) -> Changing:
    terms = [_terms(random) for _ in range(int(random.integers(1, 5)))]
    return kind(terms, int(random.choice([1, 2, 7, 1_000])))


def _terms(random: np.random.Generator) -> OrderTerms | None:
    if random.random() < 0.1:
        return None
    bound = Bound(int(random.integers(5)))
    most = int(random.choice([0, 1, 2, 3])) if bound is Bound.INSTRUMENTS else int(10 ** random.uniform(0, 7)) - 1
    if random.random() < 0.03:
        most = int(random.choice([-1, -5])) if random.random() < 0.5 else 10**30
    code = str(random.choice(["CHANGING", "", "SENT", "ORDER_VALUE", "OTHER"]))
    return OrderTerms(bound, most, code, str(random.choice(["", "{} and {}", "no { number }"])))

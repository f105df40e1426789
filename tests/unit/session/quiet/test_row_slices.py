"""Slices that come as rows, and orders that are plain, leave what the driver leaves that is told of chunks."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from unit.session.compiled.drawn_sessions import AtMost, Drawn, Stepped, differences, drawn

from friday_core.domain.outcomes import ValidatorFault
from friday_core.domain.row import few_rows, rows_of
from friday_core.errors import InvariantError
from friday_core.flow.coarser import Slices
from friday_core.simulation.matching import MatchingRules
from friday_core.trading.entry_rules import EntryRules
from friday_core.trading.limits import Limits


class ByChunks(Stepped):
    """Slice after slice, each a chunk; every order goes the general way."""

    def __init__(self, session: Drawn) -> None:
        self.by_rows = self.plain = 0
        super().__init__(session)

    def _run(self, is_fast: bool, cut: bool) -> None:
        driver = self.driver
        self._prepare()
        for action in self.given.actions:
            driver.announce(action)
        ends = np.flatnonzero(np.diff(self.given.rows.ts_event)) + 1
        for start, stop in itertools.pairwise([0, *ends.tolist(), len(self.given.rows)]):
            chunk = self.given.rows.take(slice(start, stop))
            doubt = self.given.doubt
            if doubt is not None and chunk.ts_event[0] > doubt and not driver.log.faults:
                driver.doubt(ValidatorFault(doubt, "market_data", "v", 0, doubt, "raised", ""))
            self.intents.append(list(driver.step(self._slices(chunk))))
        self.intents.append(driver.close("END_OF_DATA"))

    def _prepare(self) -> None:
        self.driver._deciding._plain = {}

    def _slices(self, chunk: Any) -> Slices:
        return Slices(chunk, {})

    def left(self) -> dict[str, Any]:
        states = [desk.runner._executor.snapshot() for desk in self.desks if desk.runner.stopped is None]
        return super().left() | {"columns": states, "session": [desk.session for desk in self.desks]}


class ByRows(ByChunks):
    """Each slice as plain rows; counts the slices and the decisions that went the short way."""

    def _prepare(self) -> None:
        if self.driver._rows is not None:
            step = self.driver._rows.step

            def counted(*given: Any, **named: Any) -> Any:
                self.by_rows += 1
                return step(*given, **named)

            self.driver._rows.step = counted
        for plain in self.driver._deciding._plain.values():
            plain.take = self._counted(plain.take)

    def _counted(self, take: Any) -> Any:
        def counted(*given: Any) -> Any:
            taken = take(*given)
            self.plain += taken is not None
            return taken

        return counted

    def _slices(self, chunk: Any) -> Slices:
        return Slices(tuple(rows_of(chunk)), {})


class ByColumns(ByRows):
    """Each slice as a few rows by column, where it has more than one."""

    def _slices(self, chunk: Any) -> Slices:
        few = few_rows(chunk)
        return super()._slices(chunk) if few is None else Slices(few, {})


def plainer(session: Drawn, seed: int) -> Drawn:
    """Fewer wishes a slice, limits that cut less, and rules in Python now and then: more that is plain."""
    random = np.random.default_rng([seed, 3])
    wishes = {}
    for name in session.wishes:
        column = session.rows[name].copy()
        column[random.random(len(column)) < 0.5] = np.nan
        wishes[name] = column
    limits = random.choice([Limits(allow_short=True), session.limits, dataclasses.replace(session.limits, tiers=())])
    return dataclasses.replace(
        session,
        rows=session.rows.with_columns(wishes),
        readers=("",) * 5,
        limits=limits,
        rules=MatchingRules(0, 1) if random.random() < 0.7 else session.rules,
        risk_rules={"at_most": AtMost(int(random.choice([0, 7, 1_000])))} if random.random() < 0.4 else {},
        entries=_entries() if random.random() < 0.3 else session.entries,
        terms=session.terms if random.random() < 0.3 else None,
    )


def _entries() -> EntryRules:
    """Only the first instrument may be sold short."""
    return EntryRules(lambda _session: None, shortable=lambda _session: frozenset({"S00"}))


def differing(session: Drawn) -> list[str]:
    """What rows leave otherwise than chunks. Books that outgrow 64 bits are refused in both."""
    expected = _left(ByChunks(session))
    differ: list[str] = []
    for way in (ByRows, ByColumns):
        found = _left(way(session))
        if isinstance(expected, str) or isinstance(found, str):
            differ += [] if expected == found else [f"{expected} / {found}"]
        else:
            differ += differences(expected, found)
    return differ


def _left(stepped: Stepped) -> dict[str, Any] | str:
    try:
        return stepped.left()
    except InvariantError as error:
        return str(error)


@given(st.integers(0, 2**32))
def test_slices_that_come_as_rows_leave_what_chunks_leave(seed: int) -> None:
    session = drawn(seed, most_rows=150)
    assert differing(session) == []


@given(st.integers(0, 2**32))
def test_plain_orders_on_rows_leave_what_the_general_way_leaves(seed: int) -> None:
    session = plainer(drawn(seed, most_rows=150), seed)
    assert differing(session) == []


@example(26)
@example(300)
@example(380)
@example(4459208)
@given(st.integers(0, 2**32))
def test_what_several_strategies_want_together_fills_in_the_same_order(seed: int) -> None:
    session = dataclasses.replace(plainer(drawn(seed, most_rows=150), seed), netting=True)
    found = differing(session)
    assert [one for one in found if not one.startswith("account_orders: ")] == [], "those are known by their identity"


@pytest.mark.parametrize("way", [ByRows, ByColumns])
def test_most_slices_and_single_orders_go_the_short_way(way: type[ByRows]) -> None:
    known = [(drawn(seed, most_rows=150), seed) for seed in range(90)]
    sessions = [plainer(given, seed) for given, seed in known if "order" not in given.kinds]
    stepped = [way(session) for session in sessions]
    slices = sum(one.driver.log.slices for one in stepped)
    orders = sum(len(one.driver.log.orders) for one in stepped)
    assert sum(one.by_rows for one in stepped) > slices // 2
    assert sum(one.plain for one in stepped) > orders // 10

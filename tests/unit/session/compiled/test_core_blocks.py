"""A whole core, flow and all, with blocks by the kernel and without."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from fakes.bars import COLUMNS, UNIVERSE, A, B, Row, chunk_of, cut
from fakes.streams import MARKET_DATA, flow_of

from friday_core.causal.choices import where
from friday_core.causal.columns import HOLD, Col
from friday_core.causal.market import Market
from friday_core.causal.program import trace_program
from friday_core.domain.chunk import Chunk
from friday_core.domain.market import CorporateAction
from friday_core.domain.records import ActionAnnounced, ChunkReceived, SessionStopped, StreamEnded
from friday_core.flow.plans import StreamPlan
from friday_core.session.core import Core
from friday_core.session.desk import Desk
from friday_core.session.driver import Driver
from friday_core.simulation.compiled.arena import plain
from friday_core.simulation.matching import BarMatcher, MatchingRules
from friday_core.testing.doubles import NoCharges, StrengthSizer
from friday_core.trading.column_runner import ColumnRunner
from friday_core.trading.ledger import Book
from friday_core.trading.limits import Limits
from friday_core.trading.risk import RiskEngine

SESSIONS, MINUTES = 12, 60
Outputs = Callable[[Market], Mapping[str, Col]]


class Free(NoCharges):
    """Trading is free, and kernels know it."""

    def shares(self) -> tuple[tuple[int, int], ...]:
        return ()


def trend(m: Market) -> Mapping[str, Col]:
    """Above its mean of minutes and of quarters of an hour."""
    quarters = m.at("15m").close.rolling(3).mean().asof(max_age="2d")
    is_up = (m.close > m.close.rolling(5).mean()) & (m.close > quarters)
    return {"signal": where(is_up, 1.0, 0.0), "mean": quarters}


def stopped(m: Market) -> Mapping[str, Col]:
    """The same, until the close falls below what was paid."""
    lost = (m.pos > 0.0) & (m.close < m.avg_price - 0.3)
    return {"signal": where(lost | (trend(m)["signal"] == 0.0), 0.0, where(m.pos == 0.0, trend(m)["signal"], HOLD))}


def minutes() -> Chunk:
    random = np.random.default_rng(3)
    rows = []
    closes = {one.id: 10_000 for one in UNIVERSE}
    for session in range(100, 100 + SESSIONS):
        for minute in range(-MINUTES, 0):
            for name, close in closes.items():
                now = close + int(random.integers(-30, 31))
                rows.append(Row(session, name, close, max(close, now) + 2, min(close, now) - 2, now, 1e6, minute))
                closes[name] = now
    return chunk_of(rows)


def run(
    chunk: Chunk,
    at: list[int],
    *,
    with_kernel: bool,
    actions: tuple[CorporateAction, ...] = (),
    outputs: Outputs = trend,
) -> Core:
    columns = StreamPlan(COLUMNS, interval="1m")
    flow = flow_of(columns, domains=["15m"])
    program = trace_program(outputs, base="1m")
    desks = [
        Desk(
            number,
            ColumnRunner(name, program, UNIVERSE, sees),
            Book(name, "INR", 10_000_000),
            universe=UNIVERSE,
            sizer=StrengthSizer(0.3),
            risk=RiskEngine(Limits(gross_ppm=1_000_000), {}),
            charges=Free(),
        )
        for number, (name, sees) in enumerate((("every", ()), ("some", (A, B))))
    ]
    kernel = (lambda: plain) if with_kernel else None
    core = Core(flow, Driver(UNIVERSE, desks, BarMatcher(MatchingRules(0, 1)), Free(), kernel=kernel))
    for action in actions:
        core.apply(ActionAnnounced(action))
    for part in cut(chunk, at):
        core.apply(ChunkReceived(MARKET_DATA, part))
    core.apply(StreamEnded(MARKET_DATA))
    core.apply(SessionStopped("END_OF_DATA"))
    return core


@pytest.mark.parametrize("outputs", [trend, stopped])
@pytest.mark.parametrize("at", [[], [1, 700, 1_500]])
def test_coarser_bars_and_a_split_make_no_difference(at: list[int], outputs: Outputs) -> None:
    chunk, actions = minutes(), (CorporateAction(A, 105, numerator=2, factor=2.0),)
    slow = run(chunk, [], with_kernel=False, actions=actions, outputs=outputs)
    fast = run(chunk, at, with_kernel=True, actions=actions, outputs=outputs)
    assert len(slow.log.fills) > 100
    assert list(fast.log.decisions) == list(slow.log.decisions)
    assert list(fast.log.positions) == list(slow.log.positions)
    assert fast.log.digest() == slow.log.digest()


def test_most_slices_are_the_kernels() -> None:
    core = run(minutes(), [], with_kernel=True)
    counts: dict[str, Any] = core.stepped
    assert counts["obstacles"] == []
    assert counts["kernel"] > 0.9 * SESSIONS * MINUTES

"""The rule that a document writes in three ways is one rule."""

from __future__ import annotations

import random
from typing import Any

from docs.documents import DOCS, blocks
from fakes.bars import UNIVERSE, A, B
from fakes.windows import bar, said

from friday_core.causal.program import trace_program
from friday_core.trading.column_runner import ColumnRunner
from friday_core.trading.strategy_runner import EventRunner
from friday_core.trading.window_runner import WindowRunner


def test_columns_events_and_windows_decide_the_same() -> None:
    written: dict[str, Any] = {"__name__": "a_users_module"}
    exec(blocks(DOCS / "tiers.md")[0].text, written)
    runners = [
        ColumnRunner("columns", trace_program(written["InColumns"]().outputs), UNIVERSE),
        EventRunner("events", written["ByEvents"]()),
        WindowRunner("windows", written["InWindows"]()),
    ]
    draw = random.Random(1)
    bars = [bar(day, 100.0 + draw.randint(-500, 500) / 100, one) for day in range(200) for one in (A, B)]
    columns, events, windows = (said(runner, bars) for runner in runners)
    assert len(columns) > 100
    assert columns == events == windows

"""How the kit runs what is written in columns: on which market, row by row or slice by slice, with which clocks."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import numpy as np
import pytest

from friday_core.api import Col, ColumnStrategy, ColumnTransformer, ComponentSpec, FeatureSet, Market, where
from friday_core.causal.batch import by_slices
from friday_core.causal.oracle import Oracle
from friday_core.causal.tables import Table
from friday_core.domain.chunk import Float64
from friday_core.testing.comparing import one_by_one
from friday_core.testing.markets import Markets
from friday_core.testing.outcomes import Broken, DoesNotApply
from friday_core.testing.passages import RowPassage, SlicePassage, markets_of, passage
from friday_core.testing.rule import Check
from friday_core.testing.subject import Subject
from friday_core.testing.suites import rules_of
from friday_core.testing.tracing import columns_of, program_of
from friday_core.testing.trial import run

MARKETS = Markets(sessions=60)


class Single(ColumnTransformer):
    def outputs(self, m: Market) -> Mapping[str, Col]:
        return {"change": m.close / m.close.shift(1)}


class Compared(ColumnTransformer):
    def outputs(self, m: Market) -> Mapping[str, Col]:
        return {"rank": m.panel(m.close).rank()}


class Coarser(FeatureSet):
    def outputs(self, m: Market) -> Mapping[str, Col]:
        return {"quarter": m.at("15m").close.shift(1).asof(max_age="2h") / m.close}


class Asks(ColumnStrategy):
    """For columns that some other component would add."""

    def outputs(self, m: Market) -> Mapping[str, Col]:
        return {"signal": where(m["prediction"] > m.confidence, 1.0, 0.0)}


class ByQuarters(ColumnStrategy):
    def outputs(self, m: Market) -> Mapping[str, Col]:
        return {"signal": where(m.close > m.at("15m").close.asof(max_age="2h"), 1.0, 0.0)}


def subject(kind: str, author: Any) -> Subject:
    return Subject(ComponentSpec(kind, author.__name__.lower(), author), markets=MARKETS)


def test_columns_of_single_rows_pass_row_by_row() -> None:
    assert isinstance(passage(subject("transformer", Single), MARKETS.daily), RowPassage)


def test_columns_that_compare_instruments_pass_slice_by_slice() -> None:
    one = passage(subject("transformer", Compared), MARKETS.daily)
    assert isinstance(one, SlicePassage)
    assert np.nanmax(one.through([one.rows])["rank"]) == 1.0


def test_columns_of_a_coarser_clock_run_on_minutes_only() -> None:
    assert [market.name for market in markets_of(subject("feature_set", Coarser), in_slices=True)] == ["minutes"]


def test_a_coarser_bar_is_seen_once_it_has_closed() -> None:
    one = passage(subject("feature_set", Coarser), MARKETS.minutes, in_slices=True)
    out = one.through(one_by_one(one.rows))
    first = out.take(out.inst == 0)
    opened = int(MARKETS.minutes.schedule.sessions.opens[0])
    known = first.ts_event[~np.isnan(first["quarter"])]
    assert known[0] - opened == 30 * 60_000_000


def test_ticks_have_no_place_for_columns_of_bars() -> None:
    with pytest.raises(DoesNotApply, match="columns are of bars"):
        passage(subject("transformer", Single), MARKETS.ticks)


def test_columns_of_others_are_there_when_they_are_asked_for() -> None:
    program = program_of(Asks(), MARKETS.daily)
    assert sorted(columns_of(program)) == ["confidence", "prediction"]
    assert {one.words[:6] for one in run(subject("strategy", Asks), MARKETS.daily).said.decisions} == {"Signal"}


@pytest.mark.parametrize(
    ("kind", "author"),
    [("transformer", Compared), ("feature_set", Coarser), ("strategy", ByQuarters), ("strategy", Asks)],
)
def test_every_rule_is_kept_on_every_clock(kind: str, author: Any) -> None:
    one = subject(kind, author)
    for rule in rules_of(one.spec)[5:]:
        with suppress(DoesNotApply):
            Check(one, rule)()


class OffByABit(Oracle):
    """An executor that rounds otherwise where it is handed many rows."""

    def columns(self, tables: Mapping[str, Table]) -> dict[str, Float64]:
        return {name: np.nextafter(column, np.inf) for name, column in by_slices(self, tables).items()}


@pytest.mark.parametrize("author", [Single, Compared])
def test_an_executor_that_differs_from_plain_python_in_the_last_bit_is_found(author: Any) -> None:
    one = subject("transformer", author)
    (rule,) = (rule for rule in rules_of(one.spec) if rule.sentence.startswith("all executors of its columns"))
    Check(one, rule)()
    other = subject("transformer", author)
    vars(other)["executor"] = OffByABit
    with pytest.raises(Broken, match="by the executor that a run takes"):
        Check(other, rule)()


def test_the_kit_runs_columns_in_what_a_run_takes() -> None:
    one, decides = subject("transformer", Single), subject("strategy", Asks)
    passage(one, MARKETS.daily)
    run(decides, MARKETS.daily)
    assert [own.executor.summary()["ran"] for own in (one, decides)] == [["compiled"], ["compiled"]]

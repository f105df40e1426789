"""Every mistake that an author can make in columns names the line and the mend.

Each case is one line, so that the line of the mistake is the line of the case.
"""

from __future__ import annotations

import copy
import math
import pickle
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from friday_core.causal.columns import Col
from friday_core.causal.market import HOLD, latch, ratchet, where
from friday_core.causal.program import trace_program
from friday_core.errors import ClockDomainError, LookaheadError, TraceError

Author = Callable[[Any], Any]
Case = tuple[Author, str]

LOOKAHEAD: list[Case] = [
    (lambda m: m.close.shift(-1), r"shift\(-1\) would look ahead or at nothing; use at least 1"),
    (lambda m: m.close.shift(0), r"shift\(0\) would look ahead or at nothing"),
    (lambda m: m.close.diff(-1), r"shift\(-1\) would look ahead"),
    (lambda m: m.close.rolling(5, center=True).mean(), r"center=True\) uses rows to come; leave center out"),
    (lambda m: m.close.rolling(0).mean(), r"rolling\(0\) would look ahead or at nothing"),
    (lambda m: m.close.rolling(-3).mean(), r"rolling\(-3\) would look ahead or at nothing"),
    (lambda m: m.close - m.close.mean(), r"\.mean looks at the whole series.*use \.rolling\(window\)\.mean\(\)"),
    (lambda m: m.close / m.close.std(), r"\.std looks at the whole series.*use \.rolling\(window\)\.std\(\)"),
    (lambda m: m.close.max(), r"use \.rolling\(window\)\.max\(\)"),
    (lambda m: m.close.rank(), r"use \.rolling\(window\)\.rank\(\)"),
    (lambda m: m.close.quantile(0.9), r"use \.rolling\(window\)\.quantile\(q\)"),
    (lambda m: m.close.bfill(), r"use \.ffill\(\)"),
    (lambda m: m.close.interpolate(), r"use \.ffill\(\)"),
    (lambda m: m.close.iloc[-1], r"use \.shift\(k\) with k >= 1"),
    (lambda m: m.close.loc["2024"], r"use \.shift\(k\) with k >= 1"),
    (lambda m: m.close[0], r"rows cannot be picked by position; use shift\(k\)"),
    (lambda m: m.close[5:], r"rows cannot be picked by position"),
    (lambda m: m.close.resample("1w"), r"use \.asof\(\) on a column of m\.at\(domain\)"),
    (lambda m: np.mean(m.close), r"numpy\.mean looks at the whole series.*use \.rolling\(window\)\.mean\(\)"),
    (lambda m: np.nanmax(m.close), r"numpy\.nanmax looks at the whole series.*\.rolling\(window\)\.max\(\)"),
    (lambda m: np.sum(m.close), r"use \.rolling\(window\)\.sum\(\)"),
    (lambda m: np.median(m.close), r"use \.rolling\(window\)\.median\(\)"),
    (lambda m: np.roll(m.close, 1), r"numpy\.roll looks at the whole series.*\.shift\(k\) with k >= 1"),
    (lambda m: np.corrcoef(m.close, m.open), r"use \.rolling\(window\)\.corr\(other\)"),
    (lambda m: np.add.reduce(m.close), r"numpy\.add\.reduce looks at the whole series.*\.rolling\(window\)"),
    (lambda m: np.maximum.accumulate(m.close), r"numpy\.maximum\.accumulate looks at the whole series"),
]  # fmt: skip

NO_SINGLE_VALUE: list[Case] = [
    (lambda m: 1.0 if m.close > 3 else 0.0, r"where\(condition, a, b\) instead of if"),
    (lambda m: m.close > 3 and m.open > 3, r"& \| ~ with brackets instead of and, or, not"),
    (lambda m: m.close > 3 or m.open > 3, r"& \| ~ with brackets instead of and, or, not"),
    (lambda m: not m.close > 3, r"& \| ~ with brackets instead of and, or, not"),
    (lambda m: m.low < m.close < m.high, r"\(a < b\) & \(b < c\) instead of a < b < c"),
    (lambda m: max(m.close, m.open), r"np\.maximum\(a, b\) and np\.minimum\(a, b\) instead of max and min"),
    (lambda m: sorted([m.close, m.open]), r"no single truth"),
    (lambda m: m.close in [m.open, m.high], r"no single truth"),
    (lambda m: 3.0 in m.close, r"no rows to search; compare with =="),
    (lambda m: [x for x in m.close], r"no rows to loop over"),  # noqa: C416 - the mistake
    (lambda m: sum(m.close), r"no rows to loop over"),
    (lambda m: len(m.close), r"no length while it is traced"),
    (lambda m: float(m.close), r"not one number; use numpy functions, not float\(\) or math"),
    (lambda m: int(m.close), r"not one number"),
    (lambda m: range(m.close), r"not one number"),
    (lambda m: math.sqrt(m.close), r"not one number; use numpy functions"),
    (lambda m: math.floor(m.close), r"not one number; use numpy functions"),
    (lambda m: round(m.close, 2), r"write np\.floor\(x \+ 0\.5\) instead of round"),
    (lambda m: np.asarray(m.close), r"holds no data, so no array can be made of it"),
    (lambda m: np.array([m.close, m.open]), r"holds no data, so no array|has no length"),
    (lambda m: pd.Series(m.close), r"another library takes the column for data .*use numbers and columns of m"),
    (lambda m: m.close.values, r"\.values needs data, and a column holds none"),
    (lambda m: m.close.apply(lambda x: x), r"\.apply needs data"),
    (lambda m: pickle.dumps(m.close), r"cannot be pickled; it lives only while outputs\(m\) is traced"),
]  # fmt: skip

OWN_DATA: list[Case] = [
    (lambda m: m.close + pd.Series([1.0, 2.0]), r"cannot be combined with Series; use numbers and columns of m"),
    (lambda m: pd.Series([1.0, 2.0]) + m.close, r"takes the column for data .*use numbers and columns of m"),
    (lambda m: m.close * np.array([1.0, 2.0]), r"cannot be combined with ndarray"),
    (lambda m: np.array([1.0, 2.0]) * m.close, r"cannot be combined with ndarray"),
    (lambda m: m.close - [1.0, 2.0], r"cannot be combined with list"),
    (lambda m: m.close > "3", r"cannot be combined with str"),
    (lambda m: np.maximum(m.close, [1.0, 2.0]), r"cannot be combined with list"),
    (lambda m: m.close == None, r"cannot be combined with NoneType"),  # noqa: E711 - the mistake
    (lambda m: where(m.close > 1, m.close, "hold"), r"cannot be combined with str"),
    (lambda m: m.close.rolling(3).corr([1.0]), r"cannot be combined with list"),
    (lambda m: m.panel(pd.Series([1.0])), r"m\.panel\(\) takes a column of m, not a Series"),
]  # fmt: skip

KINDS: list[Case] = [
    (lambda m: m.close & m.open, r"& \| ~ take conditions only; compare first, in brackets: \(a > b\) & \(c > d\)"),
    (lambda m: (m.close > 1) & 1, r"& \| ~ take conditions only"),
    (lambda m: (m.close > 1) | m.volume, r"& \| ~ take conditions only"),
    (lambda m: ~m.close, r"& \| ~ take conditions only"),
    (lambda m: m.close > 1 & m.open > 2, r"& \| ~ take conditions only; compare first, in brackets"),
    (lambda m: np.logical_and(m.close, m.open), r"& \| ~ take conditions only"),
    (lambda m: (m.close > 1) + (m.open > 1), r"add needs numbers and got a true/false column; write where\(condition"),
    (lambda m: (m.close > 1).rolling(3).sum(), r"needs numbers and got a true/false column"),
    (lambda m: (m.close > 1).cumsum(), r"session_sum needs numbers and got a true/false column"),
    (lambda m: m.panel(m.close > 1).rank(), r"panel_rank needs numbers and got a true/false column"),
    (lambda m: where(m.close > 1, m.open > 1, 0.0), r"between two numbers or between two conditions, not one of each"),
    (lambda m: where(m.close, 1.0, 0.0), r"where\(\) takes a condition as its condition, for example where\(a > b"),
    (lambda m: where(True, 1.0, 0.0), r"where\(\) takes a condition"),
    (lambda m: latch(m.close, m.open > 1), r"latch\(\) takes a condition as its enter"),
    (lambda m: latch(m.close > 1, False), r"latch\(\) takes a condition as its exit, for example latch\(a > b"),
    (lambda m: ratchet(m.close, m.open), r"ratchet\(\) takes a condition as its reset"),
    (lambda m: ratchet(3.0, m.open > 1), r"ratchet\(\) takes a column first, not a float"),
    (lambda m: ratchet(m.close > 2, m.open > 1), r"ratchet needs numbers and got a true/false column"),
    (lambda m: m.close.since(), r"since does not take columns of kind num"),
]  # fmt: skip

CLOCKS: list[Case] = [
    (lambda m: m.close + m.at("1d").close, r"add mixes the clock domains 1d and 1h; bring the coarser one over with"),
    (lambda m: where(m.at("1d").close > 1, m.close, 0.0), r"where mixes the clock domains 1d and 1h"),
    (lambda m: m.at("15m").close.asof(), r"m\.at\('15m'\) is not coarser than the program's own clock 1h; run .* 15m"),
    (lambda m: m.at("tick").close, r"m\.at\('tick'\) is not coarser"),
    (lambda m: m.close.asof(), r"asof\(\) goes from coarse to fine; 1h is not coarser than 1h"),
    (lambda m: m.at("1h").close.asof(), r"1h is not coarser than 1h"),
    (lambda m: m.at("60m").close.asof(), r"1h is not coarser than 1h"),
    (lambda m: m.at("weekly").close, r"'weekly' is no clock domain; write tick, or a number and one of s m h, as 15m"),
    (lambda m: m.at("2d").close, r"'2d' is no clock domain; no bar is longer than a session: write 1d and count"),
    (lambda m: m.at("1w").close, r"'1w' is no clock domain; no bar is longer than a session: write 1d and count"),
    (lambda m: m.at("24h").close, r"'24h' is no clock domain; no bar is longer than a session: write 1d"),
    (lambda m: m.at("v1000").close, r"m\.at\('v1000'\) asks for bars by volume, which join no other clock; run the"),
    (lambda m: m.at(15).close, r"m\.at\(\) takes the name of a clock domain, such as '15m'"),
    (lambda m: m.at("1d").close, r"outputs\(m\)\['x'\] is on the clock 1d, the program on 1h; bring it over"),
    (lambda m: m.at("1d").pos, r"pos is the book's.*write m\.pos, without at\(\)"),
]  # fmt: skip

ARGUMENTS: list[Case] = [
    (lambda m: m.close.rolling(2.5).mean(), r"rolling\(2\.5\): the number of rows is a whole number"),
    (lambda m: m.close.rolling("20D").mean(), r"rolling\('20D'\): the number of rows is a whole number"),
    (lambda m: m.close.rolling(True).mean(), r"rolling\(True\): the number of rows is a whole number"),
    (lambda m: m.close.rolling(m.volume).mean(), r"the number of rows is a whole number"),
    (lambda m: m.close.rolling(5, min_periods=1).mean(), r"rolling\(\) takes a window only, not min_periods"),
    (lambda m: m.close.shift(1.0), r"shift\(1\.0\): the number of rows is a whole number"),
    (lambda m: m.close.rolling(5).quantile(1.5), r"quantile\(1\.5\) must be in \[0, 1\]"),
    (lambda m: m.close.ewm().mean(), r"ewm\(\) takes exactly one of span, com, alpha, halflife"),
    (lambda m: m.close.ewm(span=3, com=2).mean(), r"takes exactly one of"),
    (lambda m: m.close.ewm(span=0.5).mean(), r"ewm\(span=0\.5\) gives alpha .*; it must be in \(0, 1\]"),
    (lambda m: m.close.ewm(span=-1).mean(), r"ewm\(span=-1\) gives alpha .*; it must be in \(0, 1\]"),
    (lambda m: m.close.ewm(halflife=0).mean(), r"ewm\(halflife=0\) gives alpha .*; it must be in \(0, 1\]"),
    (lambda m: m.close.ewm(span="9").mean(), r"ewm\(span='9'\): the weight is a number"),
    (lambda m: m.at("1d").close.asof(max_age="a day"), r"max_age='a day' is no duration; write a number and one of"),
    (lambda m: m.at("1d").close.asof(max_age=-1), r"max_age=-1 is no duration"),
    (lambda m: m.at("1d").close.asof(max_age=m.close), r"is no duration; write 30m in quotes, or seconds"),
    (lambda m: m.panel(m.close).top(0), r"top: 0 is no whole number from 1 on"),
    (lambda m: m.panel(m.close).bottom(2.5), r"top: 2\.5 is no whole number from 1 on"),
    (lambda m: m.panel(m.close, min_valid=0), r"m\.panel\(min_valid\): 0 is no whole number from 1 on"),
    (lambda m: m.panel(m.close).scale_to(0), r"scale_to\(0\): the total is a number above 0"),
    (lambda m: m.panel(m.close).scale_to(m.close), r"the total is a number above 0"),
    (lambda m: np.sqrt(m.close, where=True), r"numpy\.sqrt takes columns only here, not where="),
]  # fmt: skip

NAMES: list[Case] = [
    (lambda m: m.clos, r"the market has no 'clos'; did you mean 'close'\? it has open, high, low, close, volume"),
    (lambda m: m["momentun"], r"the market has no 'momentun'; did you mean 'momentum'\?"),
    (lambda m: m.raw.volume, r"m\.raw has no 'volume'; it has close, high, low, open"),
    (lambda m: m[m.close > 3], r"m\[\.\.\.\] takes the name of a column; rows are chosen by where\(\)"),
    (lambda m: [c for c in m], r"m\[\.\.\.\] takes the name of a column"),  # noqa: C416 - the mistake
    (lambda m: m.close.shfit(1), r"a column has no 'shfit'; did you mean 'shift'\?"),
    (lambda m: m.close.fillna(0), r"a column has no 'fillna'; use column\.ffill\(\)"),
    (lambda m: m.close.abs(), r"a column has no 'abs'; use abs\(column\)"),
    (lambda m: m.close.groupby("x"), r"use m\.panel\(column\)"),
    (lambda m: m.close.rolling(5).avg(), r"rolling\(window\) has no 'avg'; .*it has .*mean"),
    (lambda m: m.close.rolling(5).meen(), r"rolling\(window\) has no 'meen'; did you mean 'mean'\?"),
    (lambda m: m.close.ewm(span=3).sum(), r"ewm\(\.\.\.\) has no 'sum'; it has mean, std, var"),
    (lambda m: m.panel(m.close).ranks(), r"m\.panel\(column\) has no 'ranks'; did you mean 'rank'\?"),
    (lambda m: m.close // 2, r"columns have no //; write np\.floor\(a / b\)"),
    (lambda m: 7 % m.close, r"columns have no %; write a - b \* np\.floor\(a / b\)"),
    (lambda m: (m.close > 1) ^ (m.open > 1), r"columns have no \^; write a != b"),
    (lambda m: m.close @ m.open, r"columns have no @; write the sum of the products"),
    (lambda m: np.where(m.close > 1, 1.0, 0.0), r"numpy\.where is not an operator on .*; use where\(condition"),
    (lambda m: np.diff(m.close), r"numpy\.diff is not an operator on columns; use column\.diff\(\)"),
    (lambda m: np.cumsum(m.close), r"use column\.cumsum\(\)"),
    (lambda m: np.clip(m.close, 1, 2), r"use column\.clip\(lower, upper\)"),
    (lambda m: np.sin(m.close), r"numpy\.sin is not an operator on columns; known are absolute, add,"),
    (lambda m: m.close.isnull(), r"a column has no .isnull.; use column\.isna\(\)"),
    (lambda m: np.histogram(m.close), r"numpy\.histogram is not an operator on columns; known are absolute"),
]  # fmt: skip

CHANGES: list[Case] = [
    (lambda m: setattr(m, "close", 3.0), r"the market does not change, so 'close' cannot be set; keep the new column"),
    (lambda m: m.__setitem__("sma", m.close), r"the market does not change, so 'sma' cannot be set; .*or return it"),
    (lambda m: setattr(m.close, "name", "x"), r"columns do not change, so \.name cannot be set"),
    (lambda m: m.close.__setitem__(0, 1.0), r"columns cannot be written to; use where\(condition, new, old\)"),
    (lambda m: m.close[m.close > 1], r"rows cannot be picked by a condition; use where\(condition, column, HOLD\)"),
]  # fmt: skip


def _cases(*groups: tuple[type[TraceError], list[Case]]) -> list[Any]:
    return [
        pytest.param(author, error, mend, id=f"line {author.__code__.co_firstlineno}")
        for error, group in groups
        for author, mend in group
    ]


@pytest.mark.parametrize(
    ("author", "error", "mend"),
    _cases(
        (LookaheadError, LOOKAHEAD),
        (TraceError, NO_SINGLE_VALUE),
        (TraceError, OWN_DATA),
        (TraceError, KINDS),
        (ClockDomainError, CLOCKS),
        (TraceError, ARGUMENTS),
        (TraceError, NAMES),
        (TraceError, CHANGES),
    ),
)
def test_a_mistake_names_its_line_and_its_mend(author: Author, error: type[TraceError], mend: str) -> None:
    line = author.__code__.co_firstlineno
    with pytest.raises(error, match=rf"^test_trace_errors\.py:{line}: .*{mend}") as raised:
        trace_program(lambda m: {"x": author(m)}, ["momentum"], base="1h")
    assert raised.type is error


ANSWERS: list[Case] = [
    (lambda m: m.close, r"outputs\(m\) must return a dict of columns by name, not a Col"),
    (lambda m: None, r"must return a dict of columns by name, not a NoneType"),
    (lambda m: {}, r"must return a dict of columns by name, not an empty dict"),
    (lambda m: [m.close], r"not a list"),
    (lambda m: (yield m.close), r"not a generator: use return, not yield"),
    (lambda m: {"x": [m.close]}, r"outputs\(m\)\['x'\] is a list, not a column of m"),
    (lambda m: {"x": None}, r"outputs\(m\)\['x'\] is a NoneType, not a column of m"),
    (lambda m: {"x": m}, r"outputs\(m\)\['x'\] is a Market, not a column of m"),
    (lambda m: {3: m.close}, r"outputs\(m\) names a column 3; names are text"),
    (lambda m: {"x": columns_of_another_program()}, r"outputs\(m\)\['x'\] is a column of another program"),
    (lambda m: {"signal": m.close > 3}, r"signal is a true/false column; write where\(condition, 1\.0, 0\.0\)"),
    (lambda m: {"x": ANSWERS[-1][0](m)}, r"outputs\(m\) calls itself without end; .* latch\(\), ratchet\(\), ewm\(\)"),
]  # fmt: skip


def columns_of_another_program() -> Col:
    kept: list[Col] = []
    trace_program(lambda m: kept.append(m.close) or {"x": 1.0})
    return kept[0]


@pytest.mark.parametrize(("author", "mend"), ANSWERS, ids=[f"line {one.__code__.co_firstlineno}" for one, _ in ANSWERS])
def test_a_wrong_answer_names_the_line_of_outputs_and_the_mend(author: Author, mend: str) -> None:
    with pytest.raises(TraceError, match=rf"^test_trace_errors\.py:{author.__code__.co_firstlineno}: .*{mend}"):
        trace_program(author)


async def _async_outputs(m: Any) -> Any:
    return {"x": m.close}


def test_a_coroutine_is_no_answer() -> None:
    with pytest.raises(TraceError, match=r"not a coroutine: use def, not async def"):
        trace_program(_async_outputs)


def test_a_column_of_another_program_takes_no_part() -> None:
    other = columns_of_another_program()
    with pytest.raises(TraceError, match=r"this column belongs to another plugin's program"):
        trace_program(lambda m: {"x": m.close + other})


def test_a_method_of_a_class_is_named_by_its_line() -> None:
    class Author:
        def outputs(self, m: Any) -> Any:
            return m.close

    line = Author.outputs.__code__.co_firstlineno
    with pytest.raises(TraceError, match=rf"^test_trace_errors\.py:{line}: outputs\(m\) must return a dict"):
        trace_program(Author().outputs)


def test_an_object_without_code_is_named_by_its_class() -> None:
    class Answers:
        def __call__(self, m: Any) -> Any:
            return m.close

    with pytest.raises(TraceError, match=r"^Answers: outputs\(m\) must return a dict"):
        trace_program(Answers())


def test_the_line_is_the_author_s_where_numpy_or_the_library_calls_back() -> None:
    def outputs(m: Any) -> Any:
        return {"x": copy.deepcopy([m.close])[0].iloc[0]}

    line = outputs.__code__.co_firstlineno + 1
    with pytest.raises(LookaheadError, match=rf"^test_trace_errors\.py:{line}: "):
        trace_program(outputs)


@pytest.mark.parametrize(("base", "row"), [("tick", "tick"), ("v1000", "bar by volume")])
def test_a_panel_of_rows_that_stand_alone_compares_nothing(base: str, row: str) -> None:
    with pytest.raises(ClockDomainError, match=rf"a {row} stands alone in its slice.* such as 1m"):
        trace_program(lambda m: {"x": m.panel(m.close).rank()}, base=base)


@pytest.mark.parametrize("base", ["daily", "1w"])
def test_an_unknown_clock_of_the_program_is_refused(base: str) -> None:
    with pytest.raises(ClockDomainError, match=rf"^test_trace_errors\.py:\d+: '{base}' is no clock domain"):
        trace_program(lambda m: {"x": m.close}, base=base)


@pytest.mark.parametrize("domain", ["15m", "1d", "tick", "v2000"])
def test_a_program_on_bars_by_volume_joins_no_other_clock(domain: str) -> None:
    message = rf"m\.at\('{domain}'\) cannot be joined to bars by volume, the program's own clock v1000; run the program"
    with pytest.raises(ClockDomainError, match=message):
        trace_program(lambda m: {"x": m.at(domain).close.asof()}, base="v1000")


def test_a_copy_of_a_column_is_the_column() -> None:
    def outputs(m: Any) -> Any:
        assert copy.copy(m.close).node == copy.deepcopy(m.close).node == m.close.node
        return {"x": copy.copy(m.close) + copy.deepcopy(m.close)}

    assert trace_program(outputs).key == trace_program(lambda m: {"x": m.close + m.close}).key


def test_a_column_cannot_be_a_key() -> None:
    with pytest.raises(TypeError, match=re.escape("unhashable type: 'Col'")):
        trace_program(lambda m: {m.close: 1.0})


def test_an_author_s_own_exception_passes_as_it_is() -> None:
    with pytest.raises(ZeroDivisionError, match="division by zero"):
        trace_program(lambda m: {"x": m.close * (1 / 0)})


def test_hold_is_no_decision() -> None:
    assert math.isnan(HOLD)

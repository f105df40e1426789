"""``friday explain`` over whole sessions: the numbers are those of the data and of the book."""

from __future__ import annotations

import itertools
import math
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from docs.documents import DOCS, blocks
from fakes.installed_distribution import install_distribution
from fakes.plugin_texts import EVENTS
from fakes.third_party_host import host_with, install

from friday_core.cli.main import cli
from friday_core.domain.chunk import Chunk
from friday_core.domain.sessions import to_date
from friday_core.domain.verdicts import Verdict
from friday_core.errors import PluginContractError
from friday_core.orchestration.explaining import CoarseBar, Explanation, Question, QuestionError, Step, explain
from friday_core.orchestration.host import Host
from friday_core.orchestration.watching import Moment

DIP = """
from friday_core.api import ColumnStrategy, ComponentSpec, hookimpl, indicators, where

class Dip(ColumnStrategy):
    def outputs(self, m):
        average = indicators.sma(m.close, 5)
        shown = {"average": average, "held": m.pos, "paid": m.avg_price}
        return {"signal": where((m.close < average) | (m.pos > 0), 1.0, 0.0), **shown}

@hookimpl
def friday_components():
    return [ComponentSpec("strategy", "dip", Dip)]
"""
GAP = """
from friday_core.api import ColumnTransformer, ComponentSpec, hookimpl

class Gap(ColumnTransformer):
    def outputs(self, m):
        return {"gap": m.open / m.close.shift(1) - 1}

@hookimpl
def friday_components():
    return [ComponentSpec("transformer", "gap", Gap)]
"""
TOP = """
from friday_core.api import ColumnStrategy, ComponentSpec, hookimpl

class Top(ColumnStrategy):
    def outputs(self, m):
        return {"target": m.panel(m.close / m.close.shift(10) - 1).top(2) * 0.3}

@hookimpl
def friday_components():
    return [ComponentSpec("strategy", "top", Top)]
"""
QUARTERS = """
from friday_core.api import ColumnStrategy, ComponentSpec, hookimpl, where

class Quarters(ColumnStrategy):
    def outputs(self, m):
        trend = m.at("15m").close.rolling(3).mean().asof()
        before = m.at("1d").close.asof()
        return {"signal": where(m.close > trend, 1.0, 0.0), "trend": trend, "change": m.close / before - 1}

@hookimpl
def friday_components():
    return [ComponentSpec("strategy", "quarters", Quarters)]
"""
RANKS = """
from friday_core.api import ComponentSpec, FeatureSet, hookimpl

class Ranks(FeatureSet):
    def outputs(self, m):
        move = m.close / m.at("15m").close.asof() - 1
        return {"move": move, "place": m.panel(move).rank()}

@hookimpl
def friday_components():
    return [ComponentSpec("feature_set", "ranks", Ranks)]
"""
JUDGE = """
from friday_core.api import ColumnValidator, ComponentSpec, Verdict, hookimpl

class Judge(ColumnValidator):
    def checks(self, m):
        move = m.raw.close / m.raw.close.shift() - 1
        return {"it rose": (Verdict.PASS, move > 0), "it fell by much": move < -0.01, "it fell by more": move < -0.02}

@hookimpl
def friday_components():
    return [ComponentSpec("validator", "judge", Judge)]
"""
BROKEN = """
from pydantic import SecretStr

from friday_core.api import ComponentSpec, PluginSettings, Transformer, hookimpl

class Settings(PluginSettings):
    token: SecretStr = SecretStr("tell-nobody-of-this")

class Broken(Transformer):
    outputs = ("broken",)

    def __init__(self, settings):
        self.token = settings.token.get_secret_value()

    def transform(self, chunk):
        raise RuntimeError(f"no such luck with {self.token}")

@hookimpl
def friday_components():
    return [ComponentSpec("transformer", "broken", Broken, Settings)]
"""
STRICT = """
import numpy as np

from friday_core.api import ComponentSpec, Judgement, Validator, Verdict, hookimpl

class Strict(Validator):
    def validate(self, chunk):
        late = chunk["session"] >= (np.datetime64("2024-02-05") - np.datetime64("1970-01-01")).astype(int)
        return Judgement.passing(chunk).marked(late, Verdict.REJECT_CHUNK, "no such day")

@hookimpl
def friday_components():
    return [ComponentSpec("validator", "strict", Strict)]
"""
INSTRUMENT = "SYN02.NSE"
GAP_STAGE = 'streams.market_data.transformers=["gap"]'


def active(use: str, more: str = "") -> str:
    return f'trading.active_strategies=[{{id="one", use="{use}"{more}}}]'


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    """A host with a strategy and a transformer in columns, which has not run."""
    plugins = [install(monkeypatch, DIP), install(monkeypatch, GAP)]
    return host_with(plugins, tmp_path, active("dip"), GAP_STAGE)


def rows_of(host: Host, instrument: str = INSTRUMENT) -> list[tuple[int, str, float, float]]:
    """(close time, date, open, close) of each bar of the source, in the currency."""
    feed = host.assembly.feed
    found: list[tuple[int, str, float, float]] = []
    for chunk in (record.chunk for record in feed.records() if hasattr(record, "chunk")):
        assert isinstance(chunk, Chunk)
        for n, inst in enumerate(chunk.inst.tolist()):
            if str(feed.universe[inst].id) == instrument:
                ts = int(chunk.ts_event[n])
                day = str(to_date(ts // 86_400_000_000))
                found.append((ts, day, int(chunk["open"][n]) / 100, int(chunk["close"][n]) / 100))
    return found


def asked(host: Host, component: str, at: str, output: str | None = None, instrument: str = INSTRUMENT) -> Explanation:
    return explain(host.assembly, Question(component, instrument, at, output))


def by_name(explanation: Explanation) -> Mapping[str, Step]:
    return {step.name: step for step in explanation.steps}


def test_an_average_is_that_of_the_five_closes_of_the_source(fresh: Host) -> None:
    closes = [row[3] for row in rows_of(fresh)]
    day = rows_of(fresh)[19][1]
    explanation = asked(fresh, "one", day, "average")
    top, leaf = explanation.steps
    assert (explanation.row, leaf.name, leaf.value) == (20, "close", closes[19])
    assert math.isclose(top.value, sum(closes[15:20]) / 5, rel_tol=1e-12)
    assert (top.depth, leaf.depth, top.inputs) == (0, 1, (leaf.number,))


def test_the_lines_are_the_authors_and_the_gate_is_fridays(fresh: Host) -> None:
    explanation = asked(fresh, "one", rows_of(fresh)[19][1])
    lines = {step.name: step.line.rpartition(":")[2] for step in explanation.steps}
    assert (lines["rolling_mean(w 5)"], lines["where"]) == ("6", "8")
    assert explanation.steps[0].line == "Friday's gate"


def test_a_value_appears_with_the_row_after_the_warm_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dip = install(monkeypatch, DIP)
    days = [row[1] for row in rows_of(host_with([dip], tmp_path, active("dip")))]
    cold, warm = (asked(host_with([dip], tmp_path, active("dip")), "one", day).steps[0] for day in days[3:5])
    assert (cold.warmup, cold.is_warm, math.isnan(cold.value)) == (4, False, True)
    assert (warm.warmup, warm.is_warm, math.isnan(warm.value)) == (4, True, False)


def test_the_position_is_the_one_of_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dip = install(monkeypatch, DIP)
    run = host_with([dip], tmp_path, active("dip")).run()
    fill = pq.read_table(run.folder / "fills.parquet").to_pylist()[0]
    host = host_with([dip], tmp_path, active("dip"))
    held = asked(host, "one", fill["ts_event"].isoformat(), "held", fill["instrument"]).steps[0]
    assert (held.name, held.leaf, held.value) == ("pos (the book's)", "column", fill["quantity"])


def test_the_average_price_is_that_of_the_fill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dip = install(monkeypatch, DIP)
    run = host_with([dip], tmp_path, active("dip")).run()
    fill = pq.read_table(run.folder / "fills.parquet").to_pylist()[0]
    host = host_with([dip], tmp_path, active("dip"))
    paid = asked(host, "one", fill["ts_event"].isoformat(), "paid", fill["instrument"]).steps[0]
    assert paid.name == "avg_price (the book's)"
    assert paid.value == pytest.approx(float(fill["price"]), rel=1e-12)


@pytest.mark.parametrize("broker", ["paper", "order_file"])
def test_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broker: str) -> None:
    host = host_with([install(monkeypatch, DIP)], tmp_path, active("dip"), f"broker.use={broker}")
    assert asked(host, "one", "2024-03-08", "held").steps[0].value > 0
    assert list(tmp_path.rglob("*")) == []


def test_a_time_names_the_bar_that_closes_then(fresh: Host) -> None:
    ts = rows_of(fresh)[30][0]
    explanation = asked(fresh, "one", "2024-02-12T15:30:00+05:30")
    assert (explanation.ts_event, explanation.row) == (ts, 31)


def test_the_last_row_of_the_data_is_explained(fresh: Host) -> None:
    rows = rows_of(fresh)
    assert asked(fresh, "one", rows[-1][1], "average").row == len(rows)


@pytest.mark.parametrize("row", [1, 40])
def test_a_transformer_is_explained_by_the_bars_that_passed_it(fresh: Host, row: int) -> None:
    rows = rows_of(fresh)
    explanation = asked(fresh, "gap", rows[row][1])
    (_, _, opened, close), before = rows[row], rows[row - 1][3]
    steps = by_name(explanation)
    assert (explanation.component, explanation.output, explanation.row) == ("transformer.gap", "gap", row + 1)
    assert (steps["open"].value, steps["close"].value) == (opened, close)
    assert explanation.steps[0].value == opened / before - 1
    assert [step.leaf for step in explanation.steps if not step.inputs] == ["column", "column", "constant"]


def test_a_panel_shows_the_instruments_own_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    top = install(monkeypatch, TOP)
    day = rows_of(host_with([top], tmp_path, active("top")))[25][1]
    found = []
    for n in range(1, 6):
        explanation = asked(host_with([top], tmp_path, active("top")), "one", day, instrument=f"SYN0{n}.NSE")
        if explanation.steps[0].is_warm:  # one of them is listed later
            found.append((by_name(explanation)["sub"].value, explanation.steps[0].value))
    assert [weight for _, weight in sorted(found)] == [0.0, 0.0, 0.3, 0.3]


# Validators --------------------------------------------------------------------------------------


def judging(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *options: str) -> Host:
    plugins = [install(monkeypatch, JUDGE), install(monkeypatch, EVENTS)]
    return host_with(
        plugins, tmp_path, active("patient"), *(options or ('streams.market_data.validators=["judge"]',))
    )  # fmt: skip


def moves(host: Host) -> dict[str, float]:
    """By date, the source's returns of the instrument."""
    rows = rows_of(host)
    return {day: close / before[3] - 1 for before, (_, day, _, close) in itertools.pairwise(rows)}


@pytest.mark.parametrize(
    ("low", "high", "stands"),
    [
        (0.0, 0.5, (Verdict.PASS, "it rose")),
        (-0.009, 0.0, None),
        (-0.5, -0.021, (Verdict.QUARANTINE, "it fell by much")),
    ],
)
def test_a_validator_is_explained_by_its_conditions_on_the_row_and_the_verdict(
    low: float, high: float, stands: tuple[Verdict, str] | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = judging(tmp_path, monkeypatch)
    day, move = next((day, move) for day, move in moves(host).items() if low < move < high)
    explanation = asked(host, "judge", day)
    true = {one.reason: bool(one.value) for one in explanation.conditions}
    assert true == {"it rose": move > 0, "it fell by much": move < -0.01, "it fell by more": move < -0.02}
    found = explanation.stands
    assert (None if found is None else (found.verdict, found.reason)) == stands
    assert explanation.component == "validator.judge"
    assert explanation.output == explanation.outputs[0] if found is None else found.output
    assert by_name(explanation)["sub"].value == pytest.approx(move, rel=1e-9)


def test_what_is_unknown_on_a_first_row_is_no_verdict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host = judging(tmp_path, monkeypatch)
    explanation = asked(host, "judge", rows_of(host)[0][1])
    assert explanation.stands is None
    assert all(math.isnan(one.value) for one in explanation.conditions)


def test_a_condition_is_asked_for_by_its_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host = judging(tmp_path, monkeypatch)
    explanation = asked(host, "validator.judge", rows_of(host)[5][1], "it fell by more")
    assert explanation.output == "QUARANTINE: it fell by more"
    assert by_name(explanation)["-0.02"].value == -0.02


def test_a_reason_that_is_not_there_is_answered_with_those_that_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(QuestionError, match="no output 'it fel by much'; did you mean 'it fell by much'"):
        asked(judging(tmp_path, monkeypatch), "judge", "2024-03-08", "it fel by much")


def test_a_validator_in_a_stream_of_slices_is_explained_by_its_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = 'streams.features={source="stream:market_data", validators=["judge"]}'
    host = judging(tmp_path, monkeypatch, stream)
    day, move = list(moves(host).items())[30]
    explanation = asked(host, "judge", day)
    assert (explanation.row, explanation.conditions[0].value) == (32, float(move > 0))


def test_a_validator_with_code_of_its_own_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host = host_with([install(monkeypatch, EVENTS)], tmp_path, active("patient"))
    with pytest.raises(QuestionError, match=r"\(bar_sanity\) is not written in columns: its rows pass its own code"):
        asked(host, "bar_sanity", "2024-03-08")


# Coarser domains -------------------------------------------------------------------------------

MINUTES = ("plugins.source.synthetic.interval=1m", "plugins.source.synthetic.sessions=2")


def quarters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    return host_with([install(monkeypatch, QUARTERS)], tmp_path, *MINUTES, active("quarters"))


def indian(day: int, clock: str) -> str:
    return f"2024-01-0{day}T{clock}:00+05:30"


def close_at(host: Host, at: str) -> tuple[int, float]:
    """Close time and close of the source's bar of that time."""
    wanted = Moment.parse(at).value
    (close,) = (close for ts, _, _, close in rows_of(host) if ts == wanted)
    return wanted, close


def test_steps_of_a_coarser_domain_show_the_latest_bar_that_had_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = quarters(tmp_path, monkeypatch)
    closes = [close_at(host, indian(1, clock))[1] for clock in ("09:30", "09:45", "10:00")]
    ten, last = close_at(host, indian(1, "10:00"))
    explanation = asked(host, "one", indian(1, "10:07"), "trend")
    asof, mean, close = explanation.steps
    assert explanation.coarser == (CoarseBar("15m", ten, ten // 86_400_000_000, 3),)
    assert (asof.domain, asof.rows, mean.domain, mean.rows) == ("1m", 52, "15m", 3)
    assert (close.name, close.value, close.leaf) == ("close on 15m", last, "column")
    assert asof.value == mean.value == pytest.approx(sum(closes) / 3, rel=1e-12)
    assert (mean.warmup, mean.is_warm) == (2, True)


@pytest.mark.parametrize(("clock", "bars"), [("09:20", 0), ("09:40", 1)])
def test_the_warm_up_of_a_coarser_domain_counts_its_own_bars(
    clock: str, bars: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    explanation = asked(quarters(tmp_path, monkeypatch), "one", indian(1, clock), "trend")
    mean = by_name(explanation)["rolling_mean(w 3) on 15m"]
    (bar,) = explanation.coarser
    assert (bar.row, bar.ts_event is None) == (bars, bars == 0)
    assert (mean.rows, mean.warmup, mean.is_warm, math.isnan(mean.value)) == (bars, 2, False, True)


def test_the_gate_of_a_coarser_domain_is_fridays_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    explanation = asked(quarters(tmp_path, monkeypatch), "one", indian(1, "12:00"))
    of_gate = {step.name.partition("(")[0] for step in explanation.steps if step.line == "Friday's gate"}
    assert {"ready", "gt", "rows on 15m"} <= of_gate
    assert all(step.line.startswith("third_party") for step in explanation.steps if "rolling_mean" in step.name)


def test_a_domain_has_its_bar_of_another_session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host = quarters(tmp_path, monkeypatch)
    ended, before = close_at(host, indian(1, "15:30"))
    _, now = close_at(host, indian(2, "11:00"))
    explanation = asked(host, "one", indian(2, "11:00"), "change")
    assert explanation.coarser == (CoarseBar("1d", ended, ended // 86_400_000_000, 1),)
    assert explanation.steps[0].value == now / before - 1


def test_a_feature_set_is_explained_with_its_coarser_bars(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = 'streams.features={source="stream:market_data", feature_sets=["ranks"]}'
    plugins = [install(monkeypatch, RANKS), install(monkeypatch, EVENTS)]
    host = host_with(plugins, tmp_path, *MINUTES, stream, active("patient"))
    _, quarter = close_at(host, indian(1, "10:00"))
    at, now = close_at(host, indian(1, "10:07"))
    explanation = asked(host, "ranks", indian(1, "10:07"), "place")
    assert (explanation.component, explanation.ts_event) == ("feature_set.ranks", at)
    assert [(bar.domain, bar.row) for bar in explanation.coarser] == [("15m", 3)]
    assert by_name(explanation)["sub"].value == now / quarter - 1


def test_an_expression_that_is_used_twice_is_shown_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    twice = install(monkeypatch, GAP.replace("m.open / m.close.shift(1) - 1", "m.close.shift(1) * m.close.shift(1)"))
    host = host_with([twice], tmp_path, GAP_STAGE)
    explanation = asked(host, "gap", rows_of(host)[5][1])
    shown = [(step.name.partition("(")[0], step.again) for step in explanation.steps]
    assert shown == [("mul", False), ("shift", False), ("close", False), ("shift", True)]


@pytest.mark.parametrize(
    ("question", "message"),
    [
        (Question("on", INSTRUMENT, "2024-03-08"), r"is called 'on'; did you mean 'one'\? In use are .*strategy\.one"),
        (Question("one", "SYN2.NSE", "2024-03-08"), r"no instrument 'SYN2\.NSE'; did you mean 'SYN0\d\.NSE'\? There"),
        (Question("one", "SYN02", "2024-03-08"), r"'SYN02' is not an instrument: write SYMBOL\.EXCHANGE"),
        (Question("one", INSTRUMENT, "2024-03-08", "averag"), r"no output 'averag'; did you mean 'average'\?"),
        (Question("one", INSTRUMENT, "2024-03-09"), r"at 2024-03-09; the nearest is 2024-03-08 \(2024-03-08T10:00:00Z"),
        (Question("one", INSTRUMENT, "2023-03-09"), r"the nearest is 2024-01-01 \("),
        (Question("one", INSTRUMENT, "2024-01-05T00:00:00Z"), r"the nearest is 2024-01-05 \(2024-01-05T10:00:00Z\)"),
        (Question("one", INSTRUMENT, "2024-01-05T00:00"), "has no zone: write 2024-01-05T00:00Z"),
        (Question("one", INSTRUMENT, "yesterday"), "'yesterday' is no date and no time"),
    ],
)
def test_what_is_not_there_is_answered_with_what_is(fresh: Host, question: Question, message: str) -> None:
    with pytest.raises(QuestionError, match=message):
        explain(fresh.assembly, question)


def test_what_is_not_written_in_columns_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host = host_with([install(monkeypatch, EVENTS)], tmp_path, active("patient"))
    with pytest.raises(QuestionError, match=r"\(patient\) is not written in columns: its events are its own code"):
        asked(host, "one", "2024-03-08")


def test_an_instrument_that_the_strategy_does_not_see_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = active("dip", ', instruments=["SYN01.NSE"]')
    host = host_with([install(monkeypatch, DIP)], tmp_path, entry)
    with pytest.raises(QuestionError, match=r"does not see SYN02\.NSE.* There is SYN01\.NSE"):
        asked(host, "one", "2024-03-08")


def test_a_component_that_two_entries_use_is_asked_for_by_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = 'trading.active_strategies=[{id="one", use="dip"}, {id="two", use="dip"}]'
    host = host_with([install(monkeypatch, DIP)], tmp_path, entries)
    with pytest.raises(QuestionError, match=r"'dip' may be strategy\.one or strategy\.two"):
        asked(host, "dip", "2024-03-08")
    assert asked(host, "two", "2024-03-08").component == "strategy.two"


def test_a_stage_that_raises_is_told_without_its_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plugins = [install(monkeypatch, DIP), install(monkeypatch, BROKEN)]
    host = host_with(plugins, tmp_path, active("dip"), 'streams.market_data.transformers=["broken"]')
    with pytest.raises(PluginContractError, match=r"'broken' .* RuntimeError: no such luck with ") as caught:
        asked(host, "one", "2024-03-08")
    assert "tell-nobody" not in str(caught.value)
    assert "tell-nobody" not in str(caught.value.__cause__)


def test_a_stream_that_was_stopped_before_the_row_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plugins = [install(monkeypatch, DIP), install(monkeypatch, STRICT)]
    host = host_with(plugins, tmp_path, active("dip"), 'streams.market_data.validators=["strict"]')
    with pytest.raises(QuestionError, match=r"the nearest is 2024-02-02 .*stopped by validator 'strict': no such day"):
        asked(host, "one", "2024-02-06")


def test_the_document_shows_what_the_command_prints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plugin, shown = (block.text for block in blocks(DOCS / "explain.md"))
    install_distribution(tmp_path, "friday-dip", {"strategy.dip": "dip"}, {"dip": plugin})
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("FRIDAY_")]:
        monkeypatch.delenv(name)
    entry = 'trading.active_strategies=[{id="first", use="dip"}]'
    asked = ["explain", "first", "--instrument", "SYN01.NSE", "--at", "2024-03-08", "--set", entry]
    printed = CliRunner().invoke(cli, asked).stdout
    del sys.modules["dip"]
    assert [line.rstrip() for line in printed.rstrip().splitlines()] == shown.rstrip().splitlines()

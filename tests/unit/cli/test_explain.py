"""``friday explain``: how an explanation is printed, and how a question that has no answer is."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result
from fakes.third_party_host import host_with, install

from friday_core.cli.main import cli

PLUGIN = """
from friday_core.api import ColumnStrategy, ComponentSpec, hookimpl, where

class Rise(ColumnStrategy):
    def outputs(self, m):
        before = m.raw.close.shift(2)
        rising = m.raw.close > before
        odd = m.close / (m.pos * 0.0)
        shown = {"rising": rising, "before": before, "square": before * before, "odd": odd}
        return {"signal": where(rising, 1.0, 0.0), **shown}

@hookimpl
def friday_components():
    return [ComponentSpec("strategy", "rise", Rise)]
"""
QUARTERS = """
from friday_core.api import ColumnStrategy, ComponentSpec, hookimpl, where

class Quarters(ColumnStrategy):
    def outputs(self, m):
        trend = m.at("15m").close.diff(2).asof()
        return {"signal": where(trend > 0, 1.0, 0.0), "trend": trend}

@hookimpl
def friday_components():
    return [ComponentSpec("strategy", "quarters", Quarters)]
"""
JUDGE = """
from friday_core.api import ColumnValidator, ComponentSpec, Verdict, hookimpl

class Judge(ColumnValidator):
    def checks(self, m):
        return {
            "it trades": (Verdict.PASS, m.raw.close > 0),
            "it moved": m.raw.close != m.raw.close.shift(),
            "nobody knows its volume": m.volume.isna(),
        }

@hookimpl
def friday_components():
    return [ComponentSpec("validator", "one", Judge)]
"""


@pytest.fixture(autouse=True)
def firm_containers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A container's module that builds hosts with one strategy in columns."""
    build_hosts_of(monkeypatch, tmp_path, PLUGIN, "rise")


@pytest.fixture
def judge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same with a validator in columns, and a strategy of Friday's own."""
    options = 'streams.market_data.validators=["bar_sanity", "one"]'
    build_hosts_of(monkeypatch, tmp_path, JUDGE, "moving_average_cross", options, strategy="two")


@pytest.fixture
def minutes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same with a strategy on minutes that reads quarters of an hour."""
    options = ("plugins.source.synthetic.interval=1m", "plugins.source.synthetic.sessions=1")
    build_hosts_of(monkeypatch, tmp_path, QUARTERS, "quarters", *options)


def build_hosts_of(
    monkeypatch: pytest.MonkeyPatch, folder: Path, source: str, use: str, *options: str, strategy: str = "one"
) -> None:
    plugin = install(monkeypatch, source)
    active = f'trading.active_strategies=[{{id="{strategy}", use="{use}"}}]'
    made: Any = SimpleNamespace(
        load_settings=lambda *_, **__: None, build=lambda _loaded: host_with([plugin], folder, active, *options)
    )
    monkeypatch.setitem(sys.modules, "firm_containers", made)


def run(*arguments: str, at: str = "2024-01-04", instrument: str = "SYN01.NSE") -> Result:
    asked = ["explain", "one", "--instrument", instrument, "--at", at, "--container", "firm_containers:build"]
    return CliRunner().invoke(cli, [*asked, *arguments])


def lines(*arguments: str, at: str = "2024-01-04") -> list[list[str]]:
    """The printed lines as words."""
    done = run(*arguments, at=at)
    assert (done.exit_code, done.stderr) == (0, "")
    return [line.split() for line in done.stdout.splitlines() if line.strip()]


def test_the_head_says_what_of_whom_and_when() -> None:
    first, second, third, *_ = run().stdout.splitlines()
    assert first == "strategy.one, output signal"
    assert second == "SYN01.NSE at 2024-01-04 (2024-01-04T10:00:00Z), its row 4"
    assert third == "other outputs: rising, before, square, odd"


def test_each_operator_has_its_value_its_warm_up_and_its_line() -> None:
    (shift,) = (words for words in lines("--output", "before") if "shift(k" in words)
    (close,) = (words for words in lines("--output", "before") if "raw.close" in words)
    assert shift[3:6] == ["125055", "price", "units"]
    assert shift[6:9] == ["done,", "2", "rows"]
    assert close[2:5] == ["126425", "price", "units"]
    assert shift[9].endswith(":6")


def test_a_decision_during_its_warm_up_is_nan_and_says_how_far_it_is() -> None:
    (gate,) = (words for words in lines(at="2024-01-02") if "ready(rows" in words)
    assert gate[3:8] == ["NaN", "row", "2", "of", "2"]
    assert gate[8:] == ["Friday's", "gate"]


@pytest.mark.parametrize(("day", "shown"), [("2024-01-02", "unknown"), ("2024-01-03", "true")])
def test_a_condition_is_true_false_or_unknown(day: str, shown: str) -> None:
    (condition,) = (words for words in lines("--output", "rising", at=day) if "gt" in words)
    assert condition[2] == shown


@pytest.mark.usefixtures("minutes")
@pytest.mark.parametrize(
    ("at", "head", "warmup"),
    [
        ("10:07", "15m bar that closed at 2024-01-01 (2024-01-01T04:30:00Z), its row 3", "done, 2 rows"),
        ("09:31", "15m bar that closed at 2024-01-01 (2024-01-01T04:00:00Z), its row 1", "row 1 of 2"),
        ("09:20", "no 15m bar has closed yet", "row 0 of 2"),
    ],
)
def test_values_of_a_coarser_domain_say_of_which_bar_they_are(at: str, head: str, warmup: str) -> None:
    printed = run("--output", "trend", at=f"2024-01-01T{at}:00+05:30").stdout.splitlines()
    (shift,) = (line for line in printed if "shift(k 2) on 15m" in line)
    assert printed[2] == head
    assert warmup in shift


@pytest.mark.usefixtures("minutes")
def test_json_has_the_bars_of_coarser_domains() -> None:
    warm, cold = (json.loads(run("--json", at=f"2024-01-01T{at}:00+05:30").stdout) for at in ("10:07", "09:20"))
    bar = {"domain": "15m", "ts_event": "2024-01-01T04:30:00+00:00", "session": "2024-01-01", "row": 3}
    assert warm["coarser"] == [bar]
    assert cold["coarser"] == [{"domain": "15m", "ts_event": None, "session": None, "row": 0}]
    assert {(one["domain"], one["rows"]) for one in warm["steps"]} == {("1m", 52), ("15m", 3)}


@pytest.mark.usefixtures("judge")
@pytest.mark.parametrize(
    ("day", "verdict", "moved"),
    [("2024-01-01", "PASS, it trades", "unknown"), ("2024-01-04", "QUARANTINE, it moved", "true")],
)
def test_a_validator_is_shown_with_its_verdict_and_every_condition(day: str, verdict: str, moved: str) -> None:
    printed = run(at=day).stdout.splitlines()
    assert printed[0].startswith("validator.one, output ")
    assert printed[2:6] == [
        f"verdict: {verdict}",
        "  true     PASS: it trades",
        f"  {moved:<7}  QUARANTINE: it moved",
        "  false    QUARANTINE: nobody knows its volume",
    ]


@pytest.mark.usefixtures("judge")
def test_json_has_a_validator_s_verdict_and_its_conditions() -> None:
    found = json.loads(run("--json").stdout)
    assert (found["verdict"], found["reason"], found["output"]) == ("QUARANTINE", "it moved", "QUARANTINE: it moved")
    assert found["conditions"] == [
        {"verdict": "PASS", "reason": "it trades", "value": 1.0},
        {"verdict": "QUARANTINE", "reason": "it moved", "value": 1.0},
        {"verdict": "QUARANTINE", "reason": "nobody knows its volume", "value": 0.0},
    ]


def test_what_is_used_twice_points_to_where_it_stood() -> None:
    first, *_, again = (" ".join(words) for words in lines("--output", "square")[6:])
    number = first.partition(" ")[0]
    assert first.startswith(f"{number} to_num 1250.55 done, 2 rows")
    assert again == f"to_num, see {number} above 1250.55"


def test_on_a_pipe_there_is_no_colour() -> None:
    assert "\x1b" not in run().stdout


def test_json_has_the_steps_with_numbers_as_they_are() -> None:
    found = json.loads(run("--output", "before", "--json").stdout)
    steps = found.pop("steps")
    assert found == {
        "component": "strategy.one",
        "output": "before",
        "outputs": ["signal", "rising", "before", "square", "odd"],
        "instrument": "SYN01.NSE",
        "ts_event": "2024-01-04T10:00:00+00:00",
        "session": "2024-01-04",
        "row": 4,
        "verdict": None,
        "reason": None,
        "conditions": [],
        "coarser": [],
    }
    assert [(one["depth"], one["leaf"], one["value"], one["kind"]) for one in steps] == [
        (0, "", 1250.55, "num"),
        (1, "", 125055.0, "price"),
        (2, "column", 126425.0, "price"),
    ]
    assert {(one["domain"], one["rows"]) for one in steps} == {("1d", 4)}
    assert steps[0]["inputs"] == [steps[1]["number"]]


def test_in_json_nan_is_null_and_an_infinity_a_text() -> None:
    cold = json.loads(run("--json", at="2024-01-01").stdout)["steps"][0]
    odd = json.loads(run("--json", "--output", "odd").stdout)["steps"][0]
    assert (cold["value"], cold["is_warm"], odd["value"]) == (None, False, "inf")


def test_a_question_without_an_answer_is_an_error_of_usage() -> None:
    done = run(instrument="SYN1.NSE")
    assert done.exit_code == 2
    assert "no instrument 'SYN1.NSE'; did you mean 'SYN01.NSE'?" in done.stderr

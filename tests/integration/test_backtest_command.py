"""``friday backtest``: what it prints, its exit codes, and that its check can see."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import click.testing
import pyarrow as pa
import pytest
from click.testing import CliRunner
from fakes.installed import Installed

from friday_core.api import Bar, Strategy, Target
from friday_core.causal.compiled.choice import ChosenExecutor
from friday_core.causal.oracle import Oracle
from friday_core.cli.exit_codes import ExitCode
from friday_core.cli.main import cli
from friday_core.orchestration import run_tables
from friday_core.plugin.spec import ComponentSpec
from friday_core.session.tables import ResultTables

SHORT = ("--set", "plugins.source.synthetic.sessions=80")


@pytest.fixture(autouse=True)
def _somewhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def friday(*arguments: str) -> click.testing.Result:
    return CliRunner().invoke(cli, ["backtest", "--no-report", *SHORT, *arguments])


def test_the_result_names_the_convention_and_who_ran_it() -> None:
    run = friday()
    assert run.exit_code == ExitCode.FINISHED
    words = " ".join(run.stdout.split())
    assert "fills: decided at a close, filled at the next open; 1 tick slippage; any volume" in words
    assert "refused: nothing columns: compiled driver:" in words


def test_the_report_is_written_unless_it_is_not_to_be(tmp_path: Path) -> None:
    CliRunner().invoke(cli, ["backtest", *SHORT, "--quiet"])
    (page,) = tmp_path.glob("runs/*/report.html")
    assert "decided at a close, filled at the next open; 1 tick slippage; any volume" in page.read_text("utf-8")


def test_a_profile_on_the_wall_clock_is_refused_with_the_mend() -> None:
    run = friday("--profile", "paper")
    assert run.exit_code == ExitCode.MISCONFIGURED
    assert "[clock] mode conflict: the mode of this configuration is paper" in run.stderr
    assert "`friday run` plays it as it is" in run.stderr


def test_refused_orders_have_the_exit_code_and_the_mend_of_a_run() -> None:
    run = friday("--set", "plugins.sizer.fixed_fraction.fraction=0.9")
    assert run.exit_code == ExitCode.REFUSED
    assert "if that is meant, write [risk] allow_refusals = [" in run.stdout


def test_quiet_prints_the_folder_alone() -> None:
    run = friday("--quiet")
    assert [line.split("-")[0] for line in run.stdout.splitlines()] == ["runs/backtest"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(("--open",), "--open shows the report"), (("--json", "--quiet"), "two ways to print")],
)
def test_options_that_contradict_each_other_are_refused(arguments: Sequence[str], message: str) -> None:
    run = friday(*arguments)
    assert run.exit_code == ExitCode.MISCONFIGURED
    assert message in run.stderr


def test_sensitivity_runs_again_and_says_what_came_of_it() -> None:
    told = json.loads(friday("--sensitivity", "--json").stdout)
    assert [one["charges"] for one in told["sensitivity"]] == [0, 2]


class TestTheCheck:
    def test_plain_python_agrees(self) -> None:
        told = json.loads(friday("--check", "--json").stdout)["check"]
        assert told["equal"] is True
        rows = told["rows"]
        assert told["told"] == f"{rows['decisions']} decisions, {rows['fills']} fills, equity of 80 slices: equal"
        assert rows["decisions"] > 0

    def test_it_says_so_in_one_line(self) -> None:
        run = friday("--check")
        assert run.exit_code == ExitCode.FINISHED
        assert "equity of 80 slices: equal" in run.stdout

    def test_columns_that_are_wrong_are_seen(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(ChosenExecutor, "_compiled", lambda _self, _kernels, *made: Turned(*made))
        run = friday("--check")
        assert run.exit_code == ExitCode.FAILED
        assert "check:   not equal: decisions, row 0 (" in run.stdout
        assert "in plain Python\n    mend: if a component draws random numbers" in run.stdout

    def test_equity_that_is_wrong_by_a_paisa_is_seen(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(run_tables, "ResultTables", OffByAPaisa)
        run = friday("--check", "--quiet")
        assert run.exit_code == ExitCode.FAILED
        (told, mend) = run.stderr.splitlines()
        assert told.startswith("check: not equal: equity, row 79 (")
        assert "), equity: " in told
        assert mend.startswith("    mend: ")

    def test_a_strategy_that_keeps_something_between_two_runs_is_seen(self, installed: Installed) -> None:
        installed.add(ComponentSpec("strategy", "forgetful", Forgetful))
        Forgetful.runs = 0
        own = '[{"id": "it", "use": "forgetful"}]'
        run = friday("--check", "--set", f"trading.active_strategies={own}", "--set", 'risk.allow_refusals=["ALL"]')
        assert run.exit_code == ExitCode.FAILED
        assert "take that out" in run.stdout


class Forgetful(Strategy):
    """Decides by how many of it were made before."""

    runs = 0

    def __init__(self) -> None:
        type(self).runs += 1
        self.weight = 0.01 * self.runs

    def on_event(self, event: object, book: object) -> Iterable[Target]:
        if isinstance(event, Bar):
            yield Target(event.instrument.id, self.weight)


class OffByAPaisa(ResultTables):
    """Stands for a kernel that rounds otherwise: the last row of equity is a paisa too much."""

    def table(self, name: str, *rest: Any) -> pa.Table:
        made = super().table(name, *rest)
        if name != "equity" or not len(made):
            return made
        column = made.column_names.index("equity")
        values = made["equity"].to_pylist()
        wrong = pa.array([*values[:-1], values[-1] + Decimal("0.01")], made.schema.field(column).type)
        return made.set_column(column, "equity", wrong)


class Turned(Oracle):
    """Stands for a compiled executor with a mistake: it turns every signal round."""

    def step(
        self, ts: int, inst: Sequence[int], columns: Mapping[str, Any], domain: str | None = None
    ) -> dict[str, list[float]]:
        values = super().step(ts, inst, columns, domain)
        return {name: [1.0 - one for one in column] if name == "signal" else column for name, column in values.items()}

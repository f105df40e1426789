"""``friday parity``: what is compared, what is printed, and the exit code that makes it a gate."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result
from fakes.plugin_texts import EVENTS
from fakes.third_party_host import host_with, install

from friday_core.causal.operators import OPERATORS
from friday_core.cli.main import cli

FIVE = """
from friday_core.api import ColumnStrategy, ComponentSpec, hookimpl, indicators, where

class Five(ColumnStrategy):
    def outputs(self, m):
        close = m.close
        macd, bands = indicators.macd(close), indicators.bollinger(close, 20, 2.0)
        rising = (indicators.ema(close, 10) > indicators.sma(close, 30)) & (macd.line > macd.signal)
        cheap = (indicators.rsi(close) < 45.0) | (close < bands.lower)
        return {"signal": where((rising & cheap) | (m.pos > 0.0), 1.0, 0.0), "rsi": indicators.rsi(close)}

@hookimpl
def friday_components():
    return [ComponentSpec("strategy", "five", Five)]
"""
FALL = """
from friday_core.api import ColumnStrategy, ComponentSpec, hookimpl, where

class Fall(ColumnStrategy):
    def outputs(self, m):
        change = m.close - m.close.shift(1)
        size = abs(change)
        return {"signal": where(size > 2.0, 1.0, 0.0), "size": size}

@hookimpl
def friday_components():
    return [ComponentSpec("strategy", "fall", Fall)]
"""
WINDOWS = """
from friday_core.api import ComponentSpec, WindowStrategy, hookimpl

class Window(WindowStrategy):
    rows = 3
    def decide(self, bars):
        return 0.0

@hookimpl
def friday_components():
    return [ComponentSpec("strategy", "window", Window)]
"""
SILENT = """
from friday_core.api import ComponentSpec, HistoricalData, Instrument, InstrumentId, hookimpl

class Silent(HistoricalData):
    interval = "1d"
    columns = ("open", "high", "low", "close", "volume")

    def instruments(self):
        return [Instrument(InstrumentId("ONE", "NSE"), "INR")]

    def bars(self):
        raise OSError("nobody is there")

@hookimpl
def friday_components():
    return [ComponentSpec("source", "silent", Silent)]
"""
SHIPPED = [
    "transformer.realised_volatility",
    "transformer.average_true_range",
    "feature_set.trend",
    "strategy.moving_average_cross",
    "strategy.follow_signal",
    "strategy.top_predictions",
]
SMALL = ("--rows", "60", "--up-to", "3")

Parity = Callable[..., Result]


@pytest.fixture
def parity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Parity:
    """Runs the command on a host with these plugins and options; kernels are kept beside pytest's own cache."""
    assert request.config.cache is not None
    kernels = request.config.cache.mkdir("friday_kernels")
    monkeypatch.setattr("friday_core.causal.compiled.choice.default_folder", lambda: kernels)

    def run(*arguments: str, plugins: tuple[str, ...] = (FIVE,), settings: tuple[str, ...] = ()) -> Result:
        installed = [install(monkeypatch, text) for text in plugins]
        entries = [one.name for one in installed if one.kind == "strategy"]
        active = ", ".join(f'{{id="my_{name}", use="{name}"}}' for name in entries)
        options = (f"trading.active_strategies=[{active}]",) if entries else ()
        made: Any = SimpleNamespace(
            load_settings=lambda *_, **__: None, build=lambda _: host_with(installed, tmp_path, *options, *settings)
        )
        monkeypatch.setitem(sys.modules, "firm_containers", made)
        return CliRunner().invoke(cli, ["parity", *arguments, *SMALL, "--container", "firm_containers:build"])

    return run


@pytest.fixture
def wrong_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel of ``abs`` is not its step for numbers below zero."""

    def kernel(_state: Any, _at: Any, x: Any, _params: Any, _scale: Any) -> float:
        return float(-1.5 * x[0] if x[0] < 0.0 else x[0])

    monkeypatch.setitem(OPERATORS, "abs", replace(OPERATORS["abs"], kernel=kernel))


def shown(done: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(done.stdout)
    return found


# What agrees -----------------------------------------------------------------------------------


def test_five_indicators_pass_on_drawn_rows_and_on_those_of_the_session(parity: Parity) -> None:
    done = parity("my_five")
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[0] == "strategy.my_five (strategy.five)"
    assert re.fullmatch(r"program [0-9a-f]{8} on 1d: \d+ operators", lines[1])
    assert [re.sub(r": \d+ rows", "", name) for name in lines[2].split("; ")] == [
        "drawn, 1 tame instrument, seed 0",
        "drawn, 1 wild instrument, seed 1",
        "drawn, 3 instruments, seed 2",
        "rows of synthetic",
    ]
    assert re.fullmatch(r"[\d,]+ values compared, none of them with a bit that differs", lines[-1])


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_plugin_in_columns_passes_by_its_name(parity: Parity, name: str) -> None:
    done = parity(name, "--json", plugins=(EVENTS,))
    assert (done.exit_code, shown(done)["ok"]) == (0, True)
    assert [one["plugin"] for one in shown(done)["components"]] in ([name], [name, name])
    assert min(one["values"] for one in shown(done)["components"]) > 1_000


def test_without_a_name_all_columns_of_the_configuration_are_compared_and_the_rest_is_named(parity: Parity) -> None:
    streams = (
        'streams.market_data.transformers=["realised_volatility", "price_normalizer"]',
        'streams.features={source="stream:market_data", feature_sets=["trend"]}',
    )
    done = parity("--json", plugins=(FIVE, EVENTS), settings=streams)
    assert done.exit_code == 0
    assert [one["component"] for one in shown(done)["components"]] == [
        "transformer.realised_volatility",
        "feature_set.trend",
        "strategy.my_five",
    ]
    assert all("rows of synthetic" in one["rows"] for one in shown(done)["components"])
    assert [line.partition(" is ")[0] for line in shown(done)["remarks"]] == [
        "not compared: validator.bar_sanity",
        "not compared: transformer.price_normalizer",
        "not compared: strategy.my_patient",
    ]


def test_a_configuration_without_columns_says_so(parity: Parity) -> None:
    done = parity(plugins=(EVENTS,), settings=("streams.market_data.transformers=[]",))
    assert done.exit_code == 0
    assert done.stdout.splitlines()[-1] == "nothing is written in columns, so there is nothing to compare"


def test_the_seed_draws_other_rows(parity: Parity) -> None:
    one, other = (shown(parity("my_five", "--json", "--no-data", "--seed", seed)) for seed in ("0", "7"))
    assert next(iter(one["components"][0]["rows"])) == "drawn, 1 tame instrument, seed 0"
    assert next(iter(other["components"][0]["rows"])) == "drawn, 1 tame instrument, seed 7"


def test_settings_of_a_plugin_that_is_not_in_use_count(parity: Parity) -> None:
    name = "transformer.realised_volatility"
    programs = [
        shown(parity(name, "--json", plugins=(EVENTS,), settings=(*few, "streams.market_data.transformers=[]")))
        for few in ((), (f"plugins.{name}.window=3",))
    ]
    first, second = ([one["program"] for one in found["components"]] for found in programs)
    assert not set(first) & set(second)
    assert programs[0]["remarks"] == [
        f"{name} is not in use: with its settings in [plugins.{name}], and the kit's doubles"
    ]


# What differs ----------------------------------------------------------------------------------


@pytest.mark.usefixtures("wrong_size")
def test_an_operator_whose_kernel_is_not_its_step_fails_the_gate_and_is_named(parity: Parity) -> None:
    done = parity("my_fall", plugins=(FALL,))
    assert done.exit_code == 1
    lines = [line.strip() for line in done.stdout.splitlines()]
    start = lines.index("the first bit that differs:")
    operator, column, row, oracle, compiled, inputs, mend = lines[start + 1 : start + 8]
    assert re.fullmatch(r"operator  #\d+ abs \[third_party_\w+:7\]", operator)
    assert column == "column    signal, size"
    assert re.fullmatch(r"row       DRAWN000\.SIM at 2024-.*Z, row \d+ on 1d; drawn, 1 tame instrument, seed 0", row)
    right, wrong, given = (
        float(re.search(r"(-?[\d.]+) \([0-9a-f]{16}\)$", line)[1])  # type: ignore[index]
        for line in (oracle, compiled, inputs)
    )
    assert (right, wrong) == (-given, -1.5 * given)
    assert re.match(r"inputs    #\d+ sub = -", inputs)
    assert mend.startswith("mend      the kernel of abs is not its step: make both answer the same to the bit")
    assert re.fullmatch(r"[\d,]+ values compared, [\d,]+ of them with a bit that differs", lines[-1])


@pytest.mark.usefixtures("wrong_size")
def test_json_has_the_first_difference_with_bits(parity: Parity) -> None:
    done = parity("my_fall", "--json", "--no-data", plugins=(FALL,))
    (component,) = shown(done)["components"]
    first = component["first_difference"]
    assert (done.exit_code, shown(done)["ok"]) == (1, False)
    assert component["differing"] == sum(one["differing"] for one in component["compared"]) > 0
    assert (first["operator"], first["outputs"], first["domain"]) == ("abs", ["signal", "size"], "1d")
    assert first["found"]["value"] == 1.5 * first["oracle"]["value"]
    assert {len(first[name]["bits"]) for name in ("oracle", "found")} == {16}
    assert first["inputs"][0]["value"] == -first["oracle"]["value"]


@pytest.mark.usefixtures("wrong_size")
def test_a_wrong_operator_shows_on_the_rows_of_the_session_too(parity: Parity) -> None:
    done = parity("my_fall", "--json", plugins=(FALL,))
    of_session = [one for one in shown(done)["components"][0]["compared"] if one["rows"] == "rows of synthetic"]
    assert {one["way"] for one in of_session if one["differing"]} >= {"compiled, whole columns"}


# What cannot be compared -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "plugin", "told"),
    [
        ("my_patient", EVENTS, "strategy.my_patient (patient) is called event by event"),
        ("my_window", WINDOWS, "strategy.my_window (window) is written in windows, not in columns: it is of grade C"),
        ("source.csv", FIVE, "source.csv is code of its own, not written in columns"),
        ("my_fiv", FIVE, "nothing is called 'my_fiv'; did you mean 'my_five'?"),
        ("transformer.realized_volatility", EVENTS, "did you mean 'transformer.realised_volatility'?"),
    ],
)
def test_what_has_no_columns_is_an_error_of_usage(parity: Parity, name: str, plugin: str, told: str) -> None:
    done = parity(name, plugins=(plugin,))
    assert done.exit_code == 2
    assert told in done.stderr


def test_a_session_without_rows_leaves_those_that_are_drawn(parity: Parity) -> None:
    source = 'streams.market_data={source="silent"}'
    done = parity("my_five", "--json", plugins=(FIVE, SILENT), settings=(source,))
    assert (done.exit_code, len(shown(done)["components"][0]["rows"])) == (0, 3)
    assert shown(done)["remarks"][0].startswith("drawn rows only: the session's own cannot be had: ")
    assert "nobody is there" in shown(done)["remarks"][0]


def test_rows_of_the_session_that_are_asked_for_must_be_there(parity: Parity) -> None:
    source = 'streams.market_data={source="silent"}'
    done = parity("my_five", "--data", plugins=(FIVE, SILENT), settings=(source,))
    assert (done.exit_code, done.stdout) == (1, "")
    assert "nobody is there" in done.stderr


def test_no_session_has_rows_for_a_plugin_that_is_not_in_use(parity: Parity) -> None:
    done = parity("feature_set.trend", "--data")
    assert done.exit_code == 2
    assert "feature_set.trend is not in use, so no session has rows for it: leave --data out" in done.stderr

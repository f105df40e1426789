"""Code that does not return in the middle of a run: who it is, and an end all the same."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from fakes.components import Idle, PassAll, Same, Simulation
from fakes.installed import Installed, UserFolder

from friday_core.api import BookView, Chunk, ComponentSpec, Event, Intent, Judgement
from friday_core.errors import ComponentTimeout
from friday_core.orchestration.host import Host

SOON = "run.record_timeout=0.05"
EAR = '[[trading.active_strategies]]\nid = "mine"\nuse = "slow"\n'


class SlowValidator(PassAll):
    def validate(self, chunk: Chunk) -> Judgement:
        time.sleep(0.5)
        return super().validate(chunk)


class SlowTransformer(Same):
    def transform(self, chunk: Chunk) -> Chunk:
        time.sleep(0.5)
        return chunk


class SlowStrategy(Idle):
    said = False

    def on_event(self, event: Event, book: BookView) -> None:
        time.sleep(0 if self.said else 0.5)
        self.said = True


@pytest.mark.parametrize(
    ("named", "component", "place"),
    [
        ("validator.slow", SlowValidator, "streams.market_data.validators=['slow']"),
        ("transformer.slow", SlowTransformer, "streams.market_data.transformers=['slow']"),
        ("strategy.mine", SlowStrategy, "run.chunk_rows=50"),
    ],
)
def test_whoever_takes_too_long_over_a_record_is_named_and_the_run_fails(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, named: str, component: type[Any], place: str
) -> None:
    kind = named.partition(".")[0]
    Installed(monkeypatch).add(ComponentSpec(kind, "slow", component))
    folder = UserFolder(tmp_path)
    toml = EAR if kind == "strategy" else ""
    host = folder.host(toml, overrides=[place, SOON])
    told: list[str] = []
    message = rf"component '{named}': a record took longer than 0\.05 s; .* raise \[run\] record_timeout"
    with pytest.raises(ComponentTimeout, match=message):
        host.run(on_hang=lambda error: told.append(str(error)))
    summary = json.loads((folder.run_folder / "summary.json").read_text())
    assert (summary["status"], summary["error"]) == ("failed", f"ComponentTimeout: {told[0]}")


#: ``friday`` with a component of each kind that does not return; ``days`` of bars come before that.
HANGING = f"""
import sys, time
sys.path.insert(0, {str(Path(__file__).parents[1])!r})
import pytest
from fakes.components import AllowAll, Flat, PassAll
from fakes.installed import Installed
from friday_core.api import ComponentSpec
from friday_core.cli.main import main

def hang(*_):
    open("hanging", "w").close()
    while True:
        time.sleep(60)

class Validator(PassAll):
    validate = hang

class Source(Flat):
    def bars(self):
        yield from super().bars()
        hang()

class Silent(Flat):
    instruments = hang

class Secretive(Flat):
    corporate_actions = hang

installed = Installed(pytest.MonkeyPatch())
installed.add(ComponentSpec("validator", "hangs", Validator))
installed.add(ComponentSpec("risk_rule", "hangs", hang))
for name, source in (("hangs", Source), ("silent", Silent), ("secretive", Secretive)):
    installed.add(ComponentSpec("source", name, source))
main()
"""


def friday(folder: Path, *options: str) -> subprocess.Popen[str]:
    """``friday run`` in a process of its own."""
    command = [sys.executable, "-c", textwrap.dedent(HANGING), "run", *options]
    return subprocess.Popen(command, cwd=folder, env={}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Exit code and what was printed; a process that does not end is killed."""
    try:
        output, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    return process.returncode, output, errors


def settings(*keys_and_values: str) -> list[str]:
    return [part for one in keys_and_values for part in ("--set", one)]


def folder_of(path: Path) -> Path:
    (folder,) = (path / "runs").iterdir()
    return folder


@pytest.mark.parametrize("quiet", [["--quiet"], []])
def test_the_command_ends_with_exit_code_1_although_a_thread_hangs(tmp_path: Path, quiet: list[str]) -> None:
    options = settings("streams.market_data.validators=['hangs']", "run.record_timeout=0.2")
    code, _, errors = ended(friday(tmp_path, *quiet, *options))
    folder = folder_of(tmp_path)
    assert code == 1
    assert errors.splitlines() == [
        "friday: component 'validator.hangs': a record took longer than 0.2 s; "
        "if that is no mistake, raise [run] record_timeout",
        f"what there is of the run: runs/{folder.name}",
    ]
    summary = json.loads((folder / "summary.json").read_text())
    assert (summary["status"], summary["error"].split(":")[0]) == ("failed", "ComponentTimeout")


# A source -------------------------------------------------------------------------------------------

ROWS = 30


@pytest.mark.parametrize(
    ("source", "what", "rows"),
    [
        ("hangs", "it delivered no rows for 0.5 s", ROWS),
        ("secretive", "corporate_actions() took longer than 0.5 s", 0),
    ],
)
def test_a_source_that_does_not_come_back_is_named_and_what_came_before_is_written(
    tmp_path: Path, source: str, what: str, rows: int
) -> None:
    options = settings(f"streams.market_data.source={source}", "run.source_timeout=0.5")
    code, _, errors = ended(friday(tmp_path, *options))
    folder = folder_of(tmp_path)
    summary = json.loads((folder / "summary.json").read_text())
    message = f"component 'source.{source}': {what}; if that is no mistake, raise [run] source_timeout"
    assert errors.splitlines() == [f"friday: {message}", f"what there is of the run: runs/{folder.name}"]
    assert (code, summary["status"]) == (1, "failed")
    assert (summary["error"], summary["results"]["rows"]) == (f"ComponentTimeout: {message}", rows)
    assert len(list(folder.glob("*.parquet"))) == 9


@pytest.mark.parametrize(
    ("override", "limit", "what"),
    [
        (
            "streams.market_data.source=silent",
            "run.source_timeout=0.5",
            "instruments() took longer than 0.5 s",
        ),
        ("risk.rules=['hangs']", "run.step_timeout=0.2", "the factory of risk_rule.hangs did not return"),
    ],
    ids=["instruments", "a factory"],
)
def test_what_hangs_before_the_run_is_a_problem_of_the_configuration(
    tmp_path: Path, override: str, limit: str, what: str
) -> None:
    code, _, errors = ended(friday(tmp_path, *settings(override, limit)))
    assert code == 2
    assert errors.startswith("friday: 1 problem in the configuration:")
    assert what in errors
    assert f"raise [run] {limit.partition('=')[0].partition('.')[2]}" in errors
    assert not (tmp_path / "runs").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C reaches a process in another way there")
def test_ctrl_c_ends_a_run_in_order_while_its_source_hangs(tmp_path: Path) -> None:
    process = friday(tmp_path, "--quiet", *settings("streams.market_data.source=hangs"))
    while not (tmp_path / "hanging").exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    code, output, errors = ended(process)
    folder = folder_of(tmp_path)
    assert (code, output) == (130, f"runs/{folder.name}\n")
    assert errors == "stopping after this record; press Ctrl-C again to stop at once\n"
    assert json.loads((folder / "summary.json").read_text())["status"] == "interrupted"
    assert len(list(folder.glob("*.parquet"))) == 9


# A broker, and what is merely slow ------------------------------------------------------------------


class SlowBroker(Simulation):
    """Does not come back from its first order until somebody has noticed."""

    def __init__(self, noticed: threading.Event) -> None:
        super().__init__()
        self._noticed = noticed

    def send(self, intents: Sequence[Intent]) -> None:
        self._noticed.wait(30)


def test_a_broker_that_does_not_come_back_from_an_order_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    noticed = threading.Event()
    Installed(monkeypatch).add(ComponentSpec("broker", "slow", lambda: SlowBroker(noticed)))
    overrides = ["broker.use=slow", "run.chunk_rows=5", "run.record_timeout=0.5"]
    host = UserFolder(tmp_path).host(overrides=overrides, sessions=120)
    message = r"component 'broker\.slow': a record took longer than 0\.5 s, in send of order \w+; if that is no mistake"
    with pytest.raises(ComponentTimeout, match=message):
        host.run(on_hang=lambda _error: noticed.set())


class Lazy(PassAll):
    """Waits on its second and its fourth record until somebody has noticed."""

    def __init__(self, noticed: Callable[[], int]) -> None:
        super().__init__()
        self._noticed = noticed
        self._calls = 0

    def validate(self, chunk: Chunk) -> Judgement:
        self._calls += 1
        deadline = time.monotonic() + 30
        while self._calls in (2, 4) and self._noticed() < self._calls // 2 and time.monotonic() < deadline:
            time.sleep(0.001)
        return super().validate(chunk)


def test_slow_records_are_counted_by_stage_and_change_nothing_else(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The watchdog is a thread of its own, whatever it sees: the results are those of a quick run."""
    hosts: list[Host] = []
    installed = Installed(monkeypatch)
    installed.add(ComponentSpec("validator", "lazy", lambda: Lazy(lambda: hosts[0]._watchdog.slow["validator.lazy"])))
    installed.add(ComponentSpec("validator", "quick", lambda: Lazy(lambda: 9)))
    summaries = []
    for name in ("lazy", "quick"):
        (tmp_path / name).mkdir()
        overrides = [f"streams.market_data.validators=['{name}']", "run.chunk_rows=50", "run.slow_record=0.2"]
        hosts.append(UserFolder(tmp_path / name).host(overrides=overrides))
        summaries.append(hosts[-1].run().summary)
    slow_run, quick_run = summaries
    assert slow_run["slow"]["validator.lazy"] == 2
    assert "validator.quick" not in quick_run["slow"]
    assert slow_run["results"] == quick_run["results"]
    assert slow_run["results"]["fills"] > 0

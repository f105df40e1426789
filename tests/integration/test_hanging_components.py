"""Code that does not return in the middle of a run: who it is, and an end all the same."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest
from fakes.components import Idle, PassAll, Same
from fakes.installed import Installed, UserFolder

from friday_core.api import BookView, Chunk, ComponentSpec, Event, Judgement
from friday_core.errors import ComponentTimeout

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


HANGING = f"""
import sys, time
sys.path.insert(0, {str(Path(__file__).parents[1])!r})
import pytest
from fakes.components import PassAll
from fakes.installed import Installed
from friday_core.api import ComponentSpec
from friday_core.cli.main import main

class Hangs(PassAll):
    def validate(self, chunk):
        while True:
            time.sleep(60)

Installed(pytest.MonkeyPatch()).add(ComponentSpec("validator", "hangs", Hangs))
main()
"""


@pytest.mark.parametrize("quiet", [["--quiet"], []])
def test_the_command_ends_with_exit_code_1_although_a_thread_hangs(tmp_path: Path, quiet: list[str]) -> None:
    options = ["--set", "streams.market_data.validators=['hangs']", "--set", "run.record_timeout=0.2"]
    command = [sys.executable, "-c", textwrap.dedent(HANGING), "run", *quiet, *options]
    done = subprocess.run(command, cwd=tmp_path, env={}, capture_output=True, text=True, timeout=60, check=False)
    (folder,) = (tmp_path / "runs").iterdir()
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "friday: component 'validator.hangs': a record took longer than 0.2 s; "
        "if that is no mistake, raise [run] record_timeout",
        f"what there is of the run: runs/{folder.name}",
    ]
    summary = json.loads((folder / "summary.json").read_text())
    assert (summary["status"], summary["error"].split(":")[0]) == ("failed", "ComponentTimeout")

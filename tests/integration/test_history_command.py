"""``friday history`` against the sandbox: fetched once, in a folder, whatever interrupts it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from fakes.kite_lists import shares
from fakes.zerodha import log_in

from friday_core.api import BarFileSettings, Chunk
from friday_core.cli.main import cli
from friday_core.testing.kite_sandbox import KiteSandbox
from friday_plugins.sources.parquet import ParquetSource

SHARES = "INFY.NSE,TCS.NSE,SBIN.NSE,ITC.NSE,WIPRO.NSE,AXISBANK.NSE"
WANTED = ("--instruments", SHARES, "--interval", "1m", "--first", "2026-11-17", "--last", "2026-11-18")


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KiteSandbox]:
    folder = tmp_path_factory.mktemp("history")
    scenario = f'[market]\nstart = "2026-11-19 11:30:30"\nspeed = 0\ninstruments = "{shares(folder)}"\n'
    with KiteSandbox(folder / "kite", scenario) as found:
        yield found


@pytest.fixture
def folder(tmp_path: Path, sandbox: KiteSandbox, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's, with the session of today."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FRIDAY_PLUGINS__CONNECTION__ZERODHA__API_KEY", sandbox.api_key)
    monkeypatch.setenv("FRIDAY_PLUGINS__CONNECTION__ZERODHA__API_SECRET", sandbox.api_secret)
    section = {"root": sandbox.root, "session_file": "session.json", "cache": "lists"}
    lines = "".join(f"{name} = {json.dumps(value)}\n" for name, value in section.items())
    (tmp_path / "friday.toml").write_text(f"[plugins.connection.zerodha]\n{lines}", encoding="utf-8")
    log_in(sandbox, tmp_path / "session.json")
    return tmp_path


def history(*words: str) -> Result:
    return CliRunner().invoke(cli, ["history", *words])


def asked(sandbox: KiteSandbox) -> int:
    return sum(one.get("path", "").startswith("/instruments/historical") for one in sandbox.audit())


def bars(folder: Path) -> Chunk:
    source = ParquetSource(BarFileSettings(path=folder, interval="1m", timezone="Asia/Kolkata"))
    source.instruments()
    return Chunk.concat([*source.bars()])


def test_a_download_that_was_killed_goes_on_and_ends_as_one_that_was_not(folder: Path, sandbox: KiteSandbox) -> None:
    command = [sys.executable, "-c", "from friday_core.cli.main import main; main()", "history", "zerodha_history"]
    process = subprocess.Popen([*command, *WANTED], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    kept = folder / "zerodha_history" / "1m"
    while len([*kept.glob("*.parquet")]) < 2:
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    process.kill()
    process.communicate()
    before, requests = {path.name: path.read_bytes() for path in kept.glob("*.parquet")}, asked(sandbox)
    finished = history("zerodha_history", *WANTED)
    assert finished.exit_code == 0, finished.output
    assert {name: (kept / name).read_bytes() for name in before} == before
    whole = len([*kept.glob("*.parquet")])
    assert finished.output == f"{whole} files in zerodha_history/1m\n"
    on_its_way = asked(sandbox) - requests - (whole - len(before))
    assert on_its_way in (0, 1), "what was asked when the process was killed may be told of later"
    again = history("zerodha_history", *WANTED)
    assert (again.output, asked(sandbox) - requests) == (finished.output, whole - len(before) + on_its_way)
    other = history("zerodha_history", *WANTED, "--folder", "other")
    assert other.exit_code == 0, other.output
    found, expected = bars(kept), bars(folder / "other" / "1m")
    assert found.ts_event.tolist() == expected.ts_event.tolist()
    assert found["close"].tolist() == expected["close"].tolist()


def test_what_is_configured_is_fetched_without_a_word(folder: Path) -> None:
    text = (folder / "friday.toml").read_text("utf-8")
    section = '[plugins.source.zerodha_history]\ninstruments = ["INFY.NSE"]\ninterval = "1d"\nfirst = 2026-11-02\n'
    (folder / "friday.toml").write_text(f"{text}\n{section}", encoding="utf-8")
    result = history("zerodha_history")
    assert (result.output, result.exit_code) == ("1 file in zerodha_history/1d\n", 0)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("csv",), "source.csv has nothing to fetch: it reads what is there"),
        (("zerodha_histroy",), "zerodha_history"),
        (("zerodha_history", "--first", "2026-11-02"), "instruments: Field required"),
        (("zerodha_history", "--first", "2026-11-02", "--instruments", "A.NSE", "--interval", "2m"), "interval: "),
        (
            ("zerodha_history", "--first", "2026-11-02", "--last", "2026-11-01", "--instruments", "A.NSE"),
            "its settings: last is before first",
        ),
        (("zerodha_history", "--first", "2026-11-02", "--instruments", "NOBODY.NSE"), "does not list NOBODY.NSE"),
    ],
)
def test_what_cannot_be_fetched_is_refused_with_what_to_correct(
    folder: Path, words: tuple[str, ...], said: str
) -> None:
    result = history(*words)
    assert result.exit_code != 0
    assert said in re.sub(r"\s+", " ", result.output)
    assert not (folder / "zerodha_history").exists()


def test_without_a_login_it_says_what_to_do(folder: Path) -> None:
    (folder / "session.json").unlink()
    result = history("zerodha_history", *WANTED)
    assert result.exit_code != 0
    assert "friday login zerodha" in result.output

"""``friday journal`` and ``friday replay``: what a session left on the disk is enough to have it again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result
from dependency_injector import providers
from fakes.clock import SimulatedClock

import containers
from friday_core.cli.main import cli
from friday_core.orchestration.host import RunResult
from friday_core.orchestration.replaying import SessionReplay
from friday_core.session.on_disk.codec import HEAD
from friday_core.session.on_disk.frames import frames, packed
from friday_core.session.pacing import Pacer

MINUTES = (
    "clock.kind=wall",
    "clock.speed=3600.0",
    "plugins.source.synthetic.sessions=2",
    "plugins.source.synthetic.interval=1m",
    "plugins.source.synthetic.dirt=0.01",
)
BOOKS = (
    'trading.active_strategies=[{id="cross", use="moving_average_cross", settings={fast=5, slow=20}}, '
    '{id="slow", use="moving_average_cross", settings={fast=20, slow=50}}]',
)
CROSS = ('trading.active_strategies=[{id="cross", use="moving_average_cross", settings={fast=5, slow=20}}]',)


class KilledError(BaseException):
    """The process ends here."""


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def paper(*overrides: str, dies_after: int | None = None) -> RunResult | None:
    """A session on the wall clock, without its waiting; ``None`` if it was killed after so many rows."""
    loaded = containers.load_settings(environ={}, overrides=[*MINUTES, *overrides])
    infrastructure = containers.Infrastructure(loaded=loaded.in_use())
    plugins = containers.Plugins(infrastructure=infrastructure)
    parts = containers.Session(infrastructure=infrastructure, plugins=plugins)
    parts.pacer.override(providers.Object(Pacer(3600.0, None, SimulatedClock())))

    def progress(rows: int, _ts: int) -> None:
        if dies_after is not None and rows >= dies_after:
            raise KilledError

    try:
        result: RunResult = parts.host().run(progress)
    except KilledError:
        return None
    return result


def friday(*arguments: str, code: int = 0) -> Result:
    done = CliRunner().invoke(cli, list(arguments))
    assert done.exit_code == code, (done.output, done.exception)
    return done


def replayed(*arguments: str) -> tuple[dict[str, Any], Path, str]:
    """The summary of a replay, its folder, and what was printed on stderr."""
    done = friday("replay", "journals", "--quiet", "--no-report", *arguments)
    folder = Path(done.stdout.strip())
    return json.loads((folder / "summary.json").read_text("utf-8")), folder, done.stderr


def tables(folder: Path) -> dict[str, Any]:
    return {path.stem: pq.read_table(path).to_pylist() for path in sorted(folder.glob("*.parquet"))}


@pytest.mark.parametrize("books", [CROSS, BOOKS], ids=["one book", "two books, netted"])
def test_a_replay_makes_the_results_of_the_run_from_the_journal_alone(books: tuple[str, ...]) -> None:
    run = paper(*books)
    assert run is not None
    assert run.summary["results"]["fills"] > 50
    summary, folder, told = replayed()
    assert "-replay-" in folder.name
    assert summary["results"] == run.summary["results"]
    assert summary["strategies"] == run.summary["strategies"]
    assert summary["session"] == run.summary["session"]
    assert tables(folder) == tables(run.folder)
    orders = summary["replay"]["orders"]
    assert orders == sum(one["placed"] for one in [json.loads(friday("journal", "info", "--json").stdout)["orders"]])
    assert f"{orders} orders and cancels, all as then" in told


def test_a_session_that_was_killed_and_taken_up_replays_to_the_digest_of_one_that_was_not() -> None:
    whole = paper(*CROSS, "journal.folder=elsewhere")
    assert paper(*CROSS, dies_after=900) is None
    assert paper(*CROSS, dies_after=700) is None
    summary, _, told = replayed()
    assert summary["status"] == "interrupted"
    assert "the journal does not end" in told
    assert paper(*CROSS) is not None
    summary, _, _ = replayed()
    assert whole is not None
    assert summary["results"]["digest"] == whole.summary["results"]["digest"]
    assert summary["status"] == "finished"


def test_a_run_that_died_before_its_results_gets_them_from_its_journal() -> None:
    run = paper(*CROSS)
    assert run is not None
    expected = tables(run.folder)
    for path in run.folder.iterdir():
        path.unlink()
    _, folder, _ = replayed()
    assert tables(folder) == expected


def test_nothing_of_the_environment_and_no_file_changes_a_replay(monkeypatch: pytest.MonkeyPatch) -> None:
    run = paper(*CROSS)
    assert run is not None
    monkeypatch.setenv("FRIDAY_ACCOUNT__CAPITAL", "5")
    Path("friday.toml").write_text("[account]\ncapital = 7\n", "utf-8")
    summary, _, _ = replayed()
    assert summary["results"]["digest"] == run.summary["results"]["digest"]


def test_other_settings_make_it_a_what_if_whose_differences_are_listed() -> None:
    assert paper(*CROSS) is not None
    done = friday("replay", "journals", "--no-report", "--set", "trading.active_strategies.cross.settings.slow=21")
    assert done.stdout.startswith("WHAT-IF: this is not what the session did\n")
    assert "only then: " in done.stdout
    assert "only now: " in done.stdout
    assert "the columns of strategy.cross are not those of then" in done.stderr
    summary, folder, _ = replayed("--set", "risk.max_gross_exposure=0.05")
    assert "-what-if-" in folder.name
    assert summary["replay"]["what_if"]
    assert summary["replay"]["only_then"] > 0


def test_a_what_if_of_what_does_not_matter_has_no_difference() -> None:
    assert paper(*CROSS) is not None
    summary, _, _ = replayed("--set", "account.charges_scale=1.0")
    assert (summary["replay"]["only_then"], summary["replay"]["only_now"]) == (0, 0)


def test_where_it_writes_is_no_what_if() -> None:
    assert paper(*CROSS) is not None
    summary, folder, _ = replayed("--set", "run.folder=other")
    assert folder.parent == Path("other")
    assert not summary["replay"]["what_if"]


def test_the_executor_of_then_need_not_be_that_of_now() -> None:
    run = paper(*CROSS)
    assert run is not None
    summary, _, _ = replayed("--set", "run.executor=python")
    assert summary["results"]["digest"] == run.summary["results"]["digest"]


def rewrite(path: Path, old: bytes, new: bytes) -> None:
    """The file with another head, and every sum as it is then."""
    parts, previous = list[bytes](), 0
    for frame in list(frames(path.read_bytes())):
        content = bytes(frame.content)
        content = content.replace(old, new) if frame.kind == HEAD else content
        data, previous = packed(frame.kind, frame.seq, frame.ts, content, previous)
        parts.append(data)
    path.write_bytes(b"".join(parts))


def test_a_divergence_names_record_strategy_and_the_columns_of_now() -> None:
    assert paper(*CROSS) is not None
    (path,) = Path("journals").glob("*/*/*.journal")
    rewrite(path, b"fast = 5", b"fast = 6")  # as if the plugin were another one now
    done = friday("replay", "journals", "--quiet", "--no-report", code=1)
    first, *rest = done.stderr.splitlines()
    assert first.startswith("the columns of strategy.cross are not those of then: program ")
    text = "\n".join(rest)
    assert "does not lead to what it led to then\nrecord " in text
    assert "): the first order that differs\n    then: " in text
    assert "\n    now: " in text
    assert "strategy cross, SYN" in text
    assert ", now: signal " in text
    assert "mend: install the plugins and the Friday of then" in text
    assert "what there is of the replay: runs/" in text
    failed = friday("journal", "verify", "--replay", code=1)
    assert "does not lead to what it led to then" in failed.stderr


def test_a_replay_is_ended_in_order_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    assert paper(*CROSS) is not None
    monkeypatch.setattr(SessionReplay, "_note", lambda session, *_: session.stop())
    done = friday("replay", "journals", "--no-report", code=130)
    assert "the replay was interrupted" in done.stdout
    assert ": interrupted (" in done.stdout


def test_verify_replays_and_leaves_nothing_behind() -> None:
    assert paper(*CROSS) is not None
    before = sorted(str(path) for path in Path().rglob("*"))
    done = friday("journal", "verify", "--replay")
    assert ": whole, " in done.stdout
    assert "orders and cancels, all as then" in done.stdout
    assert sorted(str(path) for path in Path().rglob("*")) == before


def test_a_torn_end_and_a_damage_are_told_and_only_the_damage_is_an_error() -> None:
    assert paper(*CROSS, dies_after=900) is None
    (path,) = Path("journals").glob("*/*/000001.journal")
    whole = path.read_bytes()
    path.write_bytes(whole[:-3])
    done = friday("journal", "verify")
    assert "bytes of 000001.journal are torn, and the next start cuts them off" in done.stdout
    path.write_bytes(whole[:20_000] + bytes([whole[20_000] ^ 1]) + whole[20_001:])
    done = friday("journal", "verify", code=1)
    assert "damaged at byte" in done.stdout
    assert "friday journal export --damaged" in done.stdout
    assert "or export what stands before the damage, with --damaged" in friday("journal", "export", code=1).stderr
    done = friday("journal", "export", "--damaged")
    assert "what stands before the damage, " in done.stderr


def test_info_tells_what_a_journal_has() -> None:
    assert paper(*CROSS, dies_after=900) is None
    assert paper(*CROSS) is not None
    found = json.loads(friday("journal", "info", "--json").stdout)
    assert (found["profile"], found["mode"], found["zone"]) == ("backtest", "paper", "Asia/Kolkata")
    assert (found["ended"], found["held_by"], found["of_profile"]) == (True, None, 1)
    assert found["records"]["SessionResumed"] == 1
    assert found["sessions"] == ["2024-01-01", "2024-01-02"]
    assert found["times"]["market_data"] == ["2024-01-01 09:16:00 IST", "2024-01-02 15:30:00 IST"]
    assert [one["file"] for one in found["segments"]] == ["000001.journal", "000002.journal"]
    text = friday("journal", "info").stdout
    assert "the session has ended; nobody writes it now; 1 of its profile" in text
    assert "market_data: " in text


def test_tail_shows_the_last_records_with_their_orders() -> None:
    assert paper(*CROSS) is not None
    lines = friday("journal", "tail", "-n", "3").stdout.splitlines()
    assert [line.split()[0] for line in lines if line.startswith("#")] == sorted(
        line.split()[0] for line in lines if line.startswith("#")
    )
    assert lines[-1].endswith("the session ends: END_OF_DATA: the source has no more rows")
    assert sum(line.startswith("#") for line in lines) == 3
    assert sum(line.startswith("#") for line in friday("journal", "tail", "-n", "99999").stdout.splitlines()) > 700


def test_exported_rows_are_a_source_of_the_same_session() -> None:
    run = paper(*CROSS, "plugins.source.synthetic.dirt=0.0", "plugins.source.synthetic.instruments=4")
    assert run is not None
    done = friday("journal", "export")
    section = done.stdout.split("# market_data\n")[1]
    Path("friday.toml").write_text(
        f'{section}\ntimezone = "Asia/Kolkata"\n[streams.market_data]\nsource = "parquet"\n', "utf-8"
    )
    done = friday("run", "--quiet", "--no-report", "--set", CROSS[0])
    summary = json.loads((Path(done.stdout.strip()) / "summary.json").read_text("utf-8"))
    assert summary["results"]["rows"] == run.summary["results"]["rows"]
    expected, found = tables(run.folder), tables(Path(done.stdout.strip()))
    for name in ("bars", "fills", "equity", "positions", "quarantine"):
        assert found[name] == expected[name], name


def test_a_journal_that_is_not_there_is_told() -> None:
    assert "there is no such folder" in friday("replay", "nowhere", code=1).stderr


# Why ---------------------------------------------------------------------------------------------


def test_a_decision_of_the_session_is_explained_from_its_records() -> None:
    run = paper(*CROSS)
    assert run is not None
    decided = next(one for one in tables(run.folder)["decisions"] if one["ts_event"].day == 2)
    at = decided["ts_event"].astimezone(ZoneInfo("Asia/Kolkata"))
    symbol = decided["instrument"].partition(".")[0]
    found = json.loads(friday("explain", "journals", "--at", f"{at:%H:%M}", "-i", symbol, "--json").stdout)
    assert (found["component"], found["output"], found["instrument"]) == ("strategy.cross", "signal", f"{symbol}.NSE")
    assert found["ts_event"] == decided["ts_event"].isoformat()
    assert found["steps"][0]["value"] == decided["value"]
    options = [option for value in (*MINUTES, *CROSS) for option in ("--set", value)]
    asked = ["--at", decided["ts_event"].isoformat(), "-i", decided["instrument"], "--json"]
    assert json.loads(friday("explain", "cross", *asked, *options).stdout) == found
    dated = friday(
        "explain", "journals", "--component", "cross", "--at", f"{at:%Y-%m-%d %H:%M}", "-i", symbol, "--json"
    )
    assert json.loads(dated.stdout) == found


def test_a_question_that_a_journal_cannot_answer_says_what_is_there() -> None:
    assert paper(*BOOKS) is not None
    done = friday("explain", "journals", "--at", "10:31", "-i", "SYN01", code=2)
    assert "strategy.cross, strategy.slow: name one with --component" in done.stderr
    done = friday("explain", "journals", "--component", "cross", "--at", "20:00", "-i", "SYN01", code=2)
    assert "had no row of SYN01.NSE" in done.stderr


# Against a backtest ------------------------------------------------------------------------------


def test_a_journal_and_the_backtest_of_its_rows_are_alike_and_another_slippage_is_price() -> None:
    run = paper(*CROSS)
    assert run is not None
    options = [option for value in (*MINUTES[2:], *CROSS) for option in ("--set", value)]
    same = Path(friday("run", "--quiet", "--no-report", *options).stdout.strip())
    assert " alike, 0 differ" in friday("diverge", "journals", str(same)).stdout
    assert " alike, 0 differ" in friday("diverge", str(run.folder), str(same)).stdout
    other = [*options, "--set", "plugins.broker.paper.slippage_ticks=3"]
    dearer = Path(friday("run", "--quiet", "--no-report", *other).stdout.strip())
    found = json.loads(friday("diverge", "journals", str(dearer), "--json", code=1).stdout)
    first = found["differences"][0]
    assert (first["cause"], first["what"]) == ("price", "price")
    assert first["cost"].startswith("-")
    assert set(found["causes"]) <= {"price", "charges", "earlier difference"}
    assert "price" in friday("diverge", "journals", str(dearer), code=1).stdout

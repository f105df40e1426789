"""A broker that fails: who it was, at which order, what is left, and what the shell is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result
from fakes.components import Flat, Silent, Simulation, Watching
from fakes.installed import Installed, UserFolder

from friday_core.api import BrokerError, ComponentSpec, InDoubt, Intent, PlaceOrder
from friday_core.cli.main import cli
from friday_core.errors import ComponentError

CROSS = """
[plugins.source.synthetic]
sessions = 60
[[trading.active_strategies]]
id = "cross"
use = "moving_average_cross"
settings = { fast = 5, slow = 20 }
"""
TABLES = ["bars", "corporate_actions", "decisions", "equity", "fills", "orders", "positions", "postings", "quarantine"]
MEND = "correct [plugins.broker.naughty], or report it to the author of "


@pytest.fixture(autouse=True)
def _flat_prices(installed: Installed) -> None:
    installed.add(ComponentSpec("source", "flat", lambda: Flat(["INR"] * 5)))


def friday(folder: UserFolder, *options: str) -> Result:
    (folder.path / "friday.toml").write_text(CROSS)
    return CliRunner().invoke(cli, ["run", *options])


def run_with(installed: Installed, folder: UserFolder, broker: type[Simulation], *options: str) -> Result:
    installed.add(ComponentSpec("broker", "naughty", broker))
    return friday(folder, "--set", "broker.use=naughty", *options)


def log_of(folder: UserFolder) -> str:
    return (folder.run_folder / "log.jsonl").read_text()


# Sending --------------------------------------------------------------------------------------------


class OutOfDisk(Simulation):
    """Takes two orders, and then nothing more."""

    taken = 0

    def send(self, intents: Sequence[Intent]) -> None:
        self.taken += 1
        if self.taken == 3:
            raise OSError("no space left on device")


class Doubtful(Simulation):
    """Cannot say of the first order whether it has arrived."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[Intent] = []

    def send(self, intents: Sequence[Intent]) -> None:
        self.sent += intents
        if len(self.sent) == 1:
            raise InDoubt("not today")


def orders_in(folder: UserFolder) -> list[str]:
    rows = pq.read_table(folder.run_folder / "orders.parquet").to_pylist()
    return [row["status_reason"] for row in rows]


def test_a_broker_that_fails_at_an_order_is_named_with_the_order_its_line_the_mend_and_the_folder(
    installed: Installed, folder: UserFolder
) -> None:
    result = run_with(installed, folder, OutOfDisk, "--quiet")
    message, mend, where = result.stderr.splitlines()
    tag = pq.read_table(folder.run_folder / "orders.parquet").column("tag").to_pylist()[2]
    assert message.startswith(f"friday: component 'broker.naughty': send of order {tag} (3 of ")
    assert "failed: OSError: no space left on device (test_failing_brokers.py, line " in message
    assert mend.startswith(MEND)
    assert where == f"what there is of the run: runs/{folder.run_folder.name}"
    assert (result.exit_code, result.stdout) == (1, "")


def test_the_traceback_of_a_broker_that_fails_is_in_the_log(installed: Installed, folder: UserFolder) -> None:
    run_with(installed, folder, OutOfDisk, "--quiet")
    assert "in send\\n" in log_of(folder)
    assert 'raise OSError(\\"no space left on device\\")' in log_of(folder)


def test_orders_that_were_not_sent_say_so(installed: Installed, folder: UserFolder) -> None:
    run_with(installed, folder, OutOfDisk, "--quiet")
    reasons = orders_in(folder)
    assert len(reasons) > 4
    assert not any("SENT" in reason or "SEND" in reason for reason in reasons[:2])
    assert reasons[2].endswith("SEND_FAILED: OSError: no space left on device")
    assert all("NOT_SENT: broker.naughty failed before, at order " in reason for reason in reasons[3:])


def test_after_an_order_in_doubt_those_of_its_record_are_sent_and_the_run_fails(
    installed: Installed, folder: UserFolder
) -> None:
    made: list[Doubtful] = []

    def factory() -> Doubtful:
        made.append(Doubtful())
        return made[-1]

    installed.add(ComponentSpec("broker", "naughty", factory))
    with pytest.raises(ComponentError, match=r"'broker\.naughty': send of order \w+ .*failed: InDoubt: not today"):
        folder.host(CROSS, overrides=["broker.use=naughty"]).run()
    tags = pq.read_table(folder.run_folder / "orders.parquet").column("tag").to_pylist()
    assert [one.order.tag for one in made[0].sent if isinstance(one, PlaceOrder)] == tags
    reasons = orders_in(folder)
    assert "SEND_FAILED: InDoubt: not today" in reasons[0]
    assert not any("SENT" in reason or "SEND" in reason for reason in reasons[1:])


def test_what_a_broker_is_handed_does_not_depend_on_how_rows_are_cut(installed: Installed, tmp_path: Path) -> None:
    calls: list[list[Sequence[Intent]]] = []

    class Noting(Simulation):
        def __init__(self) -> None:
            super().__init__()
            calls.append([])

        def send(self, intents: Sequence[Intent]) -> None:
            calls[-1].append(intents)

    installed.add(ComponentSpec("broker", "naughty", Noting))
    for rows in (7, 5_000):
        (tmp_path / str(rows)).mkdir()
        UserFolder(tmp_path / str(rows)).host(CROSS, overrides=["broker.use=naughty", f"run.chunk_rows={rows}"]).run()
    assert calls[0] == calls[1]
    assert {len(one) for one in calls[0]} == {1}


# Starting -------------------------------------------------------------------------------------------


class NotToday(Simulation):
    asked = False

    def start(self) -> None:
        raise BrokerError("orders.db: it is locked; close the program that has it open")

    def results(self) -> Mapping[str, str]:
        type(self).asked = True
        return {}


def test_of_a_run_that_could_not_start_there_is_a_log_and_no_tables(installed: Installed, folder: UserFolder) -> None:
    result = run_with(installed, folder, NotToday)
    name = folder.run_folder.name
    assert result.stderr.splitlines()[0] == (
        "friday: component 'broker.naughty': start failed: "
        "BrokerError: orders.db: it is locked; close the program that has it open"
    )
    assert result.stderr.splitlines()[-1] == f"nothing was run; the log of it is in runs/{name}"
    assert (result.exit_code, folder.summary["status"], folder.tables) == (1, "failed", [])
    assert "it is locked" in log_of(folder)


def test_a_broker_that_was_not_started_is_not_asked_what_it_wrote(installed: Installed, folder: UserFolder) -> None:
    run_with(installed, folder, NotToday)
    assert not NotToday.asked


# Stopping -------------------------------------------------------------------------------------------


class Stuck(Simulation):
    def stop(self) -> None:
        raise ConnectionError("still busy")


class Forgetful(Simulation):
    def results(self) -> Mapping[str, str]:
        raise OSError("no such file")


class Mumbling(Simulation):
    def results(self) -> Any:
        return {"orders": Path("orders.db")}


class Silenced(Simulation):
    def results(self) -> Any:
        return None


@pytest.mark.parametrize(
    ("broker", "told"),
    [
        (Stuck, "stop failed: ConnectionError: still busy (test_failing_brokers.py, line "),
        (Forgetful, "results failed: OSError: no such file (test_failing_brokers.py, line "),
        (Mumbling, "results() gave {'orders': PosixPath('orders.db')}, and must give a mapping of texts"),
        (Silenced, "results() gave None, and must give a mapping of texts"),
    ],
)
@pytest.mark.parametrize("options", [[], ["--quiet"]], ids=["", "quiet"])
def test_a_broker_that_fails_at_the_end_fails_the_run_with_all_results(
    installed: Installed, folder: UserFolder, broker: type[Simulation], told: str, options: list[str]
) -> None:
    result = run_with(installed, folder, broker, *options)
    summary = folder.summary
    assert (result.exit_code, summary["status"], summary["files"]) == (1, "failed", {})
    assert summary["error"].startswith(f"component 'broker.naughty': {told}")
    assert summary["stop_errors"] == [summary["error"]]
    assert MEND in summary["error"]
    assert result.stderr == f"friday: {summary['error']}\n"
    assert folder.tables == TABLES
    assert (folder.run_folder / "report.html").exists()


def test_what_a_broker_failed_with_at_the_end_is_told_once_on_the_screen(
    installed: Installed, folder: UserFolder
) -> None:
    assert run_with(installed, folder, Stuck).stdout.count("still busy") == 1


def test_a_failure_while_stopping_does_not_hide_why_the_run_failed(installed: Installed, folder: UserFolder) -> None:
    class Hopeless(Stuck):
        def send(self, intents: Sequence[Intent]) -> None:
            raise InDoubt("not today")

    result = run_with(installed, folder, Hopeless, "--quiet")
    first, _, stopping, _ = result.stderr.splitlines()
    assert "failed: InDoubt: not today" in first
    assert stopping.startswith("while stopping: component 'broker.naughty': stop failed: ConnectionError: still busy")
    assert "InDoubt: not today" in folder.summary["error"]


class StuckNotifier(Silent):
    stop = Stuck.stop


class StuckObserver(Watching):
    stop = Stuck.stop


class StuckSource(Flat):
    stop = Stuck.stop


@pytest.mark.parametrize(
    ("component", "place", "code"),
    [
        (StuckNotifier, "notify.use=['stuck']", 0),
        (StuckObserver, "run.observers=['stuck']", 0),
        (StuckSource, "streams.market_data.source=stuck", 1),
    ],
)
def test_whoever_only_looks_on_fails_no_run_and_is_told_of_all_the_same(
    installed: Installed, folder: UserFolder, component: type[Any], place: str, code: int
) -> None:
    kind = component.__name__.removeprefix("Stuck").lower()
    installed.add(ComponentSpec(kind, "stuck", component))
    result = friday(folder, "--quiet", "--set", place)
    (error,) = folder.summary["stop_errors"]
    assert error.startswith(f"component '{kind}.stuck': stop failed: ConnectionError: still busy")
    assert ("may be missing" in error) == bool(code)
    assert f"correct [plugins.{kind}.stuck], or report it to the author of " in error
    assert (result.exit_code, folder.summary["status"]) == (code, "failed" if code else "finished")
    assert result.stderr == (f"friday: {error}\n" if code else f"while stopping: {error}\n")


# Sensitivity ----------------------------------------------------------------------------------------


class Writing(Simulation):
    """Notes all that is done with it, whichever run it is for."""

    diary: list[str] = []  # noqa: RUF012 - of all that are made

    def start(self) -> None:
        self.diary.append("start")

    def send(self, intents: Sequence[Intent]) -> None:
        self.diary.append("send")

    def stop(self) -> None:
        self.diary.append("stop")

    def results(self) -> Mapping[str, str]:
        self.diary.append("results")
        return {}


def test_in_the_runs_of_sensitivity_no_broker_is_started_and_nothing_is_sent(
    installed: Installed, folder: UserFolder
) -> None:
    installed.add(ComponentSpec("broker", "writing", Writing))
    diaries = []
    for options in ([], ["--sensitivity"]):
        Writing.diary.clear()
        assert friday(folder, "--quiet", "--no-report", "--set", "broker.use=writing", *options).exit_code == 0
        diaries.append(list(Writing.diary))
    assert diaries[0] == diaries[1]
    assert (diaries[0][0], diaries[0][1], diaries[0][-2:]) == ("start", "send", ["stop", "results"])


HOOKED = """
from fakes.components import Idle
from friday_core.api import ComponentSpec, hookimpl

@hookimpl
def friday_components():
    return [ComponentSpec("strategy", "hooked", Idle)]

@hookimpl
def friday_session_opened(profile):
    with open("opened.txt", "a") as file:
        file.write("x")
"""


def test_nor_are_hooks_called_that_a_plugin_brings_along(
    installed: Installed, folder: UserFolder, tmp_path: Path
) -> None:
    installed.point("strategy.hooked", installed.source_file(tmp_path, HOOKED))
    toml = CROSS + '[[trading.active_strategies]]\nid = "hooked"\nuse = "hooked"\n'
    (tmp_path / "friday.toml").write_text(toml)
    result = CliRunner().invoke(cli, ["run", "--quiet", "--no-report", "--sensitivity"])
    assert result.exit_code == 0, result.output
    assert (tmp_path / "opened.txt").read_text() == "x"


class Own:
    latency = 0

    def match(self, ordinal: int, bars: Any, orders: Any) -> Any:
        yield from ()


class WithOwnMatcher(Simulation):
    def matcher(self) -> Any:
        return Own()


def test_slippage_that_cannot_be_scaled_is_told_before_anything_is_run(
    installed: Installed, folder: UserFolder
) -> None:
    result = run_with(installed, folder, WithOwnMatcher, "--sensitivity")
    assert result.exit_code == 2
    assert "--sensitivity cannot scale the slippage of this broker: its matcher is a Own and no BarMatcher" in (
        result.stderr
    )
    assert "derive the matcher from friday_core.api.BarMatcher" in result.stderr
    assert not (folder.path / "runs").exists()


# Making a matcher -----------------------------------------------------------------------------------


class Raising(Simulation):
    def matcher(self) -> Any:
        raise KeyError("rules")


class WithoutMatcher(Simulation):
    def matcher(self) -> Any:
        return None


class WithText(Simulation):
    def matcher(self) -> Any:
        return "matcher"


class Hasty(Own):
    latency: Any = 0.5


class WithHasty(Simulation):
    def matcher(self) -> Any:
        return Hasty()


@pytest.mark.parametrize(
    ("broker", "told"),
    [
        (Raising, "could not make its matcher: KeyError: 'rules' (test_failing_brokers.py, line "),
        (WithoutMatcher, "its matcher() gave None, which is no Matcher: it has no match()"),
        (WithText, "its matcher() gave a str, which is no Matcher: it has no match()"),
        (WithHasty, "the latency of its matcher is 0.5, and must be a whole number of slices"),
    ],
)
@pytest.mark.parametrize("command", [["run"], ["config", "check"]], ids=["run", "check"])
def test_a_broker_without_a_matcher_is_a_problem_of_the_configuration(
    installed: Installed, folder: UserFolder, broker: type[Simulation], told: str, command: list[str]
) -> None:
    installed.add(ComponentSpec("broker", "naughty", broker))
    (folder.path / "friday.toml").write_text(CROSS)
    result = CliRunner().invoke(cli, [*command, "--set", "broker.use=naughty"])
    assert result.exit_code == 2
    assert told in result.output
    assert "(broker.naughty" in result.output
    assert "mend: " in result.output

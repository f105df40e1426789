"""A component that fails in the middle of a run: who is stopped, who goes on, and what is left behind."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from fakes.components import AllowAll, Flat, Half, Idle, PassAll
from fakes.installed import Installed, UserFolder

from friday_core.api import (
    Bar,
    BookView,
    Chunk,
    ComponentSpec,
    DataSourceError,
    Decision,
    Event,
    Order,
    OrderEnded,
    OrderType,
    Proposal,
    Ruling,
    Side,
    Signal,
    Target,
    TimeInForce,
    Verdict,
)
from friday_core.cli.main import cli
from friday_core.orchestration.host import Host, RunResult
from friday_core.session.log import SessionLog

TABLES = ["bars", "corporate_actions", "decisions", "equity", "fills", "orders", "positions", "postings", "quarantine"]
CROSS = """
[[trading.active_strategies]]
id = "cross"
use = "moving_average_cross"
settings = { fast = 5, slow = 20 }
capital = 500_000
"""
MOON = """
[[trading.active_strategies]]
id = "moon"
use = "moon"
capital = 500_000
"""


#: Five instruments, a chunk for each of thirty days.
FLAT = "streams.market_data.source=flat"


@pytest.fixture(autouse=True)
def _flat_prices(installed: Installed) -> None:
    installed.add(ComponentSpec("source", "flat", lambda: Flat(["INR"] * 5)))


def rows_of(folder: UserFolder, table: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(folder.run_folder / f"{table}.parquet").to_pylist()
    return rows


# A strategy -----------------------------------------------------------------------------------------


class Falling(Idle):
    """Lets a low bid work, then raises on its hundredth bar."""

    order_types = frozenset({OrderType.LIMIT})
    error: BaseException = RuntimeError("the moon fell down")

    def __init__(self) -> None:
        super().__init__()
        self.bars = 0
        self.news: list[Event] = []

    def on_event(self, event: Event, book: BookView) -> Iterable[Decision] | None:
        if not isinstance(event, Bar):
            self.news.append(event)
            return None
        self.bars += 1
        if self.bars == 100:
            raise self.error
        if self.bars > 1:
            return None
        bid = event.raw.low // 2 // event.instrument.tick_size * event.instrument.tick_size
        return [Order(event.instrument.id, Side.BUY, 1, OrderType.LIMIT, bid, time_in_force=TimeInForce.GTC)]


class Leaving(Falling):
    error = SystemExit(0)


class Mumbling(Falling):
    """Answers with something that is no decision."""

    def on_event(self, event: Event, book: BookView) -> Any:
        super_answer = None if self.bars == 98 else super().on_event(event, book)
        return ["buy"] if self.bars == 98 else super_answer


def log_of(host: Host) -> SessionLog:
    return host._runner.core.log


def numbers_of(log: SessionLog, strategy: str) -> list[Any]:
    """Everything that was logged of one strategy."""
    rows = (*log.decisions, *log.fills, *log.ended, *log.equity, *log.positions, *log.actions)
    return [row for row in map(msgspec.to_builtins, rows) if row["strategy"] == strategy]


@pytest.mark.parametrize("strategy", [Falling, Leaving, Mumbling])
def test_the_others_go_on_with_exactly_the_numbers_that_they_have_without_it(
    installed: Installed, tmp_path: Path, strategy: type[Falling]
) -> None:
    installed.add(ComponentSpec("strategy", "moon", strategy))
    logs = []
    for name, toml in (("alone", CROSS), ("together", CROSS + MOON), ("after it", MOON + CROSS)):
        (tmp_path / name).mkdir()
        host = UserFolder(tmp_path / name).host(toml)
        assert host.run().status == "finished"
        logs.append(log_of(host))
    alone, together, after = logs
    assert numbers_of(together, "cross") == numbers_of(alone, "cross")
    assert len(together.fills) == len(alone.fills) > 0
    # The place in the configuration is part of an order's tag, and of nothing else.
    untagged = [[{**row, "tag": ""} for row in numbers_of(log, "cross")] for log in (after, alone)]
    assert untagged[0] == untagged[1]


def test_it_is_called_no_more_and_its_working_orders_are_cancelled(installed: Installed, folder: UserFolder) -> None:
    made: list[Falling] = []

    def factory() -> Falling:
        made.append(Falling())
        return made[0]

    installed.add(ComponentSpec("strategy", "moon", factory))
    host = folder.host(MOON + CROSS, overrides=[FLAT])
    host.run()
    (bid,) = [order for order in rows_of(folder, "orders") if order["strategy"] == "moon"]
    assert (bid["status"], bid["filled"]) == ("cancelled", 0)
    assert bid["status_reason"] == "STRATEGY_STOPPED: RuntimeError: the moon fell down"
    assert (made[0].bars, made[0].news) == (100, [])
    last_decision = log_of(host).stopped[0].ts_event
    assert all(row.ts_event <= last_decision for row in log_of(host).decisions if row.strategy == "moon")


def test_that_it_was_stopped_stands_in_the_summary_and_is_told_to_a_person(
    installed: Installed, folder: UserFolder
) -> None:
    installed.add(ComponentSpec("strategy", "moon", Falling))
    result = folder.host(MOON + CROSS).run()
    (stopped,) = result.summary["stopped_strategies"]
    assert (stopped["strategy"], stopped["error"]) == ("moon", "RuntimeError: the moon fell down")
    lines = [json.loads(line) for line in (result.folder / "log.jsonl").read_text().splitlines()]
    (told,) = [line for line in lines if line["component"] == "notifier.log"]
    assert (told["level"], told["subject"]) == ("critical", "strategy moon")
    assert told["message"] == "it was stopped: RuntimeError: the moon fell down"


def test_the_shell_is_told_by_exit_code_3(installed: Installed, folder: UserFolder) -> None:
    installed.add(ComponentSpec("strategy", "moon", Falling))
    (folder.path / "friday.toml").write_text(MOON + CROSS + "[plugins.source.synthetic]\nsessions = 60\n")
    result = CliRunner().invoke(cli, ["run"])
    assert result.exit_code == 3
    assert "strategy moon was stopped: RuntimeError: the moon fell down" in result.output


# A sizer and a risk rule ----------------------------------------------------------------------------


class Dizzy(Half):
    def size(self, signal: Signal, bar: Any, book: BookView) -> Target:
        raise ZeroDivisionError("no idea")


class Weighing(Half):
    def size(self, signal: Signal, bar: Any, book: BookView) -> Any:
        return 0.5


class Nervous(AllowAll):
    def check(self, proposal: Proposal, book: BookView) -> Ruling:
        raise TimeoutError("not now")


class Speechless(AllowAll):
    def check(self, proposal: Proposal, book: BookView) -> Any:
        return None


def codes(result: RunResult) -> dict[str, int]:
    found: dict[str, int] = result.summary["results"]["decisions"]
    return found


@pytest.mark.parametrize("sizer", [Dizzy, Weighing])
def test_a_sizer_that_fails_sizes_nothing_and_the_run_goes_on(
    installed: Installed, folder: UserFolder, sizer: type[Half]
) -> None:
    installed.add(ComponentSpec("sizer", "odd", sizer))
    result = folder.host(CROSS, overrides=["trading.sizer=odd"]).run()
    assert result.status == "finished"
    assert list(codes(result)) == ["SIZER_RAISED"]
    assert result.summary["results"]["fills"] == 0


@pytest.mark.parametrize("rule", [Nervous, Speechless])
def test_a_risk_rule_that_fails_denies_and_the_run_goes_on(
    installed: Installed, folder: UserFolder, rule: type[AllowAll]
) -> None:
    installed.add(ComponentSpec("risk_rule", "odd", rule))
    result = folder.host(CROSS, overrides=["risk.rules=['odd']"]).run()
    assert result.status == "finished"
    assert set(codes(result)) == {"NO_CHANGE", "RULE_RAISED"}  # a signal for flat changes nothing
    assert result.summary["results"]["orders"] == {}


def test_the_decisions_name_the_rule_and_what_it_raised(installed: Installed, folder: UserFolder) -> None:
    installed.add(ComponentSpec("risk_rule", "nervous", Nervous))
    folder.host(CROSS, overrides=["risk.rules=['nervous']"]).run()
    denied = {row["detail"] for row in rows_of(folder, "decisions") if row["code"] == "RULE_RAISED"}
    assert denied == {"nervous: TimeoutError: not now"}


# A validator ----------------------------------------------------------------------------------------


def answering(answer: Callable[[Chunk, int], Any]) -> type[PassAll]:
    """A validator that passes everything until its fifth chunk, and then answers like this."""

    class Odd(PassAll):
        calls = 0

        def validate(self, chunk: Chunk) -> Any:
            self.calls += 1
            return answer(chunk, self.calls) if self.calls == 5 else super().validate(chunk)

    return Odd


class Buying(Idle):
    """One share of one instrument every day."""

    def on_event(self, event: Event, book: BookView) -> Iterable[Decision] | None:
        if isinstance(event, Bar) and event.instrument.id.symbol == "FLAT0":
            return [Order(event.instrument.id, Side.BUY, 1)]
        return None


def raises(_chunk: Chunk, calls: int) -> Any:
    raise KeyError("close")


#: Where that is, as it is told.
RAISES = f"test_failing_components.py, line {raises.__code__.co_firstlineno + 1}, in raises()"


@pytest.mark.parametrize(
    ("validator", "error"),
    [
        (answering(raises), f"KeyError: 'close' ({RAISES})"),
        (answering(lambda _chunk, _calls: None), "it must return a Judgement of one verdict a row"),
        (answering(lambda _chunk, _calls: [Verdict.PASS]), "it must return a Judgement of one verdict a row"),
    ],
    ids=["raises", "answers nothing", "answers garbage"],
)
def test_a_run_goes_on_without_a_validator_that_fails_and_opens_no_position_any_more(
    installed: Installed, folder: UserFolder, validator: type[PassAll], error: str
) -> None:
    installed.add(ComponentSpec("validator", "odd", validator), ComponentSpec("strategy", "moon", Buying))
    result = folder.host(MOON, overrides=["streams.market_data.validators=['odd']", FLAT]).run()
    (fault,) = result.summary["validator_faults"]
    assert (fault["validator"], fault["seq"], fault["error"]) == ("odd", 20, error)
    assert (result.status, result.summary["results"]["rows"], result.summary["results"]["slices"]) == (
        "finished",
        150,
        30,
    )
    denied = [row["ts_event"].day - 1 for row in rows_of(folder, "decisions") if row["code"] == "DATA_DOUBT"]
    assert denied == list(range(4, 31)), "the fourth day was open when the first row of the fifth day came"
    assert codes(result) == {"DATA_DOUBT": 27, "SENT": 3}


def test_that_a_validator_failed_is_told_to_a_person(installed: Installed, folder: UserFolder) -> None:
    installed.add(ComponentSpec("validator", "odd", answering(raises)))
    result = folder.host(CROSS, overrides=["streams.market_data.validators=['odd']", FLAT]).run()
    lines = [json.loads(line) for line in (result.folder / "log.jsonl").read_text().splitlines()]
    (told,) = [line for line in lines if line["component"] == "notifier.log"]
    assert (told["level"], told["subject"]) == ("critical", "validator odd")
    assert told["message"] == f"it failed, no position is opened from here on: KeyError: 'close' ({RAISES})"


def test_the_shell_is_told_of_it_by_exit_code_3_and_a_remark(installed: Installed, folder: UserFolder) -> None:
    installed.add(ComponentSpec("validator", "odd", answering(raises)))
    arguments = ["--quiet", "--set", "streams.market_data.validators=['odd']", "--set", FLAT]
    result = CliRunner().invoke(cli, ["run", *arguments])
    assert result.exit_code == 3
    assert (
        result.stderr == f"validator odd failed on row 20, no position was opened since: KeyError: 'close' ({RAISES})\n"
    )


# A source -------------------------------------------------------------------------------------------


class Breaking(Flat):
    """Delivers ten days and fails."""

    error: Exception = KeyError("eleventh")

    def bars(self) -> Iterator[Chunk]:
        for day, chunk in enumerate(super().bars()):
            if day == 10:
                raise self.error
            yield chunk


class Careful(Breaking):
    error = DataSourceError("bars.csv, line 12: no close")


@pytest.mark.parametrize(
    ("source", "message"),
    [(Breaking, "source 'breaking' raised KeyError: 'eleventh'"), (Careful, "bars.csv, line 12: no close")],
)
def test_a_source_that_fails_half_way_leaves_what_there_was_until_then(
    installed: Installed, folder: UserFolder, source: type[Flat], message: str
) -> None:
    installed.add(ComponentSpec("source", "breaking", source))
    host = folder.host(CROSS, overrides=["streams.market_data.source=breaking"])
    with pytest.raises(DataSourceError, match=message):
        host.run()
    assert folder.summary["status"] == "failed"
    assert folder.summary["error"] == f"DataSourceError: {message}"
    assert folder.tables == TABLES
    assert len(rows_of(folder, "equity")) == 9, "the tenth day was still open"


# An order of a strategy that fell ---------------------------------------------------------------------


def test_an_order_that_ends_because_its_strategy_fell_is_told_to_nobody_else(
    installed: Installed, folder: UserFolder
) -> None:
    heard: list[Event] = []

    class Listening(Idle):
        def on_event(self, event: Event, book: BookView) -> None:
            if isinstance(event, OrderEnded):
                heard.append(event)

    installed.add(ComponentSpec("strategy", "moon", Falling), ComponentSpec("strategy", "ear", Listening))
    folder.host(MOON + MOON.replace("moon", "ear")).run()
    assert heard == []

"""``backtest``: one session on past data, without a file unless one is asked for."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from friday_core.analytics.run_files import RunFiles
from friday_core.cli.backtest import require_backtest
from friday_core.cli.exit_codes import ExitCode
from friday_core.cli.options import DEFAULT_CONTAINER, Choice, Loaded
from friday_core.cli.run import exit_code
from friday_core.cli.summary import remarks
from friday_core.errors import BacktestError
from friday_core.interfaces.source import HistoricalData
from friday_core.orchestration.host import Host, RunResult
from friday_core.orchestration.oracle_run import Checked, check, oracle_run
from friday_core.plugin.plan import MARKET_DATA
from friday_core.plugin.spec import ComponentSpec, Kind
from friday_core.research.bars import CHUNK_ROWS, Bars
from friday_core.research.components import refused
from friday_core.research.overrides import Overrides, literal
from friday_core.research.result import Result
from friday_core.session.runner import Progress

#: Nobody is told but the caller.
_QUIET: Mapping[str, Any] = {"notify.use": [], "run.observers": []}
#: The name of the source that reads what was handed over.
_SOURCE = "handed_over"
_PLAIN = {"run.executor": "python", "run.bars_table": False}


def backtest(
    bars: Any = None,
    strategy: Any = None,
    *,
    profile: str | None = None,
    config: str | Path | None = None,
    loaded: Loaded | None = None,
    set: Mapping[str, Any] | None = None,
    capital: int | None = None,
    currency: str | None = None,
    charges: Any = None,
    matching: Any = None,
    risk: Any = None,
    sizer: Any = None,
    start: dt.date | None = None,
    end: dt.date | None = None,
    allow_refusals: Sequence[str] | None = None,
    check: bool = False,
    folder: str | Path | None = None,
    progress: Progress = lambda _rows, _ts: None,
    container: str = DEFAULT_CONTAINER,
) -> Result:
    """Run a session on past data, by the host, the books and the rules of every other run.

    With a ``profile``, a ``config`` or neither it is ``friday backtest`` with these options, and ``set`` its
    ``--set``: ``{"risk.max_drawdown": 0.2}``. ``loaded`` is a configuration that was loaded before; it is run as
    it is, and writes where it says.

    With ``bars`` nothing is read but what is handed over, no file and no variable, unless a profile or a file is
    named: ``bars`` is a table or ``Bars``, ``strategy`` an installed plugin's name, a class, an object, or several
    of these by the names of their books. ``charges`` and ``sizer`` are named or handed over alike:
    ``{"indian": {"product": "delivery"}}``. ``matching`` are the settings of the broker ``paper``, ``risk`` those of
    ``[risk]``. ``set`` is stronger than the other arguments.

    ``folder`` keeps the run folder, in there. ``check`` has plain Python run the same records. ``progress`` is
    told the rows so far and the time of the last one.

    ``ConfigurationError`` lists everything that is wrong before the start. ``BacktestError`` is raised for what
    ``friday backtest`` has an exit code for: orders that were refused and not allowed to be, a strategy that was
    stopped, a difference that ``check`` found; its ``result`` has all that there is.
    """
    asked, rows, alone = Overrides(), list[HistoricalData](), bars is not None and profile is None and config is None
    if bars is not None:
        _hand_over(asked, rows, bars, strategy, currency, alone=alone)
    asked.strategies(strategy)
    asked.arguments(capital=capital, currency=currency, start=start, end=end, allow_refusals=allow_refusals)
    asked.component(Kind.CHARGES, "account.charges", charges)
    asked.component(Kind.SIZER, "trading.sizer", sizer)
    if matching is not None:
        asked.set({"broker.use": "paper"})
    asked.section("plugins.broker.paper", matching)
    asked.section("risk", risk)
    asked.set(set or {})
    if loaded is not None and (asked.values or profile or config or folder):
        raise refused("a loaded configuration is run as it is", "say the rest when it is loaded, or leave loaded out")
    choice = Choice(container, profile, None if config is None else Path(config))
    try:
        return _Backtest(choice, asked, alone, loaded).run(None if folder is None else Path(folder), check, progress)
    finally:
        rows.clear()  # containers refer to themselves, and keep what they were told of until the collector comes


def _hand_over(
    asked: Overrides, rows: list[HistoricalData], bars: Any, strategy: Any, currency: str | None, *, alone: bool
) -> None:
    """The rows as a source, kept in ``rows`` alone, and what a session of nothing but these rows has besides."""
    if strategy is None and alone:
        raise refused("there is no strategy", "hand one over: backtest(bars, strategy)", "trading.active_strategies")
    source = (bars if isinstance(bars, Bars) else Bars(bars)).source(currency or "INR")
    rows.append(source)
    asked.brought.append(ComponentSpec(Kind.SOURCE, _SOURCE, lambda: rows[0]))
    asked.set({f"streams.{MARKET_DATA}.source": _SOURCE})
    if isinstance(bars, Bars):
        asked.set({"data.timezone": bars.timezone, "data.session_close": bars.session_close})
    if alone:
        asked.set({f"streams.{MARKET_DATA}.validators": ["bar_sanity"], "run.bars_table": False})
        asked.set({"run.chunk_rows": CHUNK_ROWS})


@dataclass(frozen=True, slots=True)
class _Backtest:
    """What is to be run. ``alone``: nothing counts but what was handed over."""

    choice: Choice
    asked: Overrides
    alone: bool
    loaded: Loaded | None

    def run(self, folder: Path | None, is_checked: bool, progress: Progress) -> Result:
        with ExitStack() as rooms:
            room = Path(rooms.enter_context(TemporaryDirectory(prefix="friday-")))
            host = self._host(room, {} if self.loaded else {**_QUIET, "run.folder": str(folder or room)})
            if is_checked:
                host.keep_journal()
            is_kept = folder is not None or self.loaded is not None
            tables = None if is_kept else host.keep_tables()
            done = host.run(progress)
            files = RunFiles.read(done.folder)
            if tables is not None:
                files = replace(files, tables=tables)
            result = Result(files, done.folder if is_kept else None, None if tables is None else tables.digest)
            if is_checked:
                result.checked = self._checked(room, host, result)
        _require_success(done, result)
        return result

    def _checked(self, room: Path, host: Host, result: Result) -> Checked:
        """The records of a run that is over, in plain Python."""
        if self.loaded is not None:
            raise refused("a loaded configuration is not run a second time", "name profile or config, to check a run")
        other = self._host(room, {**_QUIET, "run.folder": str(room), **_PLAIN})
        return check(result.arrow_tables, result.digest, oracle_run(other.assembly, host.journalled()))

    def _host(self, room: Path, own: Mapping[str, Any]) -> Host:
        build = self.choice.builder()
        loaded = self.loaded or self._load(room, own)
        brought = self.asked.brought
        host: Host = build(loaded, brought) if brought else build(loaded)
        require_backtest(host)
        return host

    def _load(self, room: Path, own: Mapping[str, Any]) -> Loaded:
        """By the container; alone, from an empty folder and no variables."""
        written = (*self.asked.written(), *(f"{key}={literal(value)}" for key, value in own.items()))
        if not self.alone:
            return self.choice.overridden(*written).load()
        module = self.choice.module()
        loaded: Loaded = module.load_settings("default", overrides=written, environ={}, folder=room)
        return loaded


def _require_success(done: RunResult, result: Result) -> None:
    """``BacktestError`` in the words of the command line."""
    if exit_code(done) is not ExitCode.FINISHED:
        told = list(remarks(done.summary)) or [f"it ended as {done.status}"]
        wrong = done.summary["refusals"]["not_allowed"]
        more = [f"in Python: backtest(..., allow_refusals={json.dumps(list(wrong))})"] if wrong else []
        raise BacktestError("\n    ".join([f"the backtest is {done.status}: {told[0]}", *told[1:], *more]), result)
    if result.checked is not None and result.checked.difference is not None:
        raise BacktestError(f"plain Python makes something else of the same records, {result.checked}", result)

"""A whole day of Friday at a Kite sandbox, the market many times as fast as the wall, with all that goes wrong."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from fakes.played_market import MarketTime

from friday_core.testing.kite_sandbox import KiteSandbox
from friday_plugins.zerodha import token_file
from friday_plugins.zerodha.token_file import IST, Token

DATE = "2026-11-20"
MINUTES = 375
#: Of the account, in paise.
CASH = 10_000_000_00
#: The session of the day before is dead from then on.
DAWN, FLUSH, LOGIN, MORNING = "05:59:00", "06:00:00", "06:02:00", "09:14:00"
_ROOT = Path(__file__).parents[2]
#: Who is started in the background of a shell ignores Ctrl-C, and so would what it starts.
_FRIDAY = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from friday_core.cli.main import main
main()
"""
#: Seconds of the wall that a session gets to come up, and to end.
_UP, _DOWN = 90.0, 60.0
PROFILE = """
[clock]
kind = "wall"

[run]
until = "close"

[streams.market_data]
source = "zerodha_websocket"
lateness = {late}
stale_after = {stale}
validators = []

[data]
calendar = "indian"
timezone = "Asia/Kolkata"

[plugins.calendar.indian]
exchange = "NSE"
extra_sessions = [{{ date = 2026-11-20, open = "09:15", close = "{close}" }}]

[plugins.source.zerodha_websocket]
interval = "1m"
instruments = {instruments}
silence = 4.0
stale = {stale}
skew = 3600.0
lateness = {late}
back_fill = 6

[trading]
sizer = "fixed_fraction"
last_entry = "{last_entry}"
square_off = "{square_off}"

[plugins.sizer.fixed_fraction]
fraction = {fraction}

[[trading.active_strategies]]
id = "cross"
use = "moving_average_cross"
product = "intraday"
settings = {{ fast = {fast}, slow = {slow} }}

[risk]
allow_refusals = ["INTRADAY_CUT_OFF", "LONG_ONLY", "ROWS_MISSING"]

[broker]
use = "zerodha"
settle = 3.0
read_every = 5.0

[account]
currency = "INR"
capital = 10000000
charges = "indian"

[plugins.charges.indian]
product = "intraday"
rounding = "paisa"

[plugins.broker.zerodha]
sandbox = true
poll = 0.5
"""
SCENARIO = """
[market]
start = "2026-11-20 05:59:00"
speed = 0.0

[prices]
path = {prices}
interval = "1m"

[rules]
cash = 10000000.0
parts = 2
part_delay = 0.05
square_off = {{ NSE = "{brokers_square_off}" }}
"""


@dataclass(frozen=True, slots=True)
class Wrong:
    """A fault of requests: how often, and by which seed."""

    do: str
    probability: float
    more: str = ""


REPLIES = (
    Wrong("lost_answer", 0.03), Wrong("lost_request", 0.02), Wrong("late_accept", 0.02, "seconds = 1.0"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plan:
    """What a day is like; times are IST, ``happens`` (time, what) in their order.

    What happens is ``drop`` or ``mute`` of all sockets, ``kill`` (-9) or ``interrupt`` (Ctrl-C) of Friday's process,
    which is started again at once, while the market goes on at ``speed_without``, or as fast as ever.
    """

    shares: int = 100
    close: str = "15:30"
    last_entry: str = "14:30"
    square_off: str = "14:40"
    brokers_square_off: str = "15:25"
    fast: int = 20
    slow: int = 60
    speed: float = 60.0
    speed_without: float | None = None
    seed: int = 7
    replies: Sequence[Wrong] = REPLIES
    happens: Sequence[tuple[str, str]] = (
        ("10:10", "drop"), ("10:50", "kill"), ("11:40", "drop"), ("12:30", "mute"), ("13:30", "drop"),
        ("14:05", "kill"),
    )  # fmt: skip

    @property
    def symbols(self) -> list[str]:
        return [f"SHARE{number}" for number in range(self.shares)]

    def profile(self) -> str:
        names = json.dumps([f"{one}.NSE" for one in self.symbols])
        return PROFILE.format(
            instruments=names, close=self.close, last_entry=self.last_entry, square_off=self.square_off,
            fast=self.fast, slow=self.slow, fraction=round(0.8 / self.shares, 4),
            late=min(30.0, 0.5 * self.speed), stale=5.0 * self.speed,
        )  # fmt: skip

    def scenario(self, prices: Path) -> str:
        faults = [
            f'[[faults]]\ndo = "{one.do}"\nmethod = "POST"\npath = "/orders"\nprobability = {one.probability}\n'
            f"seed = {self.seed + place}\n{one.more}\n"
            for place, one in enumerate(self.replies)
        ]
        market = SCENARIO.format(prices=json.dumps(str(prices)), brokers_square_off=self.brokers_square_off)
        return market + "\n".join(faults)


def minute_bars(symbols: Sequence[str], seed: int) -> pd.DataFrame:
    """A day of made-up minutes, in whole rupees around a thousand."""
    shape = len(symbols), MINUTES
    drawn = np.random.default_rng(seed).integers(-3, 4, shape).cumsum(axis=1) + 1_000
    opened = np.concatenate([np.full((shape[0], 1), 1_000), drawn[:, :-1]], axis=1)
    begins = pd.date_range(f"{DATE} 09:15:00+05:30", periods=MINUTES, freq="min")
    return pd.DataFrame({
        "symbol": np.repeat(symbols, MINUTES), "timestamp": np.tile(begins, len(symbols)), "open": opened.ravel(),
        "high": np.maximum(opened, drawn).ravel() + 2, "low": np.minimum(opened, drawn).ravel() - 2,
        "close": drawn.ravel(), "volume": 1_000,
    })  # fmt: skip


def moment(clock: str) -> int:
    """Of the day, in microseconds UTC."""
    return round(dt.datetime.fromisoformat(f"{DATE} {clock}").replace(tzinfo=IST).timestamp()) * 1_000_000


@dataclass
class MarketDay:
    """Plays a plan in a folder: the sandbox, Friday's processes, a person who logs in, and the one clock of all."""

    folder: Path
    plan: Plan
    say: Callable[[str], None] = lambda _what: None
    #: Wall times, microseconds UTC, at which Friday's process was ended.
    ended: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.home = self.folder / "friday"
        prices = self.folder / "day.parquet"
        self.home.mkdir(parents=True)
        minute_bars(self.plan.symbols, self.plan.seed).to_parquet(prices)
        self.sandbox = KiteSandbox(self.folder / "kite", self.plan.scenario(prices))
        self._time = MarketTime(moment(DAWN), 0, 0.0)
        self._process: subprocess.Popen[str] | None = None

    def play(self) -> None:
        """The whole day; ``AssertionError`` with its words if a process of Friday's ends as it must not."""
        with self.sandbox:
            self._furnish()
            self._run(0.0)
            self._log_in(dt.datetime.fromisoformat(f"{DATE} {DAWN}").replace(tzinfo=IST) - dt.timedelta(hours=21))
            self._start()
            self._run(self.plan.speed)
            self._until(moment(LOGIN))
            self._log_in(dt.datetime.fromtimestamp(self._time.now() / 1e6, IST))
            self._await_feed()
            self.sandbox.control("clock", advance_to=moment(MORNING))
            self._run(self.plan.speed)
            for clock, what in self.plan.happens:
                self._until(moment(f"{clock}:00"))
                self.say(f"{clock} {what}")
                self._befall(what)
            out = self._ended(_DOWN + (moment(f"{self.plan.close}:00") - self._time.now()) / 1e6 / self.plan.speed)
            assert out.returncode == 0, out.stderr
            self.state = self.sandbox.state()
            self.sandbox.stop()

    def _furnish(self) -> None:
        """Configuration and secrets of a user."""
        connection = {
            "root": self.sandbox.root, "ws_root": self.sandbox.ws_root, "timeout": 1.5,
            "session_file": str(self.home / "session.json"), "cache": str(self.home / "lists"),
        }  # fmt: skip
        section = "".join(f"{name} = {json.dumps(value)}\n" for name, value in connection.items())
        text = f"{self.plan.profile()}\n[plugins.connection.zerodha]\n{section}"
        (self.home / "friday.toml").write_text(text, encoding="utf-8")
        secrets = self.home / "secrets"
        secrets.mkdir(mode=0o700)
        for name, value in (("api_key", self.sandbox.api_key), ("api_secret", self.sandbox.api_secret)):
            path = secrets / f"plugins__connection__zerodha__{name}"
            path.write_text(value)
            path.chmod(0o600)

    def _log_in(self, when: dt.datetime) -> None:
        """As a person does in the browser."""
        token = Token(self.sandbox.api_key, self.sandbox.login(), "AB1234", when)
        token_file.write(self.home / "session.json", token)

    def _run(self, speed: float) -> None:
        """The market goes on so fast, and everybody's clock with it."""
        said = self.sandbox.control("clock", speed=speed)
        self._time = MarketTime(said["ts"], time.time_ns() // 1_000, speed)
        self._time.write(self.home)

    def _until(self, ts: int) -> None:
        while (left := ts - self._time.now()) > 0:
            self._check()
            time.sleep(min(left / 1e6 / self.plan.speed + 0.001, 0.2))

    def _befall(self, what: str) -> None:
        if what in ("drop", "mute"):
            self.sandbox.happen(what)
            return
        assert self._process is not None
        if self.plan.speed_without is not None:  # before it ends: the close must not come while it is away
            self._run(self.plan.speed_without)
        self._process.send_signal(signal.SIGKILL if what == "kill" else signal.SIGINT)
        out = self._ended(_DOWN)
        assert out.returncode == (-9 if what == "kill" else 130), (out.returncode, out.stderr)
        self.ended.append(time.time_ns() // 1_000)
        self._start()
        if self.plan.speed_without is not None:
            self._run(self.plan.speed)

    def _start(self) -> None:
        """Start Friday; it has its feed when this returns."""
        command = [sys.executable, "-c", _FRIDAY, "run", "-q"]
        more = ["--no-report", "--container", "fakes.played_market:build"]
        paths = [str(_ROOT / "tests"), str(_ROOT), *sys.path]
        self._process = subprocess.Popen(
            [*command, *more], cwd=self.home, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
        )  # fmt: skip
        self._await_feed()

    def _await_feed(self) -> None:
        def is_there() -> bool:
            self._check()
            return any(one["instruments"] == self.plan.shares for one in self.sandbox.state()["sockets"])

        self.sandbox.wait(is_there, _UP)

    def _check(self) -> None:
        if self._process is not None and self._process.poll() is not None:
            raise AssertionError(f"it ended by itself: {self._ended(1.0).stderr}")

    def _ended(self, seconds: float) -> subprocess.CompletedProcess[str]:
        assert self._process is not None
        try:
            _, told = self._process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            _, told = self._process.communicate()
            raise AssertionError(f"it did not end: {told}") from None
        return subprocess.CompletedProcess([], self._process.returncode, stderr=told)

"""The live source against the sandbox: rows, gaps, limits, and tokens that are not those of the list."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from fakes.kite_feed import INFY, FeedAccount, wait

from friday_core.api import Calendar, Chunk, DataSourceError, InstrumentId, Schedule
from friday_core.testing.kite_sandbox import KiteSandbox
from friday_plugins.zerodha.back_fill import BackFill
from friday_plugins.zerodha.candles import MINUTE, SECOND, Candle
from friday_plugins.zerodha.connection import Zerodha
from friday_plugins.zerodha.instruments import Listed
from friday_plugins.zerodha.plausibility import Told
from friday_plugins.zerodha.websocket import WebsocketSettings, ZerodhaWebsocket

DAY = 86_400_000_000
TCS = 2953217
NAMES = ("TCS.NSE", "INFY.NSE", "NIFTY 50.NSE")


class EveryHour(Calendar):
    """A market that never closes."""

    def schedule(self) -> Schedule:
        dates = np.arange(20_000, 22_000)
        return Schedule("every hour", dates, dates * DAY, (dates + 1) * DAY, known=(20_000, 21_999))


class UntilTomorrow(EveryHour):
    """It closes for good."""

    def schedule(self) -> Schedule:
        dates = np.arange(20_000, time.time_ns() // 1_000 // DAY + 2)
        return Schedule("until tomorrow", dates, dates * DAY, (dates + 1) * DAY, known=(20_000, 21_999))


class Reader:
    """What a source yields, in a thread of its own as the host reads it."""

    def __init__(self, source: ZerodhaWebsocket) -> None:
        self.source = source
        self.chunks: list[Chunk] = []
        self.came: list[float] = []
        self.failure: Exception | None = None
        self.outages: list[str] = []
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        try:
            for chunk in self.source.bars():
                self.chunks.append(chunk)
                self.came.append(time.monotonic())
                self.outages.append(self.source.outage())
        except Exception as error:  # noqa: BLE001 - told to the test
            self.failure = error

    def stop(self) -> None:
        self.source.stop_reading()
        self._thread.join(10.0)
        assert not self._thread.is_alive()

    def rows(self, position: int | None = None) -> list[tuple[int, int, float]]:
        """Time, price and volume of the rows of an instrument."""
        found = []
        for one in [*self.chunks]:
            prices = one["price" if "price" in one.columns else "close"]
            columns = [one.ts_event, one.inst, prices, one["volume"]]
            for ts, inst, price, volume in zip(*(values.tolist() for values in columns), strict=True):
                if position in (None, inst):
                    found.append((ts, price, volume))
        return found


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KiteSandbox]:
    with KiteSandbox(tmp_path_factory.mktemp("websocket") / "kite", "[market]\nalways_open = true\n") as found:
        yield found


@pytest.fixture
def read(sandbox: KiteSandbox, tmp_path: Path) -> Iterator[Callable[..., Reader]]:
    """Reads from a source with these settings."""
    sandbox.control("faults", method="DELETE")
    account = FeedAccount(sandbox, tmp_path)
    account.log_in()
    readers: list[Reader] = []

    def reading(calendar: Calendar | None = None, **settings: object) -> Reader:
        given = WebsocketSettings.model_validate({"instruments": NAMES, "skew": None, "silence": 2.5} | settings)
        source = ZerodhaWebsocket(given, account, calendar or EveryHour())
        assert [str(one.id) for one in source.instruments()] == [*given.instruments]
        source.initialize()
        readers.append(Reader(source))
        return readers[-1]

    yield reading
    for one in readers:
        one.stop()


def instrument(reader: Reader, name: str) -> int:
    return sorted(InstrumentId.parse(one) for one in NAMES).index(InstrumentId.parse(name))


def test_ticks_come_in_order_with_what_traded_and_a_sign_of_life_each_second(
    read: Callable[..., Reader], sandbox: KiteSandbox
) -> None:
    reader = read()
    infy = instrument(reader, "INFY.NSE")
    wait(lambda: reader.rows(infy), 20)
    before = sandbox.control("prices", method="GET")
    keys = [
        (ts, inst) for one in reader.chunks for ts, inst in zip(one.ts_event.tolist(), one.inst.tolist(), strict=True)
    ]
    assert keys == sorted(set(keys))
    assert max(np.diff(reader.came)) < 1.0
    (seen,) = [one for one in before if one["instrument"] == "NSE:INFY"]
    wait(lambda: len(reader.rows(infy)) >= 3, 30)
    assert all(volume > 0 and abs(price - 100 * seen["last_price"]) < 2_000 for _, price, volume in reader.rows(infy))
    assert reader.outages[-1] == ""


def test_fault_27_prices_that_stand_still_are_an_outage(read: Callable[..., Reader], sandbox: KiteSandbox) -> None:
    reader = read(stale=2.0)
    wait(reader.rows, 20)
    sandbox.happen("stale_prices", seconds=8)
    wait(lambda: reader.outages[-1] == "no news of any price for 2 seconds")
    assert reader.source.stale(2.0) == sorted(InstrumentId.parse(one) for one in NAMES)
    wait(lambda: reader.outages[-1] == "", 20)


def test_fault_27_of_one_instrument_alone_that_is_stale_the_connection_tells(
    read: Callable[..., Reader], sandbox: KiteSandbox
) -> None:
    reader = read()
    infy = InstrumentId.parse("INFY.NSE")
    connection = reader.source._account
    wait(reader.rows, 20)
    wait(lambda: infy not in connection.stale(3.0), 20)
    sandbox.happen("stale_prices", symbol="NSE:INFY", seconds=8)
    wait(lambda: infy in connection.stale(3.0))
    assert reader.outages[-1] == ""
    wait(lambda: infy not in connection.stale(3.0), 20)


def test_fault_30_corrupt_prices_and_fault_32_a_spike_do_not_come(
    read: Callable[..., Reader], sandbox: KiteSandbox
) -> None:
    reader = read()
    infy = instrument(reader, "INFY.NSE")
    wait(lambda: reader.rows(infy), 20)
    sandbox.fail("corrupt_frame", times=3)
    sandbox.happen("spike", symbol="NSE:INFY", percent=9.0, seconds=1)
    refused = reader.source._belief.refused
    wait(lambda: refused["outside its limits"] >= 1 and sum(refused.values()) >= 3, 20)
    count = len(reader.rows(infy))
    wait(lambda: len(reader.rows(infy)) > count, 20)
    prices = [price for _, price, _ in reader.rows(infy)]
    assert max(prices) < 1.05 * min(prices)


def test_fault_31_double_and_late_frames_tell_nothing_twice(read: Callable[..., Reader], sandbox: KiteSandbox) -> None:
    reader = read(instruments=("INFY.NSE",))
    wait(lambda: reader.rows(0), 20)
    sandbox.fail("double_frame", probability=0.5, seed=1)
    sandbox.fail("late_frame", probability=0.3, seed=2)
    wait(lambda: len(reader.rows(0)) >= 6, 40)
    total = sum(volume for _, _, volume in reader.rows(0))
    seen = reader.source._belief._seen[INFY].volume
    sandbox.control("faults", method="DELETE")
    assert total <= seen
    assert [ts for ts, _, _ in reader.rows(0)] == sorted({ts for ts, _, _ in reader.rows(0)})


def test_fault_33_ticks_out_of_hours_are_no_rows(read: Callable[..., Reader], sandbox: KiteSandbox) -> None:
    reader = read(calendar=UntilTomorrow())
    wait(reader.rows, 20)
    sandbox.happen("clock_skew", seconds=3 * 86_400)
    wait(lambda: reader.source._belief.refused["out of hours"] >= 2, 20)
    count, latest = len(reader.rows()), max(ts for ts, _, _ in reader.rows())
    sandbox.happen("clock_skew", seconds=0)
    wait(lambda: len(reader.rows()) > count, 20)
    assert max(ts for ts, _, _ in reader.rows()) < latest + DAY


def test_fault_36_a_token_that_is_not_that_of_the_list_is_refused(tmp_path: Path) -> None:
    with KiteSandbox(tmp_path / "kite", "[market]\nalways_open = true\n") as sandbox:
        account = FeedAccount(sandbox, tmp_path)
        account.log_in()
        account.instruments()
        sandbox.happen("reissue_token", symbol="NSE:INFY")
        source = ZerodhaWebsocket(WebsocketSettings(instruments=("INFY.NSE",)), account, EveryHour())
        with pytest.raises(DataSourceError, match=r"NSE:INFY has the token [0-9]+, and 408065 on the list"):
            next(source.bars())


def test_what_is_not_listed_is_named(read: Callable[..., Reader]) -> None:
    with pytest.raises(DataSourceError, match=r"NOBODY\.NSE"):
        read(instruments=("INFY.NSE", "NOBODY.NSE"))


def test_fault_28_minutes_with_a_gap_are_those_of_history(read: Callable[..., Reader], sandbox: KiteSandbox) -> None:
    reader = read(instruments=("INFY.NSE",), interval="1m")
    wait(lambda: reader.source._clock[0], 20)
    for _ in range(2):  # over a minute, with a drop in it
        sandbox.happen("drop")
        wait(lambda: not reader.source._ticker.outage())
        sandbox.advance(45)
        time.sleep(1.5)
    sandbox.advance(20)
    wait(reader.rows, 30)
    account = reader.source._account
    (ts, close, volume), *_ = reader.rows()
    assert ts % 60_000_000 == 0
    from friday_plugins.zerodha.candles import INTERVALS, candles

    (candle,) = candles(account, INFY, INTERVALS["1m"], ts - 60_000_000, ts, deadline=10.0)
    assert (close, volume) == (round(100 * candle.close), candle.volume)


def test_fault_38_no_sign_of_life_comes_before_a_bar_that_stamps_have_not_reached() -> None:
    """Stamps are whole seconds, and late: by the clock on the wall the minute is over before it is by them."""
    end, clock = 29_600_000 * MINUTE, [0]
    account: Any = SimpleNamespace(now=lambda: clock[0])
    source = ZerodhaWebsocket(WebsocketSettings(instruments=("INFY.NSE",), interval="1m"), account, EveryHour())
    source._place = {INFY: 0}
    source._minutes.add([Told(end - 10 * SECOND, INFY, 150_000, 1, 0)])
    source._clock = end - 5 * SECOND, end - 2 * SECOND

    def rows(now: int) -> tuple[int, int]:
        """How many there are, and what time before ``end`` a sign of life would speak of, in seconds."""
        clock[0] = now
        (chunk,) = source._bars_of([])
        return len(chunk), (source.complete(now) - end) // SECOND

    assert [rows(end - 2 * SECOND), rows(end), rows(end + 4 * SECOND)] == [(0, -2), (0, -1), (0, -1)]
    assert [rows(end + 5 * SECOND), rows(end + 5 * SECOND)] == [(1, 5), (0, 5)]


class SlowHistory:
    """An account whose history answers when it may, and keeps the order in which it was asked."""

    def __init__(self) -> None:
        self.now_is, self.asked, self.may = 0, list[int](), threading.Semaphore(0)
        self.failure: Exception | None = None

    def now(self) -> int:
        return self.now_is

    def read(self, _method: str, token: int, begin: dt.datetime, *_: object, **__: object) -> list[dict[str, Any]]:
        self.asked.append(token)
        assert self.may.acquire(timeout=10.0)
        if self.failure is not None:
            raise self.failure
        return [{"date": begin, "open": 10.0, "high": 20.0, "low": 5.0, "close": 15.0, "volume": 70}]


def gapped(account: SlowHistory, end: int) -> ZerodhaWebsocket:
    """Of two shares with a tick each in the minute up to ``end``, and a gap in it; it is ten seconds over."""
    given = WebsocketSettings(instruments=("INFY.NSE", "TCS.NSE"), interval="1m")
    source = ZerodhaWebsocket(given, cast(Zerodha, account), EveryHour())
    source._place = {INFY: 0, TCS: 1}
    source._listed = {token: cast(Listed, SimpleNamespace(decimals=2)) for token in (INFY, TCS)}
    source._minutes.add([Told(end - 10 * SECOND, token, 1_100, 1, 0) for token in (INFY, TCS)])
    source._minutes.missed(end - 5 * SECOND, end - SECOND, [INFY, TCS])
    source._clock = end, end
    account.now_is = end + 10 * SECOND
    return source


def bars_of(source: ZerodhaWebsocket, *told: Told) -> list[tuple[int, int, float]]:
    """What comes out: time, close and volume of each."""
    (chunk,) = source._bars_of(told)
    return [*zip(chunk.ts_event.tolist(), chunk["close"].tolist(), chunk["volume"].tolist(), strict=True)]


def test_fault_28_while_history_is_asked_signs_of_life_come_and_ticks_are_kept_in_order_behind_it() -> None:
    end, account = 29_600_000 * MINUTE, SlowHistory()
    source = gapped(account, end)
    assert bars_of(source) == []
    for second, price in enumerate((1_200, 1_300, 1_150)):
        assert bars_of(source, Told(end + (second + 20) * SECOND, INFY, price, 2, 0)) == []
        assert source.complete(account.now()) == end - SECOND, "the bars of that minute may still come"
    account.may.release()
    wait(lambda: account.asked == [INFY, TCS])
    assert bars_of(source) == [], "the second share is still asked for"
    account.now_is = end + 63 * SECOND
    assert bars_of(source) == [], "what comes after it waits"
    account.may.release()
    wait(lambda: not source._history.is_asking)
    assert bars_of(source) == [(end, 1_500, 70.0), (end, 1_500, 70.0)]
    assert bars_of(source) == [(end + MINUTE, 1_150, 6.0)]
    assert source.complete(account.now()) == account.now()


def test_fault_28_a_history_that_fails_is_asked_no_more_and_ticks_have_the_word() -> None:
    end, account = 29_600_000 * MINUTE, SlowHistory()
    account.failure = ConnectionError("nobody there")
    source = gapped(account, end)
    assert bars_of(source) == []
    account.may.release(2)
    wait(lambda: not source._history.is_asking)
    assert bars_of(source) == [(end, 1_100, 1.0), (end, 1_100, 1.0)]
    assert account.asked == [INFY]


def test_of_several_gaps_the_newest_are_asked_for_and_no_more_than_allowed() -> None:
    asked: list[int] = []

    def ask(token: int, _begin: int, _end: int) -> list[Candle]:
        asked.append(token)
        return []

    fills = BackFill(ask, 2)
    fills.begin({1: (0, 60), 2: (0, 180), 3: (60, 120)})
    wait(lambda: not fills.is_asking)
    assert asked == [2, 3]
    assert [*fills.answers()] == [(2, []), (3, [])]


def test_the_session_of_a_moment_is_that_of_the_schedule_in_any_order(tmp_path: Path, sandbox: KiteSandbox) -> None:
    class Mornings(EveryHour):
        def schedule(self) -> Schedule:
            dates = np.array([20_000, 20_001, 20_003])
            return Schedule("mornings", dates, dates * DAY + 100, dates * DAY + 500, known=(20_000, 20_010))

    calendar = Mornings()
    source = ZerodhaWebsocket(WebsocketSettings(instruments=NAMES), FeedAccount(sandbox, tmp_path), calendar)
    days = [20_003, 20_000, 20_001, 20_002, 20_000]
    moments = [day * DAY + at for day in days for at in (99, 100, 101, 499, 500, 100, 501)]
    assert [source._session(one) for one in moments] == calendar.schedule().at(np.array(moments)).tolist()

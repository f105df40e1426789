"""History from the sandbox into files, and from files into bars."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes.kite_feed import INFY, FeedAccount
from fakes.kite_lists import future, row, shares, written

from friday_core.api import BarFileSettings, Chunk, DataSourceError
from friday_core.testing.kite_sandbox import KiteSandbox
from friday_plugins.sources.parquet import ParquetSource
from friday_plugins.zerodha.candles import DAY, INTERVALS, MINUTE, SECOND
from friday_plugins.zerodha.history import HistorySettings, ZerodhaHistory
from friday_plugins.zerodha.history_files import Span, spans
from friday_plugins.zerodha.token_file import IST

#: The sandbox's time; days before it are over.
NOW = dt.datetime(2026, 11, 19, 11, 30, 30, tzinfo=IST)


def micros(moment: dt.datetime) -> int:
    return int(moment.timestamp()) * SECOND


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KiteSandbox]:
    folder = tmp_path_factory.mktemp("history")
    market = f'[market]\nstart = "{NOW:%Y-%m-%d %H:%M:%S}"\nspeed = 0\ninstruments = "{shares(folder)}"\n'
    with KiteSandbox(folder / "kite", f"{market}[sessions]\nhistorical_per_second = 1000\n") as found:
        yield found


@pytest.fixture
def account(sandbox: KiteSandbox, tmp_path: Path) -> FeedAccount:
    sandbox.control("faults", method="DELETE")
    found = FeedAccount(sandbox, tmp_path)
    found.log_in()
    asked = found.read

    def counted(method: str, *arguments: Any, **named: Any) -> Any:
        found.rows.append((method, *arguments))
        return asked(method, *arguments, **named)

    found.read = counted  # type: ignore[method-assign]
    return found


@pytest.fixture
def history(account: FeedAccount, tmp_path: Path) -> Callable[..., ZerodhaHistory]:
    """A source with these settings, new each time."""

    def made(now: dt.datetime = NOW, **settings: Any) -> ZerodhaHistory:
        given = {"instruments": ["INFY.NSE"], "interval": "1m", "first": "2026-11-18", "folder": tmp_path / "history"}
        return ZerodhaHistory(HistorySettings.model_validate(given | settings), account, lambda: micros(now))

    return made


def read(source: ZerodhaHistory) -> Chunk:
    source.instruments()
    return Chunk.concat([*source.bars()])


def asked(account: FeedAccount) -> int:
    return sum(row[0] == "historical_data" for row in account.rows)


def test_fault_35_bars_are_the_finished_candles_and_no_other(
    history: Callable[..., ZerodhaHistory], account: FeedAccount
) -> None:
    bars = read(history())
    begin, end = (one.replace(tzinfo=None) for one in (NOW.replace(day=18, hour=0, minute=0, second=0), NOW))
    api = account.api().historical_data(INFY, begin, end, "minute")
    assert len(api) == len(bars) + 1
    ends = [micros(row["date"]) + MINUTE for row in api[:-1]]
    assert bars.ts_event.tolist() == ends
    assert ends[-1] == micros(NOW.replace(second=0))
    for name in ("open", "high", "low", "close"):
        assert bars[name].tolist() == [round(100 * row[name]) for row in api[:-1]]
    assert bars["volume"].tolist() == [row["volume"] for row in api[:-1]]


def test_fault_35_a_day_that_ends_by_an_auction_has_no_minutes_between_and_is_not_asked_for_again(
    tmp_path: Path,
) -> None:
    """Shares with contracts on them trade until 15:15, and at one price after that."""
    listed = tmp_path / "with a future.csv"
    listed.write_text(written([row(INFY // 256, "INFY"), future(90_001, "INFY26NOVFUT", "INFY", "2026-11-24")]))
    market = f'[market]\nstart = "{NOW:%Y-%m-%d %H:%M:%S}"\nspeed = 0\ninstruments = "{listed}"\n'
    with KiteSandbox(tmp_path / "kite", f"{market}[sessions]\nhistorical_per_second = 1000\n") as sandbox:
        account = FeedAccount(sandbox, tmp_path)
        account.now = lambda: micros(NOW)  # type: ignore[method-assign]
        account.log_in()
        settings = {"instruments": ["INFY.NSE"], "interval": "1m", "first": "2026-11-18", "last": "2026-11-18"}
        given = HistorySettings.model_validate({**settings, "folder": tmp_path / "history"})
        before, again = (read(ZerodhaHistory(given, account, lambda: micros(NOW))) for _ in range(2))
        requests = [one for one in sandbox.audit() if "/historical/" in one.get("path", "")]
    ends = [dt.datetime.fromtimestamp(ts / SECOND, IST).time() for ts in before.ts_event.tolist()]
    assert (len(ends), max(ends)) == (360, dt.time(15, 15))
    assert again.ts_event.tolist() == before.ts_event.tolist()
    assert len(requests) == 1


def test_instruments_are_those_of_the_list(history: Callable[..., ZerodhaHistory]) -> None:
    (one,) = history().instruments()
    assert (str(one.id), one.tick_size, one.price_decimals) == ("INFY.NSE", 10, 2)


def test_source_parquet_reads_the_same_files(history: Callable[..., ZerodhaHistory], tmp_path: Path) -> None:
    bars = read(history(instruments=["INFY.NSE", "TCS.NSE"]))
    settings = BarFileSettings(path=tmp_path / "history" / "1m", interval="1m", timezone="Asia/Kolkata")
    source = ParquetSource(settings)
    assert [str(one.id) for one in source.instruments()] == ["INFY.NSE", "TCS.NSE"]
    others = Chunk.concat([*source.bars()])
    assert others.ts_event.tolist() == bars.ts_event.tolist()
    assert others["close"].tolist() == bars["close"].tolist()


def test_requests_are_as_long_as_kite_allows_and_complete_files_are_not_asked_again(
    history: Callable[..., ZerodhaHistory], account: FeedAccount, tmp_path: Path
) -> None:
    whole = Span(micros(dt.datetime(2026, 8, 24, tzinfo=IST)), micros(dt.datetime(2026, 11, 18, tzinfo=IST)))
    count = len([*spans(INTERVALS["1m"], whole)])
    first = read(history(first="2026-08-24", last="2026-11-17"))
    assert (asked(account), len([*(tmp_path / "history" / "1m").iterdir()])) == (count, count)
    again = read(history(first="2026-08-24", last="2026-11-17"))
    assert (asked(account), again.ts_event.tolist()) == (count, first.ts_event.tolist())
    longer = read(history(first="2026-08-21"))
    assert asked(account) == count + 2
    assert set(first.ts_event.tolist()) < set(longer.ts_event.tolist())


def test_a_download_that_was_cut_off_goes_on_where_it_stopped(
    history: Callable[..., ZerodhaHistory], account: FeedAccount, sandbox: KiteSandbox
) -> None:
    sandbox.fail("error", path="/instruments/historical", nth=2, code=400, words="invalid token")
    with pytest.raises(DataSourceError, match=r"history of INFY\.NSE: .*invalid token.*another start goes on"):
        read(history(first="2026-09-01"))
    assert asked(account) == 2
    read(history(first="2026-09-01"))
    whole = Span(micros(dt.datetime(2026, 9, 1, tzinfo=IST)), micros(NOW))
    assert asked(account) == len([*spans(INTERVALS["1m"], whole)]) + 1


def test_fault_37_answers_that_are_none_are_asked_for_again(
    history: Callable[..., ZerodhaHistory], sandbox: KiteSandbox
) -> None:
    for nth, do in enumerate(("html", "empty_answer", "cut_answer"), start=1):
        sandbox.fail(do, path="/instruments/historical", nth=nth)
    assert len(read(history())) > 375


def test_fault_35_adjusted_prices_are_fetched_anew_from_the_first_date(
    history: Callable[..., ZerodhaHistory], account: FeedAccount, tmp_path: Path
) -> None:
    before = read(history(first="2026-09-01", last="2026-11-18"))
    asked_of_kite = account.read

    def halved(method: str, *arguments: Any, **named: Any) -> Any:
        rows = asked_of_kite(method, *arguments, **named)
        return [row | {"close": row["close"] / 2} for row in rows] if method == "historical_data" else rows

    account.read = halved  # type: ignore[method-assign]
    after = read(history(first="2026-09-01"))
    count = len(before)
    assert after.ts_event[:count].tolist() == before.ts_event.tolist()
    assert after["close"][:count].tolist() == [pytest.approx(price / 2, abs=1) for price in before["close"].tolist()]


def test_a_day_is_finished_at_its_close(history: Callable[..., ZerodhaHistory]) -> None:
    bars = read(history(interval="1d", first="2026-11-10"))
    assert bars.ts_event.tolist()[-1] == micros(dt.datetime(2026, 11, 18, 15, 30, tzinfo=IST))


def test_a_time_without_candles_is_asked_for_once(
    history: Callable[..., ZerodhaHistory], account: FeedAccount, tmp_path: Path
) -> None:
    for _ in range(2):
        with pytest.raises(DataSourceError, match=r"Kite has no candle of INFY\.NSE in that time"):
            read(history(first="2026-11-14", last="2026-11-15"))
    assert asked(account) == 1
    assert [path.suffix for path in (tmp_path / "history" / "1m").iterdir()] == [".none"]


def test_spans_cover_the_whole_time_once_and_are_never_too_long() -> None:
    whole = Span(micros(dt.datetime(2020, 1, 1, tzinfo=IST)), micros(NOW))
    for interval in INTERVALS.values():
        found = [*spans(interval, whole)]
        assert all(one.end - one.begin == interval.days * DAY for one in found)
        assert all(newer.begin == older.end for newer, older in itertools.pairwise(found))
        assert found[-1].begin <= whole.begin < found[-1].end
        assert found[0].begin < whole.end <= found[0].end

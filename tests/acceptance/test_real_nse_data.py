"""Real files of the NSE and of Kite: run to the end, and every oddity of theirs found and counted.

They are not part of the project: ``MARKET_DATA_DIR`` says where they are.
"""

from __future__ import annotations

import gzip
import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from acceptance.real_catalogue import BHAV, EOD, FILES, HOURS
from acceptance.real_files import PRICES, STALE, Counts, RealFile, expected, falls, lone_opens, moves, off_tick
from fakes.bars import DAY
from fakes.profile_session import ProfileSession
from fakes.streams import stream_of

from friday_core.domain.chunk import Chunk, Universe
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.flow.plans import StreamPlan
from friday_core.flow.quarantine import HeldRow
from friday_core.market.corporate_actions.action_file import written
from friday_core.market.corporate_actions.nse_lists import read_list
from friday_core.orchestration.host import RunResult
from friday_plugins.transformers.volume_adjuster import VolumeAdjuster
from friday_plugins.validators.bar_sanity import BarSanity
from friday_plugins.validators.clock_sanity import ClockSanity

FOLDER = os.environ.get("MARKET_DATA_DIR")
DATA = Path(FOLDER or "nowhere").resolve()

pytestmark = pytest.mark.skipif(FOLDER is None, reason="MARKET_DATA_DIR names no folder of market data")

DAILY = "daily/nse_bhav_eq_2019_2026.parquet"
MINUTES = "intraday/kite_1min_banks_2023-04_06.parquet"
_PRICES = ", ".join(f'{name} = "{name.upper()}_PRICE"' for name in ("open", "high", "low", "close"))
BHAVCOPY_COLUMNS = f'symbol = "SYMBOL", volume = "TTL_TRD_QNTY", {_PRICES}'
STAGES = (
    'streams.market_data.validators=["clock_sanity", "bar_sanity", "data_completeness", "outlier_detection"]',
    'streams.market_data.transformers=["price_normalizer", "volume_adjuster"]',
)
MINUTE_SETTINGS = {"columns": '{ timestamp = "Date", symbol = "tradingsymbol" }', "interval": '"1m"'}


def run(folder: Path, source: str, path: Path, settings: Mapping[str, str], *more: str) -> RunResult:
    """The default profile on other data; ``settings`` are those of the source, written as in TOML."""
    given = {"path": f'"{path}"', "timezone": '"Asia/Kolkata"', **settings}
    placed = [f"plugins.source.{source}.{key}={value}" for key, value in given.items()]
    return ProfileSession("backtest", folder, f'streams.market_data.source="{source}"', *placed, *more).run()


def bhavcopies(folder: Path) -> Path:
    """The raw files of the exchange, unpacked into a folder of their own."""
    unpacked = folder / "bhavcopy"
    unpacked.mkdir()
    for packed in (DATA / "raw_bhavcopy").glob("*.csv.gz"):
        (unpacked / packed.stem).write_bytes(gzip.decompress(packed.read_bytes()))
    return unpacked


def bhavcopy_run(folder: Path, path: Path, *more: str) -> RunResult:
    settings = {"columns": f'{{ timestamp = "DATE1", {BHAVCOPY_COLUMNS} }}', "timestamp_format": '"%d-%b-%Y"'}
    return run(folder, "csv", path, settings, *more)


@dataclass(frozen=True)
class Passage:
    """What became of a file's rows in the flow of a run, and the rows as pandas reads them."""

    file: RealFile
    rows: pd.DataFrame
    held: Sequence[HeldRow]
    slices: Chunk

    @cached_property
    def counts(self) -> Counts:
        return Counter((one.stage, one.verdict, one.reason) for one in self.held)

    @cached_property
    def jumps(self) -> list[HeldRow]:
        """Rows that ``outlier_detection`` held back or remarked on, but for those that stand still."""
        return [one for one in self.held if one.stage == STALE[0] and one.reason != STALE[2]]

    def days(self, word: str) -> set[tuple[str, pd.Timestamp]]:
        """Instrument and date of the jumps with this word in their reason."""
        return {(one.instrument.symbol, _date(one)) for one in self.jumps if word in one.reason}


class Passages(dict[RealFile, Passage]):
    """Each file goes through the flow once, when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def __missing__(self, file: RealFile) -> Passage:
        session = ProfileSession("backtest", self._folder, *STAGES, *file.overrides(DATA))
        quarantine, slices = session.flow()
        self[file] = Passage(file, file.read(DATA / file.path), quarantine.rows, Chunk.concat(slices))
        return self[file]


def _date(row: HeldRow) -> pd.Timestamp:
    """In India, whose clock is ahead of UTC by less than the hours after a session."""
    return pd.Timestamp(row.ts_event // DAY, unit="D")


@pytest.fixture(scope="module")
def passages(tmp_path_factory: pytest.TempPathFactory) -> Passages:
    return Passages(tmp_path_factory.mktemp("flow"))


@pytest.fixture(params=FILES, ids=[file.name for file in FILES])
def passage(request: pytest.FixtureRequest, passages: Passages) -> Passage:
    return passages[request.param]


def explained(summary: Mapping[str, Any]) -> bool:
    """Whether every book's equity is its capital and what became of it, to the paisa."""
    return all(
        round(book["equity"] * 100)
        == sum(round(book[part] * 100) for part in ("capital", "realised", "unrealised", "dividends"))
        - round(book["charges"] * 100)
        for book in summary["strategies"].values()
    )


def test_seven_years_of_daily_bars_run_to_the_end_through_every_stage(tmp_path: Path, passages: Passages) -> None:
    bars = pd.read_parquet(DATA / DAILY)
    summary = ProfileSession("backtest", tmp_path, *STAGES, *BHAV.overrides(DATA)).run().summary
    results = summary["results"]
    found: Counter[tuple[str, str]] = Counter()
    for one in summary["quarantine"]:
        found[one["stage"], one["verdict"]] += one["rows"]
    assert (summary["status"], summary["stopped_strategies"]) == ("finished", [])
    assert found == Counter((one.stage, one.verdict) for one in passages[BHAV].held)
    assert (results["rows"], results["slices"]) == (len(bars), bars["DATE"].nunique())
    assert (results["first_session"], results["last_session"]) == (bars["DATE"].min(), bars["DATE"].max())
    assert results["fills"] > 500
    assert explained(summary)


def test_raw_bhavcopies_run_to_the_end_with_the_special_saturday(tmp_path: Path) -> None:
    files = bhavcopies(tmp_path)
    result = bhavcopy_run(tmp_path, files)
    lines = sum(len(path.read_text().splitlines()) - 1 for path in files.iterdir())
    assert (result.summary["status"], result.summary["results"]["rows"]) == ("finished", lines)
    sessions = {str(one) for one in pq.read_table(result.folder / "equity.parquet")["session"].to_pylist()}
    assert sessions == {path.stem for path in files.iterdir()}
    assert "2024-05-18" in sessions


def test_a_file_that_came_twice_is_found_row_by_row(tmp_path: Path) -> None:
    files = bhavcopies(tmp_path)
    again = (files / "2020-03-02.csv").read_text()
    (files / "2020-03-02 (1).csv").write_text(again)
    summary = bhavcopy_run(tmp_path, files, "data.end=2020-03-31").summary
    (found,) = summary["quarantine"]
    assert (found["stage"], found["verdict"], found["rows"]) == ("bar_sanity", "DUPLICATE", len(again.splitlines()) - 1)
    assert summary["status"] == "finished"


def test_a_damaged_row_is_held_back_and_the_rest_is_traded(tmp_path: Path) -> None:
    files = bhavcopies(tmp_path)
    path = files / "2020-03-03.csv"
    lines = path.read_text().splitlines()
    header = lines[0].split(",")
    fields = lines[1].split(",")
    high, low = header.index("HIGH_PRICE"), header.index("LOW_PRICE")
    fields[high], fields[low] = "1.0", "2.0"
    path.write_text("\n".join([lines[0], ",".join(fields), *lines[2:]]))
    (found,) = bhavcopy_run(tmp_path, files).summary["quarantine"]
    assert (found["reason"], found["rows"]) == ("high is below low", 1)


def test_two_months_of_minutes_run_to_the_end(tmp_path: Path) -> None:
    bars = pd.read_parquet(DATA / MINUTES)
    result = run(tmp_path, "parquet", DATA / MINUTES, MINUTE_SETTINGS)
    results = result.summary["results"]
    assert (result.summary["status"], result.summary["quarantine"]) == ("finished", [])
    assert (results["rows"], results["slices"]) == (len(bars), bars["Date"].nunique())
    times = pq.read_table(result.folder / "equity.parquet")["ts_event"].to_pylist()
    # A bar is known when it is over: the label 09:15 closes at 09:16 in India, 03:46 UTC.
    assert f"{times[0]:%Y-%m-%d %H:%M %Z}" == "2023-04-03 03:46 UTC"
    assert results["fills"] > 1_000
    assert explained(result.summary)


def test_prices_finer_than_said_are_held_back_and_counted(tmp_path: Path) -> None:
    bars = pd.read_parquet(DATA / MINUTES)
    tenths = bars[["open", "high", "low", "close"]] * 10
    finer = int(((tenths - tenths.round()).abs() > 0.01).any(axis=1).sum())
    coarse = {**MINUTE_SETTINGS, "price_decimals": "1", "tick_size": "1"}
    summary = run(tmp_path, "parquet", DATA / MINUTES, coarse).summary
    (found,) = summary["quarantine"]
    assert (found["stage"], found["rows"]) == ("source", finer)
    assert (found["reason"], summary["status"]) == ("a price finer than the instrument's price unit", "finished")
    assert 0 < finer < len(bars)


def test_every_oddity_of_a_file_is_found_and_counted(passage: Passage) -> None:
    jumps = Counter((one.stage, one.verdict, one.reason) for one in passage.jumps)
    assert passage.counts - jumps == expected(passage.rows, passage.file)[0]


def test_every_row_is_held_back_or_passes(passage: Passage) -> None:
    back = sum(one.verdict != "PASS" for one in passage.held)
    assert back + len(passage.slices) == len(passage.rows)


def test_ticks_are_told_of_what_passes(passage: Passage) -> None:
    decimals = int(passage.file.settings.get("price_decimals", "2"))
    jumps = {(one.instrument.symbol, one.ts_event) for one in passage.jumps if one.verdict != "PASS"}
    rows = expected(passage.rows, passage.file)[1]
    stamps = (rows["closes"] - pd.Timedelta("05:30:00")).astype("datetime64[us]").astype(np.int64)
    gone = pd.Series(list(zip(rows["symbol"], stamps, strict=True)), rows.index).isin(jumps)
    assert int((passage.slices["tick_error_close"] != 0).sum()) == off_tick(rows[~gone], decimals)


@pytest.mark.parametrize("file", [file for file in FILES if file.cumulative], ids=lambda file: file.name)
def test_a_day_s_volume_adds_up_to_its_counter_in_order_of_time(file: RealFile, passages: Passages) -> None:
    slices, rows = passages[file].slices, expected(passages[file].rows, file)[1]
    assert (slices["volume_reset"].max(), falls(rows)) == (0.0, 0)
    assert slices["volume"].sum() == rows.groupby(["symbol", rows["closes"].dt.normalize()])["volume"].max().sum()


def test_a_volume_that_runs_backwards_as_it_arrives_is_counted() -> None:
    ticks, chunk = as_they_arrived("24-May-2021/RELIANCE_2021-05-24_.csv.gz")
    adjuster = VolumeAdjuster(VolumeAdjuster.Settings(cumulative=True), ONE)
    found = adjuster.transform(chunk.with_columns({"session": np.ones(len(chunk)), "split": np.ones(len(chunk))}))
    assert found["volume_reset"][-1] == (ticks["volume"] < ticks["volume"].cummax()).sum() > 1_000
    assert np.nansum(found["volume"]) == ticks["volume"].max()


KNOWN = {
    "index_daily/NIFTY_BANK_to_2021.csv.gz": ("source", "a price is missing or not finite", 1_368),
    "ticks_nse_2021/16-April-2021": ("clock_sanity", "stamped before 1990-01-01", 4 * 3_007),
    "intraday/kite_1min_banks_2023-04_06.parquet": ("data_completeness", "outside the hours of the session", 6),
}


@pytest.mark.parametrize("name", KNOWN)
def test_what_a_file_is_known_for_is_found(name: str, passages: Passages) -> None:
    (file,) = (one for one in FILES if one.name == name)
    stage, reason, rows = KNOWN[name]
    assert sum(one.stage == stage and one.reason == reason for one in passages[file].held) == rows


def test_half_of_the_ticks_of_a_morning_came_twice(passages: Passages) -> None:
    (file,) = (one for one in FILES if one.name.endswith("24-May-2021"))
    twice = sum(one.verdict == "DUPLICATE" and one.instrument.symbol == "RELIANCE_2021-05-24_"
                for one in passages[file].held)  # fmt: skip
    rows = (passages[file].rows["symbol"] == "RELIANCE_2021-05-24_").sum()
    assert 0.49 < twice / rows < 0.51


def test_ticks_of_a_later_day_are_held_back_by_the_day_of_the_file(passages: Passages) -> None:
    (file,) = (one for one in FILES if one.name.endswith("16-April-2021"))
    rows = passages[file].rows
    later = int((rows["closes"] >= "2021-04-17").sum())
    assert passages[file].counts["clock_sanity", "QUARANTINE", "stamped after 2021-04-16"] == later > 10_000


ONE = Universe([Instrument(InstrumentId("ONE", "NSE"), "INR", tick_size=5)])


def as_they_arrived(path: str) -> tuple[pd.DataFrame, Chunk]:
    """The ticks of a file in its own order, which no source would keep."""
    ticks = pd.read_csv(DATA / "ticks_nse_2021" / path, parse_dates=["timestamp"])
    stamps = (ticks["timestamp"] - pd.Timedelta("05:30:00")).to_numpy("datetime64[us]").astype(np.int64)
    prices = dict.fromkeys(PRICES, np.rint(ticks["ltp"].to_numpy() * 100))
    return ticks, Chunk(stamps, np.zeros(len(ticks)), {**prices, "volume": ticks["volume"].to_numpy()})


def test_rows_in_the_order_in_which_they_arrived_run_backwards() -> None:
    ticks, chunk = as_they_arrived("16-April-2021/TCS_16_April.csv.gz")
    judges = [("clock_sanity", ClockSanity(ClockSanity.Settings())), ("bar_sanity", BarSanity())]
    stream = stream_of(StreamPlan((*PRICES, "volume"), judges), ONE)
    list(stream.process(chunk))
    found = Counter(one.reason for one in stream.quarantine.rows)

    rows = ticks[ticks["timestamp"].dt.year > 1990]
    newest = rows["timestamp"].cummax()
    late = rows["timestamp"] < newest
    first = rows.assign(newest=newest)[~late].groupby("newest")[["ltp", "volume"]].transform("first")
    again = rows[~late].groupby("timestamp").cumcount() > 0
    same = (rows.loc[~late, ["ltp", "volume"]] == first).all(axis=1)
    assert found == {
        "stamped before 1990-01-01": len(ticks) - len(rows),
        "time runs backwards": late.sum(),
        "the same bar again": (again & same).sum(),
        "two different bars for one time": (again & ~same).sum(),
    }


# Jumps of prices

BEHIND = "that nobody announced"


@pytest.mark.parametrize("file", [one for one in FILES if one not in (EOD, BHAV, HOURS)], ids=lambda file: file.name)
def test_no_price_is_held_back_where_none_is_wrong(file: RealFile, passages: Passages) -> None:
    assert [one for one in passages[file].jumps if one.verdict != "PASS" and BEHIND not in one.reason] == []


#: Known splits and bonuses of 1.28 for 1 and more that are not recognised; docs/corporate_actions.md says why.
MISSED = {("BRITANNIA", "2010-09-08"), ("GAIL", "2017-03-09"), ("WIPRO", "2019-03-06")}


def known_events(rows: pd.DataFrame) -> dict[tuple[str, pd.Timestamp], float]:
    """The factor by symbol and ex-date, of those known ones that the rows show."""
    events = pd.read_csv(DATA / "corporate_actions/price_factor_events.csv", parse_dates=["ex_date"])
    events = events[events["factor"] >= 1.28].assign(symbol=events["symbol"].replace("M&M", "MM"))
    there = {(row.symbol, row.closes.normalize()) for row in rows[rows["away"] <= 30].itertuples()}
    found = {(row.symbol, row.ex_date): row.factor for row in events.itertuples()}
    return {key: factor for key, factor in found.items() if key in there}


@pytest.mark.parametrize("file", [EOD, BHAV], ids=lambda file: file.name)
def test_a_row_is_held_back_as_behind_a_split_where_one_was(file: RealFile, passages: Passages) -> None:
    told = passages[file].days("as after a split")
    known = known_events(moves(passages[file].rows))
    missed = {(symbol, pd.Timestamp(day)) for symbol, day in MISSED}
    assert told == set(known) - missed
    assert {one.verdict for one in passages[file].jumps if BEHIND in one.reason} == {"QUARANTINE"}


def test_most_ratios_that_a_row_is_held_back_with_are_right(passages: Passages) -> None:
    right = 0
    for file in (EOD, BHAV):
        known = known_events(moves(passages[file].rows))
        for one in passages[file].jumps:
            if match := re.match(r"as after a split (\d+):(\d+) ", one.reason):
                ratio = int(match[1]) / int(match[2])
                right += abs(ratio / known[one.instrument.symbol, _date(one)] - 1) < 1e-3
    assert right == 68


def test_in_the_fall_of_march_2020_of_the_whole_market_only_two_demergers_look_like_splits(passages: Passages) -> None:
    (file,) = (one for one in FILES if one.name == "raw_bhavcopy")
    assert (len(passages[file].rows), passages[file].rows["symbol"].nunique()) == (37_109, 2_233)
    told = {(symbol, day.date().isoformat()) for symbol, day in passages[file].days("as after a split")}
    assert told == {("TATACHEM", "2020-03-04"), ("BORORENEW", "2020-03-23")}


@pytest.mark.parametrize(
    "file", [one for one in FILES if one.name not in (EOD.name, BHAV.name, "raw_bhavcopy")], ids=lambda file: file.name
)
def test_nowhere_else_is_a_row_behind_a_split(file: RealFile, passages: Passages) -> None:
    assert [one for one in passages[file].jumps if BEHIND in one.reason] == []


@pytest.mark.parametrize("file", [EOD, BHAV], ids=lambda file: file.name)
def test_rows_behind_a_split_are_held_back_for_a_month_at_most(file: RealFile, passages: Passages) -> None:
    rows, known = moves(passages[file].rows), known_events(moves(passages[file].rows))
    behind = {(one.instrument.symbol, _date(one)) for one in passages[file].jumps if BEHIND in one.reason}
    month = pd.Timedelta(days=30)
    near = {
        (row.symbol, day)
        for row in rows.itertuples()
        for day in [row.closes.normalize()]
        if any(symbol == row.symbol and ex_date <= day <= ex_date + month for symbol, ex_date in known)
    }
    assert behind <= near
    assert len(behind) == {EOD.name: 1_304, BHAV.name: 180}[file.name]


def test_with_a_file_of_its_actions_no_row_is_behind_a_split(tmp_path: Path) -> None:
    events = read_list(DATA / "corporate_actions/price_factor_events.csv").announcements
    (tmp_path / "actions.csv").write_text("\n".join(written(events)))
    plan = [*STAGES, *BHAV.overrides(DATA), f'plugins.source.parquet.actions="{tmp_path / "actions.csv"}"']
    quarantine, _ = ProfileSession("backtest", tmp_path, *plan).flow()
    assert [one.reason for one in quarantine.rows if "as after a split" in one.reason] == []


@pytest.mark.parametrize("file", [EOD, BHAV], ids=lambda file: file.name)
def test_a_bar_is_held_back_for_a_jump_only_near_one(file: RealFile, passages: Passages) -> None:
    rows, alone = moves(passages[file].rows), passages[file].days("stands alone")
    numbers = {(row.symbol, row.closes.normalize()): row.number for row in rows.itertuples()}
    far = [(row.symbol, row.number) for row in rows[rows["farthest"] > 0.24].itertuples()]
    near = {(symbol, row + later) for symbol, row in [*far, *((key[0], numbers[key]) for key in alone)]
            for later in range(4)}  # fmt: skip
    held = {(one.instrument.symbol, _date(one)) for one in passages[file].jumps
            if one.verdict != "PASS" and BEHIND not in one.reason} - alone  # fmt: skip
    assert {(symbol, numbers[symbol, day]) for symbol, day in held} <= near
    assert len(held) == {EOD.name: 48, BHAV.name: 25}[file.name]


@pytest.mark.parametrize("file", [EOD, BHAV], ids=lambda file: file.name)
def test_no_jump_by_a_third_passes_without_a_word(file: RealFile, passages: Passages) -> None:
    rows = moves(passages[file].rows)
    told = passages[file].days("")
    wide = rows[(rows["farthest"] > 0.34) & (rows["number"] > 20)]
    assert {(row.symbol, row.closes.normalize()) for row in wide.itertuples()} <= told
    assert len(wide) > 9


def test_freak_opens_of_the_time_before_the_opening_auction_are_held_back(passages: Passages) -> None:
    rows = lone_opens(moves(passages[EOD].rows), 0.095)
    by_day = {(row.symbol, row.closes.normalize()): row for row in rows.itertuples()}
    held = passages[EOD].days("stands alone")
    assert held <= {key for key, row in by_day.items() if row.deviations > 5.0}
    surely = {key for key, row in by_day.items() if row.alone > 0.105 and row.deviations > 7.5}
    assert surely <= passages[EOD].days("")
    # The average price of the day says that next to nothing was traded there.
    off = min(abs(np.log(by_day[key].open / by_day[key].average)) for key in held)
    assert (len(held) > 150, off > 0.07, max(day for _, day in held) < pd.Timestamp("2013-01-01")) == (True,) * 3


def test_since_there_is_an_auction_no_open_of_a_day_stands_alone(passages: Passages) -> None:
    assert passages[BHAV].days("stands alone") == set()
    (lone,) = passages[HOURS].jumps
    rows = moves(passages[HOURS].rows)
    (row,) = rows[(rows["move_open"] > 0.1) & (rows["open"] > 1.1 * rows["close"])].itertuples()
    assert (lone.instrument.symbol, _date(lone)) == (row.symbol, row.closes.normalize())

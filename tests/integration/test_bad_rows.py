"""Bad input through the whole host: a clear outcome, counted in the summary, and no row lost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow.parquet as pq
import pytest
from fakes.components import DAY, Idle
from fakes.installed import Installed, UserFolder

from friday_core.api import (
    Bar,
    BookView,
    Chunk,
    ComponentSpec,
    Event,
    HistoricalData,
    Instrument,
    InstrumentId,
    RowCode,
)
from friday_core.errors import ConfigurationError, DataSourceError, FridayError, PluginContractError, SchemaError
from friday_core.orchestration.host import RunResult

TOML = """
[[trading.active_strategies]]
id = "ear"
use = "ear"
"""
Q, DUPLICATE = "QUARANTINE", "DUPLICATE"
#: Stage, verdict, reason, rows.
Held = tuple[str, str, str, int]


class Ear(Idle):
    """Hears every bar that reached the strategies."""

    heard: list[tuple[str, int, float]]
    resets: list[float]

    def __init__(self) -> None:
        super().__init__()
        self.heard = []
        self.resets = []

    def on_event(self, event: Event, book: BookView) -> None:
        if isinstance(event, Bar):
            self.heard.append((event.instrument.id.symbol, event.ts_event, event.volume))
            self.resets.append(event.columns.get("volume_reset", 0.0))


class Ran(NamedTuple):
    """How a run ended, and what the strategies heard."""

    result: RunResult
    heard: list[tuple[str, int, float]]
    resets: list[float]

    @property
    def held(self) -> list[Held]:
        return [(row["stage"], row["verdict"], row["reason"], row["rows"]) for row in self.result.summary["quarantine"]]

    @property
    def went_on(self) -> list[Held]:
        """Rows that passed with a remark or a repair."""
        return [one for one in self.held if one[1] in ("PASS", "REPAIR")]

    @property
    def rows(self) -> int:
        return int(self.result.summary["results"]["rows"])


class Host:
    """Runs rows of a source, or a file, through the real host."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
        self.folder = UserFolder(path)
        self._installed = Installed(monkeypatch)
        self._ears: list[Ear] = []

        def ear() -> Ear:
            self._ears.append(Ear())
            return self._ears[-1]

        self._installed.add(ComponentSpec("strategy", "ear", ear))

    def run(self, source: HistoricalData, *overrides: str) -> Ran:
        self._installed.add(ComponentSpec("source", "given", lambda: source))
        return self._ran("streams.market_data.source=given", *overrides)

    def run_file(self, text: str, *overrides: str) -> Ran:
        (self.folder.path / "bars.csv").write_text(text, encoding="utf-8")
        path = f"plugins.source.csv.path={self.folder.path / 'bars.csv'}"
        zone = "plugins.source.csv.timezone=Asia/Kolkata"
        return self._ran("streams.market_data.source=csv", path, zone, *overrides)

    def _ran(self, *overrides: str) -> Ran:
        result = self.folder.host(TOML, overrides=overrides).run()
        ran = Ran(result, self._ears[-1].heard, self._ears[-1].resets)
        assert result.status == "finished"
        stayed = sum(rows for *_, rows in ran.held) - sum(rows for *_, rows in ran.went_on)
        assert ran.rows == len(ran.heard) + stayed, "a row was lost"
        table = pq.read_table(result.folder / "quarantine.parquet").to_pylist()
        assert len(table) == sum(rows for *_, rows in ran.held)
        return ran


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Host:
    return Host(monkeypatch, tmp_path)


# One bad value in a file ----------------------------------------------------------------------------

MISSING, OFF_GRID = "a price is missing or not finite", "a price finer than the instrument's price unit"


def csv(line: str, symbols: Sequence[str] = ("INFY",)) -> str:
    """Five days, of which the third is this line."""
    days = [f"2024-01-0{day},{symbol},100,110,90,105,1000" for day in (1, 2, 3, 4, 5) for symbol in symbols]
    days[2 * len(symbols)] = line
    return "\n".join(["timestamp,symbol,open,high,low,close,volume", *days])


@pytest.mark.parametrize(
    ("values", "held"),
    [
        ("100,110,90,NaN,1000", ("source", Q, MISSING, 1)),
        ("100,110,90,,1000", ("source", Q, MISSING, 1)),
        ("inf,110,90,105,1000", ("source", Q, MISSING, 1)),
        ("100,110,-inf,105,1000", ("source", Q, MISSING, 1)),
        ("100,110,0,105,1000", ("bar_sanity", Q, "low is zero or negative", 1)),
        ("100,110,-90,105,1000", ("bar_sanity", Q, "low is zero or negative", 1)),
        ("100,110,5e-324,105,1000", ("source", Q, OFF_GRID, 1)),
        ("100,110,90,105.001,1000", ("source", Q, OFF_GRID, 1)),
        ("100,90,110,105,1000", ("bar_sanity", Q, "high is below low", 1)),
        ("100,110,90,115,1000", ("bar_sanity", Q, "high is below close", 1)),
        ("100,110,90,105,-1", ("bar_sanity", Q, "volume is negative", 1)),
        ("100,110,90,105,NaN", ("bar_sanity", Q, "volume is missing or not finite", 1)),
        ("100,110,90,105,inf", ("bar_sanity", Q, "volume is missing or not finite", 1)),
    ],
)
def test_a_bad_value_holds_its_row_back_and_no_other(host: Host, values: str, held: Held) -> None:
    ran = host.run_file(csv(f"2024-01-03,INFY,{values}"))
    assert ran.held == [held]
    assert len(ran.heard) == 4


@pytest.mark.parametrize(
    ("line", "held"),
    [
        ("2024-01-02,INFY,100,110,90,105,1000", ("bar_sanity", DUPLICATE, "the same bar again", 1)),
        ("2024-01-02,INFY,100,110,90,106,1000", ("bar_sanity", Q, "two different bars for one time", 1)),
    ],
)
def test_a_second_bar_of_one_time_is_held_back(host: Host, line: str, held: Held) -> None:
    ran = host.run_file(csv(line))
    assert (ran.held, len(ran.heard)) == ([held], 4)


def test_a_file_in_disorder_is_put_in_order(host: Host) -> None:
    ran = host.run_file(csv("2023-12-29,INFY,100,110,90,105,1000"))
    assert (ran.held, len(ran.heard)) == ([], 5)
    assert ran.heard == sorted(ran.heard, key=lambda row: row[1])


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        (csv("0,INFY,100,110,90,105,1000"), "line 4"),
        (csv("2024-01-03,INFY,100,110,90,text,1000"), "'text' is not a number"),
        ("timestamp,symbol,open,high,low,close\n2024-01-01,INFY,1,1,1,1", "there is no column 'volume'"),
        ("timestamp,symbol,open,high,low,close,volume", "there are no rows"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused_before_the_start(host: Host, text: str, mend: str) -> None:
    with pytest.raises(ConfigurationError, match=mend):
        host.run_file(text)


# Rows as a source delivers them ---------------------------------------------------------------------

A, B = (Instrument(InstrumentId(symbol, "SEA"), "INR") for symbol in "AB")
#: Day, position of the instrument, price in units, volume.
Row = tuple[float, int, int, float]
LATE = "late: its slice was already closed"


def chunk(*rows: Row, code: int = 0) -> Chunk:
    days, inst, price, volume = zip(*rows, strict=True) if rows else ((), (), (), ())
    prices = dict.fromkeys(("open", "high", "low", "close"), np.array(price, np.int64))
    stamps = np.array([round(day * DAY) for day in days], np.int64)
    columns = {**prices, "volume": np.array(volume, np.float64)}
    return Chunk(stamps, np.array(inst, np.int32), columns, code=np.full(len(rows), code, np.uint16))


class Given(HistoricalData):
    """Delivers these chunks."""

    def __init__(self, chunks: Sequence[Any], instruments: Sequence[Instrument] = (A, B)) -> None:
        self._chunks = chunks
        self._instruments = instruments

    def instruments(self) -> Sequence[Instrument]:
        return self._instruments

    def bars(self) -> Iterator[Chunk]:
        yield from (one() if callable(one) else one for one in self._chunks)


def day(number: float, *positions: int, price: int = 10_000, volume: float = 500.0) -> Chunk:
    return chunk(*((number, position, price, volume) for position in positions or (0, 1)))


BACKWARDS = ("bar_sanity", Q, "time runs backwards")
OUT_OF_PLACE: dict[str, tuple[list[Chunk], list[Held]]] = {
    "disorder": ([day(20_001), day(20_003), day(20_002)], [(*BACKWARDS, 2)]),
    "a row of an earlier day": ([day(20_001), day(19_001, 0), day(20_002)], [(*BACKWARDS, 1)]),
    "a row of epoch 0": ([day(20_001), day(0, 1), day(20_002)], [(*BACKWARDS, 1)]),
    # Nothing tells such a row from the first one after a long holiday: it closes every slice before it.
    "a row of a far later day": (
        [day(20_001), day(29_001, 0), day(20_002)],
        [("align", Q, LATE, 1), (*BACKWARDS, 1)],
    ),
    "another instrument's old row": ([day(20_001, 0), day(20_000, 1), day(20_002)], [("align", Q, LATE, 1)]),
    "a chunk twice": (
        [day(20_001), day(20_001), day(20_002)],
        [("bar_sanity", DUPLICATE, "the same bar again", 2)],
    ),
    "a row that the source marked": (
        [day(20_001), chunk((20_002, 0, 1, 1.0), code=RowCode.OFF_GRID)],
        [("source", Q, OFF_GRID, 1)],
    ),
    "a row with an unknown mark": (
        [day(20_001), chunk((20_002, 0, 1, 1.0), code=99)],
        [("source", Q, "marked by the source with code 99", 1)],
    ),
}


@pytest.mark.parametrize(("chunks", "held"), OUT_OF_PLACE.values(), ids=OUT_OF_PLACE)
@pytest.mark.parametrize("chunk_rows", [1, 10_000])
def test_a_row_out_of_place_is_held_back(host: Host, chunks: list[Chunk], held: list[Held], chunk_rows: int) -> None:
    ran = host.run(Given(chunks), f"run.chunk_rows={chunk_rows}")
    assert ran.held == held


def test_without_any_validator_late_and_surplus_rows_are_held_back_all_the_same(host: Host) -> None:
    chunks = [day(20_001), day(20_001, 0), day(20_003), day(20_002)]
    ran = host.run(Given(chunks), "streams.market_data.validators=[]")
    surplus = ("align", Q, "second row of its instrument in a slice", 1)
    assert ran.held == [("align", Q, LATE, 2), surplus]


def test_an_empty_chunk_is_nothing(host: Host) -> None:
    ran = host.run(Given([chunk(), day(20_001), chunk(), day(20_002), chunk()]))
    assert (ran.held, len(ran.heard), ran.result.summary["results"]["slices"]) == ([], 4, 2)


def test_a_source_without_any_row_is_an_error(host: Host) -> None:
    with pytest.raises(DataSourceError, match="stream 'market_data': the source delivered no row"):
        host.run(Given([chunk()]))


def test_instruments_that_start_late_or_end_early_are_heard_while_they_trade(host: Host) -> None:
    ran = host.run(Given([day(20_001, 0), day(20_002, 0, 1), day(20_003, 1)]))
    assert [(symbol, ts // DAY) for symbol, ts, _ in ran.heard] == [
        ("A", 20_001), ("A", 20_002), ("B", 20_002), ("B", 20_003),
    ]  # fmt: skip


def test_instruments_that_trade_at_different_times_have_slices_of_their_own(host: Host) -> None:
    ran = host.run(Given([day(20_001.25, 0), day(20_001.5, 1), day(20_002.25, 0), day(20_002.5, 1)]))
    assert (ran.held, ran.result.summary["results"]["slices"]) == ([], 4)


def test_two_instruments_with_one_name_are_refused_before_the_start(host: Host) -> None:
    with pytest.raises(ConfigurationError, match=r"two instruments share one name: A\.SEA"):
        host.run(Given([day(20_001)], [A, A]))


# Jumps, and volume that runs backwards --------------------------------------------------------------


OUTLIERS = "streams.market_data.validators=['bar_sanity', 'outlier_detection']"


def steady(number: int) -> int:
    return 10_000 + 100 * (number % 3)


def test_rows_behind_a_split_that_nobody_announced_are_held_back_with_its_likely_ratio(host: Host) -> None:
    rows = [(20_001 + n, 0, steady(n) if n < 60 else steady(n) // 2, 500.0) for n in range(80)]
    ran = host.run(Given([chunk(*rows)]), OUTLIERS)
    later, first = ran.held
    assert first[2].startswith("as after a split 2:1 that nobody announced: open 50 after 102")
    assert later == ("outlier_detection", Q, "behind a split 2:1 that nobody announced", 19)
    assert (first[1], first[3], len(ran.heard)) == (Q, 1, 60)


def test_a_price_far_from_all_others_is_held_back(host: Host) -> None:
    rows = [(20_001 + n, 0, 150 if n == 60 else steady(n), 500.0) for n in range(80)]
    ran = host.run(Given([chunk(*rows)]), OUTLIERS)
    ((stage, verdict, _reason, count),) = ran.held
    assert (stage, verdict, count) == ("outlier_detection", Q, 1)
    assert 20_061 * DAY not in [ts for _, ts, _ in ran.heard]


def test_a_days_volume_that_runs_backwards_is_counted_in_a_column(host: Host) -> None:
    rows = [(20_001 + n / 10, 0, 10_000, volume) for n, volume in enumerate([100.0, 250.0, 40.0, 90.0])]
    ran = host.run(
        Given([chunk(*rows)]),
        "streams.market_data.transformers=['volume_adjuster']",
        "plugins.transformer.volume_adjuster.cumulative=true",
    )
    assert ran.held == []
    assert [volume for _, _, volume in ran.heard] == [100.0, 150.0, 0.0, 0.0]
    assert ran.resets == [0.0, 0.0, 1.0, 2.0]


def test_a_window_longer_than_the_data_decides_nothing_and_says_so(host: Host) -> None:
    ran = host.run(
        Given([day(20_001), day(20_002)]),
        "streams.market_data.transformers=['realised_volatility']",
        "plugins.transformer.realised_volatility.window=500",
    )
    results = ran.result.summary["results"]
    assert (results["slices"], results["decisions"], results["fills"]) == (2, {}, 0)


# Chunks of another schema ---------------------------------------------------------------------------


def with_columns(**columns: Any) -> Chunk:
    good = day(20_002)
    return Chunk(good.ts_event, good.inst, {**good.columns, **columns})


def without(name: str) -> Chunk:
    good = day(20_002)
    return Chunk(good.ts_event, good.inst, {one: values for one, values in good.columns.items() if one != name})


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        (lambda: without("volume"), SchemaError, r"stream 'market_data': the source declares .* differ in 'volume'"),
        (lambda: with_columns(vwap=np.ones(2)), SchemaError, r"stream 'market_data': .* differ in 'vwap'"),
        (lambda: with_columns(close=np.array([1.5, 2.0])), SchemaError, r"stream 'market_data': column 'close' holds"),
        (lambda: with_columns(volume=np.array(["x", "y"])), SchemaError, r"'market_data': column 'volume' holds num"),
        (lambda: with_columns(volume=np.ones(3)), SchemaError, r"'market_data': columns of a chunk of 2 rows differ"),
        (lambda: {"close": [1, 2]}, PluginContractError, "'market_data': the source delivered a dict, not a Chunk"),
        (lambda: day(20_002, 0, 7), PluginContractError, "a row whose inst is not among its instruments"),
    ],
)
def test_a_chunk_of_another_schema_ends_the_run_with_stream_and_column(
    host: Host, wrong: Any, error: type[FridayError], message: str
) -> None:
    with pytest.raises(error, match=message):
        host.run(Given([day(20_001), wrong, day(20_003)]))

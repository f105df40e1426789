import datetime as dt
import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from friday_core.api import Chunk, Verdict
from friday_plugins.sources.synthetic import SyntheticSource
from friday_plugins.validators.bar_sanity import BarSanity

Array = npt.NDArray[Any]
DAY = 86_400_000_000


def market(**settings: Any) -> SyntheticSource:
    return SyntheticSource(SyntheticSource.Settings(**settings))


def rows(**settings: Any) -> Chunk:
    return Chunk.concat(list(market(**settings).bars()))


def table(chunk: Chunk) -> list[tuple[Any, ...]]:
    columns: list[Array] = [chunk.ts_event, chunk.inst, chunk.code, *chunk.columns.values()]
    return list(zip(*(column.tolist() for column in columns), strict=True))


def digest(chunk: Chunk) -> str:
    columns: list[Array] = [chunk.ts_event, chunk.inst, *chunk.columns.values()]
    return hashlib.sha256(b"".join(column.tobytes() for column in columns)).hexdigest()[:16]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, "c75fb9a7919d8200"),
        ({"interval": "1m", "sessions": 20}, "b895f1b93f2a7f62"),
        ({"seed": 8, "dirt": 0.1}, "318d68234139858e"),
    ],
)
def test_a_seed_is_the_same_market_to_the_bit_everywhere(settings: dict[str, Any], expected: str) -> None:
    assert digest(rows(**settings)) == expected


def test_another_seed_is_another_market() -> None:
    assert digest(rows(seed=1)) != digest(rows(seed=2))


@given(st.integers(1, 60), st.integers(0, 60), st.sampled_from(["1d", "1m"]), st.sampled_from([0.0, 0.3]))
def test_more_sessions_change_no_earlier_bar(sessions: int, more: int, interval: str, dirt: float) -> None:
    shared = {"instruments": 2, "interval": interval, "dirt": dirt}
    short = table(rows(sessions=sessions, **shared))
    assert table(rows(sessions=sessions + more, **shared))[: len(short)] == short


@given(st.integers(1, 12), st.integers(1, 100), st.sampled_from([0.0, 0.3]))
def test_more_instruments_change_no_other_bar(instruments: int, more: int, dirt: float) -> None:
    def by_name(count: int) -> set[tuple[Any, ...]]:
        source = market(instruments=count, sessions=20, dirt=dirt)
        names = [one.id.symbol for one in source.instruments()]
        wanted = {f"SYN{n + 1:02d}" for n in range(instruments)}
        every = [(names[row[1]], row[0], *row[2:]) for chunk in source.bars() for row in table(chunk)]
        return {row for row in every if row[0] in wanted}

    assert by_name(instruments + more) == by_name(instruments)


def test_bars_come_in_time_order_and_by_instrument() -> None:
    chunk = rows(instruments=120, sessions=30)
    keys = list(zip(chunk.ts_event.tolist(), chunk.inst.tolist(), strict=True))
    assert keys == sorted(keys)
    assert chunk.seq.tolist() == list(range(len(chunk)))


@pytest.mark.parametrize("interval", ["1d", "1m"])
def test_every_clean_bar_is_sane_and_on_the_tick_grid(interval: str) -> None:
    chunk = rows(interval=interval, sessions=60)
    assert not BarSanity().validate(chunk).verdict.any()
    assert all(not (chunk[name] % 5).any() for name in ("open", "high", "low", "close"))


def test_daily_bars_close_at_half_past_three_on_weekdays() -> None:
    stamps = np.unique(rows(sessions=10, start=dt.date(2024, 1, 6)).ts_event)
    assert set((stamps % DAY).tolist()) == {10 * 3_600_000_000}
    assert str(np.datetime64(int(stamps[0] // DAY), "D")) == "2024-01-08"
    assert np.is_busday((stamps // DAY).astype("datetime64[D]")).all()


def test_a_session_has_375_minutes_from_quarter_past_nine_on() -> None:
    stamps = rows(interval="1m", sessions=1, instruments=1).ts_event
    assert len(stamps) == 375
    assert stamps[0] % DAY == (3 * 60 + 46) * 60_000_000
    assert stamps[-1] % DAY == 10 * 3_600_000_000


def test_minute_bars_open_and_close_a_session_where_the_daily_bar_does() -> None:
    daily, minutes = rows(instruments=1, sessions=40), rows(instruments=1, sessions=40, interval="1m")
    assert minutes["open"][::375].tolist() == daily["open"].tolist()
    assert minutes["close"][374::375].tolist() == daily["close"].tolist()


def test_a_split_lets_the_raw_price_drop_and_leaves_the_adjusted_one_within_the_limit() -> None:
    source = market()
    splits = [one for one in source.corporate_actions() if one.numerator > 1]
    assert [(one.instrument.symbol, one.numerator, one.factor) for one in splits] == [
        ("SYN01", 3, 3.0),
        ("SYN01", 5, 5.0),
        ("SYN04", 4, 4.0),
    ]
    chunk, names = rows(), [one.id for one in source.instruments()]
    for split in splits:
        own = chunk.take(chunk.inst == names.index(split.instrument))
        at = int(np.searchsorted(own.ts_event, split.session * DAY))
        raw = own["open"][at] / own["close"][at - 1]
        assert raw * split.factor == pytest.approx(1.0, abs=0.03)
        assert raw < 0.52


def test_a_dividend_is_announced_in_price_units() -> None:
    paid = [one for one in market().corporate_actions() if one.dividend]
    assert len(paid) == 7
    assert all(one.dividend % 5 == 0 and 1.002 < one.factor < 1.021 for one in paid)


def test_now_and_then_a_session_is_locked_at_its_limit_with_little_volume() -> None:
    chunk = rows()
    locked = chunk["high"] == chunk["low"]
    moves = []
    for inst in np.unique(chunk.inst[locked]):
        own = chunk.take(chunk.inst == inst)
        for at in np.flatnonzero(own["high"] == own["low"]):
            moves.append(abs(own["close"][at] / own["close"][at - 1] - 1))
            assert own["volume"][at] < own["volume"].mean() / 20
    assert len(moves) == 11
    assert all(min(abs(move - 0.1), abs(move - 0.2)) < 0.001 for move in moves)


def test_sessions_open_with_gaps() -> None:
    chunk = rows(instruments=1)
    gaps = np.abs(chunk["open"][1:] / chunk["close"][:-1] - 1)
    assert np.count_nonzero(gaps > 0.001) > 150


def test_every_fourth_instrument_is_listed_late() -> None:
    chunk = rows(instruments=8)
    first = [int(chunk.ts_event[chunk.inst == n][0]) for n in range(8)]
    assert [stamp > first[0] for stamp in first] == [False, False, False, True] * 2


def test_the_number_of_rows_is_known_when_all_are_clean() -> None:
    assert market().row_count() == len(rows()) == 1235
    assert market(dirt=0.1).row_count() is None


@pytest.mark.parametrize("interval", ["1d", "1m"])
def test_every_faulty_row_is_caught_and_no_other(interval: str) -> None:
    settings = {"interval": interval, "sessions": 250 if interval == "1d" else 10}
    clean, dirty = rows(**settings), rows(dirt=0.2, **settings)
    judgement = BarSanity().validate(dirty)
    passed = table(dirty.take(judgement.verdict == Verdict.PASS))
    assert set(passed) <= set(table(clean))
    assert len(passed) == len(set(passed))
    doubled = int(np.count_nonzero(judgement.verdict == Verdict.DUPLICATE))
    assert len(dirty) - len(clean) == doubled
    faulty = np.count_nonzero(judgement.verdict == Verdict.QUARANTINE)
    assert len(passed) == len(clean) - faulty
    assert (faulty + doubled) / len(clean) == pytest.approx(0.2, abs=0.03)
    assert set(judgement.reasons) == {
        "",
        "the same bar again",
        "high is below low",
        "a price finer than the instrument's price unit",
        "a price is missing or not finite",
        "close is zero or negative",
        "high is below close",
    }


def test_the_source_can_be_iterated_again() -> None:
    source = market(dirt=0.1)
    assert digest(Chunk.concat(list(source.bars()))) == digest(Chunk.concat(list(source.bars())))


def test_a_share_above_one_is_refused() -> None:
    with pytest.raises(ValidationError, match="less than or equal to 1"):
        market(dirt=1.5)

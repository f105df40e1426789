"""Bars: which ticks are in which bar, what a bar says, when it comes out, and what is held back."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from fakes.bar_builder import Built
from fakes.bars import UNIVERSE, A, B, C, Row, chunk_of, flat, one_by_one
from fakes.ticks import SECOND, Tick, at, ticks_of

from friday_core.domain.chunk import MISSING_PRICE, Chunk, Universe
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.errors import ClockDomainError, InvariantError, SchemaError
from friday_core.flow.session_hours import SessionHours

OUTSIDE = "outside the session"


def trades(*ticks: tuple[str, float, float]) -> Chunk:
    """Ticks of A by clock, price and volume."""
    return ticks_of([Tick(at(clock), price, volume) for clock, price, volume in ticks])


def flat_trades(*clocks: str) -> Chunk:
    return trades(*((clock, 100, 1) for clock in clocks))


def closes(built: Built) -> list[str]:
    return [bar.clock for bar in built.bars]


def test_a_bar_has_the_first_the_highest_the_lowest_and_the_last_price() -> None:
    (bar,) = Built("1m").of(
        trades(("09:15:01", 100, 1), ("09:15:02", 90, 1), ("09:15:03", 120, 1), ("09:15:04", 95, 1))
    )
    assert bar.prices == (100, 120, 90, 95)


def test_a_bar_adds_up_volume_trades_and_turnover_and_has_their_average_price() -> None:
    (bar,) = Built("1m").of(trades(("09:15:01", 100, 10), ("09:15:02", 110, 30)))
    assert (bar.volume, bar.ticks, bar.turnover, bar.vwap) == ("40.0", "2.0", "4300.0", "107.5")


def test_a_bar_without_volume_has_no_average_price() -> None:
    (bar,) = Built("1m").of(trades(("09:15:01", 100, 0)))
    assert (bar.volume, bar.ticks, bar.turnover, bar.vwap) == ("0.0", "1.0", "0.0", "nan")


def test_prices_leave_as_integers_and_the_rest_as_floats() -> None:
    built = Built("1m")
    built.of(flat_trades("09:15:01"))
    assert {name: column.dtype.name for name, column in built.chunks[0].columns.items()} == dict.fromkeys(
        ("open", "high", "low", "close"), "int64"
    ) | dict.fromkeys(("volume", "ticks", "turnover", "vwap"), "float64")
    assert set(built.stage.columns) == set(built.chunks[0].columns)


def test_a_tick_at_the_end_of_an_interval_is_the_first_of_the_next() -> None:
    built = Built("1m")
    built.of(trades(("09:15:59.999999", 100, 1), ("09:16:00", 200, 1)))
    assert [(bar.clock, bar.close) for bar in built.bars] == [("03:46:00 A", 100), ("03:47:00 A", 200)]


@pytest.mark.parametrize(
    ("domain", "first", "second"),
    [
        ("30s", "03:45:30 A", "09:15:30"),
        ("1m", "03:46:00 A", "09:16:00"),
        ("15m", "04:00:00 A", "09:30:00"),
        ("7m", "03:52:00 A", "09:22:00"),
        ("1h", "04:45:00 A", "10:15:00"),
    ],
)
def test_intervals_are_counted_from_the_open(domain: str, first: str, second: str) -> None:
    built = Built(domain)
    assert [bar.clock for bar in built.push(flat_trades("09:15:00", second))] == [first]


@pytest.mark.parametrize(("domain", "rest"), [("1h", "15:15:00"), ("7m", "15:26:00"), ("15m", "15:15:00")])
def test_the_sessions_last_bar_closes_at_the_close(domain: str, rest: str) -> None:
    built = Built(domain)
    built.of(flat_trades(rest, "15:29:59.999999"))
    assert closes(built) == ["10:00:00 A"]


@pytest.mark.parametrize("domain", ["1d", "session"])
def test_a_bar_of_a_day_holds_the_session(domain: str) -> None:
    built = Built(domain)
    ticks = [Tick(at("09:15"), 100, 1), Tick(at("15:29:59"), 105, 2), Tick(at("09:15", session=2), 110, 4)]
    built.of(ticks_of(ticks))
    assert [(bar.ts_event, bar.prices, bar.volume) for bar in built.bars] == [
        (at("15:30"), (100, 105, 100, 105), "3.0"),
        (at("15:30", session=2), (110, 110, 110, 110), "4.0"),
    ]


def test_the_hours_and_the_zone_of_the_session_are_settings() -> None:
    new_york = SessionHours(dt.time(9, 30), dt.time(16, 0), "America/New_York")
    built = Built("1d", new_york)
    # Clocks were set forward at the weekend: 14:30 UTC, and then 13:30, are 20:00 and 19:00 in India.
    friday, monday = at("20:00", _day("2024-03-08")), at("19:00", _day("2024-03-11"))
    built.of(ticks_of([Tick(friday - 1, 1), Tick(friday, 2), Tick(monday - 1, 3), Tick(monday, 4)]))
    assert built.held == [(0, OUTSIDE), (2, OUTSIDE)]
    assert closes(built) == ["21:00:00 A", "20:00:00 A"]


def _day(date: str) -> int:
    return (dt.date.fromisoformat(date) - dt.date(1970, 1, 1)).days


def test_a_period_without_a_trade_has_no_bar() -> None:
    built = Built("1m")
    built.of(flat_trades("09:15:01", "09:18:01"))
    assert closes(built) == ["03:46:00 A", "03:49:00 A"]


def test_bars_by_volume_close_with_the_row_that_fills_them_and_no_row_is_divided() -> None:
    built = Built("v10")
    built.push(trades(("09:15:01", 100, 6), ("09:15:02", 101, 6), ("09:15:03", 102, 10), ("09:15:04", 103, 9)))
    assert [(bar.clock, bar.prices, bar.volume) for bar in built.bars] == [
        ("03:45:02 A", (100, 101, 100, 101), "12.0"),
        ("03:45:03 A", (102, 102, 102, 102), "10.0"),
    ]


def test_what_is_left_of_the_volume_closes_with_the_session_and_is_not_carried_over() -> None:
    built = Built("v10")
    built.of(ticks_of([Tick(at("15:00"), 100, 9), Tick(at("09:15", 2), 101, 9), Tick(at("09:16", 2), 101, 1)]))
    assert [(bar.ts_event, bar.volume) for bar in built.bars] == [(at("15:30"), "9.0"), (at("09:16", 2), "10.0")]


def test_at_the_close_bars_that_were_filled_are_out_before_those_that_are_left() -> None:
    def bar(session: int, instrument: InstrumentId, volume: float) -> Row:
        return flat(session, instrument, 100)._replace(volume=volume)

    rows = chunk_of([bar(1, A, 4), bar(1, B, 10), bar(2, C, 4)])
    for chunks in ([rows], one_by_one(rows)):
        built = Built("v10", of="bars")
        built.push(*chunks)
        assert [(made.symbol, made.ts_event) for made in built.bars] == [("B", at("15:30")), ("A", at("15:30"))]


def test_two_bars_by_volume_may_close_at_one_time_and_stay_in_order() -> None:
    built = Built("v10")
    built.push(trades(("09:15:01", 100, 10), ("09:15:01", 101, 10)))
    assert [(bar.clock, bar.close, bar.seq) for bar in built.bars] == [("03:45:01 A", 100, 0), ("03:45:01 A", 101, 1)]


@pytest.mark.parametrize("domain", ["1m", "v10"])
def test_instruments_have_bars_of_their_own_sorted_by_id(domain: str) -> None:
    built = Built(domain)
    ticks = [Tick(at("15:29:01"), 300, 4, C), Tick(at("15:29:01"), 100, 4, A), Tick(at("15:29:02"), 200, 4, B)]
    built.of(ticks_of(ticks))
    assert [(bar.clock, bar.close) for bar in built.bars] == [
        ("10:00:00 A", 100), ("10:00:00 B", 200), ("10:00:00 C", 300),
    ]  # fmt: skip


def test_a_bar_is_out_with_the_first_row_that_is_not_before_its_end_of_whatever_instrument() -> None:
    built = Built("1m")
    assert built.push(flat_trades("09:15:01", "09:15:59")) == []
    (bar,) = built.push(ticks_of([Tick(at("09:16"), 200, 1, B)]))
    assert bar.clock == "03:46:00 A"


def test_with_a_lateness_a_bar_waits_for_rows_out_of_order() -> None:
    built = Built("1m", lateness=5 * SECOND)
    first, second, third, fourth = one_by_one(
        trades(("09:15:58", 100, 1), ("09:16:03", 200, 1), ("09:15:59", 101, 1), ("09:16:05", 200, 1))
    )
    assert [built.push(one) for one in (first, second, third)] == [[], [], []]
    (bar,) = built.push(fourth)
    assert (bar.clock, bar.close) == ("03:46:00 A", 101)


def test_a_late_row_is_held_and_the_bar_that_is_out_does_not_change() -> None:
    built = Built("1m")
    (bar,) = built.push(flat_trades("09:15:01", "09:16:00"))
    built.of(ticks_of([Tick(at("09:15:30"), 999, 1)]))
    assert built.bars[0] == bar
    assert [(row.stage, row.reason, row.values) for row in built.quarantine.rows] == [
        ("bars.1m", "late: behind the watermark", {"price": 999, "volume": 1.0})
    ]


def test_a_clock_closes_a_bar_when_nothing_is_traded() -> None:
    built = Built("1m", lateness=2 * SECOND)
    built.push(flat_trades("15:29:59"))
    assert built.advance(at("15:30:01.999999")) == []
    assert built.stage.waits_until == at("15:30:02")
    (bar,) = built.advance(at("15:30:02"))
    assert bar.clock == "10:00:00 A"


def test_the_end_closes_what_was_begun_once_and_everything_after_it_is_late() -> None:
    built = Built("15m", lateness=SECOND)
    built.push(flat_trades("09:15:01"))
    (bar,) = built.end()
    assert bar.clock == "04:00:00 A"
    assert built.end() == []
    assert built.of(flat_trades("11:00")) == [bar]
    assert built.held == [(0, "late: behind the watermark")]


def test_a_bar_is_received_with_its_last_row_and_never_before_it_closes() -> None:
    delays = {"09:15:01": 100 * SECOND, "09:15:02": 1, "09:16:01": 1}
    built = Built("1m")
    built.of(ticks_of([Tick(at(clock), 100, received=at(clock) + delay) for clock, delay in delays.items()]))
    assert [bar.ts_recv for bar in built.bars] == [at("09:15:01") + 100 * SECOND, at("09:17")]


@pytest.mark.parametrize("clock", ["00:00", "09:14:59.999999", "15:30", "23:59:59"])
def test_ticks_outside_the_session_are_held_and_advance_nothing(clock: str) -> None:
    built = Built("1m")
    assert built.push(ticks_of([Tick(at("09:15"), 100), Tick(at(clock), 100)])) == []
    assert built.held == [(1, OUTSIDE)]


@pytest.mark.parametrize("ts_event", [0, 2**62, -(2**63), 2**63 - 1])
def test_garbage_in_place_of_a_time_is_outside_of_every_session(ts_event: int) -> None:
    built = Built("1m")
    built.of(ticks_of([Tick(ts_event, 100)]))
    assert (built.bars, built.held) == ([], [(0, OUTSIDE)])


@pytest.mark.parametrize("price", [MISSING_PRICE, 2**53 + 1, -(2**53) - 1])
def test_a_tick_without_a_price_or_with_one_that_no_float_holds_is_held(price: int) -> None:
    built = Built("1m")
    built.of(ticks_of([Tick(at("09:15"), price), Tick(at("09:15:01"), 7)]))
    assert built.held == [(0, "a price is missing, or beyond 2 ** 53 price units")]
    assert [bar.prices for bar in built.bars] == [(7, 7, 7, 7)]


@pytest.mark.parametrize("volume", [np.nan, np.inf, -1.0])
def test_a_tick_whose_volume_is_none_is_held(volume: float) -> None:
    built = Built("v10")
    built.of(ticks_of([Tick(at("09:15"), 100, volume), Tick(at("09:15:01"), 7, 3)]))
    assert built.held == [(0, "the volume is no number from 0 to 2 ** 53")]
    assert [bar.volume for bar in built.bars] == ["3.0"]


def test_prices_may_be_negative() -> None:
    (bar,) = Built("1m").of(trades(("09:15:01", -100, 1), ("09:15:02", -300, 1)))
    assert (bar.prices, bar.vwap) == ((-100, -100, -300, -300), "-200.0")


def test_a_bar_of_bars_holds_those_that_close_up_to_its_own_close() -> None:
    # Sessions' bars close at 15:30, so minute 1 after it is outside and minute -15 closes a quarter before.
    rows = [flat(1, A, 100, minute=-15), flat(1, A, 101, minute=-14), flat(1, A, 102), flat(1, A, 103, minute=1)]
    built = Built("15m", of="bars")
    built.of(chunk_of(rows))
    assert [(bar.clock, bar.open, bar.close) for bar in built.bars] == [
        ("09:45:00 A", 100, 100),
        ("10:00:00 A", 101, 102),
    ]
    assert built.held == [(3, OUTSIDE)]


def test_a_bar_of_bars_waits_for_the_bars_of_others_that_close_with_it() -> None:
    built = Built("1d", of="bars")
    assert built.push(chunk_of([flat(1, A, 100)])) == []
    assert built.push(chunk_of([flat(1, B, 200)])) == []
    assert [bar.clock for bar in built.push(chunk_of([flat(2, A, 100, minute=-60)]))] == ["10:00:00 A", "10:00:00 B"]


def test_bars_that_do_not_say_how_many_trades_they_hold_make_bars_that_do_not_either() -> None:
    (bar,) = Built("1d", of="bars").of(chunk_of([flat(1, A, 100)]))
    assert (bar.volume, bar.ticks, bar.turnover, bar.vwap) == ("1000000.0", "nan", "nan", "nan")


@pytest.mark.parametrize("name", ["open", "high", "low", "close"])
def test_a_bar_without_one_of_its_prices_is_held(name: str) -> None:
    built = Built("1d", of="bars")
    bar = chunk_of([flat(1, A, 100)])
    built.of(bar.with_columns({name: np.array([MISSING_PRICE])}))
    assert built.held == [(0, "a price is missing, or beyond 2 ** 53 price units")]


@pytest.mark.parametrize("domain", ["", "15", "0m", "2d", "1w", "24h", "v0", "v1.5", "15M", "v"])
def test_a_domain_that_does_not_exist_is_refused_with_the_mend(domain: str) -> None:
    with pytest.raises(ClockDomainError, match=f"^{domain!r} is no clock domain; .*write"):
        Built(domain)


def test_ticks_are_no_bars() -> None:
    with pytest.raises(ClockDomainError, match="there are no bars of 'tick': write a length as 15m"):
        Built("tick")


def test_a_missing_column_is_named() -> None:
    with pytest.raises(SchemaError, match="no column 'price'"):
        Built("1m").push(chunk_of([flat(1, A, 100)]))


def test_a_snapshot_keeps_its_instruments_in_another_universe() -> None:
    before = Built("1m", lateness=SECOND)
    before.push(ticks_of([Tick(at("09:15"), 300, 1, C), Tick(at("09:15:05"), 301, 1, C)]))
    after = Built("1m", universe=Universe([Instrument(C, "INR")]), lateness=SECOND)
    after.stage.restore(before.stage.snapshot())
    assert [(bar.symbol, bar.prices) for bar in after.end()] == [("C", (300, 301, 300, 301))]


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (Built("5m"), "5m of ticks, 09:15:00 to 15:30:00 Asia/Kolkata"),
        (Built("1m", of="bars"), "1m of bars"),
        (Built("1m", SessionHours(timezone="UTC")), "15:30:00 UTC"),
    ],
)
def test_a_snapshot_of_another_builder_is_refused(other: Built, said: str) -> None:
    with pytest.raises(InvariantError, match=f"the snapshot is of .*{said}, .*this builder makes 1m of ticks"):
        Built("1m").stage.restore(other.stage.snapshot())


def test_a_new_builder_makes_nothing_of_nothing() -> None:
    built = Built("1m", universe=UNIVERSE)
    assert built.of(ticks_of([])) == []

"""Bars of a minute from ticks and from history."""

from __future__ import annotations

from friday_plugins.zerodha.candles import MINUTE, SECOND, Candle
from friday_plugins.zerodha.minutes import Minutes
from friday_plugins.zerodha.plausibility import Told

LATE = 2 * SECOND
A, B = 257, 513
ORDER = {B: 0, A: 1}


def tick(second: float, price: int, traded: int = 1, token: int = A) -> Told:
    return Told(round(second * SECOND), token, price, traded, 0)


def out(minutes: Minutes, now: float) -> list[tuple[int, ...]]:
    """Minute, token, OHLC and volume of what comes out."""
    bars = minutes.take(minutes.due(round(now * SECOND)), ORDER)
    return [(one.ts // MINUTE, *one[1:]) for one in bars]


def test_a_bar_has_the_ticks_of_its_minute_and_comes_once_when_it_is_over() -> None:
    minutes = Minutes(LATE)
    minutes.add(
        [tick(60, 10, 2), tick(61, 12, 3), tick(90, 9, 4), tick(119.9, 11, 5), tick(120, 99), tick(70, 5, 1, B)]
    )
    assert out(minutes, 121.9) == []
    assert out(minutes, 122) == [(2, B, 5, 5, 5, 5, 1), (2, A, 10, 12, 9, 11, 14)]
    assert out(minutes, 122) == []


def test_a_tick_behind_its_bar_is_counted_and_changes_nothing() -> None:
    minutes = Minutes(LATE)
    minutes.add([tick(60, 10)])
    out(minutes, 122)
    minutes.add([tick(119, 11)])
    assert (minutes.late, out(minutes, 200)) == (1, [])


def test_fault_28_minutes_with_a_gap_wait_for_history_and_take_its_word() -> None:
    minutes = Minutes(LATE)
    minutes.add([tick(60, 10), tick(61, 5, 7, B), tick(185, 12)])
    minutes.missed(100 * SECOND, 130 * SECOND, [A])
    assert (minutes.due(126 * SECOND), minutes.complete(126 * SECOND)) == ([], 119 * SECOND)
    due = minutes.due(200 * SECOND)
    assert due == [2 * MINUTE, 3 * MINUTE]
    assert minutes.missing(due) == {A: (60 * SECOND, 180 * SECOND)}
    history = [Candle(60 * SECOND, 0.1, 0.2, 0.05, 0.15, 50), Candle(120 * SECOND, 0.15, 0.15, 0.15, 0.15, 9)]
    minutes.fill(A, history, 100.0)
    assert out(minutes, 200) == [(2, B, 5, 5, 5, 5, 7), (2, A, 10, 20, 5, 15, 50), (3, A, 15, 15, 15, 15, 9)]


def test_fault_28_without_an_answer_of_history_ticks_have_the_word() -> None:
    minutes = Minutes(LATE)
    minutes.add([tick(60, 10)])
    minutes.missed(100 * SECOND, 101 * SECOND, [A, B])
    assert out(minutes, 130) == [(2, A, 10, 10, 10, 10, 1)]


def test_history_changes_no_minute_of_which_nothing_was_missed() -> None:
    minutes = Minutes(LATE)
    minutes.add([tick(60, 10)])
    minutes.fill(A, [Candle(60 * SECOND, 1.0, 1.0, 1.0, 1.0, 1)], 100.0)
    assert out(minutes, 130) == [(2, A, 10, 10, 10, 10, 1)]


def test_what_waits_for_an_outage_does_not_wait_for_ever() -> None:
    minutes = Minutes(LATE)
    minutes.add([tick(60, 10)])
    moments = [at * SECOND for at in (118, 119, 120, 149, 150)]
    assert [minutes.complete(one) // SECOND for one in moments] == [118, 119, 119, 119, 150]
    assert minutes.complete(150 * SECOND, asked=[120 * SECOND]) == 119 * SECOND, "history is being asked"

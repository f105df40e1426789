"""When rows are missing, when that is over, and when nobody expects any."""

from __future__ import annotations

from fakes.live import MINUTE, SECOND, TEN

from friday_core.domain.records import RowsMissing
from friday_core.flow.session_hours import SessionHours
from friday_core.session.live.freshness import Freshness
from friday_core.session.live.pace import next_close

OPENS, CLOSES = TEN - 45 * MINUTE, TEN + 330 * MINUTE


def fresh() -> Freshness:
    return Freshness("ticks", 10 * SECOND, SessionHours())


def test_after_the_limit_the_silence_is_told_once_with_its_beginning() -> None:
    one = fresh()
    assert list(one.rows(TEN, TEN)) == []
    assert list(one.alive(TEN + 10 * SECOND)) == []
    (told,) = one.alive(TEN + 11 * SECOND)
    assert told == RowsMissing(TEN + 11 * SECOND, "ticks", TEN, "none for 11 s")
    assert list(one.alive(TEN + 30 * SECOND)) == []


def test_rows_of_the_past_do_not_end_it() -> None:
    one = fresh()
    list(one.rows(TEN, TEN))
    list(one.alive(TEN + MINUTE))
    assert list(one.rows(TEN + MINUTE, TEN + 49 * SECOND)) == []
    (told,) = one.rows(TEN + MINUTE, TEN + 50 * SECOND)
    assert (told.is_over, told.since) == (True, TEN + 50 * SECOND)


def test_rows_do_not_end_it_while_the_source_says_that_none_can_come() -> None:
    one = fresh()
    list(one.rows(TEN, TEN))
    (told,) = one.alive(TEN + SECOND, "the line is down")
    assert told.reason == "the line is down"
    assert list(one.rows(TEN + SECOND, TEN + SECOND, "the line is down")) == []
    assert [each.is_over for each in one.rows(TEN + SECOND, TEN + SECOND)] == [True]


def test_the_night_is_no_silence_and_the_morning_counts_from_the_open() -> None:
    one = fresh()
    one.begin(OPENS - 20 * 60 * MINUTE)
    assert list(one.alive(OPENS - SECOND)) == []
    assert list(one.alive(OPENS + 10 * SECOND)) == []
    (told,) = one.alive(OPENS + 11 * SECOND)
    assert told.since == OPENS


def test_before_the_first_row_it_counts_from_the_first_sign_of_life() -> None:
    one = fresh()
    assert list(one.alive(TEN)) == []
    assert [each.since for each in one.alive(TEN + 11 * SECOND)] == [TEN]


def test_the_next_close_is_that_of_the_open_session_or_of_the_next_one() -> None:
    day = 24 * 60 * MINUTE
    assert next_close(SessionHours(), TEN) == CLOSES
    assert next_close(SessionHours(), OPENS - MINUTE) == CLOSES
    assert next_close(SessionHours(), CLOSES) == CLOSES + day

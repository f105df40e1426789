"""A watch keeps the row that is meant and knows its neighbours."""

from __future__ import annotations

import pytest

from friday_core.domain.sessions import SessionDates
from friday_core.orchestration.watching import Moment, Watch

HOUR = 3_600_000_000
DAY = 24 * HOUR


def watch(at: str) -> Watch:
    return Watch(Moment.parse(at), 1, SessionDates("Asia/Kolkata"))


def shown(at: str, *hours: int, position: int = 1) -> Watch:
    """A watch that was shown a row at each of these hours since 1970-01-01."""
    made = watch(at)
    for hour in hours:
        made.saw(hour * HOUR, [0, position], {7: [0.5, float(hour)]})
    return made


def test_a_date_means_the_last_row_of_its_session() -> None:
    found = shown("1970-01-02", 10, 28, 34, 52).found
    assert found is not None
    assert (found.ts_event, found.session, found.number, found.values) == (34 * HOUR, 1, 3, {7: 34.0})


def test_a_session_is_the_date_in_the_zone_of_the_exchange() -> None:
    assert shown("1970-01-02", 19).found is not None
    assert shown("1970-01-01", 19).found is None


def test_a_time_means_the_row_of_exactly_that_time_in_any_zone() -> None:
    found = shown("1970-01-02T09:30:00+05:30", 3, 28, 29).found
    assert found is not None
    assert found.ts_event == 28 * HOUR


def test_rows_of_other_instruments_are_not_seen() -> None:
    seen = shown("1970-01-02", 28, 52, position=2)
    assert (seen.found, seen.nearest(), seen.is_over) == (None, None, False)


@pytest.mark.parametrize(
    ("at", "nearest"),
    [("1970-01-03", 34), ("1970-01-05", 34 + 96), ("1970-01-02T11:00:00Z", 34), ("1970-01-01T00:00:00Z", 28)],
)
def test_the_nearest_row_is_the_one_with_the_least_distance(at: str, nearest: int) -> None:
    row = shown(at, 28, 34, 34 + 96, 34 + 120).nearest()
    assert row is not None
    assert row.ts_event == nearest * HOUR


def test_a_watch_is_over_with_the_first_later_row() -> None:
    assert not shown("1970-01-02", 10, 28).is_over
    assert shown("1970-01-02", 10, 28, 52).is_over


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("08.03.2024", "is no date and no time: write 2024-03-08"),
        ("2024-02-30", "is no date and no time"),
        ("2024-03-08 10:00", r"has no zone: write 2024-03-08 10:00Z for UTC"),
    ],
)
def test_what_is_no_moment_is_refused_with_an_example(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Moment.parse(text)

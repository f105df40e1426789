"""A watch keeps the row that is meant and knows its neighbours."""

from __future__ import annotations

from typing import Any

import pytest

from friday_core.causal.oracle import Oracle
from friday_core.causal.program import trace_program
from friday_core.domain.instruments import InstrumentId
from friday_core.domain.sessions import SessionDates
from friday_core.orchestration.watching import Moment, SeenRow, Watch, watched_by

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


# Coarser domains -------------------------------------------------------------------------------


def with_coarser(at: str) -> Watch:
    """Rows at 28 and 34 h; of 15m at 28 and 29 h, of another instrument at 30 h, and at 36 h after all of them."""
    made = watch(at)
    made.saw(28 * HOUR, [1], {3: [5.0]}, "15m")
    made.saw(28 * HOUR, [0, 1], {7: [0.5, 28.0]})
    made.saw(29 * HOUR, [0, 1], {3: [0.5, 6.0]}, "15m")
    made.saw(30 * HOUR, [0], {3: [0.5]}, "15m")
    made.saw(34 * HOUR, [1], {7: [34.0]})
    made.saw(36 * HOUR, [1], {3: [9.0]}, "15m")
    return made


def test_a_row_has_the_latest_row_of_each_coarser_domain_with_its_own_count() -> None:
    found = with_coarser("1970-01-02T10:00:00Z").found
    assert found is not None
    assert (found.number, found.values) == (2, {7: 34.0})
    assert found.coarser == {"15m": SeenRow(29 * HOUR, 1, 2, {3: 6.0})}


def test_a_row_does_not_learn_of_coarser_rows_that_close_later() -> None:
    found = with_coarser("1970-01-02T04:00:00Z").found
    assert found is not None
    assert found.coarser == {"15m": SeenRow(28 * HOUR, 1, 1, {3: 5.0})}


def test_a_coarser_row_is_never_what_is_meant() -> None:
    made = watch("1970-01-02T05:00:00Z")
    made.saw(29 * HOUR, [1], {3: [6.0]}, "15m")
    assert (made.found, made.nearest(), made.is_over) == (None, None, False)


def test_a_watched_executor_answers_the_same_and_tells_domains_apart() -> None:
    program = trace_program(lambda m: {"x": m.close - m.at("15m").close.asof()}, base="1m")
    told: list[tuple[int, list[int], dict[int, list[float]], str | None]] = []

    def saw(ts: int, inst: Any, values: Any, domain: str | None) -> None:
        told.append((ts, list(inst), dict(values), domain))

    scales, ids = [1.0], [InstrumentId("A", "NSE")]
    watched, plain = watched_by(saw)(program, scales, ids), Oracle(program, scales, ids)
    for domain, close in (("15m", 2.0), ("1m", 5.0)):
        columns = {"close": [close]}
        assert watched.step(60, [0], columns, domain) == plain.step(60, [0], columns, domain)
    assert watched.step(61, [0], {"close": [6.0]}) == {"x": [4.0]}
    own = {n for n, one in enumerate(program.instructions) if one.node.domain == "1m"}
    coarse = set(range(len(program.instructions))) - own
    assert [(ts, inst, set(values), domain) for ts, inst, values, domain in told] == [
        (60, [0], coarse, "15m"), (60, [0], own, None), (61, [0], own, None),
    ]  # fmt: skip


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

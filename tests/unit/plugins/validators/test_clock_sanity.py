import datetime as dt
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from friday_core.api import Chunk, Judgement, Verdict
from friday_core.domain.sessions import SessionDates
from friday_plugins.validators.clock_sanity import ClockSanity

SECOND = 1_000_000
PASSES = (Verdict.PASS, "")
ZONE = SessionDates("Asia/Kolkata")


def validator(**settings: Any) -> ClockSanity:
    return ClockSanity(ClockSanity.Settings(**settings))


def at(text: str) -> int:
    return round(dt.datetime.fromisoformat(text).timestamp()) * SECOND


def chunk(times: Sequence[int], received: Sequence[int] | None = None) -> Chunk:
    """Rows of these times, with the session's date as the flow stamps it in India."""
    ts_event = np.array(times, np.int64)
    columns = {"session": ZONE.of(ts_event).astype(np.float64)}
    ts_recv = None if received is None else np.array(received, np.int64)
    return Chunk(ts_event, np.zeros(len(times)), columns, ts_recv=ts_recv)


def told(judgement: Judgement) -> list[tuple[Verdict, str]]:
    return [(Verdict(int(verdict)), judgement.reason_of(row)) for row, verdict in enumerate(judgement.verdict)]


def judged(times: Sequence[int], received: Sequence[int] | None = None, **settings: Any) -> list[tuple[Verdict, str]]:
    return told(validator(**settings).validate(chunk(times, received)))


def held(reason: str) -> tuple[Verdict, str]:
    return Verdict.QUARANTINE, reason


NOON = at("2024-01-02T12:00:00+05:30")


def test_a_time_of_today_passes() -> None:
    assert judged([NOON]) == [PASSES]
    assert judged([NOON, NOON + SECOND]) == [PASSES] * 2


@pytest.mark.parametrize("stamp", [0, -1, -(2**63), at("1970-01-01T05:30:00+05:30")])
def test_a_stamp_that_was_lost_is_held_back(stamp: int) -> None:
    assert judged([stamp]) == [held("stamped before 1990-01-01")]
    assert judged([NOON, stamp, NOON]) == [PASSES, held("stamped before 1990-01-01"), PASSES]


@pytest.mark.parametrize("stamp", [2**63 - 1, 2**62, NOON * 1000, at("2100-01-01T00:00:00+05:30")])
def test_a_stamp_of_another_century_or_of_another_unit_is_held_back(stamp: int) -> None:
    assert judged([stamp]) == [held("stamped after 2099-12-31")]
    assert judged([NOON, stamp, NOON]) == [PASSES, held("stamped after 2099-12-31"), PASSES]


def test_dates_are_those_of_the_exchange_s_zone_and_both_ends_belong_to_the_range() -> None:
    edges = [at(f"2024-01-0{day}T{clock}+05:30") for day in (1, 2) for clock in ("00:00:00", "23:59:59")]
    outside = [edges[0] - SECOND, edges[-1] + SECOND]
    settings = {"earliest": dt.date(2024, 1, 1), "latest": dt.date(2024, 1, 2)}
    assert judged(edges, **settings) == [PASSES] * 4
    assert judged(outside, **settings) == [held("stamped before 2024-01-01"), held("stamped after 2024-01-02")]


@pytest.mark.parametrize(("early", "verdict"), [(5 * SECOND, PASSES), (5 * SECOND + 1, None)])
def test_a_row_that_is_received_before_it_happened_is_held_back(early: int, verdict: Any) -> None:
    expected = verdict or held("stamped more than 5 seconds after it was received")
    assert judged([NOON], [NOON - early]) == [expected]
    assert judged([NOON, NOON], [NOON - early, NOON]) == [expected, PASSES]


def test_a_row_that_is_received_long_after_it_happened_passes_here() -> None:
    assert judged([NOON], [NOON + 3600 * SECOND]) == [PASSES]


def test_how_far_ahead_is_a_setting() -> None:
    reason = "stamped more than 0.5 seconds after it was received"
    assert judged([NOON], [NOON - SECOND], ahead=0.5) == [held(reason)]
    assert judged([NOON], [NOON - 60 * SECOND], ahead=60) == [PASSES]


def test_garbage_on_both_clocks_is_held_back() -> None:
    assert judged([2**63 - 1], [-(2**63)]) == [held("stamped after 2099-12-31")]
    assert judged([NOON, NOON], [-(2**63), 2**63 - 1])[0] == held("stamped more than 5 seconds after it was received")


def test_a_row_from_the_future_does_not_change_what_is_said_of_the_next() -> None:
    one = validator(latest=dt.date(2024, 1, 2))
    first, second = chunk([NOON + 86_400 * SECOND]), chunk([NOON])
    assert told(one.validate(first)) == [held("stamped after 2024-01-02")]
    assert told(one.validate(second)) == [PASSES]


STAMPS = st.one_of(
    st.sampled_from([0, NOON, -(2**63), 2**63 - 1]),
    st.integers(NOON - 3 * 86_400 * SECOND, NOON + 3 * 86_400 * SECOND),
    st.integers(-(2**63), 2**63 - 1),
)


@given(st.lists(st.tuples(STAMPS, STAMPS), min_size=1, max_size=12), st.lists(st.integers(0, 12), max_size=4))
def test_verdicts_do_not_depend_on_the_cuts(stamps: list[tuple[int, int]], cuts: list[int]) -> None:
    times, received = zip(*stamps, strict=True)
    one = validator(latest=dt.date(2024, 1, 3))
    edges = sorted({0, len(times), *(cut for cut in cuts if cut < len(times))})
    for pieces in (edges, range(len(times) + 1)):
        parts = [told(one.validate(chunk(times[a:b], received[a:b]))) for a, b in pairwise(pieces)]
        assert [each for part in parts for each in part] == told(one.validate(chunk(times, received)))


@given(st.lists(st.tuples(STAMPS, STAMPS), min_size=1, max_size=12))
def test_what_passes_lies_between_the_dates_and_is_not_ahead(stamps: list[tuple[int, int]]) -> None:
    times, received = zip(*stamps, strict=True)
    passed = [verdict is Verdict.PASS for verdict, _ in judged(times, received, latest=dt.date(2024, 1, 3))]
    first, last = at("1990-01-01T00:00:00+05:30"), at("2024-01-04T00:00:00+05:30")
    assert passed == [first <= ts < last and ts - recv <= 5 * SECOND for ts, recv in stamps]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"earliest": "2024-01-02", "latest": "2024-01-01"}, "latest 2024-01-01 is before earliest 2024-01-02"),
        ({"ahead": -1}, "greater than or equal to 0"),
        ({"earliest": "yesterday"}, "valid date"),
        ({"newest": "2024-01-01"}, "Extra inputs are not permitted"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        validator(**settings)

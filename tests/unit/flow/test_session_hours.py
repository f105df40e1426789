"""When a session opens and closes, in UTC."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from fakes.ticks import at

from friday_core.flow.session_hours import SessionHours


def around(hours: SessionHours, *moments: int) -> list[tuple[int, int]]:
    opens, closes = hours.around(np.array(moments, np.int64))
    return list(zip(opens.tolist(), closes.tolist(), strict=True))


def test_a_moment_has_the_session_of_its_date_in_the_exchanges_zone() -> None:
    # Half past midnight in India is the evening before in UTC.
    assert around(SessionHours(), at("00:30"), at("23:59", 2)) == [
        (at("09:15"), at("15:30")),
        (at("09:15", 2), at("15:30", 2)),
    ]


def test_moments_of_several_sessions_may_come_in_any_order_and_again() -> None:
    hours = SessionHours()
    bounds = {session: (at("09:15", session), at("15:30", session)) for session in (1, 2, 9)}
    for asked in ([9, 1, 2, 1], [2], [2, 2], [1, 9]):
        assert around(hours, *(at("12:00", session) for session in asked)) == [bounds[session] for session in asked]


def test_no_moment_has_no_session() -> None:
    assert around(SessionHours()) == []


def test_a_session_keeps_its_local_hours_when_clocks_change() -> None:
    hours = SessionHours(dt.time(9, 30), dt.time(16), "America/New_York")
    ((before, _), (after, _)) = around(hours, _utc("2024-03-08T18:00"), _utc("2024-03-11T18:00"))
    assert (before, after) == (_utc("2024-03-08T14:30"), _utc("2024-03-11T13:30"))


@pytest.mark.parametrize("moment", [-(2**63), 2**63 - 1])
def test_a_moment_beyond_every_calendar_is_in_no_session(moment: int) -> None:
    ((opens, closes),) = around(SessionHours(), moment)
    assert not opens <= moment < closes


@pytest.mark.parametrize("close", [dt.time(9, 15), dt.time(2)])
def test_a_session_that_does_not_open_before_it_closes_is_refused(close: dt.time) -> None:
    with pytest.raises(ValueError, match=f"cannot open at 09:15:00 and close at {close} of the same date"):
        SessionHours(dt.time(9, 15), close)


def _utc(text: str) -> int:
    return int(np.datetime64(text, "us").astype(np.int64))

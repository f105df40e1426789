"""Which ticks are believed: one rule a test, on frames as the socket sends them."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from friday_plugins.zerodha.frames import Frame, FrameReader
from friday_plugins.zerodha.plausibility import Limits, Plausibility
from friday_plugins.zerodha.ticker import HandOver

TOKEN, SECOND, OPEN, CLOSE = 257, 1_000_000, 1_000, 5_000


def session(moment: int) -> int:
    """From 1,000 to 5,000 seconds after midnight of each day of 100,000 seconds."""
    day, seconds = divmod(moment // SECOND, 100_000)
    return day if OPEN <= seconds < CLOSE else -1


def full(price: int, volume: int, at: int, token: int = TOKEN) -> bytes:
    head = struct.pack(">IiIiIII4i", token, price, 1, price, volume, 0, 0, *[price] * 4)
    return head + struct.pack(">5I", at, 0, 0, 0, at) + bytes(120)


def frame(*packets: bytes, received: int | None = None, at: int = 0) -> Frame:
    payload = struct.pack(">H", len(packets)) + b"".join(struct.pack(">H", len(one)) + one for one in packets)
    return FrameReader().read(payload, received if received is not None else at * SECOND)


def followed(jump: float = 5.0, skew: float | None = None, limits: Limits = Limits(500, 2_000)) -> Plausibility:  # noqa: B008
    found = Plausibility(session, jump, skew)
    found.follow({TOKEN: limits})
    return found


def told(belief: Plausibility, *ticks: tuple[int, int, int]) -> list[tuple[int, int, int]]:
    """Stamp, price and what traded of ticks of price, volume and stamp."""
    given = belief.judged(frame(*(full(*one) for one in ticks)))
    return [(one.ts // SECOND, one.price, one.traded) for one in given]


def test_what_traded_is_how_the_volume_grew_and_the_first_tick_tells_none() -> None:
    ticks = [(1_000, 100, 1_001), (1_001, 107, 1_002), (1_001, 107, 1_003), (1_002, 108, 1_004)]
    assert told(followed(), *ticks) == [(1_002, 1_001, 7), (1_004, 1_002, 1)]


@pytest.mark.parametrize("price", [0, -5])
def test_fault_30_a_price_that_is_not_positive_is_refused(price: int) -> None:
    belief = followed(limits=Limits())
    assert told(belief, (1_000, 100, 1_001), (price, 101, 1_002), (1_000, 103, 1_003)) == [(1_003, 1_000, 3)]
    assert belief.refused == {"no price": 1}


def test_fault_30_a_price_outside_the_limits_is_refused_however_often_it_comes() -> None:
    belief = followed(jump=50)
    assert told(belief, (1_900, 100, 1_001), (2_001, 101, 1_002), (2_001, 102, 1_003), (2_000, 103, 1_004)) == [
        (1_004, 2_000, 3)
    ]
    assert (belief.refused["outside its limits"], belief.doubted) == (2, {TOKEN})
    belief.limit({TOKEN: Limits(500, 2_001)})
    assert (told(belief, (2_001, 104, 1_005)), belief.doubted) == ([(1_005, 2_001, 1)], set())


def test_fault_32_a_spike_is_refused_and_a_jump_is_believed_with_the_second_tick() -> None:
    belief = followed()
    spike = [(1_000, 100, 1_001), (1_100, 101, 1_002), (1_001, 102, 1_003)]
    assert told(belief, *spike) == [(1_003, 1_001, 2)]
    assert told(belief, (1_100, 103, 1_004), (1_101, 104, 1_005)) == [(1_005, 1_101, 2)]
    assert belief.refused == {"a jump that nothing confirms": 2}


def test_fault_32_the_same_packet_twice_confirms_nothing() -> None:
    assert told(followed(), (1_000, 100, 1_001), (1_100, 101, 1_002), (1_100, 101, 1_002)) == []


def test_fault_30_a_volume_that_falls_is_refused_unless_it_stays_so() -> None:
    belief = followed()
    assert told(belief, (1_000, 900, 1_001), (1_000, 100, 1_002), (1_000, 901, 1_003)) == [(1_003, 1_000, 1)]
    assert told(belief, (1_000, 10, 1_004), (1_000, 11, 1_005), (1_000, 12, 1_006), (1_000, 14, 1_007)) == [
        (1_007, 1_000, 2)
    ]


def test_fault_31_an_older_tick_is_refused_and_a_double_one_tells_nothing() -> None:
    belief = followed()
    ticks = [(1_000, 100, 1_001), (1_001, 101, 1_003), (1_001, 101, 1_003), (1_002, 102, 1_002)]
    assert told(belief, *ticks) == [(1_003, 1_001, 1)]
    assert belief.refused == {"older than the one before": 1}


def test_fault_33_ticks_out_of_hours_are_refused_and_a_session_begins_anew() -> None:
    belief = followed()
    assert told(belief, (1_000, 100, 999), (1_000, 200, 4_999), (1_000, 300, 5_000)) == []
    assert belief.refused == {"out of hours": 2}
    assert told(belief, (1_010, 5, 101_000), (1_010, 8, 101_001)) == [(101_001, 1_010, 3)]


def test_fault_33_a_stamp_far_from_the_clock_is_refused() -> None:
    belief = followed(skew=60.0)
    assert belief.judged(frame(full(1_000, 1, 1_100), at=1_039)) == []
    assert belief.refused == {"a stamp far from the clock": 1}
    belief.judged(frame(full(1_000, 1, 1_100), at=1_040))
    assert len(belief.judged(frame(full(1_000, 2, 1_101), at=1_041))) == 1


def test_fault_27_stamps_that_stand_still_are_stale_although_ticks_come() -> None:
    belief = followed()
    for at in (1_001, 1_002, 1_011, 1_012):
        belief.judged(frame(full(1_000, 100, min(at, 1_002)), at=at))
    assert belief.stale(1_012 * SECOND, 10.0) == []
    assert belief.stale(1_013 * SECOND, 10.0) == [TOKEN]


def test_fault_36_a_token_that_nobody_follows_is_refused() -> None:
    belief = followed()
    assert belief.judged(frame(full(1_000, 1, 1_001, token=513))) == []
    assert belief.refused == {"unknown instrument": 1}


def test_a_price_without_a_volume_is_told_whenever_it_changes() -> None:
    belief = followed()
    ltps = [
        frame(struct.pack(">Ii", TOKEN, price), at=at) for at, price in ((1_001, 1_000), (1_002, 1_000), (1_003, 1_001))
    ]
    assert [(one.ts, one.price, one.traded) for part in ltps for one in belief.judged(part)] == [
        (1_003 * SECOND, 1_001, 0)
    ]


def test_where_times_are_wanted_the_first_packet_that_has_none_hides_no_other() -> None:
    belief = Plausibility(session, is_timed=True, skew=None)
    belief.follow({TOKEN: Limits()})
    assert belief.judged(frame(struct.pack(">Ii", TOKEN, 1_000), at=1_900)) == []
    assert told(belief, (1_000, 1, 1_001), (1_000, 2, 1_002)) == [(1_002, 1_000, 1)]


def test_fault_29_whoever_is_slow_finds_the_newest_of_each_instrument_and_all_that_traded() -> None:
    belief, over = followed(), HandOver(most=4)
    belief.judged(frame(full(1_000, 0, 1_000)))
    for at in range(1_001, 1_100):
        over.put(frame(full(1_000 + at % 7, at - 1_000, at), full(900, 1, at, token=513)))
    given = belief.judged(over.take(0.0))
    assert sum(one.traded for one in given) == 99
    assert given[-1].ts == 1_099 * SECOND
    assert over.dropped > 150
    assert len(over.take(0.0)) == 0


@given(
    st.lists(st.tuples(st.integers(-1, 2_100), st.integers(0, 9), st.integers(995, 1_010)), max_size=12),
    st.integers(0, 12),
    st.booleans(),
)
def test_packets_of_one_frame_are_judged_as_those_of_two(
    ticks: list[tuple[int, int, int]], place: int, is_timed: bool
) -> None:
    packets = [struct.pack(">Ii", TOKEN, one[0]) if one[1] == 9 else full(*one) for one in ticks]
    whole, parts = followed(), followed()
    for one in (whole, parts):
        object.__setattr__(one, "is_timed", is_timed)
    told_of_parts = [*parts.judged(frame(*packets[:place], at=1_005)), *parts.judged(frame(*packets[place:], at=1_005))]
    assert whole.judged(frame(*packets, at=1_005)) == told_of_parts
    assert (whole.refused, whole.doubted) == (parts.refused, parts.doubted)

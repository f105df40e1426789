from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from friday_core.api import MISSING_PRICE, PRICE_COLUMNS, Chunk, Instrument, InstrumentId, Judgement, Universe, Verdict
from friday_plugins.validators.data_completeness import DataCompleteness

SECOND = 1_000_000
DAY = 86_400 * SECOND
#: 09:15 in India, in UTC.
OPEN = (3 * 60 + 45) * 60 * SECOND
NAN = float("nan")
PASSES = (Verdict.PASS, "")


class Row(NamedTuple):
    """A bar that closes so many minutes after 09:15 of a day."""

    day: int
    minute: float = 1
    inst: int = 0
    prices: tuple[int, int, int, int] = (100, 110, 90, 105)
    volume: float = 1000.0
    delay: float = 0.0

    @property
    def ts(self) -> int:
        return self.day * DAY + OPEN + round(self.minute * 60) * SECOND


def chunk(rows: Sequence[Row]) -> Chunk:
    columns: dict[str, Any] = dict(zip(PRICE_COLUMNS, np.array([row.prices for row in rows]).T, strict=True))
    columns["volume"] = np.array([row.volume for row in rows])
    columns["session"] = np.array([float(row.day) for row in rows])
    ts = np.array([row.ts for row in rows])
    received = ts + np.array([round(row.delay * SECOND) for row in rows])
    return Chunk(ts, np.array([row.inst for row in rows]), columns, ts_recv=received)


def universe(*symbols: str) -> Universe:
    return Universe(Instrument(InstrumentId(symbol, "NSE"), "INR") for symbol in symbols)


def validator(*symbols: str, **settings: Any) -> DataCompleteness:
    return DataCompleteness(DataCompleteness.Settings(**settings), universe(*(symbols or "ABC")))


def told(judgement: Judgement) -> list[tuple[Verdict, str]]:
    return [(Verdict(int(verdict)), judgement.reason_of(row)) for row, verdict in enumerate(judgement.verdict)]


def verdicts(*rows: Row, **settings: Any) -> list[tuple[Verdict, str]]:
    return told(validator(**settings).validate(chunk(rows)))


def minutes(*minutes: float, day: int = 1, inst: int = 0) -> list[Row]:
    return [Row(day, minute, inst) for minute in minutes]


def missing(bars: str, verdict: Verdict = Verdict.PASS) -> tuple[Verdict, str]:
    return (verdict, f"{bars} missing before this")


def test_a_session_without_a_gap_passes() -> None:
    assert verdicts(*minutes(*range(1, 376)), *minutes(1, 2, day=2), interval="1m") == [PASSES] * 377


def test_bars_that_never_came_are_told_on_the_row_after_them() -> None:
    assert verdicts(*minutes(1, 2, 6, 8), interval="1m") == [PASSES, PASSES, missing("3 bars"), missing("1 bar")]


def test_the_end_of_one_session_and_the_start_of_the_next_are_missed_together() -> None:
    rows = [*minutes(374), *minutes(3, day=2)]
    assert verdicts(*rows, interval="1m") == [PASSES, missing("3 bars")]


def test_the_last_bar_of_a_session_may_be_shorter() -> None:
    hours = [60, 120, 180, 240, 300, 360, 375]
    assert verdicts(*minutes(*hours), *minutes(60, day=2), interval="1h") == [PASSES] * 8
    assert verdicts(*minutes(*hours[:5]), *minutes(60, day=2), interval="1h")[-1] == missing("2 bars")


def test_a_session_that_only_others_traded_is_missed() -> None:
    rows = [Row(1), Row(1, inst=1), Row(2, inst=1), Row(3), Row(3, inst=1)]
    assert verdicts(*rows) == [PASSES, PASSES, PASSES, missing("1 bar"), PASSES]


def test_a_session_that_nobody_traded_is_not_missed() -> None:
    assert verdicts(Row(1), Row(9)) == [PASSES, PASSES]


def test_a_whole_session_of_minutes_is_missed() -> None:
    rows = [*minutes(375), *minutes(375, inst=1), *minutes(1, day=2, inst=1), *minutes(1, day=3)]
    assert verdicts(*rows, interval="1m")[-1] == missing("375 bars")


def test_nothing_is_missed_before_the_first_row_of_an_instrument() -> None:
    assert verdicts(*minutes(5), *minutes(200, inst=1), interval="1m") == [PASSES, PASSES]


@pytest.mark.parametrize(
    ("policy", "verdict"),
    [("pass", Verdict.PASS), ("quarantine", Verdict.QUARANTINE), ("halt", Verdict.REJECT_CHUNK)],
)
def test_the_policy_for_gaps_is_a_setting(policy: str, verdict: Verdict) -> None:
    assert verdicts(*minutes(1, 4), interval="1m", on_gap=policy)[1] == missing("2 bars", verdict)


def test_a_row_after_a_gap_that_was_held_back_still_came() -> None:
    rows = minutes(1, 4, 5)
    assert verdicts(*rows, interval="1m", on_gap="quarantine")[2] == PASSES


@pytest.mark.parametrize("minute", [0, -5, 375.5, 376])
def test_a_row_outside_the_hours_is_told_and_is_no_bar_of_the_session(minute: float) -> None:
    rows = sorted([*minutes(100), *minutes(minute)], key=lambda row: row.ts)
    found = dict(
        zip([row.minute for row in rows], verdicts(*rows, interval="1m", on_outside="quarantine"), strict=True)
    )
    assert found == {100: PASSES, minute: (Verdict.QUARANTINE, "outside the hours of the session")}


def test_a_session_at_other_hours_is_not_counted() -> None:
    evening = [Row(2, 550), Row(2, 551)]
    found = verdicts(*minutes(375), *evening, *minutes(1, day=3), interval="1m")
    assert found == [PASSES, *[(Verdict.PASS, "outside the hours of the session")] * 2, PASSES]


def test_the_hours_are_those_of_the_zone() -> None:
    settings = {"interval": "1h", "timezone": "America/New_York", "session_open": "09:30", "session_close": "16:00"}
    # 2024-03-08 and 2024-03-11: the first bar closes at 15:30 UTC, and after the change of the clocks at 14:30.
    winter, summer = Row(19_790, 705), Row(19_793, 645)
    assert verdicts(winter, summer, **settings) == [PASSES, missing("6 bars")]


def test_a_row_before_the_newest_of_its_instrument_is_late_and_leaves_no_trace() -> None:
    rows = minutes(1, 5, 3, 6)
    assert verdicts(*rows, interval="1m") == [
        PASSES,
        missing("3 bars"),
        (Verdict.QUARANTINE, "late: before the instrument's newest row"),
        PASSES,
    ]


def test_a_row_of_a_session_before_the_stream_s_newest_is_late() -> None:
    assert verdicts(Row(2, inst=1), Row(1)) == [PASSES, (Verdict.QUARANTINE, "late: of a session before the newest")]


def test_a_row_that_was_received_too_late_is_late_but_in_order() -> None:
    rows = [Row(1, 1), Row(1, 2, delay=2.5), Row(1, 3, delay=2.0)]
    assert verdicts(*rows, interval="1m", latest_arrival=2) == [
        PASSES,
        (Verdict.QUARANTINE, "late: received more than 2 seconds after its close"),
        PASSES,
    ]


def test_fields_without_a_value_are_named() -> None:
    row = Row(1, prices=(100, MISSING_PRICE, 90, 105), volume=NAN)
    assert verdicts(row) == [(Verdict.QUARANTINE, "no value in high, volume")]


def test_only_the_named_fields_must_hold_a_value() -> None:
    assert verdicts(Row(1, volume=NAN), fields=["close"]) == [PASSES]


def test_the_worst_of_several_defects_decides_and_equals_are_told_together() -> None:
    rows = [Row(1, 1), Row(1, 4, volume=NAN)]
    assert verdicts(*rows, interval="1m")[1] == (Verdict.QUARANTINE, "no value in volume")
    both = (Verdict.QUARANTINE, "2 bars missing before this; no value in volume")
    assert verdicts(*rows, interval="1m", on_gap="quarantine")[1] == both


@pytest.mark.parametrize(
    ("prices", "volume", "mended"),
    [
        ((100, 110, 90, 105), NAN, (100, 110, 90, 105, 0.0)),
        ((MISSING_PRICE, 110, 90, 105), 5.0, (105, 110, 90, 105, 5.0)),
        ((100, 110, 90, MISSING_PRICE), 5.0, (100, 110, 90, 103, 5.0)),
        ((100, 102, 90, MISSING_PRICE), 5.0, (100, 102, 90, 102, 5.0)),
        ((107, 110, 106, MISSING_PRICE), 5.0, (107, 110, 106, 106, 5.0)),
        ((100, MISSING_PRICE, 90, 105), 5.0, (100, 105, 90, 105, 5.0)),
        ((100, 110, MISSING_PRICE, 105), 5.0, (100, 110, 100, 105, 5.0)),
        ((MISSING_PRICE,) * 4, NAN, (103, 103, 103, 103, 0.0)),
        ((MISSING_PRICE, MISSING_PRICE, 120, MISSING_PRICE), 5.0, (120, 120, 120, 120, 5.0)),
    ],
)
def test_what_can_be_repaired_agrees_with_what_is_known(
    prices: tuple[int, int, int, int], volume: float, mended: tuple[float, ...]
) -> None:
    rows = chunk([Row(1, prices=(100, 110, 90, 103)), Row(2, prices=prices, volume=volume)])
    judgement = validator(on_missing="repair").validate(rows)
    assert judgement.verdict.tolist() == [Verdict.PASS, Verdict.REPAIR]
    assert tuple(judgement.repairs[name][1].item() for name in (*PRICE_COLUMNS, "volume")) == mended
    assert [judgement.repairs[name][0] for name in PRICE_COLUMNS] == [100, 110, 90, 103]


def test_a_price_without_anything_to_repair_it_from_is_quarantined() -> None:
    row = Row(1, prices=(100, 110, 90, MISSING_PRICE))
    assert verdicts(row, on_missing="repair") == [(Verdict.QUARANTINE, "no value in close")]


def test_a_late_row_is_not_repaired_from_later_prices() -> None:
    rows = [Row(2), Row(1, prices=(100, 110, 90, MISSING_PRICE))]
    assert verdicts(*rows, on_missing="repair", on_late="pass")[1] == (Verdict.QUARANTINE, "no value in close")


def test_a_field_that_is_no_price_and_no_volume_cannot_be_repaired() -> None:
    rows = chunk([Row(1)]).with_columns({"open_interest": np.array([NAN])})
    judgement = validator(on_missing="repair", fields=["open_interest"]).validate(rows)
    assert told(judgement) == [(Verdict.QUARANTINE, "no value in open_interest")]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"interval": "1w"}, "should match pattern"),
        ({"timezone": "Asia/Nowhere"}, "'Asia/Nowhere' is not a time zone"),
        ({"session_open": "15:30"}, "session_close 15:30:00 is not after session_open 15:30:00"),
        ({"on_gap": "repair"}, "'pass', 'quarantine' or 'halt'"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        validator(**settings)


ROWS = st.lists(
    st.builds(
        Row,
        day=st.integers(1, 3),
        minute=st.sampled_from([-1, 1, 2, 3, 200, 374, 375, 400]),
        inst=st.integers(0, 2),
        prices=st.sampled_from([(100, 110, 90, 105), (100, 110, 90, MISSING_PRICE), (MISSING_PRICE,) * 4]),
        volume=st.sampled_from([1000.0, NAN]),
        delay=st.sampled_from([0.0, 10.0]),
    ),
    min_size=1,
    max_size=30,
)
POLICIES = st.fixed_dictionaries(
    {"on_gap": st.sampled_from(["pass", "quarantine"]), "on_missing": st.sampled_from(["pass", "repair"])}
)
SETTINGS = {"interval": "1m", "latest_arrival": 5}
Told = list[tuple[Verdict, str, tuple[float, ...]]]


def judged(one: DataCompleteness, rows: Sequence[Row]) -> Told:
    """Verdict, reason and, where the row was repaired, the replacement."""
    judgement = one.validate(chunk(rows))
    values = [
        tuple(judgement.repairs[name][row].item() for name in (*PRICE_COLUMNS, "volume"))
        if verdict == Verdict.REPAIR
        else ()
        for row, verdict in enumerate(judgement.verdict)
    ]
    return [(verdict, reason, value) for (verdict, reason), value in zip(told(judgement), values, strict=True)]


@given(ROWS, st.lists(st.integers(0, 30), max_size=5), POLICIES)
def test_verdicts_do_not_depend_on_the_cuts(rows: list[Row], cuts: list[int], policies: dict[str, str]) -> None:
    edges = sorted({0, len(rows), *(cut for cut in cuts if cut < len(rows))})
    one = validator(**SETTINGS, **policies)
    parts = [each for start, stop in pairwise(edges) for each in judged(one, rows[start:stop])]
    assert parts == judged(validator(**SETTINGS, **policies), rows)


@given(ROWS, ROWS, POLICIES)
def test_later_rows_change_no_earlier_verdict(past: list[Row], future: list[Row], policies: dict[str, str]) -> None:
    longer = judged(validator(**SETTINGS, **policies), [*past, *future])
    assert longer[: len(past)] == judged(validator(**SETTINGS, **policies), past)


@given(ROWS, ROWS, POLICIES)
def test_a_snapshot_goes_on_where_it_was_taken(first: list[Row], second: list[Row], policies: dict[str, str]) -> None:
    one, other = validator(**SETTINGS, **policies), validator(**SETTINGS, **policies)
    one.validate(chunk(first))
    other.restore(one.snapshot())
    assert judged(other, second) == judged(one, second)


def test_a_snapshot_finds_its_instruments_in_another_session() -> None:
    one, other = validator("B", "C", interval="1m"), validator("A", "B", "C", interval="1m")
    one.validate(chunk(minutes(1, inst=0)))
    other.restore(one.snapshot())
    assert told(other.validate(chunk([*minutes(5, inst=0), *minutes(5, inst=1)]))) == [PASSES, missing("3 bars")]


@given(st.sets(st.integers(1, 375), min_size=1), st.sets(st.integers(1, 375), min_size=1))
def test_what_is_missed_and_what_came_add_up(first: set[int], second: set[int]) -> None:
    rows = [*minutes(*sorted(first)), *minutes(*sorted(second), day=2)]
    reasons = [reason for _, reason in verdicts(*rows, interval="1m")]
    missed = sum(int(reason.split(" ")[0]) for reason in reasons if reason)
    assert missed + len(rows) == 375 - min(first) + 1 + max(second)

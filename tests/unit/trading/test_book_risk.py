"""What limits remember of a book: latches, tiers, the day's loss, the rate of orders."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from friday_core.interfaces.risk_adjuster import RiskState
from friday_core.plugin.sections import RiskSettings
from friday_core.trading.book_risk import BookRisk
from friday_core.trading.limits import Limits

SECOND = 1_000_000
HALF_AT_5 = {"drawdown": 0.05, "scale": 0.5}
TIERS = (HALF_AT_5, {"drawdown": 0.08, "scale": 0.0})


def state_of(**risk: Any) -> BookRisk:
    return BookRisk(Limits.of(RiskSettings(**risk), "INR"))


def marked(*equities: int, **risk: Any) -> BookRisk:
    """A book that was marked at these values, one a session, the first being its capital."""
    state = state_of(**risk)
    for session, (before, now) in enumerate(pairwise(equities), 1):
        state.mark(session, before, now)
    return state


def latched(state: BookRisk) -> list[str]:
    return [ruling.code for ruling in state.latches()]


def scaled(state: BookRisk, adding: int, after: int, reducing: int = 0) -> int | None:
    ruling = state.scaled(reducing, adding, after)
    return None if ruling is None else ruling.quantity


# Latches ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lost", "codes"), [(199, []), (200, ["DRAWDOWN"])])
def test_the_drawdown_latch_falls_at_the_exact_share(lost: int, codes: list[str]) -> None:
    assert latched(marked(1_000, 1_000 - lost, max_drawdown=0.2)) == codes


@pytest.mark.parametrize(("lost", "codes"), [(99, []), (100, ["DAY_LOSS"])])
def test_the_days_loss_latch_falls_at_the_exact_share(lost: int, codes: list[str]) -> None:
    assert latched(marked(1_000, 1_000 - lost, max_day_loss=0.1)) == codes


def test_the_drawdown_is_measured_from_the_highest_mark_and_its_latch_stays() -> None:
    assert latched(marked(1_000, 4_000, 2_001, max_drawdown=0.5)) == []
    assert latched(marked(1_000, 4_000, 2_000, max_drawdown=0.5)) == ["DRAWDOWN"]
    assert latched(marked(1_000, 4_000, 2_000, 9_000, max_drawdown=0.5)) == ["DRAWDOWN"]


def test_the_day_starts_with_the_equity_of_the_evening_before() -> None:
    state = state_of(max_day_loss=0.1)
    for session, before, now, codes in (
        (1, 1_000, 1_000, []),
        (1, 1_000, 901, []),
        (2, 901, 810, ["DAY_LOSS"]),
        (2, 810, 2_000, ["DAY_LOSS"]),
        (3, 2_000, 2_000, []),
    ):
        state.mark(session, before, now)
        assert latched(state) == codes


def test_the_day_before_1970_is_a_session_like_any_other() -> None:
    state = state_of(max_day_loss=0.1)
    state.mark(-1, 1_000, 1_000)
    assert latched(state) == []


def test_a_latch_says_what_is_and_what_the_limit_was() -> None:
    state = marked(1_000, 790, max_drawdown=0.2, max_day_loss=0.1, drawdown_tiers=TIERS)
    state.data_in_doubt = True
    assert [(one.quantity, one.code, one.detail) for one in state.latches()] == [
        (0, "DATA_DOUBT", "a validator failed: only reductions"),
        (0, "DRAWDOWN", "21.00% below the peak now; 20.00% was reached: only reductions"),
        (
            0,
            "DRAWDOWN_TIER",
            "21.00% below the peak at the deepest, the tier begins at 8.00%: only reductions",
        ),
        (0, "DAY_LOSS", "21.00% of the day's first equity lost now; 10.00% was reached: only reductions"),
    ]


# Tiers ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("equity", "left"), [(951, None), (950, 50), (921, 50)])
def test_a_tier_begins_at_its_exact_drawdown(equity: int, left: int | None) -> None:
    assert scaled(marked(1_000, equity, drawdown_tiers=TIERS), 100, 100) == left


def test_the_last_tier_may_allow_reductions_only() -> None:
    assert latched(marked(1_000, 921, drawdown_tiers=TIERS)) == []
    assert latched(marked(1_000, 920, drawdown_tiers=TIERS)) == ["DRAWDOWN_TIER"]


@pytest.mark.parametrize(
    ("equities", "left"),
    [
        ((1_000, 940, 999), 50),
        ((1_000, 940, 1_000), None),
        ((1_000, 940, 1_001), None),
        ((1_000, 1_200, 1_141), None),
        ((1_000, 1_200, 1_140), 50),
        ((1_000, 940, 1_200, 1_141), None),
    ],
)
def test_a_tier_holds_until_the_peak_is_reached_again(equities: tuple[int, ...], left: int | None) -> None:
    assert scaled(marked(*equities, drawdown_tiers=TIERS), 100, 100) == left


def test_a_tier_that_stops_everything_ends_with_the_peak_too() -> None:
    assert latched(marked(1_000, 910, 999, drawdown_tiers=TIERS)) == ["DRAWDOWN_TIER"]
    assert latched(marked(1_000, 910, 1_000, drawdown_tiers=TIERS)) == []


def test_a_tier_counts_what_is_held_so_that_asking_again_builds_no_more() -> None:
    state = marked(1_000, 940, drawdown_tiers=TIERS)
    assert scaled(state, 100, 100) == 50
    assert scaled(state, 50, 100) == 0
    assert scaled(state, 10, 100) == 0, "90 are held, from before the drawdown: they stay"
    assert scaled(state, 51, -101) == 0
    assert scaled(state, 100, -101) == 49
    assert scaled(state, 60, -60, reducing=40) == 40 + 30


def test_a_tier_says_what_is_and_what_the_limit_is() -> None:
    ruling = marked(1_000, 940, drawdown_tiers=TIERS).scaled(0, 100, 100)
    assert ruling is not None
    assert (ruling.code, ruling.detail) == (
        "DRAWDOWN_TIER",
        "6.00% below the peak at the deepest, the tier begins at 5.00%: 50.00% of a position of 100 at most",
    )


@pytest.mark.parametrize(
    "tiers",
    [
        (HALF_AT_5, HALF_AT_5),
        (HALF_AT_5, {"drawdown": 0.04, "scale": 0.2}),
        (HALF_AT_5, {"drawdown": 0.08, "scale": 0.5}),
    ],
)
def test_tiers_that_do_not_get_stricter_are_refused(tiers: tuple[dict[str, float], ...]) -> None:
    with pytest.raises(ValidationError, match="each tier needs a larger drawdown and a smaller scale"):
        RiskSettings(drawdown_tiers=tiers)


@given(st.lists(st.integers(0, 2_000), min_size=1, max_size=12))
def test_the_tier_is_that_of_the_deepest_fall_since_the_last_peak(equities: list[int]) -> None:
    state = marked(1_000, *equities, drawdown_tiers=TIERS)
    path = [1_000, *equities]
    peak = max(path)
    since = path[len(path) - 1 - path[::-1].index(peak) :]
    deepest = peak - min(since)
    expected = 0 if deepest * 100 >= 8 * peak else 500_000 if deepest * 100 >= 5 * peak else None
    assert (None if state.tier is None else state.tier.scale_ppm) == expected


# Orders -----------------------------------------------------------------------------------------


def crowded(state: BookRisk, ts_event: int, ahead: int = 0) -> list[tuple[str, str]]:
    return [(ruling.code, ruling.detail) for ruling in state.crowded(ts_event, ahead)]


def test_orders_of_the_slice_count_before_they_are_sent() -> None:
    state = state_of(max_orders_per_session=3)
    state.count_order(0)
    assert crowded(state, 0, ahead=1) == []
    assert crowded(state, 0, ahead=2) == [("ORDER_COUNT", "3 orders in this session, limit 3")]


def test_a_new_session_counts_its_orders_anew() -> None:
    state = state_of(max_orders_per_session=1)
    state.mark(1, 1_000, 1_000)
    state.count_order(0)
    assert [code for code, _ in crowded(state, 0)] == ["ORDER_COUNT"]
    state.mark(2, 1_000, 1_000)
    assert crowded(state, 0) == []


@pytest.mark.parametrize(("limit", "span"), [("max_orders_per_second", SECOND), ("max_orders_per_minute", 60 * SECOND)])
def test_the_rate_counts_orders_of_the_span_that_ends_now(limit: str, span: int) -> None:
    state = state_of(**{limit: 2})
    state.count_order(1_000)
    state.count_order(1_000 + span // 2)
    word = limit.removeprefix("max_orders_per_")
    assert crowded(state, 1_000 + span // 2) == [("ORDER_RATE", f"2 orders in this {word}, limit 2")]
    assert crowded(state, 999 + span) == [("ORDER_RATE", f"2 orders in this {word}, limit 2")]
    assert crowded(state, 1_000 + span) == [], "the first one is a whole span old"


@given(st.lists(st.integers(0, 90 * SECOND), max_size=30), st.integers(1, 5), st.integers(1, 5))
def test_no_window_of_event_time_holds_more_orders_than_allowed(times: list[int], minute: int, second: int) -> None:
    state = state_of(max_orders_per_minute=minute, max_orders_per_second=second)
    sent = []
    for ts_event in sorted(times):
        if not crowded(state, ts_event):
            state.count_order(ts_event)
            sent.append(ts_event)
    for end in sent:
        assert sum(end - 60 * SECOND < one <= end for one in sent) <= minute
        assert sum(end - SECOND < one <= end for one in sent) <= second


# What adjusters see -----------------------------------------------------------------------------


def test_adjusters_see_the_drawdown_the_deepest_one_and_the_days_loss() -> None:
    assert marked(1_000, 2_000, 1_500, 1_800).view() == RiskState(drawdown=0.1, deepest=0.25, day_loss=-0.2)
    assert state_of().view() == RiskState()

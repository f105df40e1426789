"""Clock domains: names, lengths, order, and which of them a program may meet."""

from __future__ import annotations

import math
from typing import Any

import pytest

from friday_core.causal.domains import TICK, microseconds, rank, seconds
from friday_core.causal.program import trace_program
from friday_core.errors import ClockDomainError, TraceError


@pytest.mark.parametrize(
    ("domain", "length"),
    [(TICK, 0), ("1s", 1), ("15m", 900), ("1h", 3_600), ("1d", 86_400), ("2w", 1_209_600)],
)
def test_a_domain_has_its_length_in_seconds(domain: str, length: int) -> None:
    assert seconds(domain) == length


@pytest.mark.parametrize("domain", ["", "m", "0m", "05m", "1.5h", "15 m", "15M", "-1d", "1d1h"])
def test_what_is_no_domain_is_refused_with_the_form(domain: str) -> None:
    with pytest.raises(ClockDomainError, match=r"is no clock domain; write tick, or a number and one of s m h d w"):
        seconds(domain)


def test_a_refused_domain_names_the_author_s_line() -> None:
    with pytest.raises(ClockDomainError, match=r"^strategy\.py:7: 'daily' is no clock domain"):
        seconds("daily", "strategy.py:7")


def test_coarser_domains_come_first_and_equal_lengths_by_name() -> None:
    domains = [TICK, "1m", "60m", "1h", "1w", "7d", "1d"]
    assert sorted(domains, key=rank) == ["1w", "7d", "1d", "1h", "60m", "1m", TICK]


@pytest.mark.parametrize(
    ("age", "expected"),
    [(None, math.inf), ("30m", 1_800e6), (90, 90e6), (0.5, 500_000.0), (0, 0.0), (math.inf, math.inf)],
)
def test_an_age_is_text_or_seconds(age: object, expected: float) -> None:
    assert microseconds(age, "here") == expected


@pytest.mark.parametrize("age", ["", "tick", "1.5h", -1, math.nan, True, [30]])
def test_what_is_no_age_is_refused_with_the_form(age: object) -> None:
    with pytest.raises(TraceError, match=r"^here: max_age=.* is no duration"):
        microseconds(age, "here")


def test_the_domains_of_a_program_stand_coarser_first() -> None:
    def outputs(m: Any) -> Any:
        return {"x": m.close + m.at("15m").close.asof() + m.at("1d").close.asof() + m.at("1h").close.asof()}

    assert trace_program(outputs, base="1m").domains == ("1d", "1h", "15m", "1m")


def test_a_coarser_market_reaches_a_still_coarser_one() -> None:
    program = trace_program(lambda m: {"x": m.at("1d").at("1w").close.asof()})
    assert program.inputs == {"1w": ("close",), "1d": ()}


def test_a_program_s_own_clock_is_a_market_at_its_name() -> None:
    assert trace_program(lambda m: {"x": m.at("1d").close}).key == trace_program(lambda m: {"x": m.close}).key


def test_every_bar_is_coarser_than_a_tick() -> None:
    program = trace_program(lambda m: {"x": m.close - m.at("1s").close.asof()}, base=TICK)
    assert program.domains == ("1s", TICK)


def test_operators_of_one_coarse_domain_stay_on_its_clock() -> None:
    program = trace_program(lambda m: {"x": (m.at("1w").close - m.at("1w").close.shift(2)).asof(max_age="3d")})
    assert program.warmup == {"1w": 2, "1d": 0}
    assert [one.node.domain for one in program.instructions] == ["1w", "1w", "1w", "1d"]
    assert program.instructions[-1].params == (3 * 86_400e6,)


def test_cumulative_columns_of_a_coarse_domain_read_its_own_sessions() -> None:
    program = trace_program(lambda m: {"x": m.at("1h").close.cumsum().asof()}, base="1m")
    assert program.inputs == {"1h": ("close", "session"), "1m": ()}


def test_a_panel_of_a_coarse_domain_ranks_on_that_clock() -> None:
    program = trace_program(lambda m: {"x": m.panel(m.at("1d").close).rank().asof()}, base=TICK)
    assert [(one.name, one.node.domain) for one in program.instructions] == [
        ("input", "1d"), ("panel_rank", "1d"), ("asof", TICK),
    ]  # fmt: skip

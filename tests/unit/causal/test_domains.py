"""Clock domains: names, lengths, order, and which of them a program may meet."""

from __future__ import annotations

import math
from typing import Any

import pytest

from friday_core.causal.domains import TICK, Domain, is_coarser, microseconds, parse, rank, repeats
from friday_core.causal.program import Program, trace_program
from friday_core.errors import ClockDomainError, TraceError


@pytest.mark.parametrize(
    ("name", "domain"),
    [
        ("tick", Domain("tick")),
        ("1s", Domain("1s", seconds=1)),
        ("15m", Domain("15m", seconds=900)),
        ("7h", Domain("7h", seconds=25_200)),
        ("1d", Domain("1d", seconds=86_400)),
        ("v1000", Domain("v1000", volume=1_000)),
    ],
)
def test_a_domain_is_ticks_a_length_or_a_volume(name: str, domain: Domain) -> None:
    assert parse(name) == domain


@pytest.mark.parametrize(
    ("name", "other"),
    [("session", "1d"), ("60s", "1m"), ("60m", "1h"), ("5400s", "90m"), ("90m", "90m"), ("90s", "90s")],
)
def test_a_domain_has_one_name(name: str, other: str) -> None:
    assert parse(name) == parse(other)
    assert parse(name).name == other


@pytest.mark.parametrize(
    "domain", ["", "m", "0m", "05m", "1.5h", "15 m", "15M", "-1d", "1d1h", "v", "v0", "v1.5", "Tick"]
)
def test_what_is_no_domain_is_refused_with_the_forms(domain: str) -> None:
    with pytest.raises(ClockDomainError, match=r"is no clock domain; write tick, or .* s m h, .* 1d .* as v1000$"):
        parse(domain)


@pytest.mark.parametrize("domain", ["2d", "1w", "24h", "1440m", "86400s"])
def test_a_bar_that_would_be_longer_than_a_session_is_refused_with_the_mend(domain: str) -> None:
    with pytest.raises(
        ClockDomainError, match=rf"^'{domain}' is no clock domain; no bar is longer .*: write 1d and count"
    ):
        parse(domain)


@pytest.mark.parametrize("domain", ["daily", "1w"])
def test_a_refused_domain_names_the_author_s_line(domain: str) -> None:
    with pytest.raises(ClockDomainError, match=rf"^strategy\.py:7: '{domain}' is no clock domain"):
        parse(domain, "strategy.py:7")


def test_coarser_domains_come_first() -> None:
    domains = [TICK, "1m", "90m", "1h", "1d", "30s"]
    assert sorted(domains, key=rank) == ["1d", "90m", "1h", "1m", "30s", TICK]


@pytest.mark.parametrize(("domain", "expected"), [(TICK, True), ("v500", True), ("1s", False), ("session", False)])
def test_rows_of_ticks_and_of_bars_by_volume_may_share_a_close_time(domain: str, expected: bool) -> None:
    assert repeats(domain) is expected


@pytest.mark.parametrize(
    ("domain", "base", "expected"),
    [
        ("15m", "1m", True), ("session", "15m", True), ("1s", TICK, True), ("1h", "60m", False), ("1m", "15m", False),
        (TICK, "1m", False), ("v500", "1m", False), ("v500", TICK, False), ("1d", "v500", False),
    ],
)  # fmt: skip
def test_values_go_from_coarse_to_fine_and_never_from_or_to_volume(domain: str, base: str, expected: bool) -> None:
    assert is_coarser(domain, base) is expected


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (None, math.inf),
        ("30m", 1_800e6),
        ("2d", 172_800e6),
        ("1w", 604_800e6),
        (90, 90e6),
        (0.5, 500_000.0),
        (0, 0.0),
        (math.inf, math.inf),
    ],
)
def test_an_age_is_text_or_seconds(age: object, expected: float) -> None:
    assert microseconds(age, "here") == expected


@pytest.mark.parametrize("age", ["", "tick", "session", "v1000", "1.5h", -1, math.nan, True, [30]])
def test_what_is_no_age_is_refused_with_the_form(age: object) -> None:
    with pytest.raises(TraceError, match=r"^here: max_age=.* is no duration"):
        microseconds(age, "here")


def test_the_domains_of_a_program_stand_coarser_first() -> None:
    def outputs(m: Any) -> Any:
        return {"x": m.close + m.at("15m").close.asof() + m.at("1d").close.asof() + m.at("1h").close.asof()}

    assert trace_program(outputs, base="1m").domains == ("1d", "1h", "15m", "1m")


def test_a_coarser_market_reaches_a_still_coarser_one() -> None:
    program = trace_program(lambda m: {"x": m.at("15m").at("1d").close.asof()}, base="1m")
    assert program.inputs == {"1d": ("close",), "1m": ()}


def test_a_program_s_own_clock_is_a_market_at_its_name() -> None:
    assert trace_program(lambda m: {"x": m.at("1d").close}).key == trace_program(lambda m: {"x": m.close}).key


@pytest.mark.parametrize(("name", "other"), [("1d", "session"), ("1h", "60m")])
def test_two_names_of_one_domain_make_one_program(name: str, other: str) -> None:
    def program(domain: str, base: str = "1m") -> Program:
        return trace_program(lambda m: {"x": m.close - m.at(domain).close.asof()}, base=base)

    assert program(name).key == program(other).key
    assert program(other).domains == (name, "1m")


@pytest.mark.parametrize(("base", "name"), [("session", "1d"), ("60s", "1m"), ("v1000", "v1000")])
def test_a_program_s_own_clock_has_its_one_name(base: str, name: str) -> None:
    assert trace_program(lambda m: {"x": m.close}, base=base).base == name


def test_a_program_runs_on_bars_by_volume() -> None:
    program = trace_program(lambda m: {"x": m.close - m.at("v1000").close.shift(1)}, base="v1000")
    assert (program.base, program.domains) == ("v1000", ("v1000",))


def test_every_bar_is_coarser_than_a_tick() -> None:
    program = trace_program(lambda m: {"x": m.close - m.at("1s").close.asof()}, base=TICK)
    assert program.domains == ("1s", TICK)


def test_operators_of_one_coarse_domain_stay_on_its_clock() -> None:
    program = trace_program(
        lambda m: {"x": (m.at("1d").close - m.at("1d").close.shift(2)).asof(max_age="3d")}, base="1h"
    )
    assert program.warmup == {"1d": 2, "1h": 0}
    assert [one.node.domain for one in program.instructions] == ["1d", "1d", "1d", "1h"]
    assert program.instructions[-1].params == (3 * 86_400e6,)


def test_cumulative_columns_of_a_coarse_domain_read_its_own_sessions() -> None:
    program = trace_program(lambda m: {"x": m.at("1h").close.cumsum().asof()}, base="1m")
    assert program.inputs == {"1h": ("close", "session"), "1m": ()}


def test_a_panel_of_a_coarse_domain_ranks_on_that_clock() -> None:
    program = trace_program(lambda m: {"x": m.panel(m.at("1d").close).rank().asof()}, base=TICK)
    assert [(one.name, one.node.domain) for one in program.instructions] == [
        ("input", "1d"), ("panel_rank", "1d"), ("asof", TICK),
    ]  # fmt: skip

"""What the verdicts say of a careful trader and of a naive one, on the shipped scenarios.

The market goes faster than the clock, so that all that a scenario times happens; ``make kite-scenarios`` lets them
trade for as long as the scenarios mean.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
from fakes.kite_trials import verdicts

from friday_core.sandbox.kite.audit.finding import Rule
from friday_core.sandbox.kite.audit.verdict import Verdict
from friday_core.sandbox.kite.faults.scenario import shipped

#: Seconds of the clock, and how much faster the market goes. Whoever trusts a dead socket is seen ten seconds later.
OF_CAREFUL, OF_NAIVE = (18.0, 3.0), (24.0, 1.5)
#: What a trader that retries blindly, takes an order for a fill and trusts its socket does wrong.
NAIVE = {
    "html_gateway": Rule.DUPLICATES,
    "ignored_cancels": Rule.END_STATE,
    "late_acceptance": Rule.DUPLICATES,
    "lost_answers": Rule.DUPLICATES,
    "lost_requests": Rule.LOST_ORDERS,
    "mute_socket": Rule.DEAD_FEED,
    "not_permitted": Rule.REPEATED_REFUSALS,
    "partial_fills": Rule.END_STATE,
    "rate_limited": Rule.RATES,
    "rejects": Rule.REPEATED_REFUSALS,
    "restart": Rule.LOST_ORDERS,
    "stale_book": Rule.DUPLICATES,
    "stalled_prices": Rule.DEAD_FEED,
    "token_expiry": Rule.DEAD_TOKEN,
}


def met(
    folder: Path,
    trader: str,
    scenarios: Sequence[str],
    pace: tuple[float, float],
    is_so: Callable[[str, Verdict], bool],
) -> Mapping[str, Verdict]:
    """The verdicts. So many markets at once live by the clock: what is not as it should be is tried again by itself."""
    seconds, speed = pace
    told = dict(verdicts(folder / "all", trader, scenarios, seconds=seconds, speed=speed, at_once=len(scenarios)))
    again = [name for name, one in told.items() if not is_so(name, one)]
    return told | verdicts(folder / "again", trader, again, seconds=2 * seconds, speed=speed / 2, at_once=2)


@pytest.mark.timeout(600)
def test_the_careful_trader_passes_every_shipped_scenario(tmp_path: Path) -> None:
    told = met(tmp_path, "careful", [*shipped()], OF_CAREFUL, lambda _, one: one.passed and one.faults > 0)
    assert {name: one.text() for name, one in told.items() if not one.passed} == {}
    assert [name for name, one in told.items() if not one.faults] == []
    assert sum(one.orders for one in told.values()) > len(told)


@pytest.mark.timeout(600)
def test_the_naive_trader_fails_each_scenario_that_it_should(tmp_path: Path) -> None:
    told = met(tmp_path, "naive", [*NAIVE], OF_NAIVE, lambda name, one: bool(one.of(NAIVE[name])))
    assert {name: rule for name, rule in NAIVE.items() if not told[name].of(rule)} == {}

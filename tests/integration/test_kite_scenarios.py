"""What the verdicts say of a careful trader and of a naive one, on the shipped scenarios.

The market goes faster than the clock, so that all that a scenario times happens; ``make kite-scenarios`` lets them
trade for as long as the scenarios mean.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes.kite_trials import verdicts

from friday_core.sandbox.kite.audit.finding import Rule
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


@pytest.mark.timeout(600)
def test_the_careful_trader_passes_every_shipped_scenario(tmp_path: Path) -> None:
    seconds, speed = OF_CAREFUL
    told = dict(verdicts(tmp_path / "all", "careful", [*shipped()], seconds=seconds, speed=speed, at_once=28))
    # So many markets at once live by the clock: where others use the machine too, what went wrong is tried alone.
    again = [name for name, one in told.items() if not (one.passed and one.faults)]
    told |= verdicts(tmp_path / "again", "careful", again, seconds=2 * seconds, speed=speed / 2, at_once=2)
    assert {name: one.text() for name, one in told.items() if not one.passed} == {}
    assert [name for name, one in told.items() if not one.faults] == []
    assert sum(one.orders for one in told.values()) > len(told)


@pytest.mark.timeout(600)
def test_the_naive_trader_fails_each_scenario_that_it_should(tmp_path: Path) -> None:
    told = verdicts(tmp_path, "naive", [*NAIVE], seconds=OF_NAIVE[0], speed=OF_NAIVE[1])
    assert {name: rule for name, rule in NAIVE.items() if not told[name].of(rule)} == {}

"""Whoever tries a thousand parameters holds one result at a time: what a run needed goes with its result, at once.

The collector would find it too, but looks after so many new objects, and a run of a million rows makes few of them.
"""

from __future__ import annotations

import weakref
from typing import Any

import pytest
from fakes.few_bars import Planned, week

from friday_core.orchestration.host import Host
from friday_core.research import Bars, backtest, running

pytestmark = pytest.mark.usefixtures("no_collector")


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[weakref.ref[Any]]:
    """Sources, which have the rows, hosts, which have all else, and the log of a run, from here on."""
    found: list[weakref.ref[Any]] = []
    source, host = Bars.source, running._Backtest._host

    def noted(one: Any) -> Any:
        found.append(weakref.ref(one))
        return one

    def noted_host(*given: Any) -> Host:
        one: Host = noted(host(*given))
        if len(found) == 2:  # the one that checks has a core of its own
            noted(one._runner.core.log.equity)
        return one

    monkeypatch.setattr(Bars, "source", lambda *given: noted(source(*given)))
    monkeypatch.setattr(running._Backtest, "_host", noted_host)
    return found


@pytest.mark.parametrize("check", [False, True])
def test_nothing_of_a_run_outlives_its_result(made: list[weakref.ref[Any]], check: bool) -> None:
    result = backtest(week(), Planned({1: 0.5, 3: 0.0}), capital=100_000, check=check)
    assert len(result.fills.to_pandas()) == 2
    made.append(weakref.ref(result))
    del result
    assert len(made) == 4 + check
    assert [one() for one in made if one() is not None] == []


def test_while_a_result_is_held_its_tables_are_there_and_its_rows_and_its_host_are_not(
    made: list[weakref.ref[Any]],
) -> None:
    result = backtest(week(), Planned({1: 0.5, 3: 0.0}), capital=100_000)
    source, host, equity = made
    assert (source(), host()) == (None, None)
    assert equity() is not None
    assert len(result.equity.to_pandas()) == len(equity())

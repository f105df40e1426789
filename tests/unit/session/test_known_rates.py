"""A session without rates ends the run before anything is ordered in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from fakes.bars import UNIVERSE, A, flat
from fakes.session import PerFill, Script, Session

from friday_core.domain.instruments import Instrument
from friday_core.domain.known_dates import KnownDates
from friday_core.domain.orders import Side
from friday_core.domain.sessions import to_date
from friday_core.domain.signals import Target
from friday_core.errors import FactsError, PluginContractError
from friday_core.interfaces.broker import ChargesPlan
from friday_core.session.known_rates import KnownRates, known_rates

DATES = KnownDates(10, 12, "ask the broker")


class Dated(ChargesPlan):
    """Answers with whatever a test says that it knows, and remembers for whom."""

    def __init__(self, says: Any) -> None:
        self.says = says
        self.asked: list[str] = []

    def charges(self, side: Side, quantity: int, notional: int) -> int:
        return 0

    def known(self, instruments: Sequence[Instrument]) -> KnownDates | None:
        self.asked = [str(one.id) for one in instruments]
        return self.says  # type: ignore[no-any-return]


def test_a_tariff_that_says_nothing_knows_any_session() -> None:
    KnownRates(PerFill(), tuple(UNIVERSE)).require(-1_000_000)


def test_a_tariff_is_asked_about_all_instruments() -> None:
    tariff = Dated(DATES)
    assert known_rates(tariff, tuple(UNIVERSE)) == DATES
    assert tariff.asked == ["A.NSE", "B.NSE", "C.NSE"]


@pytest.mark.parametrize("says", [(10, 12), "always", KnownDates(12, 10)])
def test_an_answer_that_is_no_range_of_dates_breaks_the_contract(says: Any) -> None:
    with pytest.raises(PluginContractError, match=r"plan Dated must answer known\(\) with KnownDates or None"):
        known_rates(Dated(says), ())


@pytest.mark.parametrize("session", [9, 13])
def test_a_session_that_is_not_known_is_refused_with_the_mend(session: int) -> None:
    told = f"no rates are known for {to_date(session)}: the tariff answers for 1970-01-11 to 1970-01-13\n    mend: keep"
    with pytest.raises(FactsError, match=told + r" \[data\] start and end within these dates, or ask the broker"):
        KnownRates(Dated(DATES), ()).require(session)


def test_a_run_ends_at_its_first_session_without_rates_even_if_it_orders_nothing() -> None:
    with pytest.raises(FactsError, match="no rates are known for 1970-01-10"):
        Session(Script({}), charges=Dated(DATES)).run([flat(9, A, 100)])


def test_a_run_keeps_what_it_did_before_the_rates_ran_out() -> None:
    session = Session(Script({10: [Target(A, 0.5)]}), charges=Dated(DATES))
    with pytest.raises(FactsError, match="no rates are known for 1970-01-14"):
        session.run([flat(n, A, 100) for n in (10, 11, 12, 13)])
    assert session.fills == [(11, "A", 5_000, 100)]
    assert [point.session for point in session.log.equity] == [10, 11, 12]
    assert [held.session for held in session.log.positions] == [11, 12]

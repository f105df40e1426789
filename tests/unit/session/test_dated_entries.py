"""What may be entered on a day, and what keeping a short costs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pytest
from fakes.bars import A, B, flat
from fakes.session import Says, Script, Session

from friday_core.domain.chunk import Universe
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.market import CorporateAction
from friday_core.domain.orders import Order, Side
from friday_core.domain.outcomes import CashPosted
from friday_core.domain.signals import Target
from friday_core.errors import DataError
from friday_core.session.custody import HoldingTerms
from friday_core.trading.entry_rules import EntryRules, Members
from friday_core.trading.session_times import daily_times

BUY, SELL = Side.BUY, Side.SELL
TIMES = daily_times(dt.time(9, 15), dt.time(15, 30), "Asia/Kolkata")
FUTURE = InstrumentId("NIFTY26MAYFUT", "NFO")
WITH_FUTURE = Universe([Instrument(A, "INR"), Instrument(FUTURE, "INR", kind="future")])


def until(last: int, *symbols: str) -> Members:
    """A list with these symbols up to a session, and with none after it."""
    return lambda session: frozenset(symbols if session <= last else ())


def session_of(says: Mapping[int, Says], *, borrow_ppm: int = 0, risk: Any = None, **entries: Any) -> Session:
    universe = entries.pop("instruments", None)
    more = {} if universe is None else {"universe": universe}
    return Session(
        Script(says), entries=EntryRules(TIMES, **entries), terms=HoldingTerms(TIMES, borrow_ppm=borrow_ppm),
        risk=risk, **more,
    )  # fmt: skip


def test_what_has_left_the_universe_is_held_and_closed_and_not_entered() -> None:
    says = {1: [Order(A, BUY, 10)], 3: [Order(A, BUY, 5)], 4: [Order(A, SELL, 4)], 5: [Target(A, 0.0)]}
    session = session_of(says, universe=until(2, "A")).run([flat(n, A, 100) for n in range(1, 7)])
    assert [code for _, _, code in session.codes] == ["SENT", "NOT_IN_UNIVERSE", "SENT", "SENT"]
    assert session.fills == [(2, "A", 10, 100), (5, "A", -4, 100), (6, "A", -6, 100)]
    assert session.log.decisions[1].detail == "A was not in the universe on 1970-01-04"


def test_what_has_left_the_universe_is_not_turned_into_a_short() -> None:
    session = session_of({1: [Order(A, BUY, 10)], 3: [Order(A, SELL, 15)]}, universe=until(2, "A"))
    session.run([flat(n, A, 100) for n in range(1, 5)])
    assert session.asked_and_sent[1] == (-15, -10, "NOT_IN_UNIVERSE")


def test_a_contract_is_no_matter_of_a_list_of_shares() -> None:
    session = session_of({1: [Order(FUTURE, BUY, 1)]}, universe=until(9, "A"), instruments=WITH_FUTURE)
    session.run([flat(n, FUTURE, 100) for n in (1, 2)])
    assert session.codes == [(1, "NIFTY26MAYFUT", "SENT")]


def test_a_day_that_the_list_does_not_reach_admits_nobody_and_says_why() -> None:
    def unknown(_session: int) -> frozenset[str]:
        raise DataError("the members of 'NIFTY 50' are known for 2010 on\n    mend: extend the file")

    session = session_of({1: [Order(A, BUY, 10)]}, universe=unknown).run([flat(1, A, 100)])
    (decision,) = session.log.decisions
    assert (decision.code, decision.detail) == ("NOT_IN_UNIVERSE", "the members of 'NIFTY 50' are known for 2010 on")


def test_only_what_is_on_the_list_of_its_day_is_sold_short() -> None:
    says = {n: [Order(A, SELL, 1), Order(B, SELL, 1)] for n in (1, 2)}
    session = session_of(says, shortable=until(1, "A")).run([flat(n, one, 100) for n in (1, 2, 3) for one in (A, B)])
    assert session.codes == [
        (1, "A", "SENT"), (1, "B", "NOT_SHORTABLE"), (2, "A", "NOT_SHORTABLE"), (2, "B", "NOT_SHORTABLE")
    ]  # fmt: skip


def test_what_is_not_shortable_is_bought_and_sold_as_ever() -> None:
    session = session_of({1: [Order(A, BUY, 5)], 2: [Order(A, SELL, 5)]}, shortable=until(9, "B"))
    session.run([flat(n, A, 100) for n in (1, 2, 3)])
    assert [code for _, _, code in session.codes] == ["SENT", "SENT"]


def test_a_short_pays_for_each_calendar_day_that_it_is_kept_over() -> None:
    # 1,000 at 365.00 are 3,65,000 rupees; 5% a year is 50 a day. One night, then three over a week-end at 730.00: 300.
    session = session_of({1: [Order(A, SELL, 1_000)]}, borrow_ppm=50_000)
    session.run([flat(1, A, 365_00), flat(2, A, 365_00), flat(3, A, 730_00), flat(6, A, 730_00)])
    assert [(one.session, one.quantity, one.price, one.amount) for one in session.log.postings] == [
        (3, -1_000, 365_00, -50_00),
        (6, -1_000, 730_00, -300_00),
    ]
    book = session.book
    assert (book.charges, book.cash) == (350_00, 1_000_000 + 365_000_00 - 350_00)
    assert book.equity == book.capital + book.realised + book.unrealised + book.dividends - book.charges


def test_the_fee_is_in_the_equity_of_the_first_slice_of_the_session() -> None:
    session = session_of({1: [Order(A, SELL, 1_000)]}, borrow_ppm=50_000)
    session.run([flat(n, A, 365_00) for n in (1, 2, 3)])
    assert [one[4] for one in session.equity] == [1_000_000, 1_000_000, 1_000_000 - 50_00]
    (posted,) = session.log.postings
    assert posted == CashPosted(session.log.equity[2].ts_event, 3, "s0", A, "borrow_fee", -1_000, 365_00, -50_00)


@pytest.mark.parametrize(("name", "side"), [(A, BUY), (FUTURE, SELL)])
def test_a_long_and_a_short_contract_pay_nothing(name: InstrumentId, side: Side) -> None:
    session = session_of({1: [Order(name, side, 10)]}, borrow_ppm=50_000, instruments=WITH_FUTURE)
    session.run([flat(n, name, 100) for n in (1, 2, 3)])
    assert list(session.log.postings) == []


def test_without_a_fee_a_short_costs_nothing() -> None:
    session = session_of({1: [Order(A, SELL, 1_000)]}).run([flat(n, A, 365_00) for n in (1, 2, 3)])
    assert (session.book.charges, list(session.log.postings)) == (0, [])


def test_a_short_pays_the_dividend_and_the_fee_of_the_night_before_it() -> None:
    # The fee is on 1,000 x 365.00 for a day, 50.00; the dividend on the ex-date is 1,000 x 10.00.
    dividend = CorporateAction(A, 3, dividend=10_00, factor=1.0)
    session = session_of({1: [Order(A, SELL, 1_000)]}, borrow_ppm=50_000)
    session.run([flat(1, A, 365_00), flat(2, A, 365_00), flat(3, A, 355_00)], dividend)
    assert (session.book.dividends, session.book.charges) == (-10_000_00, 50_00)
    assert session.book.equity == 1_000_000 - 50_00


def test_a_purchase_on_the_ex_date_gets_no_dividend_and_a_sale_on_it_does() -> None:
    # Decided before, traded at the open of the ex-date: the action is booked before the first fill.
    dividend = CorporateAction(A, 3, dividend=5, factor=1.0)
    buys = session_of({2: [Order(A, BUY, 10)]}).run([flat(1, A, 100), flat(2, A, 100), flat(3, A, 95)], dividend)
    assert (buys.book.dividends, buys.book.cash) == (0, 1_000_000 - 950)
    says = {1: [Order(A, BUY, 10)], 2: [Order(A, SELL, 10)]}
    sells = session_of(says).run([flat(1, A, 100), flat(2, A, 100), flat(3, A, 95)], dividend)
    assert (sells.book.dividends, sells.book.cash) == (50, 1_000_000 - 1_000 + 50 + 950)

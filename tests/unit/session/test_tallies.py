"""Tallies of a session: what a loop over all rows would count, whatever was let go of."""

from __future__ import annotations

from collections import Counter

import pytest
from fakes.run_folder import decision, equity
from fakes.session_log import log_of
from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.chunk import Universe
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.orders import Fill, FillKind, NettedFill, Order, OrderEnded, OrderStatus, Side, WorkingOrder
from friday_core.domain.outcomes import OrdersNetted
from friday_core.session.log import AccountOrder, NettingLog, SessionLog
from friday_core.session.tallies import Tallies

INFY, FINE = InstrumentId("INFY", "NSE"), InstrumentId("FINE", "NSE")
UNIVERSE = Universe([Instrument(INFY, "INR"), Instrument(FINE, "INR", price_decimals=4)])
CAPITAL = 1_000

fills = st.builds(
    lambda one, side, quantity, price, netted: (
        NettedFill("T", one, "s", side, quantity, price, 1, 1, False, account_order=netted, rounding=2)
        if netted is not None
        else Fill("T", one, "s", side, quantity, price, 1, 1, True)
    ),
    st.sampled_from([INFY, FINE]),
    st.sampled_from(Side),
    st.integers(1, 10**9),
    st.integers(0, 10**12),
    st.sampled_from([None, "", "FA"]),
)


def tallies(log: SessionLog) -> Tallies:
    return log.tallies(UNIVERSE, CAPITAL)


@given(st.lists(fills, max_size=12), st.sets(st.integers(0, 11)))
def test_fills_are_counted_and_valued_as_one_by_one(given_fills: list[Fill], releases: set[int]) -> None:
    log = SessionLog()
    for n, one in enumerate(given_fills):
        log.fills.append(one)
        if n in releases:
            log.release("fills", UNIVERSE, CAPITAL)
    found = tallies(log)
    assert found.fills == Counter((one.strategy, one.instrument) for one in given_fills)
    assert found.assumed_fills == sum(one.assumed for one in given_fills)
    worth = [UNIVERSE.instrument(one.instrument).notional(one.price, one.quantity) for one in given_fills]
    assert found.traded == sum(worth)
    bought = [one for one in given_fills if one.kind is FillKind.CROSS and one.side is Side.BUY]
    assert found.crossed == sum(one.notional(UNIVERSE.instrument(one.instrument)) for one in bought)


def test_decisions_are_counted_by_code_in_the_order_in_which_codes_come() -> None:
    codes = ["NO_CASH", "DRAWDOWN", "NO_CASH", "DRAWDOWN", "SENT"]
    log = log_of(decisions=[decision(n, 1, 1, code) for n, code in enumerate(codes)])
    assert list(tallies(log).codes(INFY).items()) == [("NO_CASH", 2), ("DRAWDOWN", 2), ("SENT", 1)]
    assert tallies(log).codes(FINE) == {}


def test_ends_are_counted_by_codes_of_friday_only() -> None:
    reasons = ["NO_CASH: none is left", "a strategy's own words", "", "NO_CASH"]
    ended = [OrderEnded("T", INFY, "s", OrderStatus.CANCELLED, 0, reason, 1) for reason in reasons]
    assert tallies(log_of(ended=ended)).ends == {"NO_CASH": 2}


def test_orders_count_as_they_stand_also_if_they_were_let_go_of_before_they_ended() -> None:
    orders = [WorkingOrder(Order(INFY, Side.BUY, 5), 0) for _ in range(3)]
    orders[0].move(OrderStatus.CANCELLED)
    log = log_of(orders=orders[:2])
    log.release("orders", UNIVERSE, CAPITAL)
    log.orders.append(orders[2])
    assert tallies(log).orders == {"cancelled": 1, "intent": 2}
    orders[1].move(OrderStatus.DENIED)
    assert tallies(log).orders == {"cancelled": 1, "denied": 1, "intent": 1}


def test_what_was_netted_is_counted() -> None:
    log = SessionLog(netting=NettingLog())
    assert log.netting is not None
    log.netting.nettings.append(OrdersNetted(1, INFY, 5, 3, "FA", ("F1", "F2")))
    log.netting.nettings.append(OrdersNetted(1, INFY, 5, 0, "FB", ("F1", "F2")))
    log.netting.orders.append(AccountOrder(WorkingOrder(Order(INFY, Side.BUY, 5), 0), ("F1",)))
    log.netting.fills.append(Fill("FA", INFY, "", Side.BUY, 2, 100, 1, 1))
    found = tallies(log)
    assert (found.nettings, found.conflicts, found.account_fills, found.account_orders) == (2, 1, 1, {"intent": 1})


def test_asking_changes_nothing() -> None:
    log = log_of(equity=[equity(0, 100), equity(1, 90)])
    log.release("equity", UNIVERSE, CAPITAL)
    log.equity.append(equity(2, 80))
    assert [tallies(log).account.closed().drawdown for _ in range(2)] == [pytest.approx(0.92)] * 2

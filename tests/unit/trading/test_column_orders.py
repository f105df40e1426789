"""Orders in columns: a row's values become an order, in whole lots and ticks, or are refused in words."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.market import Bar, RawBar
from friday_core.domain.orders import Order, OrderType, Side, TimeInForce
from friday_core.domain.signals import Cancel
from friday_core.trading.asked import Unfit
from friday_core.trading.codes import Code
from friday_core.trading.column_orders import asked_for, fault_of, order_types_of

NAN = math.nan
SHARE = Instrument(InstrumentId("INFY", "NSE"), "INR", tick_size=5)
FUTURE = Instrument(InstrumentId("NIFTY", "NFO"), "INR", lot_size=75, kind="future")


def bar(instrument: Instrument = SHARE, *, factor: float = 1.0) -> Bar:
    return Bar(instrument, 0, 7, 100.0, 100.0, 100.0, 100.0, 1.0, factor, RawBar(10_000, 10_000, 10_000, 10_000), {})


def one(of: Bar | None = None, **values: float) -> Order | Unfit:
    (found,) = asked_for(of or bar(), values, "shown")
    assert isinstance(found, Order | Unfit)
    return found


def order(of: Bar | None = None, **values: float) -> Order:
    found = one(of, **values)
    assert isinstance(found, Order)
    return found


# What it is -------------------------------------------------------------------------------------


def test_a_number_of_shares_alone_is_a_market_order() -> None:
    assert order(order=10.0) == Order(SHARE.id, Side.BUY, 10, reason="shown")
    assert order(order=-3.0, limit_price=NAN) == Order(SHARE.id, Side.SELL, 3, reason="shown")


@pytest.mark.parametrize(
    ("prices", "kind"),
    [
        ({"limit_price": 99.0}, OrderType.LIMIT),
        ({"trigger_price": 101.0}, OrderType.STOP),
        ({"trigger_price": 101.0, "limit_price": 102.0}, OrderType.STOP_LIMIT),
        ({"stop_loss": 90.0, "take_profit": 120.0}, OrderType.MARKET),
    ],
)
def test_prices_make_it_what_it_is(prices: dict[str, float], kind: OrderType) -> None:
    found = order(order=10.0, **prices)
    assert found.type is kind
    named = {name: getattr(found, name) for name in prices}
    assert named == {name: round(price * 100) for name, price in prices.items()}


def test_a_last_session_makes_it_good_till_then() -> None:
    found = order(order=10.0, limit_price=99.0, good_till=20_581.0)
    assert (found.time_in_force, found.good_till) == (TimeInForce.GTD, 20_581)
    assert order(order=10.0, good_till=NAN).time_in_force is TimeInForce.DAY


def test_nothing_is_asked_for_by_nan_and_by_nought() -> None:
    for value in (NAN, 0.0, -0.0):
        assert not list(asked_for(bar(), {"order": value, "cancel": value}, ""))


def test_a_cancel_comes_before_the_order_that_takes_its_place() -> None:
    found = list(asked_for(bar(), {"order": 5.0, "cancel": 1.0, "limit_price": 99.0}, "shown"))
    assert found == [Cancel(SHARE.id, "CANCELLED: shown"), order(order=5.0, limit_price=99.0)]


# Lots and ticks ---------------------------------------------------------------------------------


def test_shares_are_rounded_down_to_whole_lots_either_way() -> None:
    assert order(order=10.9).quantity == 10
    assert order(bar(FUTURE), order=-224.0) == Order(FUTURE.id, Side.SELL, 150, reason="shown")


def test_prices_are_rounded_away_from_what_is_worse() -> None:
    for name in ("limit_price", "stop_loss"):
        assert getattr(order(order=1.0, **{name: 99.98}), name) == 9_995
        assert getattr(order(order=-1.0, **{name: 99.98}), name) == 10_000
    for name in ("trigger_price", "take_profit"):
        assert getattr(order(order=1.0, **{name: 99.96}), name) == 10_000
        assert getattr(order(order=-1.0, **{name: 99.96}), name) == 9_995


@given(st.integers(1, 10**7), st.sampled_from([1, 5, 25]), st.booleans(), st.integers(0, 8))
def test_a_price_on_a_tick_stays_where_it_is(ticks: int, tick: int, is_buy: bool, decimals: int) -> None:
    instrument = Instrument(InstrumentId("X", "NSE"), "INR", tick_size=tick, price_decimals=decimals)
    price = float(Decimal(ticks * tick).scaleb(-decimals))
    for name in ("limit_price", "trigger_price", "stop_loss", "take_profit"):
        found = order(bar(instrument), order=1.0 if is_buy else -1.0, **{name: price})
        assert getattr(found, name) == ticks * tick


@given(st.floats(0.01, 1e6), st.sampled_from([1, 5, 25]), st.booleans())
def test_no_price_is_worse_than_asked_for_by_a_thousandth_of_a_unit(price: float, tick: int, is_buy: bool) -> None:
    instrument = Instrument(InstrumentId("X", "NSE"), "INR", tick_size=tick)
    found = order(bar(instrument), order=1.0 if is_buy else -1.0, limit_price=price)
    assert found.limit_price is not None
    better = (price * 100 - found.limit_price) * (1 if is_buy else -1)
    assert found.limit_price % tick == 0
    assert -0.001 <= better < tick + 0.001


def test_adjusted_prices_become_those_that_trade() -> None:
    assert order(bar(factor=0.5), order=1.0, limit_price=50.0).limit_price == 10_000


# What cannot be ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "code", "words"),
    [
        ({"order": 0.5}, Code.ZERO_SIZE, "0.5 shares are less than one lot of 1"),
        ({"order": math.inf}, Code.OVERFLOW, "inf shares were asked for"),
        ({"order": 2.0**53}, Code.OVERFLOW, "9.0072e+15 shares were asked for"),
        ({"order": 1.0, "limit_price": -math.inf}, Code.OVERFLOW, "-inf is no price"),
        ({"order": 1.0, "good_till": math.inf}, Code.OVERFLOW, "inf is no session"),
        ({"order": 1.0, "stop_loss": 1e13}, Code.OVERFLOW, "1e+13 is no price"),
        ({"order": 1.0, "stop_loss": 99.0, "take_profit": 99.0}, Code.BAD_PRICES, "must rise"),
        ({"order": -1.0, "stop_loss": 99.0, "limit_price": 99.0}, Code.BAD_PRICES, "must fall"),
    ],
)
def test_what_no_order_can_be_is_refused_in_words_and_stops_nothing(
    values: dict[str, float], code: Code, words: str
) -> None:
    found = one(**values)
    assert isinstance(found, Unfit)
    assert (found.code, found.value, found.reason) == (code, values["order"], "shown")
    assert words in found.detail


@given(st.floats(), st.floats(), st.floats(), st.floats(), st.floats(), st.floats(0.01, 10.0))
def test_no_values_raise(  # noqa: PLR0917 - one for each column
    shares: float, limit: float, trigger: float, stop: float, target: float, factor: float
) -> None:
    values = {"order": shares, "limit_price": limit, "trigger_price": trigger, "stop_loss": stop, "take_profit": target}
    found = list(asked_for(bar(factor=factor), values, ""))
    assert len(found) == (shares != 0.0 and not math.isnan(shares))


# What is declared -------------------------------------------------------------------------------


@dataclass
class _Case:
    outputs: set[str]
    types: set[OrderType]


def _cases() -> Iterator[_Case]:
    market, limit, stop = OrderType.MARKET, OrderType.LIMIT, OrderType.STOP
    yield _Case({"signal"}, {market})
    yield _Case({"order"}, {market})
    yield _Case({"order", "limit_price"}, {market, limit})
    yield _Case({"order", "take_profit"}, {market, limit})
    yield _Case({"order", "stop_loss"}, {market, stop})
    yield _Case({"order", "trigger_price", "limit_price"}, {*OrderType})


@pytest.mark.parametrize("case", [*_cases()], ids=lambda case: "+".join(sorted(case.outputs)))
def test_the_types_follow_from_the_outputs(case: _Case) -> None:
    assert order_types_of(case.outputs) == case.types
    assert fault_of(case.outputs, case.types) is None


@given(st.sets(st.sampled_from(["order", "limit_price", "trigger_price", "stop_loss", "take_profit"])))
def test_a_type_that_is_not_declared_is_named_with_the_mend(outputs: set[str]) -> None:
    assume("order" in outputs and len(outputs) > 1)
    fault = fault_of(outputs, {OrderType.MARKET})
    assert fault is not None
    assert "order_types = frozenset({" in fault[1]


def test_prices_without_an_order_are_a_fault() -> None:
    fault = fault_of({"signal", "stop_loss"}, {*OrderType})
    assert fault is not None
    assert fault[0].startswith("stop_loss of its outputs belong to orders")
    assert fault_of({"last", "cancel"}, {*OrderType}) is not None

"""What holds for every sequence of bars and orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.market import Bar, RawBar
from friday_core.domain.orders import Order, OrderStatus, OrderType, Side, TimeInForce, WorkingOrder
from friday_core.simulation.matching import BarMatcher, FillAt, MatchingRules

INFY = Instrument(InstrumentId("INFY", "NSE"), "INR", tick_size=5, lot_size=10)
#: Prices lie around here, far from the floor of one tick; a mirrored price is ``2 * MIDDLE - price``.
MIDDLE = 10_000
OTHER_SIDE = {Side.BUY: Side.SELL, Side.SELL: Side.BUY}

prices = st.integers(MIDDLE - 20, MIDDLE + 20)


@dataclass(frozen=True)
class Row:
    open: int
    high: int
    low: int
    volume: int
    session: int


@st.composite
def rows(draw: st.DrawFn) -> Row:
    three = sorted(draw(st.tuples(prices, prices, prices)))
    return Row(three[1], three[2], three[0], draw(st.integers(0, 2_000)), draw(st.integers(0, 3)))


@st.composite
def asked(draw: st.DrawFn) -> tuple[Order, int]:
    kind = draw(st.sampled_from(OrderType))
    order = Order(
        INFY.id,
        draw(st.sampled_from(Side)),
        draw(st.integers(1, 30)) * 10,
        kind,
        draw(prices) if kind.has_limit else None,
        draw(prices) if kind.has_trigger else None,
        draw(st.sampled_from([TimeInForce.DAY, TimeInForce.GTC])),
    )
    return order, draw(st.integers(0, 4))


days = st.lists(rows(), min_size=1, max_size=8).map(lambda some: sorted(some, key=lambda row: row.session))
baskets = st.lists(asked(), min_size=1, max_size=5)
rules = st.builds(MatchingRules, slippage_ticks=st.integers(0, 3), participation_ppm=st.sampled_from([None, 50_000]))
any_rules = st.builds(
    MatchingRules,
    slippage_ticks=st.integers(0, 3),
    participation_ppm=st.sampled_from([None, 50_000, 500_000]),
    spread_ppm=st.sampled_from([0, 300]),
    impact_ppm=st.sampled_from([0, 5_000]),
    range_ppm=st.sampled_from([0, 200_000]),
    protection_ppm=st.sampled_from([0, 500, 2_000]),
    band_ppm=st.sampled_from([0, 1_000, 1_500]),
    fill=st.sampled_from([FillAt.NEXT_OPEN, FillAt.NEXT_CLOSE]),
)

#: Slice, position of the order in the basket, quantity, price.
Trades = list[tuple[int, int, int, int]]


def play(rules: MatchingRules, day: Sequence[Row], basket: Sequence[tuple[Order, int]]) -> tuple[Trades, list[str]]:
    """The trades of a basket with enough cash, and the final status of each order."""
    working = [WorkingOrder(order, active_from, MIDDLE) for order, active_from in basket]
    matcher = BarMatcher(rules)
    trades: Trades = []
    for ordinal, row in enumerate(day):
        raw = RawBar(row.open, row.high, row.low, row.open)
        o, h, lo, c = map(float, raw)
        one = Bar(INFY, ordinal, row.session, o, h, lo, c, float(row.volume), 1.0, raw, {})
        executions = matcher.match(ordinal, [one], working)
        execution = next(executions, None)
        while execution is not None:
            execution.order.fill(execution.quantity)
            trades.append((ordinal, working.index(execution.order), execution.quantity, execution.price))
            try:
                execution = executions.send(execution.quantity)
            except StopIteration:
                execution = None
    return trades, [one.status.value for one in working]


@given(rules, days, baskets)
def test_sells_mirror_buys(rules: MatchingRules, day: list[Row], basket: list[tuple[Order, int]]) -> None:
    def mirrored(price: int) -> int:
        return 2 * MIDDLE - price

    def turned(order: Order) -> Order:
        limit = None if order.limit_price is None else mirrored(order.limit_price)
        trigger = None if order.trigger_price is None else mirrored(order.trigger_price)
        side = OTHER_SIDE[order.side]
        return Order(INFY.id, side, order.quantity, order.type, limit, trigger, order.time_in_force)

    upside_down = [Row(mirrored(r.open), mirrored(r.low), mirrored(r.high), r.volume, r.session) for r in day]
    trades, ends = play(rules, day, basket)
    turned_trades, turned_ends = play(rules, upside_down, [(turned(order), since) for order, since in basket])
    assert turned_trades == [(slice_, n, quantity, mirrored(price)) for slice_, n, quantity, price in trades]
    assert turned_ends == ends


@given(rules, days, baskets)
def test_orders_together_never_take_more_than_their_share_of_a_bar(
    rules: MatchingRules, day: list[Row], basket: list[tuple[Order, int]]
) -> None:
    capped = MatchingRules(0, rules.slippage_ticks, 50_000)
    trades, _ = play(capped, day, basket)
    for ordinal, row in enumerate(day):
        assert sum(quantity for slice_, _, quantity, _ in trades if slice_ == ordinal) <= row.volume // 20


@given(rules, days, baskets)
def test_an_order_is_never_filled_beyond_its_quantity_nor_before_it_is_active(
    rules: MatchingRules, day: list[Row], basket: list[tuple[Order, int]]
) -> None:
    trades, ends = play(rules, day, basket)
    for n, (order, active_from) in enumerate(basket):
        own = [(slice_, quantity) for slice_, position, quantity, _ in trades if position == n]
        assert all(slice_ >= active_from for slice_, _ in own)
        filled = sum(quantity for _, quantity in own)
        assert filled <= order.quantity
        assert (filled == order.quantity) == (ends[n] == OrderStatus.FILLED)


@given(days, baskets)
def test_without_slippage_every_price_lies_in_the_bar_and_no_limit_is_passed(
    day: list[Row], basket: list[tuple[Order, int]]
) -> None:
    trades, _ = play(MatchingRules(), day, basket)
    for slice_, n, _, price in trades:
        assert day[slice_].low <= price <= day[slice_].high
        order = basket[n][0]
        if order.limit_price is not None:
            assert (price - order.limit_price) * order.side.sign <= 0


@given(rules, days, baskets)
def test_a_day_order_trades_in_one_session_only(
    rules: MatchingRules, day: list[Row], basket: list[tuple[Order, int]]
) -> None:
    trades, _ = play(rules, day, basket)
    for n, (order, active_from) in enumerate(basket):
        sessions = {day[slice_].session for slice_, position, _, _ in trades if position == n}
        if order.time_in_force is TimeInForce.DAY and active_from < len(day):
            assert sessions <= {day[active_from].session}


@given(any_rules, days, baskets)
def test_no_rule_gives_a_better_price_than_the_bar_or_a_worse_one_than_slippage_and_bounds_allow(
    rules: MatchingRules, day: list[Row], basket: list[tuple[Order, int]]
) -> None:
    trades, _ = play(rules, day, basket)
    for slice_, n, _, price in trades:
        row, order = day[slice_], basket[n][0]
        best, worst = (row.low, row.high) if order.side is Side.BUY else (row.high, row.low)
        # Spread and impact are at most 2 + 51 units of some 10,000, the range's share at most 8.
        slip = 0 if order.type.has_limit else rules.slippage_ticks * 5 + (2 + 51 + 8 + 4) // 5 * 5
        assert (price - best) * order.side.sign >= 0
        assert (price - worst) * order.side.sign <= slip


@given(any_rules, days, baskets)
def test_under_all_rules_together_shares_of_a_bar_and_quantities_are_kept(
    rules: MatchingRules, day: list[Row], basket: list[tuple[Order, int]]
) -> None:
    trades, _ = play(rules, day, basket)
    for ordinal, row in enumerate(day):
        taken = sum(quantity for slice_, _, quantity, _ in trades if slice_ == ordinal)
        assert rules.participation_ppm is None or taken <= row.volume * rules.participation_ppm // 1_000_000
    for n, (order, _) in enumerate(basket):
        assert sum(quantity for _, position, quantity, _ in trades if position == n) <= order.quantity


@given(any_rules, days, baskets)
def test_no_price_is_beyond_the_bands_or_a_protection(
    rules: MatchingRules, day: list[Row], basket: list[tuple[Order, int]]
) -> None:
    trades, _ = play(rules, day, basket)
    for slice_, n, _, price in trades:
        order, session = basket[n][0], day[slice_].session
        before = [row.open for row in day[:slice_] if row.session < session]
        if before and rules.band_ppm:
            assert abs(price - before[-1]) <= before[-1] * rules.band_ppm // 1_000_000
        if rules.protection_ppm and not order.type.has_limit:
            reference = order.trigger_price or MIDDLE
            assert (price - reference) * order.side.sign <= reference * rules.protection_ppm // 1_000_000

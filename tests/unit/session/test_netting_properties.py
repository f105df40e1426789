"""What holds for every session in which several strategies are netted."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence

import pytest
from fakes.bars import UNIVERSE, A, B, C, Row
from fakes.markets import Market, markets
from fakes.session import PerFill, Script, Session
from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.chunk import Universe
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.orders import Fill, FillKind, NettedFill, Order, Side
from friday_core.domain.records import PlaceOrder
from friday_core.interfaces.strategy import Decision
from friday_core.session.log import NettingLog
from friday_core.trading.limits import Limits
from friday_plugins.risk_rules.long_only import LongOnly

CHARGED = PerFill(3, 2)
#: A hundredth of a paisa, so that notionals round; in lots of three.
FINE = Universe(Instrument(one, "INR", price_decimals=4, lot_size=3) for one in (A, B, C))


@st.composite
def several(draw: st.DrawFn, universe: Universe = UNIVERSE) -> Market:
    """A market with two or three strategies; often they are short of cash, or the account has limits."""
    market = draw(markets(universe))
    seeds = draw(st.lists(st.integers(0, 10**6), min_size=2, max_size=3))
    capital = draw(st.sampled_from([150, 2_500, 20_000]))
    limits = draw(
        st.builds(
            Limits,
            order_value=st.sampled_from([None, 500]),
            gross_ppm=st.sampled_from([None, 300_000]),
            allow_short=st.just(True),
        )
    )
    return Market(market.rows, market.actions, tuple(seeds), {**market.settings, "capital": capital, "limits": limits})


def ran(market: Market, cuts: set[int] | range = range(0)) -> Session:
    return market.session(charges=CHARGED, netting=True).run(market.rows, *market.actions, cuts=cuts)


def log_of(session: Session) -> NettingLog:
    assert session.log.netting is not None
    return session.log.netting


def at_broker(session: Session) -> list[Fill]:
    """What the broker filled: orders of single strategies, and of the account."""
    alone = [fill for fill in session.log.fills if not isinstance(fill, NettedFill)]
    return [*alone, *log_of(session).fills]


def signed_notional(session: Session, fill: Fill) -> int:
    return fill.side.sign * fill.notional(session.universe.instrument(fill.instrument))


@pytest.mark.parametrize("universe", [UNIVERSE, FINE], ids=["paise", "fine"])
@given(st.data())
def test_on_every_slice_the_books_sum_to_what_the_broker_booked(universe: Universe, data: st.DataObject) -> None:
    market = data.draw(several(universe))
    session = market.session(charges=CHARGED, netting=True, universe=universe)
    session.announce(*market.actions)
    books = session.account.books.values()
    capital = session.account.cash
    for row in range(len(market.rows)):
        session.feed(market.rows[row : row + 1])
        fills, actions = at_broker(session), session.log.actions
        paid = sum(signed_notional(session, fill) + fill.charges for fill in fills)
        assert session.account.cash == capital - paid + sum(one.cash for one in actions)
        assert sum(book.charges for book in books) == sum(fill.charges for fill in fills)
        held: Counter[InstrumentId] = Counter()
        for fill in fills:
            held[fill.instrument] += fill.side.sign * fill.quantity
        for one in actions:
            held[one.instrument] += one.quantity_after - one.quantity_before
        assert session.account.positions() == {name: quantity for name, quantity in sorted(held.items()) if quantity}
        for book in books:
            assert book.equity == book.capital + book.realised + book.unrealised + book.dividends - book.charges


@given(several(FINE))
def test_the_parts_of_an_account_order_sum_to_it_and_crosses_to_nothing(market: Market) -> None:
    session = market.session(charges=CHARGED, netting=True, universe=FINE).run(market.rows, *market.actions)
    opens = {(row.ts_event, row.instrument): row.open for row in market.rows}
    filled = {(fill.tag, fill.ts_event): fill for fill in log_of(session).fills}
    parts: dict[tuple[str, int], list[NettedFill]] = {}
    crossed: Counter[tuple[int, InstrumentId, str]] = Counter()
    for fill in session.log.fills:
        if isinstance(fill, NettedFill) and fill.kind is FillKind.MARKET:
            parts.setdefault((fill.account_order, fill.ts_event), []).append(fill)
        elif isinstance(fill, NettedFill):
            assert (fill.charges, fill.price) == (0, opens[fill.ts_event, fill.instrument])
            crossed[fill.ts_event, fill.instrument, "quantity"] += fill.side.sign * fill.quantity
            crossed[fill.ts_event, fill.instrument, "money"] += signed_notional(session, fill)
    assert set(crossed.values()) <= {0}
    assert parts.keys() == filled.keys()
    for key, whole in filled.items():
        found = parts[key]
        assert sum(one.quantity for one in found) == whole.quantity
        assert sum(one.charges for one in found) == whole.charges
        assert sum(signed_notional(session, one) for one in found) == signed_notional(session, whole)
        assert {(one.side, one.price, one.instrument) for one in found} == {(whole.side, whole.price, whole.instrument)}


@given(several())
def test_no_order_fills_more_than_was_asked_and_every_order_ends(market: Market) -> None:
    session = ran(market)
    orders = {one.order.tag: one for one in session.log.orders}
    account = {one.working.order.tag: one.working for one in log_of(session).orders}
    filled: Counter[str] = Counter()
    for fill in [*session.log.fills, *log_of(session).fills]:
        filled[fill.tag] += fill.quantity
        assert fill.ts_event > (orders | account)[fill.tag].order.ts_decided or fill.tag in account
    for tag, one in (orders | account).items():
        assert one.filled == filled[tag] <= one.order.quantity
        assert one.status.terminal
    assert sorted(one.tag for one in session.log.ended) == sorted(orders)


@given(several())
def test_the_broker_is_sent_one_order_of_an_instrument_for_all_that_were_netted(market: Market) -> None:
    session = ran(market)
    netted = {tag for one in log_of(session).nettings for tag in one.orders}
    placed = [one.order for intents in session.intents for one in intents if isinstance(one, PlaceOrder)]
    netted |= {tag for one in log_of(session).orders for tag in one.parents}
    known = {order.tag for order in placed}
    assert not known & netted
    assert {fill.tag for fill in at_broker(session)} <= known
    assert sorted(tag for tag in known if tag[5:7] == "ZZ") == sorted(
        one.working.order.tag for one in log_of(session).orders
    )
    slices = Counter((one.ts_event, one.instrument) for one in log_of(session).nettings)
    assert set(slices.values()) <= {1}


def whole(session: Session) -> tuple[object, ...]:
    account = [
        (one.working.order, one.working.status, one.working.filled, one.parents) for one in log_of(session).orders
    ]
    return session.outcome, account, log_of(session).nettings, log_of(session).fills


@given(several(), st.sets(st.integers(1, 40)))
def test_any_chunking_gives_the_same_netting_and_a_replay_the_same_intents(market: Market, cuts: set[int]) -> None:
    session = ran(market, cuts)
    assert whole(ran(market, range(len(market.rows)))) == whole(session)
    replayed = market.session(charges=CHARGED, netting=True)
    replayed.apply(*session.records)
    assert (whole(replayed), replayed.intents) == (whole(session), session.intents)


@given(several(), st.booleans())
def test_a_long_only_book_owes_neither_cash_nor_shares(market: Market, wishes_shorts: bool) -> None:
    session = market.session(
        charges=CHARGED, netting=True, long_only=not wishes_shorts, rules={"long_only": LongOnly()}
    )
    session.announce(*market.actions)
    for row in range(len(market.rows)):
        session.feed(market.rows[row : row + 1])
        for book in session.account.books.values():
            assert all(quantity > 0 for quantity in book.positions().values())
    assert all(point.cash >= 0 for point in session.log.equity)


@st.composite
def swings(draw: st.DrawFn) -> list[Row]:
    """Prices that halve and double overnight: what was affordable at the close is not at the open."""
    prices = st.integers(50, 200)
    return [
        Row(day, one, opened := draw(prices), max(opened, close := draw(prices)), min(opened, close), close, volume)
        for day in range(1, draw(st.integers(3, 8)))
        for one in (A, B, C)
        for volume in [float(draw(st.integers(0, 60)))]
    ]


@given(swings(), st.lists(st.integers(0, 10**6), min_size=2, max_size=4), st.sampled_from([None, 1_000_000]))
def test_books_that_are_short_of_cash_pay_for_all_they_get(rows: list[Row], seeds: list[int], cap: int | None) -> None:
    matching = {"participation_ppm": cap, "slippage_ticks": 1}
    session = Session(
        *scripts([orders(seed) for seed in seeds]), capital=2_000, charges=CHARGED, netting=True,
        rules={"long_only": LongOnly()}, matching=matching,
    )  # fmt: skip
    for row in range(len(rows)):
        session.feed(rows[row : row + 1])
    session.end()
    assert all(point.cash >= 0 for point in session.log.equity)
    assert all(min(book.positions().values(), default=1) > 0 for book in session.account.books.values())
    paid = sum(signed_notional(session, fill) + fill.charges for fill in at_broker(session))
    assert session.account.cash == 2_000 * len(seeds) - paid
    assert all(one.status.terminal for one in session.log.orders)
    if cap is not None:
        volumes = {(row.ts_event, row.instrument): row.volume for row in rows}
        traded: Counter[tuple[int, InstrumentId]] = Counter()
        for fill in at_broker(session):
            traded[fill.ts_event, fill.instrument] += fill.quantity
        assert all(quantity <= volumes[where] for where, quantity in traded.items())


# Orders at market that do not depend on what became of them ---------------------------------------

Orders = dict[int, list[Order]]


def orders(seed: int) -> Orders:
    """Some orders a day, the same for the same seed."""
    draw = random.Random(seed)
    return {
        day: [
            Order(one, draw.choice(list(Side)), draw.randint(1, 30))
            for one in draw.sample((A, B, C), draw.randint(1, 3))
        ]
        for day in range(1, 9)
    }


def scripts(books: Sequence[Orders]) -> list[Script]:
    """A strategy for each; a copy, since a script remembers."""
    typed: list[Mapping[int, Sequence[Decision]]] = [dict(book) for book in books]
    return [Script(book) for book in typed]


def rich(rows: list[Row], books: Sequence[Orders], *, netting: bool = True, charges: PerFill = CHARGED) -> Session:
    """Cash is never short."""
    matching = {"slippage_ticks": 1}
    session = Session(*scripts(books), capital=10**9, charges=charges, matching=matching, netting=netting)
    return session.run(rows)


def charged(session: Session) -> int:
    return sum(book.charges for book in session.account.books.values())


several_books = st.lists(st.integers(0, 10**6).map(orders), min_size=2, max_size=4)


@given(markets(), several_books)
def test_netting_never_costs_more_and_gives_every_book_what_it_asked_for(market: Market, books: list[Orders]) -> None:
    flat = PerFill(7)
    together = rich(market.rows, books, charges=flat)
    apart = rich(market.rows, books, netting=False, charges=flat)
    assert charged(together) <= charged(apart)
    for name, book in together.account.books.items():
        assert book.positions() == apart.account.books[name].positions()
        # Every share trades at the open, slipped or not: netting is never worse for anybody.
        assert book.equity >= apart.account.books[name].equity


@given(markets(), several_books)
def test_charges_by_value_grow_by_their_rounding_at_most(market: Market, books: list[Orders]) -> None:
    by_value = PerFill(0, 2)
    together = rich(market.rows, books, charges=by_value)
    assert charged(together) <= charged(rich(market.rows, books, netting=False, charges=by_value)) + sum(
        len(one.orders) - 1 for one in log_of(together).nettings
    )


@given(markets(), several_books, st.randoms(use_true_random=False))
def test_the_order_of_the_strategies_only_settles_ties(
    market: Market, books: list[Orders], shuffle: random.Random
) -> None:
    turned = list(enumerate(books))
    shuffle.shuffle(turned)
    session, other = rich(market.rows, books), rich(market.rows, [book for _, book in turned])
    assert [
        (one.ts_event, one.instrument, one.side, one.quantity, one.price, one.charges) for one in log_of(session).fills
    ] == [(one.ts_event, one.instrument, one.side, one.quantity, one.price, one.charges) for one in log_of(other).fills]
    assert session.account.equity == other.account.equity
    for position, (number, _) in enumerate(turned):
        mine, same = session.account.books[f"s{number}"], other.account.books[f"s{position}"]
        assert mine.positions() == same.positions()


@given(markets(), st.integers(0, 10**6).map(orders))
def test_equal_and_opposite_strategies_trade_nothing_at_the_broker_and_pay_nothing(
    market: Market, book: Orders
) -> None:
    turn = {Side.BUY: Side.SELL, Side.SELL: Side.BUY}
    against = {day: [Order(one.instrument, turn[one.side], one.quantity) for one in told] for day, told in book.items()}
    session = rich(market.rows, [book, against])
    assert [one for intents in session.intents for one in intents] == []
    assert (at_broker(session), charged(session)) == ([], 0)
    assert {point.ts_event: 0 for point in session.log.equity}.keys() == {row.ts_event for row in market.rows}
    assert session.account.equity == 2 * 10**9
    assert session.account.positions() == {}

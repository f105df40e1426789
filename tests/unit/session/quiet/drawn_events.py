"""A session of event strategies drawn from a number, stepped slice by slice or in stretches."""

from __future__ import annotations

import datetime as dt
import itertools
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from friday_core.domain.chunk import MISSING_PRICE, Array, Chunk, Universe
from friday_core.domain.executed import ExecutedOrder
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.market import Bar, CorporateAction
from friday_core.domain.orders import Order, OrderType, Side, TimeInForce
from friday_core.domain.outcomes import ValidatorFault
from friday_core.domain.products import Product
from friday_core.domain.signals import Cancel, Signal, Target
from friday_core.flow.coarser import Slices
from friday_core.interfaces.broker import Tariff
from friday_core.interfaces.strategy import BookView, Decision, Event, Strategy
from friday_core.session.custody import HoldingTerms
from friday_core.session.desk import Desk
from friday_core.session.driver import Driver
from friday_core.simulation.matching import BarMatcher, MatchingRules
from friday_core.simulation.matching_rules import FillAt
from friday_core.testing.doubles import StrengthSizer
from friday_core.trading.endings import Ending
from friday_core.trading.ledger import Book
from friday_core.trading.limits import Limits, Tier
from friday_core.trading.risk import RiskEngine
from friday_core.trading.session_times import IntradayTimes, daily_times
from friday_core.trading.strategy_runner import EventRunner

DAY, MINUTE = 86_400_000_000, 60_000_000
#: 9:15 in India.
OPEN = 225 * MINUTE


class Share(Tariff):
    """One per mille; and so much for what is delivered, so that it is no share alone, if ``delivered`` says so."""

    def __init__(self, delivered: int) -> None:
        self._delivered = delivered

    def charges_of(self, order: ExecutedOrder) -> int:
        return order.notional // 1_000 + (self._delivered if order.same_day < order.quantity else 0)


class Wanderer(Strategy):
    """Decides now and then, at random by the event; reads its book, keeps what it was handed, and may raise."""

    order_types = frozenset(OrderType)

    def __init__(self, seed: int, draw: random.Random, *, at_market: bool = False) -> None:
        self._seed = seed
        self._rate = draw.choice([0.003, 0.01, 0.02, 0.05, 0.4])
        self._raises = draw.choice([0.0, 0.0, 0.0, 0.003])
        self._reads = draw.choice([0.0, 0.1, 1.0])
        self._kinds = draw.choice([(0,), (1, 2), (3,), (0, 1, 2, 3), (0, 1, 2, 3)])
        if at_market:
            self._kinds = draw.choice([(0,), (4,), (5,), (0, 4, 5), (0, 4, 5), (0, 1, 2, 3, 4)])
        self.events: list[Event] = []
        self.read: list[Any] = []
        self.kept: list[tuple[BookView, InstrumentId]] = []

    def on_event(self, event: Event, book: BookView) -> Iterable[Decision] | None:
        self.events.append(event)
        name = event.instrument.id if isinstance(event, Bar) else event.instrument
        draw = random.Random(f"{self._seed} {event.ts_event} {name} {type(event).__name__}")
        if draw.random() < self._reads:
            self.kept.append((book, name))
            self.read.append(read(book, name))
        if draw.random() < self._raises:
            raise ValueError(f"at {event.ts_event}")
        if draw.random() >= self._rate:
            return draw.choice([None, (), [], iter(())])
        decisions = [self._decision(draw, name, event, book) for _ in range(draw.choice((1, 1, 2)))]
        return draw.choice([decisions, tuple(decisions), iter(decisions)])

    def _decision(self, draw: random.Random, name: InstrumentId, event: Event, book: BookView) -> Decision:
        kind = draw.choice(self._kinds)
        if kind == 0 or not isinstance(event, Bar) or event.raw.close < 50:
            return Target(name, draw.choice([0.0, 0.4, draw.uniform(-0.9, 0.9)]), f"book at {book.equity:.2f}")
        if kind == 4:
            validity = draw.choice([TimeInForce.DAY, TimeInForce.GTC])
            quantity = draw.choice([1, 5, 10, 50, 1_000])
            return Order(name, draw.choice(list(Side)), quantity, time_in_force=validity, reason="at market")
        if kind == 5:
            weight = draw.choice([0.0, 0.5, 0.98, 1.0, draw.uniform(-1.0, 1.0)])
            return Target(name, weight, "all in") if draw.random() < 0.5 else Signal(name, weight, "all in")
        if kind == 1:
            return draw.choice([Cancel(name), Signal(name, draw.uniform(-0.9, 0.9))])
        return _order(draw, name, event)


def read(book: BookView, name: InstrumentId) -> str:
    """All that a view tells."""
    held = sorted(map(str, book.instruments()))
    return repr((book.cash, book.equity, held, book.position(name), book.average_price(name), book.open_quantity(name)))


def _order(draw: random.Random, name: InstrumentId, bar: Bar) -> Order:
    kind, side = draw.choice(list(OrderType)), draw.choice(list(Side))
    away = max(1, bar.raw.close * draw.choice([1, 5, 30]) // 1_000)
    near = max(20, bar.raw.close + draw.randint(-away, away)) // 5 * 5
    trigger = max(20, near + draw.randint(-away, away)) // 5 * 5
    entry = near if kind.has_limit else trigger if kind.has_trigger else bar.raw.close
    is_bracket = draw.random() < 0.4 and kind is not OrderType.STOP_LIMIT
    validity = draw.choice([TimeInForce.DAY, TimeInForce.GTC, TimeInForce.GTC, TimeInForce.GTD, TimeInForce.AT_CLOSE])
    if kind.has_trigger and validity is TimeInForce.AT_CLOSE:
        validity = TimeInForce.DAY
    return Order(
        name,
        side,
        draw.randint(1, 20) * 5,
        kind,
        limit_price=near if kind.has_limit else None,
        trigger_price=trigger if kind.has_trigger else None,
        time_in_force=validity,
        good_till=bar.session + draw.randint(-1, 2) if validity is TimeInForce.GTD else None,
        stop_loss=max(5, (entry - side.sign * (away + 10)) // 5 * 5) if is_bracket else None,
        take_profit=max(5, (entry + side.sign * (away + 10)) // 5 * 5) if is_bracket else None,
        protection_ppm=draw.choice([None, None, 3_000]) if not kind.has_limit else None,
        product=draw.choice(["", "", "", Product.INTRADAY]),
        reason=str(kind),
    )


@dataclass
class Drawn:
    """All that a session is made of; ``options`` are the driver's."""

    seed: int
    universe: Universe
    rows: Chunk
    sees: list[Sequence[InstrumentId]]
    capital: int
    limits: Limits
    rules: MatchingRules
    charges: Tariff
    cuts: list[int]
    actions: list[CorporateAction]
    doubt: int | None
    options: dict[str, Any]
    at_market: bool = False


def drawn_at_market(seed: int) -> Drawn:
    """The same of one strategy in one instrument that orders mostly at market, with few rules in its way."""
    given, draw = drawn(seed), random.Random(f"at market {seed}")
    given.universe = Universe(list(_universe(draw))[:1])
    given.rows = _rows(draw, given.universe)
    sessions = sorted({int(one) for one in given.rows["session"]})
    ends = (np.flatnonzero(np.diff(given.rows.ts_event)) + 1).tolist()
    given.sees, given.at_market = [()], True
    given.cuts = sorted(draw.sample(ends, min(len(ends), draw.choice([0, 0, 1, 5]))))
    given.actions = list(_actions(draw, [given.universe[0].id], sessions))
    given.doubt = draw.choice(given.rows.ts_event.tolist()) if draw.random() < 0.1 else None
    given.options = {}
    given.limits = Limits(
        order_value=draw.choice([None, None, 10**6]),
        min_order_value=draw.choice([None, None, 10**5]),
        position_ppm=draw.choice([None, None, 600_000]),
        gross_ppm=draw.choice([None, 1_000_000, 300_000]),
        orders_per_session=draw.choice([None, None, 3]),
        orders_per_minute=draw.choice([None, None, 1]),
        allow_short=draw.random() < 0.7,
        buffer_ppm=draw.choice([0, 0, 10_000]),
    )
    given.rules = MatchingRules(
        slippage_ticks=draw.choice([0, 1]),
        spread_ppm=draw.choice([0, 500]),
        range_ppm=draw.choice([0, 100_000]),
        fill=draw.choice([FillAt.NEXT_OPEN, FillAt.NEXT_CLOSE]),
    )
    return given


def drawn(seed: int) -> Drawn:
    """The session of a number: the same number, the same session."""
    draw = random.Random(seed)
    universe = _universe(draw)
    rows = _rows(draw, universe)
    ids = [one.id for one in universe]
    desks = draw.choice([1, 1, 1, 2, 3])
    ends = (np.flatnonzero(np.diff(rows.ts_event)) + 1).tolist()
    sessions = sorted({int(one) for one in rows["session"]})
    return Drawn(
        seed,
        universe,
        rows,
        [ids[:: draw.choice([1, 2])] if draw.random() < 0.2 else () for _ in range(desks)],
        10 ** draw.choice([5, 7, 9, 17]),
        _limits(draw),
        _rules(draw),
        Share(draw.choice([0, 700])),
        sorted(draw.sample(ends, min(len(ends), draw.choice([0, 0, 1, 5])))),
        list(_actions(draw, ids, sessions)),
        draw.choice(rows.ts_event.tolist()) if draw.random() < 0.1 else None,
        {
            "netting": draw.random() < 0.3,
            "limits": Limits(gross_ppm=draw.choice([None, 800_000]), allow_short=True),
            "terms": _terms(draw, ids, sessions) if draw.random() < 0.3 else None,
        },
    )


def _universe(draw: random.Random) -> Universe:
    currency, decimals = draw.choice([("INR", 2), ("INR", 2), ("INR", 4), ("JPY", 0), ("JPY", 1), ("INR", 1)])
    return Universe(
        Instrument(
            InstrumentId(f"S{number:02d}", "NSE"), currency, decimals, draw.choice([1, 5]), draw.choice([1, 1, 5])
        )
        for number in range(draw.choice([1, 1, 1, 2, 4]))
    )


def _rows(draw: random.Random, universe: Universe) -> Chunk:
    random_ = np.random.default_rng(draw.randrange(2**32))
    count, slices, per_session = len(universe), draw.choice([5, 60, 150]), draw.choice([1, 7, 40, 500])
    presence = random_.random((slices, count)) < draw.choice([1.0, 1.0, 0.7])
    presence[~presence.any(axis=1), 0] = True
    slice_of, inst = np.nonzero(presence)
    session = 20_000 + slice_of // per_session
    walk = np.exp(np.cumsum(random_.normal(0, draw.choice([0.0005, 0.004, 0.03]), (slices, count)), axis=0))
    close = np.maximum(1, np.round(draw.choice([300, 10_000]) * walk)).astype(np.int64)[slice_of, inst]
    opened = np.maximum(1, close + np.round(close * random_.normal(0, 0.002, len(close))).astype(np.int64))
    high, low = np.maximum(opened, close), np.maximum(1, np.minimum(opened, close) - random_.integers(0, 3, len(close)))
    prices = {"open": opened, "high": high, "low": low, "close": close}
    if draw.random() < 0.2:
        for column in prices.values():
            column[random_.random(len(column)) < 0.05] = MISSING_PRICE
    last = np.append(np.diff(session) != 0, True)
    columns: dict[str, Array] = {
        **prices,
        "volume": np.round(random_.exponential(draw.choice([20, 1e6]), len(close))),
        "session": session.astype(np.float64),
        "factor": np.ones(len(close)),
        "split": np.ones(len(close)),
    }
    if draw.random() < 0.5:
        columns["session_end"] = last.astype(np.float64)
    ts = session * DAY + OPEN + (slice_of % per_session) * MINUTE
    return Chunk(ts, inst.astype(np.int32), columns)


def _limits(draw: random.Random) -> Limits:
    if draw.random() < 0.4:
        return Limits(allow_short=True)
    return Limits(
        gross_ppm=draw.choice([None, 1_000_000, 300_000]),
        drawdown_ppm=draw.choice([None, None, 5_000, 50_000]),
        tiers=draw.choice([(), (), (Tier(2_000, 500_000), Tier(10_000, 0))]),
        day_loss_ppm=draw.choice([None, None, 3_000]),
        orders_per_session=draw.choice([None, None, 3]),
        orders_per_minute=draw.choice([None, None, 1]),
        open_orders=draw.choice([None, None, 2]),
        allow_short=draw.random() < 0.5,
        buffer_ppm=draw.choice([0, 10_000]),
    )


def _rules(draw: random.Random) -> MatchingRules:
    fill = draw.choice(list(FillAt))
    is_late = fill is not FillAt.THIS_CLOSE
    return MatchingRules(
        latency=draw.choice([0, 0, 0, 2]) * is_late,
        latency_us=draw.choice([0, 0, 0, 3 * MINUTE]) * is_late,
        slippage_ticks=draw.choice([0, 1]),
        participation_ppm=draw.choice([None, None, 100_000]),
        protection_ppm=draw.choice([0, 0, 5_000]),
        band_ppm=draw.choice([0, 0, 0, 0, 50_000]),
        fill=fill,
    )


def _actions(draw: random.Random, ids: Sequence[InstrumentId], sessions: Sequence[int]) -> Iterator[CorporateAction]:
    for _ in range(draw.choice([0, 0, 0, 2])):
        yield CorporateAction(
            draw.choice(ids), draw.choice(sessions), draw.choice([1, 2, 3]), draw.choice([1, 2]), draw.choice([0, 4])
        )


def _terms(draw: random.Random, ids: Sequence[InstrumentId], sessions: Sequence[int]) -> HoldingTerms:
    times = daily_times(dt.time(9, 15), dt.time(9, 40), "Asia/Kolkata")
    endings = {draw.choice(ids): Ending(draw.choice(sessions))} if draw.random() < 0.7 else {}
    intraday = IntradayTimes(times, "Asia/Kolkata", dt.time(9, 30)) if draw.random() < 0.5 else None
    return HoldingTerms(times, endings, intraday, draw.choice([0, 50_000]))


class Stepped:
    """One driver on a drawn session, and all that it left."""

    def __init__(self, given: Drawn, *, strides: bool, cut: bool = True) -> None:
        draw = random.Random(given.seed + 1)
        self.strategies = [
            Wanderer(given.seed * 10 + number, draw, at_market=given.at_market) for number in range(len(given.sees))
        ]
        currency = given.universe[0].currency
        engine = RiskEngine(given.limits, {})
        self.desks = [
            Desk(
                number,
                EventRunner(f"s{number}", strategy, given.sees[number]),
                Book(f"s{number}", currency, given.capital),
                universe=given.universe,
                sizer=StrengthSizer(0.75),
                risk=engine,
                charges=given.charges,
            )
            for number, strategy in enumerate(self.strategies)
        ]
        self.driver = Driver(
            given.universe, self.desks, BarMatcher(given.rules), given.charges, strides=strides, **given.options
        )
        if self.driver._quiet is not None:
            self.driver._quiet.least_rows = 1
            if self.driver._quiet.one_book is not None:
                self.driver._quiet.one_book.least_slices = 1
        self.intents = list(self._stepped(given, [0, *given.cuts, len(given.rows)] if cut else [0, len(given.rows)]))

    def _stepped(self, given: Drawn, bounds: Sequence[int]) -> Iterator[Any]:
        driver = self.driver
        for action in given.actions:
            driver.announce(action)
        for start, stop in itertools.pairwise(bounds):
            if given.doubt is not None and given.rows.ts_event[start] > given.doubt and not driver.log.faults:
                driver.doubt(ValidatorFault(given.doubt, "market_data", "v", 0, given.doubt, "raised", ""))
            yield from driver.step(Slices(given.rows.take(slice(start, stop)), {}))
        yield from driver.close("END_OF_DATA")

    def left(self) -> dict[str, Any]:
        """Everything, comparable; kept views are read once more."""
        log = self.driver.log
        tables = {name: list(rows) for name, rows in log.tables().items() if "orders" not in name}
        return {
            "raised": None,
            **tables,
            "orders": [_told(one) for one in log.orders],
            "stopped": [(one.ts_event, one.strategy, one.error) for one in log.stopped],
            "slices": log.slices,
            "digest": log.digest(),
            "intents": self.intents,
            "books": [_book(desk.book) for desk in self.desks],
            "risk": [(desk.state.memory(), list(desk.state._sent)) for desk in self.desks],
            "tags": [desk.tags._counters for desk in self.desks],
            "news": [desk.runner._news for desk in self.desks],
            "standing": (self.driver._standing.equity, self.driver._standing.latest.ts_event),
            "events": [one.events for one in self.strategies],
            "read": [one.read for one in self.strategies],
            "kept": [[read(*kept) for kept in one.kept] for one in self.strategies],
        }


def outcome(given: Drawn, *, strides: bool, cut: bool) -> dict[str, Any]:
    """What is left, or what the driver raised."""
    try:
        return Stepped(given, strides=strides, cut=cut).left()
    except Exception as error:  # noqa: BLE001 - stretches raise it too
        return {"raised": repr(error)}


def _told(one: Any) -> tuple[Any, ...]:
    return (one.order, one.status, one.filled, one.reason, one.active_from, one.session, one.triggered)


def _book(book: Book) -> tuple[Any, ...]:
    held = {str(name): (count, book.lots(name), book.price(name)) for name, count in book.positions().items()}
    return (book.cash, book.realised, book.charges, book.dividends, book.equity, book.unrealised, held)

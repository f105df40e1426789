"""A session drawn from a number, stepped by the driver alone, or by the kernel too."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import numpy as np
from unit.session.compiled import drawn_holdings
from unit.session.compiled.book_readers import READERS
from unit.session.compiled.drawn_rules import AtMost, drawn_rules

from friday_core.causal.market import Market
from friday_core.causal.oracle import Executor, Oracle
from friday_core.causal.program import Program, trace_program
from friday_core.domain.bill_terms import Amount, BillLine, BillRounding, BillTerms
from friday_core.domain.chunk import MISSING_PRICE, Array, Chunk, Universe
from friday_core.domain.executed import ExecutedOrder
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.market import Bar, CorporateAction
from friday_core.domain.money import divide_half_even
from friday_core.domain.orders import Side, WorkingOrder
from friday_core.domain.outcomes import ValidatorFault
from friday_core.domain.records import Intent
from friday_core.domain.sessions import to_days
from friday_core.domain.signals import Target
from friday_core.flow.coarser import Slices
from friday_core.interfaces.broker import Tariff
from friday_core.interfaces.risk_adjuster import RiskAdjuster, RiskState
from friday_core.interfaces.risk_rule import RiskRule
from friday_core.interfaces.sizer import Sizer
from friday_core.interfaces.strategy import BookView
from friday_core.session.custody import HoldingTerms
from friday_core.session.desk import Desk
from friday_core.session.driver import Driver
from friday_core.simulation.compiled.arena import Runs
from friday_core.simulation.matching import BarMatcher, MatchingRules
from friday_core.simulation.matching_rules import FillAt
from friday_core.simulation.scaled_costs import scaled_charges
from friday_core.testing.doubles import StrengthSizer
from friday_core.trading.column_runner import ColumnRunner
from friday_core.trading.entry_rules import EntryRules
from friday_core.trading.ledger import Book
from friday_core.trading.limits import Limits, Tier
from friday_core.trading.risk import RiskEngine
from friday_plugins.charges.indian import Indian, IndianSettings

DAY = 86_400_000_000
MINUTE = 60_000_000


class Share(Tariff):
    """One share of the notional."""

    def __init__(self, numerator: int, denominator: int) -> None:
        self._share = numerator, denominator

    def charges_of(self, order: ExecutedOrder) -> int:
        return divide_half_even(order.notional * self._share[0], self._share[1])

    def shares(self) -> tuple[tuple[int, int], ...]:
        return (self._share,)


class Termed(Tariff):
    """Terms that change every so many sessions; in some sessions there are none, in one only for sells."""

    def __init__(self, terms: Mapping[Side, Sequence[BillTerms | None]], sessions: int) -> None:
        self._terms = terms
        self._sessions = sessions

    def charges_of(self, order: ExecutedOrder) -> int:
        terms = self._of(order.instrument, order.side, order.session)
        return 7 if terms is None else terms.charges_of(order)

    def bill_terms(self, instrument: Instrument, side: Side, product: str, session: int) -> BillTerms | None:
        until = session // self._sessions * self._sessions + self._sessions - 1
        terms = self._of(instrument, side, session)
        return None if terms is None else dataclasses.replace(terms, until=until)

    def _of(self, instrument: Instrument, side: Side, session: int) -> BillTerms | None:
        terms = self._terms[side]
        return terms[(session // self._sessions + len(instrument.kind)) % len(terms)]


@dataclass
class Drawn:
    """All that a session is made of."""

    universe: Universe
    rows: Chunk
    wishes: Sequence[str]
    sees: Sequence[Sequence[InstrumentId]]
    capital: Sequence[int]
    limits: Limits
    rules: MatchingRules
    charges: Tariff
    cuts: list[int]
    injected: list[int]
    actions: list[CorporateAction] = field(default_factory=list)
    doubt: int | None = None
    kinds: Sequence[str] = ("target",) * 5
    risk_rules: Mapping[str, RiskRule | RiskAdjuster] = field(default_factory=dict)
    patience: int = 1
    #: By strategy how it reads its book, if it does.
    readers: Sequence[str] = ("",) * 5
    #: By strategy the product of its orders.
    products: Sequence[str] = ("",) * 5
    terms: HoldingTerms | None = None
    entries: EntryRules | None = None
    #: The rows that the kernel takes at a time.
    at_a_time: int = 1 << 17
    #: Whether what strategies want together goes to the broker; the kernel does not know that.
    netting: bool = False
    #: The account's limits.
    account: Limits = field(default_factory=Limits)


def drawn(seed: int, *, most_rows: int = 300) -> Drawn:
    """The session of a number: the same number, the same session."""
    random = np.random.default_rng(seed)
    is_indian = bool(random.random() < 0.25)
    universe = _universe(random, is_indian)
    desks = int(random.choice([1, 1, 1, 2, 3]))
    kinds = [str(one) for one in random.choice(["target", "target", "signal"], desks)]
    rows = _rows(random, universe, kinds, int(random.integers(2, most_rows)), _first(random) if is_indian else 100)
    ends = _ends(rows)
    count = int(random.choice([0, 0, 1, 2, 5]))
    cuts = sorted({int(one) for one in random.choice(ends, count)}) if len(ends) else []
    injected = sorted({int(one) for one in random.integers(0, len(rows), int(random.choice([0, 0, 1, 3, 10])))})
    ids = [one.id for one in universe]
    sees = [ids[:: int(random.integers(1, 3))] if random.random() < 0.2 else () for _ in range(desks)]
    given = Drawn(
        universe,
        rows,
        [f"wish{number}" for number in range(desks)],
        sees,
        [_capital(random) for _ in range(desks)],
        _limits(random),
        _rules(random),
        _indian(random) if is_indian else _charges(random),
        cuts,
        injected,
        _actions(random, universe, rows) if random.random() < 0.2 else [],
        int(random.choice(rows.ts_event)) if random.random() < 0.05 else None,
        kinds,
        _python(random),
        int(random.choice([1, 1, 1, 8])),
        at_a_time=int(np.random.default_rng([seed, 2]).choice([1 << 17, 1 << 17, 40])),
    )
    given = with_square_off(with_holdings(with_readers(given, seed), seed), seed)
    return with_orders(with_margin(with_account_limits(with_rules(given, seed), seed), seed), seed)


def with_readers(given: Drawn, seed: int) -> Drawn:
    """Half of the sessions with strategies that read their books, and adjusted prices."""
    random, desks = np.random.default_rng([seed, 1]), len(given.wishes)
    if random.random() < 0.5:
        return given
    factor = np.full(len(given.rows), random.choice([1.0, 1.0, 0.5, 1 / 3]))
    readers = [str(one) for one in random.choice([*READERS, *READERS, "", ""], desks)]
    return replace(given, rows=given.rows.with_columns({"factor": factor}), readers=readers)


def with_holdings(given: Drawn, seed: int) -> Drawn:
    """Half of the sessions with bands, latency in time or products, and what goes with these."""
    random = np.random.default_rng([seed, 2])
    if random.random() < 0.5:
        return given
    rules, rows, universe = given.rules, given.rows, given.universe
    if random.random() < 0.4:
        rules = replace(rules, band_ppm=int(random.choice([20_000, 50_000, 200_000, 1_000_000])))
        rows = drawn_holdings.at_bands(random, universe, rows, rules.band_ppm)
    if random.random() < 0.3:
        rules = replace(rules, latency_us=int(random.choice([1, MINUTE, 3 * MINUTE, 40 * MINUTE, DAY])))
    given = replace(given, rules=rules, rows=rows)
    if random.random() < 0.3:
        return given
    usual = [str(one) for one in random.choice(drawn_holdings.PRODUCTS, len(given.wishes))]
    if rows["session"][0] > 1_000:  # brokers name no rates of mtf before 2025
        usual = ["delivery" if one == "mtf" else one for one in usual]
    terms, entries = drawn_holdings.terms(random, universe, rows["session"].astype(np.int64).tolist())
    return replace(given, products=usual, terms=terms, entries=entries)


def with_square_off(given: Drawn, seed: int) -> Drawn:
    """Half of the sessions are days that are squared off before their end; most trade often, some over night too."""
    random = np.random.default_rng([seed, 3])
    if random.random() < 0.5:
        return given
    rows, minute, slices = drawn_holdings.in_days(random, given.rows)
    sessions = rows["session"].astype(np.int64).tolist()
    terms, entries = drawn_holdings.days(random, given.universe, sessions, minute, slices)
    rules, limits, capital = given.rules, given.limits, given.capital
    if random.random() < 0.7:
        rules = replace(rules, participation_ppm=random.choice([None, 1_000, 50_000, 300_000]), latency=0)
        limits, capital = Limits(), [int(10 ** random.uniform(6, 10)) for _ in given.capital]
        wishes = [random.choice([np.nan, np.nan, 0.0, 0.3, 0.9, -0.4], len(rows)) for _ in given.wishes]
        rows = rows.with_columns(dict(zip(given.wishes, wishes, strict=True)))
    if random.random() < 0.7:
        limits = replace(limits, allow_short=True)
    over_night = 0.8 if random.random() < 0.3 else 0.1
    usual = ["" if random.random() < over_night else "intraday" for _ in given.wishes]
    return replace(
        given, rows=rows, rules=rules, limits=limits, capital=capital, products=usual, terms=terms, entries=entries
    )


def with_rules(given: Drawn, seed: int) -> Drawn:
    """A third of the sessions with rules that say their terms, in any order."""
    random = np.random.default_rng([seed, 5])
    if random.random() < 2 / 3:
        return given
    rules = drawn_rules(random, given.universe, np.unique(given.rows["session"]).astype(int).tolist())
    return replace(given, risk_rules={**given.risk_rules, **rules})


def with_account_limits(given: Drawn, seed: int) -> Drawn:
    """A fifth of the sessions with limits of the account."""
    random = np.random.default_rng([seed, 4])
    if random.random() < 4 / 5:
        return given
    value = int(sum(given.capital) * random.choice([0.01, 0.3, 1.0, 3.0])) if random.random() < 0.6 else None
    gross = int(random.choice([300_000, 900_000, 1_000_000, 2_000_000])) if random.random() < 0.6 else None
    return replace(given, account=Limits(order_value=value, gross_ppm=gross, allow_short=True))


def with_margin(given: Drawn, seed: int) -> Drawn:
    """A quarter of the sessions with the margin compared with the equity, in most of them without the gross limit."""
    random = np.random.default_rng([seed, 6])
    if random.random() < 3 / 4:
        return given
    buffer = int(random.choice([0, 0, 100_000, 700_000]))
    gross = given.limits.gross_ppm if random.random() < 0.3 else None
    return replace(given, limits=replace(given.limits, margin=True, margin_buffer_ppm=buffer, gross_ppm=gross))


#: By the output of an order with a price how far below or above the close of a buy it is, in steps of a session.
_NEAR: Mapping[str, Sequence[float]] = {
    "limit_price": (-0.9, -0.5, 0.0, 0.2, 0.9),
    "trigger_price": (-0.5, 0.0, 0.2, 0.5, 0.9),
    "stop_loss": (-1.0, -2.0, -3.0),
    "take_profit": (1.0, 2.0, 3.0),
}


def with_orders(given: Drawn, seed: int) -> Drawn:
    """A third of the sessions with strategies that order, at prices and without, for a session or for longer."""
    random = np.random.default_rng([seed, 8])
    return given if random.random() < 2 / 3 else _with_orders(given, random)


def ordering(seed: int, *, most_rows: int = 300) -> Drawn:
    """The session of a number with strategies that order, and little of which the kernel knows nothing."""
    random = np.random.default_rng([seed, 9])
    given = drawn(seed, most_rows=most_rows)
    limits = Limits(allow_short=True) if random.random() < 0.7 else replace(given.limits, drawdown_ppm=None, tiers=())
    plain = replace(
        given, charges=Share(int(random.choice([0, 300])), 1_000_000), limits=limits, account=Limits(), risk_rules={},
        products=("",) * 5, terms=None, entries=None, actions=[], doubt=None, injected=given.injected[:1],
    )  # fmt: skip
    return _with_orders(plain, random)


def _with_orders(given: Drawn, random: np.random.Generator) -> Drawn:
    kinds, columns, count = list(given.kinds), {}, len(given.rows)
    lots = np.array([one.lot_size for one in given.universe])[given.rows.inst]
    for number, wish in enumerate(given.wishes):
        if random.random() < 0.2:
            continue
        kinds[number] = "order"
        shares = random.choice([1.0, 2.0, 10.0, 100.0], count) * lots * random.choice([1, -1], count)
        shares[random.random(count) < random.choice([0.3, 0.8, 0.97])] = np.nan
        columns[wish] = shares
        shares[random.random(count) < random.choice([0.0, 0.0, 0.05])] *= 0.004
        step = float(random.choice([0.003, 0.02, 0.1]))
        for name, near in _NEAR.items():
            times = np.full(count, np.nan) if random.random() < 0.4 else 1 + step * random.choice(near, count)
            times = np.where(shares < 0, 2 - times, times)
            times[random.random(count) < random.choice([0.0, 0.5])] = np.nan
            columns[f"{wish}_{name}"] = times
        last = given.rows["session"] + random.choice([-1, 0, 1, 3, 1000], count)
        columns[f"{wish}_good_till"] = np.where(random.random(count) < random.choice([0.0, 0.5, 1.0]), last, np.nan)
        is_cancelled = random.random(count) < random.choice([0.0, 0.0, 0.1])
        columns[f"{wish}_cancel"] = np.where(is_cancelled, 1.0, np.nan)
    return replace(given, kinds=kinds, rows=given.rows.with_columns(columns))


class Half(RiskAdjuster):
    """Half of every wish."""

    def adjust(self, target: Target, bar: Bar, book: BookView, state: RiskState) -> Target | None:
        return Target(target.instrument, target.weight / 2, target.reason)


def _python(random: np.random.Generator) -> dict[str, RiskRule | RiskAdjuster]:
    kind = random.random()
    if kind < 0.05:
        return {"at_most": AtMost(int(random.choice([0, 7, 1000])))}
    return {"half": Half()} if kind < 0.08 else {}


def _universe(random: np.random.Generator, is_indian: bool) -> Universe:
    count = int(random.choice([1, 1, 1, 2, 3, 5, 20]))
    currency = "INR" if is_indian else str(random.choice(["INR", "INR", "INR", "JPY"]))
    kinds = [str(one) for one in random.choice(["equity", "equity", "future"], count)]
    return Universe(
        Instrument(
            InstrumentId(f"S{number:02d}", "NFO" if is_indian and kinds[number] == "future" else "NSE"),
            currency,
            price_decimals=int(random.choice([2, 2, 2, 0, 3, 4])),
            tick_size=int(random.choice([1, 1, 5])),
            lot_size=int(random.choice([1, 1, 1, 10, 75])),
            kind=kinds[number],
        )
        for number in range(count)
    )


def _first(random: np.random.Generator) -> int:
    """A session near one in which rates change, or any of those that have some."""
    return to_days(dt.date(2024, 9, 25)) if random.random() < 0.5 else int(random.integers(18_800, 20_000))


def _rows(random: np.random.Generator, universe: Universe, kinds: Sequence[str], most: int, first: int) -> Chunk:
    count = len(universe)
    slices = max(2, most // count)
    presence = random.random((slices, count)) < random.choice([1.0, 1.0, 0.8, 0.3])
    presence[~presence.any(axis=1), 0] = True
    slice_of, inst = np.nonzero(presence)
    per_session = int(random.choice([1, 3, 10, 1000]))
    session = first + slice_of // per_session
    ts = session * DAY + (slice_of % per_session) * MINUTE * int(random.choice([1, 1, 7])) + 10 * 3_600_000_000
    base = 10 ** int(random.choice([2, 4, 4, 7]))
    walk = np.exp(np.cumsum(random.normal(0, random.choice([0.001, 0.02, 0.1]), (slices, count)), axis=0))
    close = np.maximum(1, np.round(base * walk)).astype(np.int64)[slice_of, inst]
    opened = np.maximum(1, close + np.round(close * random.normal(0, 0.01, len(close))).astype(np.int64))
    high = np.maximum(opened, close) + random.integers(0, 3, len(close))
    low = np.maximum(1, np.minimum(opened, close) - random.integers(0, 3, len(close)))
    prices = {"open": opened, "high": high, "low": low, "close": close}
    if random.random() < 0.3:
        for column in prices.values():
            column[random.random(len(column)) < 0.03] = MISSING_PRICE
    volume = np.round(random.exponential(random.choice([10, 1e4, 1e7]), len(close)))
    volume[random.random(len(close)) < 0.1] = random.choice([0.0, np.nan])
    columns: dict[str, Array] = {**prices, "volume": volume, "session": session.astype(np.float64)}
    columns |= {"factor": np.ones(len(close)), "split": np.ones(len(close))}
    for number, kind in enumerate(kinds):
        wishes = _wishes(random, len(close))
        columns[f"wish{number}"] = wishes if kind == "target" else np.clip(wishes, -1.0, random.choice([1.0, 1.0, 1.5]))
    return Chunk(ts.astype(np.int64), inst.astype(np.int32), columns)


def _wishes(random: np.random.Generator, rows: int) -> Array:
    kind = random.choice(["all_in", "weights", "long_short", "wild"])
    if kind == "all_in":
        values = random.choice([0.0, 1.0], rows)
    elif kind == "weights":
        values = np.round(random.random(rows) * 0.3, 3)
    elif kind == "long_short":
        values = random.uniform(-1, 1, rows)
    else:
        values = random.choice([0.0, -0.0, 1e-9, 0.5, 1.0, 1.5, -2.0, 30.0, 0.1234565], rows)
        if random.random() < 0.2:
            values[random.random(rows) < 0.02] = random.choice([np.inf, 1001.0])
    values[random.random(rows) < random.choice([0.0, 0.5, 0.9, 0.99])] = np.nan
    return values


def _capital(random: np.random.Generator) -> int:
    return int(10 ** random.uniform(*[(2, 5), (6, 9), (6, 9), (6, 9), (10, 12), (13, 17.5)][int(random.integers(6))]))


def _limits(random: np.random.Generator) -> Limits:
    def some(chance: float, *values: Any) -> Any:
        return random.choice(values).item() if random.random() < chance else None

    if random.random() < 0.3:
        return Limits(allow_short=True)
    return Limits(
        order_value=some(0.2, 10**5, 10**7, 10**9),
        min_order_value=some(0.1, 10**4, 10**6),
        position_ppm=some(0.2, 100_000, 500_000),
        gross_ppm=some(0.6, 1_000_000, 1_000_000, 2_000_000, 300_000),
        drawdown_ppm=some(0.1, 50_000, 300_000),
        tiers=(Tier(50_000, 500_000), Tier(200_000, 0)) if random.random() < 0.1 else (),
        day_loss_ppm=some(0.1, 20_000),
        orders_per_session=some(0.1, 1, 5),
        open_orders=some(0.1, 1, 3),
        allow_short=bool(random.random() < 0.5),
        buffer_ppm=int(random.choice([0, 0, 10_000, 2_500])),
    )


def _rules(random: np.random.Generator) -> MatchingRules:
    if random.random() < 0.4:
        return MatchingRules(0, int(random.integers(0, 3)))
    return MatchingRules(
        latency=int(random.choice([0, 0, 1, 3])),
        slippage_ticks=int(random.integers(0, 3)),
        participation_ppm=None if random.random() < 0.5 else int(random.choice([1_000, 100_000, 1_000_000])),
        spread_ppm=int(random.choice([0, 0, 500])),
        impact_ppm=int(random.choice([0, 0, 100_000])),
        range_ppm=int(random.choice([0, 0, 50_000])),
        protection_ppm=int(random.choice([0, 0, 0, 5_000])),
        fill=FillAt(random.choice(["next_open", "next_open", "next_close"])),
    )


def _indian(random: np.random.Generator) -> Tariff:
    broker = str(random.choice(["zerodha", "zerodha", "example_flat_fee", "example_percentage"]))
    product = str(random.choice(["delivery", "intraday"]))
    plan = Indian(IndianSettings(broker=broker, product=product, rounding=str(random.choice(["note", "paisa"]))))
    return scaled_charges(plan, float(random.choice([1.0, 1.0, 1.0, 2.5])))


def _terms(random: np.random.Generator) -> BillTerms | None:
    if random.random() < 0.1:
        return None

    def amount() -> Amount:
        share = Fraction(
            int(random.choice([0, 1, 297, 10_000, 2_000_000])), int(random.choice([9_999_991, 10_000_000]))
        )
        flat = Fraction(int(random.choice([0, 0, 5, 2_000])), int(random.choice([1, 3])))
        least = Fraction(int(random.choice([0, 0, 0, 700])))
        return Amount(share, flat, least, least + int(random.integers(2_000)) if random.random() < 0.3 else None)

    def line() -> BillLine:
        met, unit = amount() if random.random() < 0.5 else None, int(random.choice([1, 1, 5, 100]))
        return BillLine(amount(), met, unit, BillRounding(int(random.integers(3))), bool(random.random() < 0.5))

    tax, fee = Fraction(int(random.choice([0, 18, 7])), 100), int(random.choice([0, 0, 1_534]))
    scale = Fraction(1) if random.random() < 0.7 else Fraction(int(random.integers(5)), 3)
    lines = tuple(line() for _ in range(int(random.integers(5))))
    return BillTerms(lines, tax, int(random.choice([1, 50])), BillRounding(int(random.integers(3))), fee, scale)


def _charges(random: np.random.Generator) -> Tariff:
    if random.random() < 0.3:
        terms = {side: [_terms(random) for _ in range(int(random.integers(1, 5)))] for side in Side}
        return scaled_charges(Termed(terms, int(random.choice([1, 2, 1_000]))), float(random.choice([1.0, 1.0, 0.5])))
    numerator = int(random.choice([0, 300, 300, 1_000, 50_000, 1_000_000]))
    return scaled_charges(Share(numerator, 1_000_000), float(random.choice([1.0, 1.0, 0.5, 2.0, 7.3])))


def _actions(random: np.random.Generator, universe: Universe, rows: Chunk) -> list[CorporateAction]:
    sessions = np.unique(rows["session"])
    return [
        CorporateAction(
            universe[int(random.integers(len(universe)))].id,
            int(random.choice(sessions)),
            numerator=int(random.integers(1, 4)),
            denominator=int(random.integers(1, 3)),
            dividend=int(random.integers(0, 5)),
        )
        for _ in range(int(random.integers(1, 3)))
    ]


def _ends(rows: Chunk) -> list[int]:
    return [*(np.flatnonzero(np.diff(rows.ts_event)) + 1).tolist()]


# Stepping it -------------------------------------------------------------------------------------------------------


def program(wish: str, columns: Sequence[str], kind: str = "target", reader: str = "") -> Program:
    """A target, or signal, that is a column or comes of one and the book, and what is shown beside it."""

    def outputs(m: Market) -> Mapping[str, Any]:
        if kind == "order":
            prices = {name: m.close * m[f"{wish}_{name}"] for name in _NEAR}
            found = {"order": READERS[reader](m, m[wish]) if reader else m[wish], **prices}
            found |= {"good_till": m[f"{wish}_good_till"]}
            return found if reader else found | {"cancel": m[f"{wish}_cancel"]}
        if reader:
            return {"held": m.pos.rolling(2).sum(), kind: READERS[reader](m, m[wish])}
        return {"last": m.raw.close * 1.0, kind: m[wish]}

    return trace_program(outputs, columns, base="1m", adjusted=False)


def own_columns(given: Drawn) -> list[str]:
    """What strategies read besides prices."""
    return [name for name in given.rows.columns if name.startswith("wish")]


class Stepped:
    """One driver on a drawn session, and all that it left."""

    def __init__(
        self,
        given: Drawn,
        *,
        kernel: Runs | None = None,
        executor: Executor = Oracle,
        sizer: Sizer | None = None,
        cut: bool = True,
    ) -> None:
        self.given = given
        self.books = [Book(f"s{n}", _currency(given), capital) for n, capital in enumerate(given.capital)]
        engine = RiskEngine(given.limits, given.risk_rules, given.entries)
        self.desks = [
            Desk(
                number,
                ColumnRunner(
                    f"s{number}",
                    program(wish, own_columns(given), given.kinds[number], given.readers[number]),
                    given.universe,
                    given.sees[number],
                    executor,
                ),
                self.books[number],
                universe=given.universe,
                sizer=sizer or StrengthSizer(0.75),
                risk=engine,
                charges=given.charges,
                product=given.products[number],
            )
            for number, wish in enumerate(given.wishes)
        ]
        self.driver = Driver(
            given.universe,
            self.desks,
            BarMatcher(given.rules),
            given.charges,
            netting=given.netting,
            limits=given.account,
            kernel=None if kernel is None else lambda: kernel,
            terms=given.terms,
        )
        self.intents: list[list[Intent]] = []
        self._run(kernel is not None, cut)

    def _run(self, is_fast: bool, cut: bool) -> None:
        given, driver = self.given, self.driver
        if is_fast:
            assert driver.obstacles == [], driver.obstacles
            driver._blocks._least_rows, driver._blocks.most_patience = 1, self.given.patience
            driver._blocks._most_rows = self.given.at_a_time
            driver._blocks.inject = self._next_injected
        for action in given.actions:
            driver.announce(action)
        bounds = [0, *given.cuts, len(given.rows)] if cut else [0, len(given.rows)]
        self._start = 0
        for start, stop in itertools.pairwise(bounds):
            if start == stop:
                continue
            if given.doubt is not None and given.rows.ts_event[start] > given.doubt and not driver.log.faults:
                driver.doubt(ValidatorFault(given.doubt, "market_data", "v", 0, given.doubt, "raised", ""))
            self._start = start
            self.intents.append(list(driver.step(Slices(given.rows.take(slice(start, stop)), {}))))
        self.intents.append(driver.close("END_OF_DATA"))

    def _next_injected(self, row: int) -> int | None:
        return next((one - self._start for one in self.given.injected if one - self._start >= row), None)

    def _custody(self) -> Any:
        custody = self.driver._custody
        return None if custody is None else (custody._ends, sorted(custody._closes.items()))

    def _reading(self) -> list[Desk]:
        """Those whose columns read their book to the end."""
        desks = zip(self.desks, self.given.readers, strict=False)
        return [desk for desk, reader in desks if reader and desk.runner.stopped is None]

    def left(self) -> dict[str, Any]:
        """Everything, comparable."""
        log = self.driver.log
        tables = {name: list(rows) for name, rows in log.tables().items() if name != "orders"}
        return {
            "orders": [_order(one) for one in log.orders],
            **tables,
            "stopped": [(one.ts_event, one.strategy, one.error) for one in log.stopped],
            "ends": sorted(log.tallies(self.given.universe, sum(self.given.capital)).ends.items()),
            "slices": log.slices,
            "digest": log.digest(),
            "intents": self.intents,
            "books": [_book(one) for one in self.books],
            "risk": [(desk.state.memory(), list(desk.state._sent)) for desk in self.desks],
            "tags": [desk.tags._counters for desk in self.desks],
            "signals": [desk.runner._signals for desk in self.desks],
            "states": [desk.runner._executor.snapshot() for desk in self._reading()],
            "products": [sorted(desk.products._named.items()) for desk in self.desks],
            "custody": self._custody(),
            "news": [desk.runner._news for desk in self.desks],
        }


def differences(expected: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    """What differs, the first of each kind."""
    wrong = []
    for name, one in expected.items():
        other = found[name]
        if repr(one) != repr(other):
            pairs = zip(one, other, strict=False) if isinstance(one, list) else [(one, other)]
            first = next((f"{a!r} != {b!r}" for a, b in pairs if repr(a) != repr(b)), f"{len(one)} and {len(other)}")
            wrong.append(f"{name}: {first}")
    return wrong


def _order(one: WorkingOrder) -> tuple[Any, ...]:
    return (one.order, one.status, one.filled, one.reason, one.active_from, one.session, one.triggered)


def _book(book: Book) -> tuple[Any, ...]:
    held = {
        str(name): (quantity, book.lots(name), book.price(name), book.value(name))
        for name, quantity in book.positions().items()
    }
    return (book.cash, book.realised, book.charges, book.dividends, book.equity, book.unrealised, held)


def _currency(given: Drawn) -> str:
    return next(iter(given.universe)).currency


#: Makes a driver's kernel.
Make = Callable[[], Runs]

"""What a session did otherwise than a backtest of the same period, and why, as far as their tables tell."""

from __future__ import annotations

import datetime as dt
import enum
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from friday_core.analytics.comparison import differing_settings
from friday_core.analytics.run_files import RunFiles

#: Settings in which a session and its backtest differ without another decision: where the rows come from and go to.
_APART = (
    "profile", "run.", "journal.", "clock.", "notify.", "broker.", "data.start", "data.end",
    "streams.market_data.source", "plugins.source.", "plugins.broker.", "plugins.notifier.", "plugins.observer.",
)  # fmt: skip
_CHARGES = ("account.charges", "plugins.charges.")
_PRICES = ("open", "high", "low", "close", "volume", "factor")
_REFUSED = frozenset({"rejected", "denied", "in_doubt"})


class Cause(enum.StrEnum):
    """Why a session did something else; ``EARLIER`` is an earlier difference in the same book."""

    REVISED = "data revised"
    MISSING = "missing row"
    LATE = "late row"
    REJECT = "reject"
    PARTIAL = "partial fill"
    LATENCY = "latency"
    PRICE = "price"
    CHARGES = "charges"
    CONFIGURATION = "configuration"
    EARLIER = "earlier difference"
    UNEXPLAINED = "unexplained"


class Key(NamedTuple):
    """A decision, or an order without one, of both sessions: the ``number``-th of its kind at one close."""

    ts: dt.datetime
    strategy: str
    instrument: str
    kind: str
    number: int


@dataclass(slots=True)
class Act:
    """A decision and what came of it; any of it may be missing."""

    decision: Mapping[str, Any] = field(default_factory=dict)
    order: Mapping[str, Any] = field(default_factory=dict)
    fills: list[Mapping[str, Any]] = field(default_factory=list)

    @property
    def filled(self) -> int:
        return sum(one["quantity"] for one in self.fills)

    @property
    def paid(self) -> Decimal:
        """Quantity times price over all fills, without charges."""
        return sum((one["price"] * one["quantity"] for one in self.fills), Decimal(0))

    @property
    def charges(self) -> Decimal:
        return sum((one["charges"] for one in self.fills), Decimal(0))


@dataclass(frozen=True, slots=True)
class Difference:
    """``cost`` is what the session paid more, in the account's currency, where both traded as much; else ``None``."""

    key: Key
    what: str
    live: str
    backtest: str
    cause: Cause
    evidence: str = ""
    cost: Decimal | None = None


class _Found(NamedTuple):
    what: str
    live: str
    backtest: str
    cause: Cause | None = None
    evidence: str = ""
    cost: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Attribution:
    """Every difference in the order of time, and how many acts of both were alike."""

    differences: Sequence[Difference]
    alike: int
    settings: Sequence[tuple[str, Sequence[str]]]

    def summary(self) -> dict[Cause, tuple[int, Decimal]]:
        """By cause, how many and what they cost together; the most frequent first."""
        counts = Counter(one.cause for one in self.differences)
        costs: defaultdict[Cause, Decimal] = defaultdict(Decimal)
        for one in self.differences:
            costs[one.cause] += one.cost or 0
        return {cause: (count, costs[cause]) for cause, count in counts.most_common()}


def attribute(live: RunFiles, backtest: RunFiles) -> Attribution:
    """Hold what two sessions decided and traded against one another.

    Acts are matched by strategy, instrument and the close that was decided on. What differs first within an act is
    told: the decision, the quantity, a reject, the quantity that traded, its time, its price, its charges. Of another
    decision the cause is looked for in the bars up to it, back to the last one that was alike; then in earlier
    differences of the book; then in the settings. What none of these shows is unexplained.
    """
    return _Attributing(live, backtest).run()


class _Attributing:
    def __init__(self, live: RunFiles, backtest: RunFiles) -> None:
        self._acts = acts(live), acts(backtest)
        found = differing_settings([live, backtest])
        self._settings = [(name, values) for name, values in found if not name.startswith(_APART)]
        self._bars = _differing_bars(live, backtest)
        #: The close of the last act of a book and instrument that was alike, and all differences of a book.
        self._alike: dict[tuple[str, str], dt.datetime] = {}
        self._earlier: defaultdict[str, list[Difference]] = defaultdict(list)

    def run(self) -> Attribution:
        live, backtest = self._acts
        differences, alike = list[Difference](), 0
        for key in sorted({*live, *backtest}):
            found = self._compared(live.get(key), backtest.get(key))
            if found is None:
                alike += 1
                self._alike[key.strategy, key.instrument] = key.ts
                continue
            cause, evidence = (found.cause, found.evidence) if found.cause else self._cause(key, found.what)
            one = Difference(key, found.what, found.live, found.backtest, cause, evidence, found.cost)
            self._earlier[key.strategy].append(one)
            differences.append(one)
        return Attribution(differences, alike, self._settings)

    def _compared(self, live: Act | None, backtest: Act | None) -> _Found | None:
        """The first difference of an act, with its cause if the act itself shows it."""
        if live is None or backtest is None:
            return _Found("decision", _decided(live), _decided(backtest))
        return _decision(live, backtest) or _order(live, backtest) or self._fills(live, backtest)

    def _fills(self, live: Act, backtest: Act) -> _Found | None:
        if live.filled != backtest.filled:
            told = f"{live.filled:,} filled", f"{backtest.filled:,} filled"
            is_part = min(live.filled, backtest.filled) > 0
            status = f"{live.order.get('status', '')} {live.order.get('status_reason', '')}".strip()
            return _Found("quantity filled", *told, Cause.PARTIAL if is_part else None, status if is_part else "")
        if not live.fills:
            return None
        cost = _signed(live) - _signed(backtest)
        first, other = (one.fills[0]["ts_event"] for one in (live, backtest))
        if [one["ts_event"] for one in live.fills] != [one["ts_event"] for one in backtest.fills]:
            later = f"{(first - other).total_seconds():+g} s"
            return _Found("time of the fill", str(first), str(other), Cause.LATENCY, later, cost)
        if live.paid != backtest.paid:
            prices = [f"{one.paid / one.filled:.4f}" for one in (live, backtest)]
            return _Found("price", prices[0], prices[1], Cause.PRICE, "", cost)
        if live.charges != backtest.charges:
            rates = ", ".join(name for name, _ in self._settings if name.startswith(_CHARGES))
            return _Found("charges", str(live.charges), str(backtest.charges), Cause.CHARGES, rates, cost)
        return None

    def _cause(self, key: Key, what: str) -> tuple[Cause, str]:
        """Of a decision or a quantity that is another one."""
        since = self._alike.get((key.strategy, key.instrument))
        for bar in reversed(self._bars.get(key.instrument, ())):
            if bar.ts <= key.ts and (since is None or bar.ts > since):
                return bar.cause, bar.told
        book = self._earlier[key.strategy]
        of_it = [one for one in book if one.key.instrument == key.instrument or what == "quantity"]
        if of_it:
            return Cause.EARLIER, f"{of_it[-1].cause} of {of_it[-1].key.instrument} at {of_it[-1].key.ts}"
        others = [name for name, _ in self._settings if not name.startswith(_CHARGES)]
        if others:
            return Cause.CONFIGURATION, ", ".join(others)
        return Cause.UNEXPLAINED, ""


class _Bar(NamedTuple):
    ts: dt.datetime
    cause: Cause
    told: str


def acts(run: RunFiles) -> dict[Key, Act]:
    """Decisions with their orders and fills, and orders that no decision names, as the legs of a bracket."""
    orders = {row["tag"]: row for row in run.rows("orders")}
    fills: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in run.rows("fills"):
        fills[row["tag"]].append(row)
    found: dict[Key, Act] = {}
    seen: Counter[tuple[Any, ...]] = Counter()

    def add(ts: dt.datetime, row: Mapping[str, Any], kind: str, act: Act) -> None:
        key = (ts, row["strategy"], row["instrument"], kind)
        found[Key(*key, seen[key])] = act
        seen[key] += 1

    decided = set()
    for row in run.rows("decisions"):
        decided.add(row["tag"])
        add(row["ts_event"], row, row["kind"], Act(row, orders.get(row["tag"], {}), fills.get(row["tag"], [])))
    for tag, row in orders.items():
        if tag not in decided:
            add(row["ts_decided"], row, f"{row['side']} {row['type']}", Act({}, row, fills.get(tag, [])))
    return found


def _decision(live: Act, backtest: Act) -> _Found | None:
    """Another value, or another quantity that was asked for or sent."""
    one, other = live.decision, backtest.decision
    if not one or not other:
        return None
    if _comparable(one["value"]) != _comparable(other["value"]):
        return _Found("decision", _decided(live), _decided(backtest))
    if one["code"] != other["code"]:
        told = f"{one['code']} {one['detail']}".strip()
        return _Found("decision refused", _decided(live), _decided(backtest), Cause.REJECT, told)
    if (one["asked"], one["sent"]) != (other["asked"], other["sent"]):
        return _Found("quantity", _decided(live), _decided(backtest))
    return None


def _order(live: Act, backtest: Act) -> _Found | None:
    """An order that was refused, in one of both."""
    status, other = live.order.get("status", ""), backtest.order.get("status", "")
    if status != other and (status in _REFUSED or other in _REFUSED):
        refused = live if status in _REFUSED else backtest
        return _Found("order", status, other, Cause.REJECT, str(refused.order["status_reason"]))
    return None


def _decided(act: Act | None) -> str:
    if act is None:
        return "nothing"
    one = act.decision
    if not one:
        return f"{act.order['side']} {act.order['quantity']:,} {act.order['type']}"
    return f"{one['kind']} {one['value']:g}, sent {one['sent']:+,} {one['code']}"


def _signed(act: Act) -> Decimal:
    """What was paid for a buy, or not received for a sale, charges included."""
    return (act.paid if act.fills[0]["side"] == "buy" else -act.paid) + act.charges


def _differing_bars(live: RunFiles, backtest: RunFiles) -> Mapping[str, Sequence[_Bar]]:
    """By instrument, the bars that only one of them saw, or with other values, in the order of time."""
    one, other = _bars(live), _bars(backtest)
    late = {(row["instrument"], row["ts_event"]): row["reason"] for row in live.rows("quarantine") if _is_late(row)}
    found: defaultdict[str, list[_Bar]] = defaultdict(list)
    for place in sorted({*one, *other}):
        if one.get(place) != other.get(place):
            found[place[0]].append(_bar(place, one.get(place), other.get(place), late))
    return found


def _bar(
    place: tuple[str, dt.datetime],
    one: Mapping[str, Any] | None,
    other: Mapping[str, Any] | None,
    late: Mapping[tuple[str, dt.datetime], str],
) -> _Bar:
    where = f"{place[0]} at {place[1]}"
    if one is None and place in late:
        return _Bar(place[1], Cause.LATE, f"{where}: {late[place]}")
    if one is None or other is None:
        return _Bar(place[1], Cause.MISSING, f"{where}: not in {'the session' if one is None else 'the backtest'}")
    column = next(name for name in one if one[name] != other[name])
    return _Bar(place[1], Cause.REVISED, f"{where}: {column} {one[column]}, in the backtest {other[column]}")


def _bars(run: RunFiles) -> dict[tuple[str, dt.datetime], dict[str, Any]]:
    rows = run.rows("bars")
    return {
        (row["instrument"], row["ts_event"]): {name: _comparable(row[name]) for name in _PRICES if name in row}
        for row in rows
    }


def _comparable(value: Any) -> Any:
    """NaN is equal to nothing, itself included."""
    return None if value != value else value  # noqa: PLR0124 - that is what NaN is


def _is_late(row: Mapping[str, Any]) -> bool:
    return str(row["reason"]).startswith("late:")


def lines(found: Attribution) -> Iterator[str]:
    """The summary: how much is alike, and each cause with its number and cost."""
    yield f"{found.alike:,} decisions and orders alike, {len(found.differences):,} differ"
    for cause, (count, cost) in found.summary().items():
        yield f"  {cause:<20} {count:>6,}" + (f"   cost {cost:+,.2f}" if cost else "")
    if found.settings:
        yield "settings that differ: " + ", ".join(name for name, _ in found.settings)

"""Where a session and its replay part: the first record, whose order it is, and what its columns say now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import zip_longest

from friday_core.domain.orders import Order
from friday_core.domain.records import ChunkReceived, Intent, PlaceOrder, Record
from friday_core.domain.sessions import to_datetime
from friday_core.orchestration.assembly import Assembly
from friday_core.orchestration.building import build_account, build_desks, build_driver, build_flow, build_risk
from friday_core.orchestration.explaining import Explanation, Question, QuestionError, explain
from friday_core.orchestration.rehearsal import started
from friday_core.session.core import Core
from friday_core.session.journal import Entry
from friday_core.session.on_disk.words import Words
from friday_core.session.runner import Progress

#: How to begin with the same components in their first state.
Fresh = Callable[[], Assembly]


@dataclass(frozen=True, slots=True)
class Divergence:
    """The first order, or cancel, that is another one: that of the record ``seq`` then, and now."""

    seq: int
    record: Record
    then: Intent | None
    now: Intent | None

    @property
    def orders(self) -> tuple[Order | None, Order | None]:
        """Then and now, where they are orders."""
        then, now = (one.order if isinstance(one, PlaceOrder) else None for one in (self.then, self.now))
        return then, now


def first_divergence(assembly: Assembly, journal: Iterable[Entry], progress: Progress) -> Divergence | None:
    """Apply a journal record by record to an assembly that has not run; ``None`` if it answers as it did."""
    account = build_account(assembly)
    core = Core(build_flow(assembly), build_driver(assembly, build_desks(assembly, account, build_risk(assembly))))
    rows = 0
    with started(assembly):
        for entry in journal:
            answered = core.apply(entry.record)
            for then, now in zip_longest(entry.intents, answered):
                if then != now:
                    return Divergence(entry.seq, entry.record, then, now)
            if isinstance(entry.record, ChunkReceived) and len(entry.record.chunk):
                rows += len(entry.record.chunk)
                progress(rows, int(entry.record.chunk.ts_event[-1]))
    return None


def described(found: Divergence, fresh: Fresh, journal: Iterable[Entry], words: Words) -> Iterator[str]:
    """The divergence in lines: record, orders, and of each strategy that may have decided it its columns now."""
    universe = fresh().universe
    yield f"record {found.seq:,} ({words.record(found.record)}): the first order that differs"
    for when, intent in (("then", found.then), ("now", found.now)):
        yield f"    {when}: {'nothing' if intent is None else words.intent(intent, universe)}"
    order = found.orders[0] or found.orders[1]
    if order is None:
        return
    then, now = found.orders
    column = _first_field(then, now)
    if column:
        yield f"    column {column}: {getattr(then, column)} then, {getattr(now, column)} now"
    entries = list(journal)
    for strategy in [order.strategy] if order.strategy else [e.id for e in fresh().settings.trading.active_strategies]:
        yield f"    {_values(fresh(), strategy, order, entries, words)}"


def _first_field(then: Order | None, now: Order | None) -> str:
    """What of two orders differs first."""
    if then is None or now is None:
        return ""
    return next((name for name in then.__struct_fields__ if getattr(then, name) != getattr(now, name)), "")


def _values(assembly: Assembly, strategy: str, order: Order, journal: Iterable[Entry], words: Words) -> str:
    """What a strategy's outputs are on the row that an order was decided on."""
    at = to_datetime(order.ts_decided).isoformat()
    row = f"strategy {strategy}, {order.instrument}, row of {words.time(order.ts_decided)}"
    question = Question(f"strategy.{strategy}", str(order.instrument), at)
    try:
        explanation = explain(assembly, question, records=(entry.record for entry in journal))
    except QuestionError as error:
        return f"{row}: its values now are not known: {error}"
    return f"{row}, now: {_outputs(explanation)}"


def _outputs(explanation: Explanation) -> str:
    """Every output by name with its value; those of prices in price units, as the program has them."""
    named = zip(explanation.outputs, explanation.values, strict=True)
    return ", ".join(f"{name} {value:.10g}" for name, value in named)

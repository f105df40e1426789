"""Records and orders as a person reads them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import msgspec

from friday_core.domain.chunk import MISSING_PRICE, PRICES, Chunk, Universe
from friday_core.domain.orders import Order, OrderType, TimeInForce
from friday_core.domain.records import (
    ActionAnnounced,
    CancelOrder,
    ChunkReceived,
    ClockAdvanced,
    Intent,
    ModelVersion,
    PlaceOrder,
    Record,
    RowsMissing,
    SessionResumed,
    SessionStarted,
    SessionStopped,
    StreamEnded,
)
from friday_core.domain.sessions import to_date, to_datetime
from friday_core.session.on_disk.following import Said

#: Rows of a record that are told one by one.
_ROWS = 3
#: Characters of a value that is told.
_MOST = 60


class Words:
    """Tells what was said, with times on the clock of ``zone`` and prices in the instrument's currency."""

    def __init__(self, zone: str) -> None:
        self._zone = ZoneInfo(zone)

    def lines(self, said: Said) -> Iterator[str]:
        """A line for a record, one for each row of a few, and one for each order."""
        content = said.content()
        if isinstance(content, tuple):
            yield from (f"    -> {self.intent(one, said.universe)}" for one in content)
            return
        yield f"#{said.seq} {self.time(said.ts)} {self.record(content)}"
        if isinstance(content, ChunkReceived) and len(content.chunk) <= _ROWS:
            yield from (f"    {self._row(content.chunk, row, said.universe)}" for row in range(len(content.chunk)))

    def time(self, ts: int) -> str:
        """A moment on the exchange's clock, to the last digit that is not zero."""
        moment = to_datetime(ts).astimezone(self._zone)
        return f"{_plain(moment)} {moment.tzname()}"

    def record(self, record: Record) -> str:
        match record:
            case ChunkReceived(stream, chunk):
                until = f" up to {self.time(int(chunk.ts_event[-1]))}" if len(chunk) else ""
                told = f"{len(chunk):,} row{'' if len(chunk) == 1 else 's'} of {stream}{until}"
            case ClockAdvanced(ts):
                told = f"the clock shows {self.time(ts)}"
            case RowsMissing(_, stream, since, reason, is_over):
                told = (
                    f"rows of {stream} come again"
                    if is_over
                    else f"none of {stream} since {self.time(since)}: {reason}"
                )
            case StreamEnded(stream):
                told = f"no row of {stream} will follow"
            case ActionAnnounced(action):
                told = f"corporate action of {action.instrument}, ex {to_date(action.session)}: {_fields(action)}"
            case ModelVersion():
                when = self.time(record.effective_from)
                told = f"model {record.model_id} of {record.stream}, in force from {when}, {len(record.blob):,} bytes"
            case SessionStarted():
                told = f"the session of profile {record.profile!r} starts, {record.mode}"
            case SessionResumed():
                told = "another process takes the session up"
            case SessionStopped(reason):
                told = f"the session ends: {reason}"
            case _:  # of a broker, say: whatever its fields are
                told = f"{_spaced(type(record).__name__)}: {_fields(record)}"
        return told

    def intent(self, intent: Intent, universe: Universe) -> str:
        match intent:
            case PlaceOrder(order):
                return order_told(order, universe)
            case CancelOrder(tag, reason):
                return f"cancel {tag}: {reason}"

    def _row(self, chunk: Chunk, row: int, universe: Universe) -> str:
        instrument = universe[int(chunk.inst[row])]
        cells = []
        for name, values in chunk.columns.items():
            value = values[row].item()
            missing = name in PRICES and value == MISSING_PRICE
            shown = "none" if missing else f"{instrument.price(value) if name in PRICES else value:.10g}"
            cells.append(f"{name} {shown}")
        return f"{instrument.id} {self.time(int(chunk.ts_event[row]))}: {', '.join(cells)}"


def order_told(order: Order, universe: Universe) -> str:
    """An order in a line: what, how many, at which prices, whose, and why."""
    known = order.instrument in universe

    def price(units: int) -> str:
        if not known:
            return f"{units} units"
        instrument = universe.instrument(order.instrument)
        return f"{instrument.price(units):.{instrument.price_decimals}f}"

    named = [("limit", order.limit_price), ("trigger", order.trigger_price), ("stop", order.stop_loss)]
    prices = [f"{what} {price(units)}" for what, units in (*named, ("target", order.take_profit)) if units is not None]
    terms = prices if order.type is OrderType.LIMIT else [str(order.type), *prices]
    if order.time_in_force is not TimeInForce.DAY:
        terms.append(str(order.time_in_force) + ("" if order.good_till is None else f" {to_date(order.good_till)}"))
    terms += [order.product] if order.product else []
    whose = f" of {order.strategy}" if order.strategy else ""
    why = f": {order.reason}" if order.reason else ""
    return f"{order.side} {order.quantity:,} {order.instrument} {' '.join(terms)}, {order.tag}{whose}{why}"


def _plain(moment: dt.datetime) -> str:
    text = f"{moment:%Y-%m-%d %H:%M:%S}"
    return f"{text}.{moment.microsecond:06}".rstrip("0") if moment.microsecond else text


def _fields(record: msgspec.Struct) -> str:
    shown = ((name, getattr(record, name)) for name in record.__struct_fields__)
    return ", ".join(f"{name} {str(value)[:_MOST]}" for name, value in shown if value not in (None, ""))


def _spaced(name: str) -> str:
    """``OrderAcked`` is ``order acked``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).lower()

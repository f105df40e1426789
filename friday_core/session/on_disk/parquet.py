"""Closed files of a journal as tables: the rows of each stream, and the orders."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from friday_core.domain.chunk import MISSING_PRICE, PRICES, Array, Chunk, Universe
from friday_core.domain.records import ChunkReceived, Intent, PlaceOrder
from friday_core.errors import JournalError
from friday_core.session.on_disk.following import Follower
from friday_core.session.on_disk.segments import Segment

#: The folder of tables beside a journal's files, and that of the orders in it.
FOLDER, ORDERS = "parquet", "orders"
#: In a table's metadata, of what file of the journal it was made: the check of its last frame.
_MADE_OF = b"friday.journal"
_TS = pa.timestamp("us", tz="UTC")


def export(
    segments: Sequence[Segment], target: Path, progress: Callable[[int], None] = lambda _bytes: None
) -> list[Path]:
    """Write ``<target>/<stream>/<number>.parquet`` and ``<target>/orders/<number>.parquet`` of each file of a journal.

    A file whose tables are there is left alone, so that it costs nothing to call this again, after every day or at
    the end of a session; one that has grown since is written anew. Returns the tables that were written. Prices are
    numbers in the currency, ``timestamp`` is a bar's close in UTC: the source ``parquet`` reads a folder of them with
    ``label = "close"``. ``progress`` is told the bytes of the journal that are done. ``JournalError`` if the tables
    cannot be written.
    """
    made, done = list[Path](), 0
    for segment in segments:
        if not _is_made(segment, target):
            made += [
                _written(table, target / name / f"{segment.path.stem}.parquet", segment)
                for name, table in _tables(segment)
            ]
        done += segment.good
        progress(done)
    return made


def source_settings(segments: Sequence[Segment], target: Path) -> str:
    """What a configuration says to read the rows back, as TOML; only for bars of one exchange and currency."""
    head = segments[-1].head
    first = head.instruments[0]
    extra = [name for name in head.columns if name not in ("open", "high", "low", "close", "volume")]
    lines = [
        "[plugins.source.parquet]",
        f"path = {json.dumps(str(target))}",
        'label = "close"',
        f'interval = "{head.interval}"',
        f'currency = "{first.currency}"',
        f"price_decimals = {max(one.price_decimals for one in head.instruments)}",
        f"tick_size = {first.tick_size}",
        f"lot_size = {first.lot_size}",
    ]
    if extra:
        named = ", ".join(f"{name} = {json.dumps(name)}" for name in extra)
        lines.append(f"columns = {{ {named} }}")
    return "\n".join(lines)


def _is_made(segment: Segment, target: Path) -> bool:
    """The orders are written last."""
    path = target / ORDERS / f"{segment.path.stem}.parquet"
    try:
        return (pq.read_schema(path).metadata or {}).get(_MADE_OF) == _mark(segment)
    except (OSError, pa.ArrowException):
        return False


def _mark(segment: Segment) -> bytes:
    return f"{segment.head.segment} {segment.good} {segment.check}".encode()


def _tables(segment: Segment) -> Iterator[tuple[str, pa.Table]]:
    universe, parts, orders = Universe(segment.head.instruments), dict[str, list[Chunk]](), list[dict[str, object]]()
    for said in Follower(segment.path.parent, segment.head.segment).rest_of_file():
        content = said.content()
        if isinstance(content, tuple):
            orders += [_row(said.seq, intent, universe) for intent in content]
        elif isinstance(content, ChunkReceived) and len(content.chunk):
            parts.setdefault(content.stream, []).append(content.chunk)
    for stream, chunks in parts.items():
        yield stream, pa.concat_tables(list(_row_tables(chunks, universe)), promote_options="default")
    yield ORDERS, pa.Table.from_pylist(orders, _ORDERS)


def _row_tables(chunks: Iterable[Chunk], universe: Universe) -> Iterator[pa.Table]:
    """A table for each set of columns."""
    alike: dict[tuple[str, ...], list[Chunk]] = {}
    for chunk in chunks:
        alike.setdefault(tuple(chunk.columns), []).append(chunk)
    names = pa.array([str(one.id) for one in universe])
    for group in alike.values():
        chunk = Chunk.concat(group)
        columns = {
            "timestamp": pa.array(chunk.ts_event).cast(_TS),
            "instrument": pc.take(names, pa.array(chunk.inst)),
            **{name: _values(name, values, chunk, universe) for name, values in chunk.columns.items()},
            "received": pa.array(chunk.ts_recv).cast(_TS),
            "seq": pa.array(chunk.seq),
            "code": pa.array(chunk.code),
        }
        yield pa.table(columns)


def _values(name: str, values: Array, chunk: Chunk, universe: Universe) -> pa.Array:
    if name not in PRICES:
        return pa.array(values)
    return pa.array(values / universe.scales[chunk.inst], mask=np.equal(values, MISSING_PRICE))


def _row(seq: int, intent: Intent, universe: Universe) -> dict[str, object]:
    """What was asked of the broker: an order, or the cancel of one by its tag."""
    if not isinstance(intent, PlaceOrder):
        return {"record": seq, "action": "cancel", "tag": intent.tag, "reason": intent.reason}
    order = intent.order
    instrument = universe.instrument(order.instrument)
    prices = {name: getattr(order, name) for name in _PRICES}
    return {
        "record": seq,
        "action": "place",
        "tag": order.tag,
        "strategy": order.strategy,
        "ts_decided": order.ts_decided,
        "instrument": str(order.instrument),
        "side": str(order.side),
        "quantity": order.quantity,
        "type": str(order.type),
        **{name: None if units is None else instrument.price(units) for name, units in prices.items()},
        "time_in_force": str(order.time_in_force),
        "product": order.product,
        "reason": order.reason,
    }


_PRICES = ("limit_price", "trigger_price", "stop_loss", "take_profit")
_TEXTS = ("action", "tag", "strategy", "instrument", "side", "type", "time_in_force", "product", "reason")
_ORDERS = pa.schema(
    [
        ("record", pa.int64()),
        ("ts_decided", _TS),
        *((name, pa.string()) for name in _TEXTS),
        ("quantity", pa.int64()),
        *((name, pa.float64()) for name in _PRICES),
    ]
)


def _written(table: pa.Table, path: Path, segment: Segment) -> Path:
    """Whole or not at all."""
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table.replace_schema_metadata({_MADE_OF: _mark(segment)}), temporary, compression="zstd")
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise JournalError(
            f"{path}: {error.strerror or error}: free space or change the rights there, or name another folder"
        ) from error
    return path

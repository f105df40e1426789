"""Versions of a model among the records of a feed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from friday_core.domain.records import ChunkReceived, ModelVersion, Record


def with_versions(records: Iterator[Record], versions: Sequence[ModelVersion]) -> Iterator[Record]:
    """The records with each version in its place: after the rows up to its time, before the first later one."""
    waiting = list(versions)
    for record in records:
        if not isinstance(record, ChunkReceived):
            yield record
            continue
        chunk = record.chunk
        while waiting and len(chunk):
            later = np.flatnonzero(chunk.ts_event > waiting[0].effective_from)
            if not len(later):
                break
            if later[0]:
                yield ChunkReceived(record.stream, chunk.take(slice(0, int(later[0]))))
            yield waiting.pop(0)
            chunk = chunk.take(slice(int(later[0]), None))
        if len(chunk):
            yield ChunkReceived(record.stream, chunk)

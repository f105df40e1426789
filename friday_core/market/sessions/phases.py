"""Phases of a trading day and their hours, as they stand in a file."""

from __future__ import annotations

import datetime as dt
import enum
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated, NamedTuple, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator

_HOURS = re.compile(r"((?:[01]\d|2[0-3]):[0-5]\d)-((?:[01]\d|2[0-3]):[0-5]\d)")


class Phase(enum.StrEnum):
    """What may be done at the exchange; at most one phase holds at a time, and gaps between them are normal.

    In ``..._ENTRY`` orders of every kind are taken, in ``..._LIMIT`` limit orders only, in ``..._MATCHING``
    and ``CLOSING_REFERENCE`` none; ``PRE_OPEN_BUFFER`` leads to continuous trading; ``POST_CLOSE`` trades
    at the closing price.
    """

    PRE_OPEN_ENTRY = "pre_open_entry"
    PRE_OPEN_LIMIT = "pre_open_limit"
    PRE_OPEN_MATCHING = "pre_open_matching"
    PRE_OPEN_BUFFER = "pre_open_buffer"
    CONTINUOUS = "continuous"
    CLOSING_REFERENCE = "closing_reference"
    CLOSING_ENTRY = "closing_entry"
    CLOSING_LIMIT = "closing_limit"
    CLOSING_MATCHING = "closing_matching"
    POST_CLOSE = "post_close"


class Span(NamedTuple):
    """From ``open`` to just before ``close``, on the exchange's clock and within one date."""

    open: dt.time
    close: dt.time


def _spans(value: object) -> tuple[Span, ...]:
    return tuple(_span(one) for one in (value if isinstance(value, list | tuple) else [value]))


def _span(value: object) -> Span:
    span = value if isinstance(value, Span) else _written(value)
    if not span.open < span.close:
        raise ValueError(f"{value} does not open before it closes")
    return span


def _written(value: object) -> Span:
    clocks = _HOURS.fullmatch(value) if isinstance(value, str) else None
    if clocks is None:
        shown = repr(value) if isinstance(value, str) else str(value)
        raise ValueError(f"{shown:.40} is not hours such as '09:15-15:30'")
    return Span(*(dt.time.fromisoformat(clock) for clock in clocks.groups()))


#: ``"09:15-15:30"``, or a list of such.
Spans = Annotated[tuple[Span, ...], BeforeValidator(_spans)]


class Hours(BaseModel):
    """Each phase of a day with its hours. ``ValueError`` if two of them overlap."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pre_open_entry: Spans = ()
    pre_open_limit: Spans = ()
    pre_open_matching: Spans = ()
    pre_open_buffer: Spans = ()
    continuous: Spans = ()
    closing_reference: Spans = ()
    closing_entry: Spans = ()
    closing_limit: Spans = ()
    closing_matching: Spans = ()
    post_close: Spans = ()

    @model_validator(mode="after")
    def _one_at_a_time(self) -> Self:
        for (_, before), (phase, span) in pairwise(self.in_order()):
            if span.open < before.close:
                raise ValueError(f"{phase} opens at {span.open:%H:%M}, before {before.close:%H:%M}")
        return self

    def in_order(self) -> list[tuple[Phase, Span]]:
        """Every phase, by its open."""
        return sorted(self._all(), key=lambda one: one[1])

    def _all(self) -> Iterator[tuple[Phase, Span]]:
        for phase in Phase:
            for span in getattr(self, phase):
                yield phase, span

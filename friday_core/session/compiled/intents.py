"""What is to be sent because of a block: orders that are made when somebody asks for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import overload

import numpy as np

from friday_core.domain.chunk import Int64
from friday_core.domain.records import CancelOrder, Intent, PlaceOrder
from friday_core.session.compiled.sent import Sent


class Intents(Sequence[Intent]):
    """Orders to be sent, made when they are asked for."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self) -> None:
        self._parts: list[Sequence[Intent]] = []
        self._count = 0

    def add(self, part: Sequence[Intent]) -> None:
        """More of them."""
        if part:
            self._parts.append(part)
            self._count += len(part)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Intent]:
        for part in self._parts:
            yield from part

    @overload
    def __getitem__(self, index: int) -> Intent: ...
    @overload
    def __getitem__(self, index: slice) -> list[Intent]: ...
    def __getitem__(self, index: int | slice) -> Intent | list[Intent]:
        return list(self)[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)


class Placed(Sequence[Intent]):
    """The orders that a run sent, and between them the cancels of those that it withdrew; ``ended`` are its ends."""

    def __init__(self, sent: Sent, ended: Int64) -> None:
        self._sent = sent
        #: By number; of a cancel what ``~`` makes of it.
        self._numbers: Sequence[int] = range(sent.known, len(sent.rows))
        if sent.are_hosts:
            cancelled, before = sent.withdrawn(ended)
            if len(cancelled):
                self._numbers = np.insert(
                    np.arange(sent.known, len(sent.rows)), before - sent.known, ~cancelled
                ).tolist()

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, index: int) -> Intent: ...
    @overload
    def __getitem__(self, index: slice) -> list[Intent]: ...
    def __getitem__(self, index: int | slice) -> Intent | list[Intent]:
        if isinstance(index, slice):
            return [self._intent(number) for number in self._numbers[index]]
        return self._intent(self._numbers[index])

    def _intent(self, number: int) -> Intent:
        if number >= 0:
            return PlaceOrder(self._sent.order(number))
        return CancelOrder(self._sent.order(~number).tag, self._sent.end_reason(~number))

"""What is to be sent because of a block: orders that are made when somebody asks for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import overload

from friday_core.domain.records import Intent, PlaceOrder
from friday_core.session.compiled.results import Sent


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
    """The orders that a run sent, from a number on."""

    def __init__(self, sent: Sent, first: int) -> None:
        self._sent, self._first = sent, first

    def __len__(self) -> int:
        return len(self._sent.rows) - self._first

    @overload
    def __getitem__(self, index: int) -> Intent: ...
    @overload
    def __getitem__(self, index: slice) -> list[Intent]: ...
    def __getitem__(self, index: int | slice) -> Intent | list[Intent]:
        if isinstance(index, slice):
            return [PlaceOrder(self._sent.order(n + self._first)) for n in range(len(self))[index]]
        return PlaceOrder(self._sent.order(range(self._first, len(self._sent.rows))[index]))

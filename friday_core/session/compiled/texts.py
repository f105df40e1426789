"""Texts of what the kernel wrote: made when somebody reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property

from friday_core.domain.chunk import Array
from friday_core.session.columns import Coded, alone


class Texts:
    """Texts of rows: one at a time, or all of them, made once, when somebody asks for a column.

    ``heads`` are those of ``Coded.heads`` where they are known without the texts.
    """

    def __init__(
        self,
        count: int,
        one: Callable[[int], str],
        every: Callable[[], Iterable[str]] | None = None,
        heads: Callable[[], Coded] | None = None,
    ) -> None:
        self._count = count
        self.one = one
        self._every = every
        self.heads = heads

    @cached_property
    def all(self) -> tuple[str, ...]:
        return tuple(map(self.one, range(self._count)) if self._every is None else self._every())


class Told(Coded):
    """A column of texts that are not made yet."""

    __slots__ = ("_texts",)

    def __init__(self, codes: Array, texts: Texts) -> None:
        self.codes = codes
        self._texts = texts

    @property
    def values(self) -> tuple[str, ...]:  # type: ignore[override]
        return self._texts.all

    def heads(self) -> Coded:
        if self._texts.heads is None:
            return super().heads()
        known = self._texts.heads()
        return Coded(known.codes[self.codes], known.values)

    def alone(self) -> Told:
        return Told(alone(self.codes), self._texts)

    def __getitem__(self, rows: slice) -> Told:
        return Told(self.codes[rows], self._texts)

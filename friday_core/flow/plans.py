"""What streams are made of: columns and stages in the order of passage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from friday_core.causal.domains import SESSION, TICK
from friday_core.domain.chunk import PRICE_COLUMNS
from friday_core.flow.bars import BarBuilder, Material
from friday_core.flow.stamps import STAMPED_COLUMNS
from friday_core.interfaces.transformer import Transformer
from friday_core.interfaces.validator import Validator

#: A component that rows pass, under its name in the configuration.
Named = tuple[str, Validator | Transformer]
#: What every stream of bars carries at its end.
BAR_COLUMNS = (*PRICE_COLUMNS, "volume")


@dataclass(frozen=True, slots=True)
class StreamPlan:
    """The columns of the source, and the stages (name, component) in the order of passage.

    ``interval`` is the clock domain of the source's rows, and ``bars`` that of the bars that are
    made of those which passed the transformers; without it rows are bars already. Rows may come
    ``lateness`` microseconds out of order. ``stamped`` are the columns that the flow adds.
    """

    columns: tuple[str, ...]
    validators: Sequence[tuple[str, Validator]] = ()
    transformers: Sequence[tuple[str, Transformer]] = ()
    validators_after: Sequence[tuple[str, Validator]] = ()
    lateness: int = 0
    bars: str | None = None
    interval: str = SESSION
    stamped: tuple[str, ...] = STAMPED_COLUMNS

    @property
    def material(self) -> Material:
        """What bars are made of."""
        return "ticks" if self.interval == TICK else "bars"

    def parts(self) -> tuple[Sequence[Named], Sequence[Named], Sequence[Named]]:
        """The stages of rows as they arrive, of rows in their order, and of the bars that are made of them.

        Where rows may be late, validators see them first: else one stamp in the far future would make
        all others late.
        """
        before, after = tuple(self.validators), tuple(self.validators_after)
        rows: tuple[Named, ...] = tuple(self.transformers) if self.lateness else (*before, *self.transformers)
        return before if self.lateness else (), rows if self.bars else (*rows, *after), after if self.bars else ()

    def missing_columns(self) -> Iterator[tuple[str, str]]:
        """Each (stage, column) that a stage, or at last a bar, needs and nothing before it provides."""
        arriving, in_order, after = self.parts()
        have = {*self.columns, *self.stamped}
        yield from _missing([*arriving, *in_order], have)
        if self.bars:
            needed = BarBuilder.inputs_of(self.material)
            yield from ((f"bars = {self.bars!r}", column) for column in needed if column not in have)
            have = {*BarBuilder.columns, *self.stamped}
            yield from _missing(after, have)
        yield from (("bars", column) for column in BAR_COLUMNS if column not in have)

    def output_columns(self) -> tuple[str, ...]:
        """What rows carry at the end of the stream."""
        if self.bars:
            return (*BarBuilder.columns, *self.stamped)
        added = [column for _, stage in self.transformers for column in stage.outputs]
        return tuple(dict.fromkeys([*self.columns, *self.stamped, *added]))


@dataclass(frozen=True, slots=True)
class DerivedPlan:
    """A stream that takes the slices of the stream named ``source`` and adds columns to them."""

    source: str
    stages: Sequence[Named] = ()

    def added_columns(self) -> tuple[str, ...]:
        return tuple(column for _, stage in self.stages if isinstance(stage, Transformer) for column in stage.outputs)

    def missing_columns(self, given: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Each (stage, column) that a stage needs and neither ``given`` nor a stage before it provides."""
        yield from _missing(self.stages, set(given))

    def repeated_columns(self, given: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Each (stage, column) that a stage adds and that is there already: in slices it would change the past."""
        have = set(given)
        for name, stage in self.stages:
            if isinstance(stage, Transformer):
                yield from ((name, column) for column in stage.outputs if column in have)
                have |= set(stage.outputs)


def _missing(stages: Iterable[Named], have: set[str]) -> Iterator[tuple[str, str]]:
    """What each stage lacks; what transformers add is had from there on."""
    for name, stage in stages:
        yield from ((name, column) for column in stage.inputs if column not in have)
        if isinstance(stage, Transformer):
            have |= set(stage.outputs)

"""What an operator is: its meaning in plain Python, its state, and the table that documents it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from friday_core.causal.kinds import Kind

NAN = math.nan

#: Parameters of an instruction: numbers, fixed when the program is traced.
Params = tuple[float, ...]
#: One row of one instrument: ``step(state, at, inputs, params, scale)`` returns the output.
#: ``state[at:at + slots]`` is the instruction's own; ``scale`` is price units per currency unit.
Step = Callable[[list[float], int, Sequence[float], Params, float], float]
#: One slice: the values of all its rows to the outputs of all its rows.
PanelStep = Callable[[Sequence[Sequence[float]], Params], list[float]]


@dataclass(frozen=True, slots=True)
class Example:
    """Rows in and rows out, to the last bit: stands in the documents and is executed by the tests.

    ``inputs`` holds one sequence of rows for each input; of a panel operator, the rows are a slice.
    """

    inputs: Sequence[Sequence[float]]
    output: Sequence[float]
    params: Params = ()
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class Op:
    """An operator.

    ``kind`` gives the output's kind from the inputs' kinds; ``None`` asks the tracer to insert
    ``to_num`` before grid inputs and to try again. ``slots`` and ``start`` give the size and the
    first values of the state, ``warmup`` the rows that pass before the first value, beyond those
    of the inputs; all three depend on the parameters, whose names are ``parameters``.
    ``step`` is compiled as it stands, if the compiler knows all its words: arithmetic, comparisons,
    loops over ``range``, ``math``, functions of the same kind. Where it needs others, ``kernel`` is
    the same step, to the bit, in those that the compiler knows.
    ``meaning``, ``nan``, ``note`` and ``examples`` are the operator's documentation; ``note`` says
    where a promise ends, such as that of exact sums.
    """

    name: str
    arity: int
    kind: Callable[[tuple[Kind, ...]], Kind | None]
    meaning: str
    nan: str
    step: Step | None = None
    panel: PanelStep | None = None
    version: int = 1
    slots: Callable[[Params], int] = lambda _params: 0
    start: Callable[[Params], list[float]] = lambda _params: []
    warmup: Callable[[Params], int] = lambda _params: 0
    examples: Sequence[Example] = field(default_factory=tuple)
    parameters: Sequence[str] = ()
    note: str = ""
    kernel: Step | None = None

    @property
    def identity(self) -> str:
        """Name and version: what a program's key is made from."""
        return f"{self.name}/{self.version}"

    @property
    def fixed_slots(self) -> int | None:
        """The size of the state if it is the same for all parameters."""
        try:
            return self.slots(())
        except IndexError:
            return None


def table(*operators: Op) -> Mapping[str, Op]:
    """Operators by name; a name that stands twice is an error."""
    by_name = {op.name: op for op in operators}
    if len(by_name) != len(operators):
        raise ValueError("two operators share a name")
    return by_name


# Windows ---------------------------------------------------------------------------------------


def window(params: Params) -> int:
    """Rows of a window: its operators' first parameter."""
    return int(params[0])


def rows_before(params: Params) -> int:
    """Rows that pass before a window is full."""
    return int(params[0]) - 1


# Kinds of outputs ------------------------------------------------------------------------------


def always(kind: Kind) -> Callable[[tuple[Kind, ...]], Kind | None]:
    """``kind`` whatever the inputs are; grid inputs keep their units."""
    return lambda _kinds: kind


def same_grid(kinds: tuple[Kind, ...]) -> Kind | None:
    """The inputs' common grid or ``NUM``; mixed kinds are converted first."""
    return kinds[0] if len(set(kinds)) == 1 and kinds[0] is not Kind.BOOL else None


def number(kinds: tuple[Kind, ...]) -> Kind | None:
    """``NUM`` from ``NUM``: grids are converted first."""
    return Kind.NUM if set(kinds) <= {Kind.NUM} else None


def number_from_any(kinds: tuple[Kind, ...]) -> Kind | None:
    """``NUM`` from numbers; the operator takes a grid as it is and divides at most once."""
    return None if Kind.BOOL in kinds else Kind.NUM


def number_from_grid(kinds: tuple[Kind, ...]) -> Kind | None:
    """``NUM`` from a grid: the exact form of an operator."""
    return Kind.NUM if all(kind.is_grid for kind in kinds) else None


def any_kind(kinds: tuple[Kind, ...]) -> Kind | None:
    """The kind of the first input, whatever it is."""
    return kinds[0]


def truth(kinds: tuple[Kind, ...]) -> Kind | None:
    """``BOOL`` from ``BOOL`` only."""
    return Kind.BOOL if set(kinds) == {Kind.BOOL} else None


def comparison(kinds: tuple[Kind, ...]) -> Kind | None:
    """``BOOL`` from two columns of one kind; mixed kinds are converted first."""
    return Kind.BOOL if len(set(kinds)) == 1 else None

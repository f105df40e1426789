"""Operators of plugins: a step in plain Python, and what is asked of it before it runs."""

from __future__ import annotations

import keyword
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import FunctionType
from typing import Any, Literal

from friday_core.causal.bounded import exactly, stepped
from friday_core.causal.kinds import Kind
from friday_core.causal.op import Example, Op, Params, Step, number
from friday_core.causal.operators import OPERATORS

#: What ``start`` or ``warmup`` may be: the same for all parameters, or made of them.
Start = Sequence[float] | Callable[[Params], Sequence[float]]
Warmup = int | Callable[[Params], int]


def operator(
    name: str,
    *,
    meaning: str,
    nan: str,
    examples: Sequence[Example],
    inputs: int = 1,
    parameters: Sequence[str] = (),
    start: Start = (),
    warmup: Warmup = 0,
    gives: Literal["number", "condition"] = "number",
    version: int = 1,
) -> Callable[[Step], Op]:
    """Makes an operator of ``step(state, at, x, params, scale)``, which gives the value of one row.

    ``x`` are the row's values of the ``inputs`` columns, in the currency, ``params`` the numbers that
    an author gives for ``parameters``. ``state[at]`` and what follows are the instrument's own, as many
    numbers as ``start`` has, which they are before its first row: a sequence, or made of ``params``.
    ``warmup`` rows pass before the first value. A ``condition`` is 1, 0, or NaN for unknown. ``scale``
    is 1. The same name with another ``version`` is another operator: raise it when values change.

    ``step`` is compiled as it stands if it has no other words than arithmetic, comparisons, loops over
    ``range``, ``math`` and functions of the same kind. What Python raises, as a division by zero does,
    compiled code does not: ask before you divide.
    """
    kind = number if gives == "number" else _condition

    def made(step: Step) -> Op:
        return Op(
            name, inputs, kind, meaning, nan, step,
            version=version, slots=_size_of(start), start=_values_of(start), warmup=_rows_of(warmup),
            examples=tuple(examples), parameters=tuple(parameters),
        )  # fmt: skip

    return made


def _condition(kinds: tuple[Kind, ...]) -> Kind | None:
    return Kind.BOOL if set(kinds) <= {Kind.NUM} else None


def _values_of(start: Start) -> Callable[[Params], list[float]]:
    return lambda params: [float(value) for value in (start(params) if callable(start) else start)]


def _size_of(start: Start) -> Callable[[Params], int]:
    if callable(start):
        return lambda params: len(start(params))
    size = len(start)
    return lambda _params: size


def _rows_of(warmup: Warmup) -> Callable[[Params], int]:
    return warmup if callable(warmup) else lambda _params: warmup


# What is asked of it ----------------------------------------------------------------------------


def operator_faults(op: Op) -> Iterator[str]:
    """All that is wrong with an operator of a plugin by itself; its examples are executed."""
    shape = list(_shape(op))
    yield from shape
    if not shape:
        for place, example in enumerate(op.examples, 1):
            yield from (f"example {place}: {fault}" for fault in _of_example(op, example))


def parameter_faults(op: Op, params: Params) -> Iterator[str]:
    """Why an operator cannot have these parameters: it must say for how much state and how many rows."""
    try:
        slots, start, warmup = op.slots(params), op.start(params), op.warmup(params)
    except Exception as error:  # noqa: BLE001 - the author's code may raise anything
        yield f"its start or warmup raises {type(error).__name__}: {error}"
        return
    if len(start) != slots:
        yield f"it starts with {len(start)} numbers and keeps {slots}"
    if type(warmup) is not int or warmup < 0:
        yield f"its warmup is {warmup!r}, which is no number of rows"


def given_parameters(op: Op, given: Mapping[str, Any]) -> Params:
    """The parameters in their order; ``ValueError`` for those that are missing, unknown, or no numbers."""
    if given.keys() != set(op.parameters):
        wanted = ", ".join(op.parameters) or "no parameters"
        raise ValueError(f"takes {wanted}, and is given {', '.join(given) or 'none'}")
    for name, value in given.items():
        if isinstance(value, bool) or not hasattr(value, "__float__"):
            raise ValueError(f"{name} is a number, not {value!r:.40}")
    return tuple(float(given[name]) for name in op.parameters)


def _shape(op: Op) -> Iterator[str]:
    words = [op.name, *op.parameters]
    if any(not isinstance(word, str) or not word.isidentifier() or keyword.iskeyword(word) for word in words):
        yield f"names of operators and parameters are words of Python, unlike {', '.join(map(repr, words))}"
    elif op.name in OPERATORS:
        yield "Friday has an operator of this name; choose another"
    if op.panel is not None or not isinstance(op.step, FunctionType) or op.kernel is not None:
        yield "an operator of a plugin is a plain function of one row"
    if type(op.arity) is not int or op.arity < 1:
        yield f"it reads {op.arity!r} columns; it must read one"
    if type(op.version) is not int or op.version < 1:
        yield f"its version is {op.version!r}; versions are 1, 2, 3"
    if not op.examples:
        yield "it has no example: rows in and rows out, which are executed before it is trusted"


def _of_example(op: Op, example: Example) -> Iterator[str]:
    if len(example.inputs) != op.arity or len(example.params) != len(op.parameters):
        yield f"it has {len(example.inputs)} inputs and {len(example.params)} parameters"
        return
    params = tuple(map(float, example.params))
    wrong = list(parameter_faults(op, params))
    yield from wrong
    if wrong:
        return
    try:
        found = stepped(op, example.inputs, params)
    except Exception as error:  # noqa: BLE001 - the author's code may raise anything
        yield f"its step raises {type(error).__name__}: {error}"
        return
    if exactly(found) != exactly(example.output):
        yield f"it gives {found} and not {list(map(float, example.output))}"

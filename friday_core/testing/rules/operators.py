"""What operators of a plugin keep: they are compiled, and a kernel neither raises nor looks where it writes."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from friday_core.causal.batch import run
from friday_core.causal.bounded import exactly, stepped
from friday_core.causal.columns import Col
from friday_core.causal.market import Market
from friday_core.causal.op import Op, Params
from friday_core.causal.oracle import Oracle
from friday_core.causal.own_operators import operator_faults
from friday_core.causal.program import Program, trace_program
from friday_core.domain.chunk import Float64
from friday_core.testing.outcomes import Broken, DoesNotApply, in_words
from friday_core.testing.rule import Rule
from friday_core.testing.subject import Subject

_ROWS = 400
#: What divisions, logarithms and comparisons stumble over.
_EDGES = (0.0, -0.0, 1.0, -1.0, 5e-324, 1e300, -1e300, np.inf, -np.inf, np.nan)


def operators_of(module: str) -> Sequence[Op]:
    """The operators that a module registers; none if it cannot be asked."""
    try:
        hook: Callable[[], Sequence[Op]] | None = getattr(importlib.import_module(module), "friday_operators", None)
        return hook() if hook is not None else ()
    except Exception:  # noqa: BLE001 - what stands in the way of loading it is the breach of another rule
        return ()


def _keep_their_examples(subject: Subject) -> None:
    for op in operators_of(subject.module):
        for fault in operator_faults(op):
            raise Broken(f"operator {op.name}: {fault}")


def _take_any_row(subject: Subject) -> None:
    for op, params in _settings(subject):
        columns = _columns(op)
        for row in range(_ROWS):
            try:
                stepped(op, [column[row : row + 1].tolist() for column in columns], params)
            except Exception as error:
                values = ", ".join(repr(float(column[row])) for column in columns)
                raise Broken(f"operator {op.name} raises {in_words(error)} on a row of {values}") from error
        stepped(op, [column.tolist() for column in columns], params)


def _same_bits_compiled(subject: Subject) -> None:
    kernels = subject.executor.kernels()
    if kernels is None:
        raise DoesNotApply(f"nothing can be compiled here: {subject.executor.reason}")
    for op, params in _settings(subject):
        program, rows = _program(op, params), _rows(op)
        expected = run(program, rows, [1.0, 1.0], executor=Oracle)["value"].tolist()
        found = run(program, rows, [1.0, 1.0], executor=subject.executor)["value"].tolist()
        if op.identity in kernels.reasons:
            raise DoesNotApply(f"{op.name} runs in plain Python: {kernels.reasons[op.identity]}")
        differ = [n for n, (a, b) in enumerate(zip(exactly(expected), exactly(found), strict=True)) if a != b]
        if differ:
            row = differ[0]
            raise Broken(f"row {row}: operator {op.name} gives {expected[row]!r}, and compiled {found[row]!r}")


def _settings(subject: Subject) -> Iterator[tuple[Op, Params]]:
    """Each operator with the parameters of each of its examples."""
    for op in operators_of(subject.module):
        for params in dict.fromkeys(tuple(map(float, example.params)) for example in op.examples):
            yield op, params


def _columns(op: Op) -> list[Float64]:
    """A walk in which any value may stand, another one for each input."""
    draw = np.random.Generator(np.random.PCG64(op.arity))
    columns = [np.round(100.0 + np.cumsum(draw.normal(size=_ROWS)), 2) for _ in range(op.arity)]
    for column in columns:
        places = draw.integers(_ROWS // 4, _ROWS, 8 * len(_EDGES))
        column[places] = draw.permutation(np.tile(_EDGES, 8))
    return columns


def _rows(op: Op) -> dict[str, Float64]:
    """Of two instruments in turn."""
    named = {f"x{place}": column for place, column in enumerate(_columns(op))}
    return {"ts": np.repeat(np.arange(_ROWS // 2), 2), "inst": np.tile([0, 1], _ROWS // 2), **named}


def _program(op: Op, params: Params) -> Program:
    names = [f"x{place}" for place in range(op.arity)]

    def outputs(m: Market) -> dict[str, Col]:
        first, *others = (m[name] for name in names)
        return {"value": first.apply(op, *others, **dict(zip(op.parameters, params, strict=True)))}

    return trace_program(outputs, names)


RULES = (
    Rule(
        "its operators give what their examples say, on memory of their own",
        "compiled, a step that leaves its slots writes over the state of other operators",
        "correct the step, the example or the length of start; state[at] is the first slot, state[at + n - 1] the last",
        _keep_their_examples,
    ),
    Rule(
        "its operators have an answer to every row",
        "plain Python raises at a division by zero or a logarithm of it, and compiled code goes on with what it has",
        "ask before you divide or take a root or logarithm, and return math.nan where there is no value",
        _take_any_row,
    ),
    Rule(
        "its operators give the same bits when they are compiled",
        "whoever has no compiler, and whoever looks for a fault, runs the step in plain Python",
        "use floats, comparisons, loops over range and math; int() of NaN or of a huge number is another one compiled",
        _same_bits_compiled,
    ),
)

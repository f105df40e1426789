"""The trace: which operators an author's columns are made of, each equal one once."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import CodeType

from friday_core.causal.kinds import Kind
from friday_core.causal.op import Op, Params
from friday_core.causal.operators import OPERATORS
from friday_core.errors import ClockDomainError, TraceError

_HERE = str(Path(__file__).parent) + os.sep
#: Modules that stand between an author's line and a column when they call it back.
_PASSED = sys.stdlib_module_names | {"numpy", "pandas"}
#: The domain of a constant: it belongs to every domain.
ANY_DOMAIN = ""


@dataclass(frozen=True, slots=True)
class Node:
    """One instruction: an operator, the nodes that it reads, its parameters.

    ``label`` is the name of an input column; ``line`` the author's line, for messages.
    ``feedback`` says that the value depends on the book, ``is_gate`` that the author did not ask
    for the node: it belongs to what holds the author's value of this line back until it is warm.
    """

    number: int
    op: Op
    inputs: tuple[int, ...]
    params: Params
    kind: Kind
    domain: str
    feedback: bool
    label: str
    line: str
    is_gate: bool = False


class Trace:
    """Collects nodes in an order in which they can be computed."""

    def __init__(self, base: str) -> None:
        #: The clock domain of the program's outputs.
        self.base = base
        self.nodes: list[Node] = []
        self._known: dict[tuple[object, ...], int] = {}
        self._own: dict[str, Op] = {}
        self._line = ""
        self._in_gate = False

    @contextmanager
    def on_behalf(self, line: str, *, gate: bool = False) -> Iterator[None]:
        """Nodes that are added meanwhile carry this line of the author's, who did not write them himself."""
        self._line, self._in_gate = line, gate
        try:
            yield
        finally:
            self._line, self._in_gate = "", False

    def input(self, label: str, kind: Kind, domain: str, *, feedback: bool = False) -> int:
        """A column that arrives with the rows."""
        return self._node(OPERATORS["input"], (), (), kind, domain, feedback=feedback, label=label)

    def constant(self, value: float, kind: Kind = Kind.NUM) -> int:
        return self._node(OPERATORS["const"], (), (float(value),), kind, ANY_DOMAIN, feedback=False, label="")

    def add(self, name: str, inputs: Sequence[int], params: Params = (), *, domain: str | None = None) -> int:
        """The node for an operator on these inputs; grids are converted where it needs numbers.

        ``domain`` moves the value to another clock: only ``asof`` does that.
        """
        kinds = self._kinds(inputs)
        exact = OPERATORS.get(f"grid_{name}") if kinds and kinds[0].is_grid else None
        op = exact or OPERATORS[name]
        kind = op.kind(kinds)
        if kind is None:
            op = OPERATORS[name]
            inputs = [self._as_number(number) for number in inputs]
            kind = op.kind(self._kinds(inputs))
        if kind is None:
            raise self._wrong_kinds(name, kinds)
        feedback = any(self.nodes[number].feedback for number in inputs)
        where = self._common_domain(name, inputs) if domain is None else domain
        return self._node(op, tuple(inputs), params, kind, where, feedback=feedback, label="")

    def add_own(self, op: Op, inputs: Sequence[int], params: Params) -> int:
        """The node for an operator of a plugin; two of one name are a ``TraceError``."""
        known = OPERATORS.get(op.name) or self._own.setdefault(op.name, op)
        if known is not op:
            homes = " and ".join(str(getattr(one.step, "__module__", "friday_core")) for one in (op, known))
            raise TraceError(f"{author_line()}: two operators are called {op.name!r}, of {homes}; rename one")
        kind = op.kind(self._kinds(inputs))
        if kind is None:
            inputs = [self._as_number(number) for number in inputs]
            kind = op.kind(self._kinds(inputs))
        if kind is None:
            raise self._wrong_kinds(op.name, self._kinds(inputs))
        feedback = any(self.nodes[number].feedback for number in inputs)
        domain = self._common_domain(op.name, inputs)
        return self._node(op, tuple(inputs), params, kind, domain, feedback=feedback, label="")

    def _kinds(self, inputs: Sequence[int]) -> tuple[Kind, ...]:
        return tuple(self.nodes[number].kind for number in inputs)

    def _as_number(self, number: int) -> int:
        """The node in the currency; a condition stays one: for some operators it is an input of its own."""
        kind = self.nodes[number].kind
        if kind is Kind.PRICE:
            return self.add("to_num", [number])
        return self.add("count_to_num", [number]) if kind is Kind.COUNT else number

    @staticmethod
    def _wrong_kinds(name: str, kinds: Sequence[Kind]) -> TraceError:
        if Kind.BOOL in kinds and name != "where":
            mend = f"{name} needs numbers and got a true/false column; write where(condition, 1.0, 0.0)"
        elif Kind.BOOL in kinds[1:]:
            mend = "where() chooses between two numbers or between two conditions, not one of each"
        else:
            mend = f"{name} does not take columns of kind {', '.join(kinds)}"
        return TraceError(f"{author_line()}: {mend}")

    def _common_domain(self, name: str, inputs: Sequence[int]) -> str:
        domains = sorted({self.nodes[number].domain for number in inputs} - {ANY_DOMAIN})
        if len(domains) > 1:
            raise ClockDomainError(
                f"{author_line()}: {name} mixes the clock domains {' and '.join(domains)}; "
                "bring the coarser one over with .asof(max_age=...)"
            )
        return domains[0] if domains else ANY_DOMAIN

    def _node(
        self, op: Op, inputs: tuple[int, ...], params: Params, kind: Kind, domain: str, *, feedback: bool, label: str
    ) -> int:
        key = (op.identity, inputs, tuple(map(repr, params)), kind, domain, label)
        if key not in self._known:
            self._known[key] = len(self.nodes)
            line = self._line or author_line()
            node = Node(len(self.nodes), op, inputs, params, kind, domain, feedback, label, line, self._in_gate)
            self.nodes.append(node)
        return self._known[key]


def author_line() -> str:
    """``file:line`` of the innermost frame outside this package, the standard library, numpy and pandas."""
    frame = sys._getframe(1)
    while frame.f_back is not None and _is_passed(frame.f_code.co_filename, frame.f_globals.get("__name__")):
        frame = frame.f_back
    return f"{os.path.basename(frame.f_code.co_filename)}:{frame.f_lineno}"  # noqa: PTH119 - once an operator


def line_of(function: object) -> str:
    """``file:line`` where a function begins, or its class's name where it has no code of its own."""
    code = getattr(getattr(function, "__func__", function), "__code__", None)
    if isinstance(code, CodeType):
        return f"{Path(code.co_filename).name}:{code.co_firstlineno}"
    return type(function).__name__


@lru_cache(maxsize=1024)
def _is_passed(file: str, module: object) -> bool:
    return file.startswith(_HERE) or str(module).partition(".")[0] in _PASSED

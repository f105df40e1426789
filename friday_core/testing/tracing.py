"""Components written in columns, traced for a market of the kit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from friday_core.causal.columns import Operand
from friday_core.causal.domains import is_coarser
from friday_core.causal.market import Market as Columns
from friday_core.causal.program import Program, trace_program
from friday_core.errors import ClockDomainError, TraceError
from friday_core.interfaces.columns import Columns as Author
from friday_core.testing.markets import STAMPED, Market
from friday_core.testing.outcomes import DoesNotApply
from friday_core.testing.subject import Subject

#: Names that no stream provides, of which an author may ask for so many.
_MOST = 100


def program_on(subject: Subject, market: Market) -> Program:
    """The component's program; ``DoesNotApply`` if it reads clocks that this market has not."""
    try:
        return program_of(subject.make(market), market)
    except ClockDomainError as error:
        raise DoesNotApply(f"not on bars of {market.interval}: {error}") from error


def is_untraceable(subject: Subject) -> bool:
    """Whether no market of the kit lets its ``outputs`` be traced; found once."""
    return subject.once("untraceable", lambda: _fails_everywhere(subject))


def _fails_everywhere(subject: Subject) -> bool:
    try:
        component = subject.make()
    except DoesNotApply:
        return False
    return isinstance(component, Author) and not any(
        _can_be_traced(component, market) for market in (subject.markets.daily, subject.markets.minutes)
    )


def _can_be_traced(component: Author, market: Market) -> bool:
    try:
        program_of(component, market)
    except Exception:  # noqa: BLE001 - the author's code may raise anything
        return False
    return True


def program_of(component: Author, market: Market) -> Program:
    """Traced as a host would, but that every column that it asks for is there."""
    known = [name for name in market.columns if name not in ("open", "high", "low", "close", "volume")]
    columns = dict.fromkeys([*known, *STAMPED])
    for _ in range(_MOST):
        asked: dict[str, None] = {}

        def outputs(m: Columns, asked: dict[str, None] = asked) -> Mapping[str, Operand]:
            return component.outputs(_Listening(m, asked))  # type: ignore[arg-type]

        try:
            trace_program(outputs, tuple(columns), base=market.interval, adjusted=bool(market.actions))
        except TraceError:
            last = next(reversed(asked), None)
            if last is None or last in columns:
                break
            columns[last] = None
        else:
            break
    return trace_program(component.outputs, tuple(columns), base=market.interval, adjusted=bool(market.actions))


def columns_of(program: Program) -> tuple[str, ...]:
    """Every column of its own clock that it reads, prices without their prefix."""
    return tuple(label.removeprefix("raw.") for label in program.inputs[program.base])


def coarser_than(program: Program) -> tuple[str, ...]:
    """The coarser clock domains that it reads."""
    return tuple(domain for domain in program.domains if is_coarser(domain, program.base))


class _Listening:
    """A market without data that remembers what is asked of it."""

    def __init__(self, market: Columns, asked: dict[str, None]) -> None:
        self._market, self._asked = market, asked

    def __getattr__(self, name: str) -> Any:
        self._asked.pop(name, None)
        self._asked[name] = None
        return getattr(self._market, name)

    def __getitem__(self, name: str) -> Any:
        return self.__getattr__(name)

    def at(self, domain: str) -> _Listening:
        return _Listening(self._market.at(domain), self._asked)

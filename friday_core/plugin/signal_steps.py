"""``[streams.signals]``: the steps that a strategy's decisions pass before they are orders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from friday_core.errors import Problem, ProblemKind
from friday_core.plugin.sections import StreamSettings

#: The stream's name, and what stands for a source in it.
SIGNALS = "signals"
STRATEGIES = "strategy_engine"
#: Steps that are no plugins: the sizer and the lots, the limits and rules of ``[risk]``, the margin.
SIZER, LIMITS, MARGIN = "position_sizer", "risk_limits", "margin_check"


@dataclass(frozen=True, slots=True)
class SignalSteps:
    """What may be chosen: risk adjusters by name, in order, and whether the margin is checked.

    Sizing and limits are always there.
    """

    adjusters: tuple[str, ...] = ()
    margin_check: bool = False

    @classmethod
    def of(cls, stream: StreamSettings | None) -> SignalSteps:
        """The steps of a stream without problems; ``None`` is one that the configuration leaves out."""
        if stream is None:
            return cls()
        return cls(tuple(name for name in stream.transformers if name != SIZER), MARGIN in stream.validators)


def signal_problems(stream: StreamSettings) -> Iterator[Problem]:
    """Everything that would let a decision go round sizing or risk, or that this stream does not know."""
    if stream.source != STRATEGIES:
        yield _problem(f"its source is {stream.source!r}", f'write source = "{STRATEGIES}"')
    if stream.transformers.count(SIZER) != 1 or stream.transformers[-1] != SIZER:
        names = [name for name in stream.transformers if name != SIZER]
        yield _problem(f"{SIZER!r} is not its last transformer", f"write transformers = {_listed(*names, SIZER)}")
    if stream.validators not in ((LIMITS,), (LIMITS, MARGIN)):
        unknown = [name for name in stream.validators if name not in (LIMITS, MARGIN)]
        margin = (MARGIN,) if MARGIN in stream.validators else ()
        rules = f"; risk rules such as {unknown[0]!r} stand in [risk] rules" if unknown else ""
        message = f"its validators are {_listed(*stream.validators)}"
        yield _problem(message, f"write validators = {_listed(LIMITS, *margin)}{rules}")
    if stream.validators_after:
        yield _problem("nothing comes after its validators", "leave validators_after out")


def _problem(message: str, mend: str) -> Problem:
    return Problem(ProblemKind.INVALID_VALUE, message, mend, f"streams.{SIGNALS}")


def _listed(*names: str) -> str:
    return "[" + ", ".join(f'"{name}"' for name in names) + "]"

"""What a set of features keeps besides what transformers keep."""

from __future__ import annotations

import numpy as np

from friday_core.causal.program import DECISIONS, Program
from friday_core.errors import TraceError
from friday_core.testing.markets import Market
from friday_core.testing.outcomes import Broken, DoesNotApply
from friday_core.testing.passages import markets_of, passage
from friday_core.testing.rule import Rule
from friday_core.testing.rules import transformer
from friday_core.testing.subject import Subject
from friday_core.testing.tracing import program_on


def _traces(subject: Subject) -> None:
    program = _first_program(subject)[1]
    if program.cone:
        book = sorted({one.node.label for n, one in enumerate(program.instructions) if n in program.cone} - {""})
        raise Broken(f"it reads the book: {', '.join(f'm.{name}' for name in book)}")
    decisions = sorted(set(DECISIONS) & set(program.outputs))
    if decisions:
        raise Broken(f"{', '.join(decisions)} among its outputs would be gated like a decision")


def _warms_up(subject: Subject) -> None:
    """On clean bars every feature has a value for some row after the warm-up that its program declares."""
    market, program = _first_program(subject)
    one = passage(subject, market, in_slices=True)
    out, rows = one.through([one.rows]), program.warmup[program.base]
    seen = np.zeros(len(market.universe), int)
    number = np.zeros(len(out), int)
    for row, inst in enumerate(out.inst.tolist()):
        number[row] = seen[inst]
        seen[inst] += 1
    warm = number >= rows
    if warm.sum() < 2:
        raise DoesNotApply(f"its warm-up of {rows} rows is longer than the kit's market")
    for name in one.outputs:
        if np.isnan(out[name][warm]).all():
            raise Broken(f"{name} has no value on any of {int(warm.sum())} rows after its warm-up of {rows} rows")


def _first_program(subject: Subject) -> tuple[Market, Program]:
    try:
        market = markets_of(subject, in_slices=True)[0]
        return market, program_on(subject, market)
    except TraceError as error:
        raise Broken(f"it cannot be traced: {error}") from error


RULES = (
    Rule(
        "its features are traced and know nothing of the book",
        "a model learns from them before there is a book, and would be trained on what it caused itself",
        "make features of m.close, m.volume and other columns of the stream; leave m.pos, m.cash and their like to "
        "strategies, and signal and target too",
        _traces,
    ),
    Rule(
        "every feature has a value once its warm-up is over",
        "whoever waits for the warm-up relies on it, and a feature that is never known teaches nothing",
        "look at what stays NaN: a where() without another branch, a panel with too few instruments",
        _warms_up,
    ),
    *transformer.RULES,
)

"""Validators as the rules need them: what is said of each row, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from friday_core.causal.oracle import Executor
from friday_core.causal.program import Program
from friday_core.domain.chunk import Chunk
from friday_core.domain.verdicts import Judgement, Verdict
from friday_core.flow.check_stage import CheckStage
from friday_core.flow.program_columns import read_columns
from friday_core.interfaces.columns import ColumnValidator
from friday_core.interfaces.validator import Validator
from friday_core.testing.markets import Market, can_carry
from friday_core.testing.outcomes import Broken, DoesNotApply
from friday_core.testing.subject import Subject
from friday_core.testing.tracing import program_on


def trials(subject: Subject) -> Iterator[tuple[Market, Chunk]]:
    """Each market that the validator can read, with its rows as they reach it."""
    inputs = {market: inputs_of(subject, market) for market in subject.markets.for_validators}
    able = [market for market, names in inputs.items() if can_carry(market, names)]
    if not able:
        names = dict.fromkeys(name for some in inputs.values() for name in some)
        raise DoesNotApply(f"no market of the kit has all of {', '.join(names)}")
    yield from ((market, market.stamped(inputs[market])) for market in able)


def inputs_of(subject: Subject, market: Market) -> tuple[str, ...]:
    """What it reads of the market's rows; if it is written in columns, what they are made of there."""
    component = subject.make(market)
    if isinstance(component, ColumnValidator):
        program = _program(subject, market)
        return read_columns(program.inputs[program.base])
    return tuple(component.inputs)


def judge(subject: Subject, market: Market, executor: Executor | None = None) -> Any:
    """A fresh one, started; columns run in what a run takes by default, or in ``executor``."""
    component = subject.started(market)
    if isinstance(component, ColumnValidator):
        return CheckStage(_program(subject, market), market.universe, executor or subject.executor)
    return component


def _program(subject: Subject, market: Market) -> Program:
    """``Broken`` where it reads more than rows that come one by one."""
    program = program_on(subject, market)
    if program.cone:
        raise Broken("its checks depend on the book: m.pos and its like are for strategies")
    if program.has_panels or len(program.domains) > 1:
        raise Broken("its checks need m.panel or m.at, and a validator judges rows one by one")
    return program


def verdicts(validator: Validator, parts: Iterable[Chunk]) -> list[str]:
    """What it says of each row of these pieces, in order."""
    return [said for part in parts for said in _said(sound(validator.validate(part), part), part)]


def sound(judgement: object, chunk: Chunk) -> Judgement:
    """The judgement, if it is one: a verdict, a reason and a value for each repair, row by row."""
    if not isinstance(judgement, Judgement):
        raise Broken(f"validate() answers with {judgement!r:.60}, which is no Judgement")
    for name, given in (("verdict", judgement.verdict), ("reason", judgement.reason)):
        if not isinstance(given, np.ndarray) or not np.issubdtype(given.dtype, np.integer):
            raise Broken(f"{name} is no array of whole numbers, but {given!r:.60}")
        if given.shape != (len(chunk),):
            raise Broken(f"a chunk of {len(chunk)} rows gets a {name} of shape {given.shape}")
    _require_known(judgement)
    _require_repairs(judgement, chunk)
    return judgement


def _require_known(judgement: Judgement) -> None:
    worst, last = int(judgement.verdict.max(initial=0)), int(judgement.reason.max(initial=0))
    if worst > Verdict.REJECT_CHUNK or judgement.verdict.min(initial=0) < 0:
        raise Broken(f"verdict {worst} does not exist")
    if last >= len(judgement.reasons) or judgement.reason.min(initial=0) < 0:
        raise Broken(f"reason {last} is not among its {len(judgement.reasons)} reasons")
    if judgement.reasons[:1] != ("",) or not all(isinstance(one, str) for one in judgement.reasons):
        raise Broken(f"reasons are texts, the first of them empty, and not {judgement.reasons!r:.80}")
    silent = np.flatnonzero((judgement.verdict != Verdict.PASS) & (judgement.reason == 0))
    if len(silent):
        verdict = Verdict(int(judgement.verdict[silent[0]]))
        raise Broken(f"row {int(silent[0])} of a chunk is held to be {verdict.name} without a reason")


def _require_repairs(judgement: Judgement, chunk: Chunk) -> None:
    for name, values in judgement.repairs.items():
        if name not in chunk.columns:
            raise Broken(f"it repairs the column {name!r}, which is not there")
        if np.shape(values) != (len(chunk),):
            raise Broken(f"it repairs {name!r} of {len(chunk)} rows with values of shape {np.shape(values)}")
    if (judgement.verdict == Verdict.REPAIR).any() and not judgement.repairs:
        raise Broken("it says REPAIR and gives no value in place of another")


def _said(judgement: Judgement, chunk: Chunk) -> Iterator[str]:
    for row in range(len(chunk)):
        verdict, reason = Verdict(int(judgement.verdict[row])), judgement.reason_of(row)
        repaired = ""
        if verdict is Verdict.REPAIR:
            repaired = ", ".join(f" {name} = {values[row]!r:.30}" for name, values in judgement.repairs.items())
        yield f"{verdict.name}{f' ({reason})' if reason else ''}{repaired}"

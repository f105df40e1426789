"""Validators as the rules need them: what is said of each row, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from friday_core.domain.chunk import Chunk
from friday_core.domain.verdicts import Judgement, Verdict
from friday_core.interfaces.validator import Validator
from friday_core.testing.markets import Market, can_carry
from friday_core.testing.outcomes import Broken, DoesNotApply
from friday_core.testing.subject import Subject


def trials(subject: Subject) -> Iterator[tuple[Market, Chunk]]:
    """Each market that the validator can read, with its rows as they reach it."""
    inputs = inputs_of(subject)
    able = [market for market in subject.markets.for_validators if can_carry(market, inputs)]
    if not able:
        raise DoesNotApply(f"no market of the kit has all of {', '.join(inputs)}")
    yield from ((market, market.stamped(inputs)) for market in able)


def inputs_of(subject: Subject) -> tuple[str, ...]:
    return tuple(subject.make().inputs)


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

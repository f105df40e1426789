"""Asks a validator in such a way that its failure stays its own, and finds the row on which it failed."""

from __future__ import annotations

import copy
import traceback
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from friday_core.domain.chunk import Chunk
from friday_core.domain.row import PlainRow, chunk_of
from friday_core.domain.verdicts import Judgement, Verdict
from friday_core.interfaces.component import Stateful
from friday_core.interfaces.validator import RowJudge, Validator
from friday_core.plugin.own_line import own_line

#: Rows and chunks after which a validator's state is kept anew: the way back to it stays short, and what is kept small.
CHECKPOINT_ROWS, CHECKPOINT_CHUNKS = 65_536, 256


class Answer(NamedTuple):
    """What a validator said of some rows, and the rows with its repairs."""

    rows: Chunk
    judgement: Judgement
    repaired: Chunk


class Failure(NamedTuple):
    """What a validator raised, with its line, or which rule its answer broke."""

    error: str
    traceback: str = ""


class Raised(NamedTuple):
    """What stands for a validator's answer where it raised."""

    error: BaseException


class IsolatedValidator:
    """Asks one validator until it fails, and never again.

    It has failed if it raises or if its answer breaks the contract. The row on which it failed is
    the same however the rows are cut: the validator is put back to where it was before the chunk
    and asked row by row. One whose state can neither be copied nor snapshotted is always asked row
    by row. One that fails on a chunk and on none of its rows has failed on the first.
    """

    def __init__(self, validator: Validator) -> None:
        self.failure: Failure | None = None
        self._validator = validator
        self._past = _Past(validator)

    def ask(self, chunk: Chunk) -> list[Answer]:
        """Answers for the rows before the one on which it failed: for all of them if it did not."""
        if self.failure is not None:
            return []
        if not self._past.remember(chunk):
            return self._row_by_row(self._validator, chunk)
        try:
            return [_answer(self._validator, chunk)]
        except (Exception, SystemExit) as error:  # noqa: BLE001 - isolates whatever a validator raises
            self.failure = _described(error)
        return [] if len(chunk) == 1 else self._until_failure(chunk, self.failure)

    def ask_row(self, judge: RowJudge, row: PlainRow) -> Answer | None:
        """The answer for one row; ``None`` if it passes, nothing is said of it, or this is where the validator failed.

        ``judge`` is the validator.
        """
        if self._past.state is not None:
            self._past.remember(chunk_of((row,)))
        try:
            found = judge.judge(row)
            return None if found is None else _answer_of_one(row, found)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - isolates whatever a validator raises
            self.failure = _described(error)
            return None

    @property
    def forgets_rows(self) -> bool:
        """Whether no row need be remembered for a way back."""
        return self._past.state is None

    def answered(self, row: PlainRow, found: object) -> Answer | None:
        """``ask_row``, where it has been asked and this was ``found``, or ``Raised``."""
        try:
            if isinstance(found, Raised):
                raise found.error
            return _answer_of_one(row, found)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - isolates whatever a validator raises
            self.failure = _described(error)
            return None

    def _until_failure(self, chunk: Chunk, failure: Failure) -> list[Answer]:
        try:
            before = self._past.validator_before_last()
        except (Exception, SystemExit):  # noqa: BLE001 - it does not do the same twice
            return []
        answers = self._row_by_row(before, chunk)
        if len(answers) == len(chunk):
            self.failure, answers = failure, []
        return answers

    def _row_by_row(self, validator: Validator, chunk: Chunk) -> list[Answer]:
        answers: list[Answer] = []
        for row in range(len(chunk)):
            try:
                answers.append(_answer(validator, chunk.take(slice(row, row + 1))))
            except (Exception, SystemExit) as error:  # noqa: BLE001 - isolates whatever a validator raises
                self.failure = _described(error)
                break
        return answers


class _Past:
    """A validator's state of some time ago, and the chunks that it was shown since.

    From a single row no way back is needed, so that rows which come one by one leave nothing here.
    """

    def __init__(self, validator: Validator) -> None:
        self._validator = validator
        #: If there is one, rows must be remembered which come after it.
        self.state: Validator | bytes | None = None
        self._since: list[Chunk] = []
        self._rows = 0
        self._possible = True

    def remember(self, chunk: Chunk) -> bool:
        """The chunk is shown next; false if there will be no way back to before it."""
        if self._rows >= CHECKPOINT_ROWS or len(self._since) >= CHECKPOINT_CHUNKS:
            self.state, self._since, self._rows = None, [], 0
        if self.state is None and len(chunk) != 1 and self._possible:
            try:
                self.state = _state_of(self._validator)
            except Exception:  # noqa: BLE001 - whatever cannot be copied
                self._possible = False
        if self.state is not None:
            self._since.append(chunk)
            self._rows += len(chunk)
        return self._possible

    def validator_before_last(self) -> Validator:
        """The validator as it was before the last chunk. Raises what it raises on the way there."""
        assert self.state is not None
        validator = self._validator
        if not isinstance(self.state, bytes):
            validator = self.state
        elif isinstance(validator, Stateful):
            validator.restore(self.state)
        for chunk in self._since[:-1]:
            validator.validate(chunk)
        return validator


class _ContractError(Exception):
    """A validator's answer is none; names the rule."""


def _state_of(validator: Validator) -> Validator | bytes:
    return validator.snapshot() if isinstance(validator, Stateful) else copy.deepcopy(validator)


def _described(error: BaseException) -> Failure:
    if isinstance(error, _ContractError):
        return Failure(f"it {error}")
    line = own_line(error)
    where = f" ({line})" if line else ""
    return Failure(f"{type(error).__name__}: {error}{where}", "".join(traceback.format_exception(error)))


def _answer(validator: Validator, chunk: Chunk) -> Answer:
    """The validator's answer if it keeps the contract; raises what it raised, or ``_ContractError``."""
    return _checked(chunk, validator.validate(chunk))


def _answer_of_one(row: PlainRow, found: object) -> Answer:
    """What was found of one row, as of a chunk."""
    match found:
        case (int(verdict), str(reason)):
            one = Judgement(np.array((verdict,)), np.array((1,)), ("", reason))
            return _checked(chunk_of((row,)), one)
    raise _ContractError("must judge a row with a verdict and a reason, or None")


def _checked(chunk: Chunk, judgement: object) -> Answer:
    if not isinstance(judgement, Judgement):
        raise _ContractError("must return a Judgement of one verdict a row")
    for given, most in ((judgement.verdict, Verdict.REJECT_CHUNK), (judgement.reason, len(judgement.reasons) - 1)):
        if not _one_a_row(given, len(chunk)):
            raise _ContractError("must return a Judgement of one verdict a row")
        if not _are_between(given, most):
            raise _ContractError("returned a verdict or a reason that does not exist")
    if [reason for reason in judgement.reasons if not isinstance(reason, str)]:
        raise _ContractError("gave a reason that is no text")
    return Answer(chunk, judgement, _repaired(chunk, judgement))


def _one_a_row(given: object, rows: int) -> bool:
    return isinstance(given, np.ndarray) and given.shape == (rows,) and given.dtype.kind in "iu"


def _are_between(given: npt.NDArray[Any], most: int) -> bool:
    """Whether all are from 0 to ``most``; of one row, in a tenth of the time."""
    if len(given) == 1:
        return bool(0 <= given.item() <= most)
    return bool(given.min(initial=0) >= 0 and given.max(initial=0) <= most)


def _repaired(chunk: Chunk, judgement: Judgement) -> Chunk:
    """Replacement values on the rows with verdict REPAIR, the arrived values elsewhere."""
    unknown = [str(name) for name in judgement.repairs if name not in chunk.columns]
    if unknown:
        raise _ContractError(f"repairs columns that are not there: {', '.join(unknown)}")
    if any(np.shape(values) != (len(chunk),) for values in judgement.repairs.values()):
        raise _ContractError("repairs a column with other than one value a row")
    if len(chunk) == 1 and judgement.verdict.item() != Verdict.REPAIR:
        return chunk
    mended = judgement.verdict == Verdict.REPAIR
    if not mended.any():
        return chunk
    if not judgement.repairs:
        raise _ContractError("says REPAIR and gives no replacement")
    return chunk.with_columns(
        {name: np.where(mended, values, chunk[name]) for name, values in judgement.repairs.items()}
    )

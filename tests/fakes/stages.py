"""Validators and transformers whose answer a test chooses."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np

from friday_core.domain.chunk import Array, Chunk
from friday_core.domain.verdicts import Judgement, Verdict
from friday_core.interfaces.transformer import Transformer
from friday_core.interfaces.validator import Validator

#: From a row's number in the stream to its verdict.
Verdicts = Mapping[int, Verdict]


class ByRow(Validator):
    """Judges rows by their number, and remembers what it was shown; repairs double the volume."""

    def __init__(self, verdicts: Verdicts, inputs: Sequence[str] = ()) -> None:
        self.inputs = tuple(inputs)
        self.seen: list[int] = []
        self.volumes: list[float] = []
        self._verdicts = verdicts

    def validate(self, chunk: Chunk) -> Judgement:
        self.seen += chunk.seq.tolist()
        self.volumes += chunk["volume"].tolist()
        verdict = np.array([self._verdicts.get(row, Verdict.PASS) for row in chunk.seq.tolist()], np.uint8)
        reasons = ("", *(one.name.lower() for one in list(Verdict)[1:]))
        return Judgement(verdict, verdict.astype(np.uint16), reasons, {"volume": chunk["volume"] * 2})


class Answers(Validator):
    """Answers with whatever the test makes of the chunk."""

    def __init__(self, answer: Callable[[Chunk], object]) -> None:
        self._answer = answer

    def validate(self, chunk: Chunk) -> Judgement:
        return self._answer(chunk)  # type: ignore[return-value]


class Becomes(Transformer):
    """Returns whatever the test makes of the chunk."""

    def __init__(
        self, become: Callable[[Chunk], object], outputs: Sequence[str] = (), inputs: Sequence[str] = ()
    ) -> None:
        self.outputs = tuple(outputs)
        self.inputs = tuple(inputs)
        self._become = become

    def transform(self, chunk: Chunk) -> Chunk:
        return self._become(chunk)  # type: ignore[return-value]


class CloseBefore(Transformer):
    """Adds ``before``, the instrument's close on its previous row: a transformer with a memory."""

    inputs = ("close",)
    outputs = ("before",)

    def __init__(self) -> None:
        self._last: dict[int, float] = {}

    def transform(self, chunk: Chunk) -> Chunk:
        values: list[float] = []
        for inst, close in zip(chunk.inst.tolist(), chunk["close"].tolist(), strict=True):
            values.append(self._last.get(inst, float("nan")))
            self._last[inst] = float(close)
        added: Array = np.array(values)
        return chunk.with_columns({"before": added})


class FailsOn(Validator):
    """Quarantines every third row that it is shown, and fails on the rows of these numbers.

    It counts before it fails, so that a chunk on which it failed has left its mark. ``how`` is
    what it does then: raise, or answer with this.
    """

    def __init__(self, rows: Collection[int], how: object = None) -> None:
        self.shown = 0
        self._rows = frozenset(rows)
        self._how = how

    def validate(self, chunk: Chunk) -> Judgement:
        count = np.arange(self.shown + 1, self.shown + 1 + len(chunk))
        self.shown += len(chunk)
        if self._rows & set(chunk.seq.tolist()):
            if self._how is None:
                raise KeyError("close")
            return self._how  # type: ignore[return-value]
        return Judgement.passing(chunk).marked(count % 3 == 0, Verdict.QUARANTINE, "every third")


class Uncopyable(FailsOn):
    """Has something that cannot be copied."""

    def __init__(self, rows: Collection[int], how: object = None) -> None:
        super().__init__(rows, how)
        self.lock = threading.Lock()


class Snapshotting(Uncopyable):
    """Cannot be copied, but hands over what it remembers."""

    def snapshot(self) -> bytes:
        return str(self.shown).encode()

    def restore(self, snapshot: bytes) -> None:
        self.shown = int(snapshot)

"""Validators, transformers, features and sources that cheat, or are merely wrong."""

from __future__ import annotations

import pickle
import random
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
from pydantic import Field

from friday_core.api import (
    Chunk,
    Col,
    Cursor,
    DataSourceError,
    FeatureSet,
    FewRows,
    HistoricalData,
    Instrument,
    Judgement,
    Market,
    PlainRow,
    PluginSettings,
    Transformer,
    Universe,
    Validator,
    Verdict,
    where,
)
from friday_core.testing.doubles import MarketSource
from friday_core.testing.markets import Markets

#: Rows that every market of the kit has; of one that is cut off there may be fewer.
MOST_ROWS = 400


class PathSettings(PluginSettings):
    path: Path = Field(description="A file.")


class FarFromTheChunk(Validator):
    """Its mean is of whatever rows came together."""

    inputs = ("close",)

    def validate(self, chunk: Chunk) -> Judgement:
        close = chunk["close"].astype(float)
        far = np.abs(close - close.mean()) > 1.5 * close.std() if len(close) else np.zeros(0, bool)
        return Judgement.passing(chunk).marked(far, Verdict.QUARANTINE, "far from the others")


class CountsChunks(Validator):
    """Its state grows by the chunk and not by the row."""

    inputs = ("volume",)

    def __init__(self) -> None:
        self.total = 0.0

    def validate(self, chunk: Chunk) -> Judgement:
        judgement = Judgement.passing(chunk).marked(chunk["volume"] * 3 < self.total, Verdict.QUARANTINE, "too thin")
        self.total += float(np.nan_to_num(chunk["volume"]).sum()) / 1_000
        return judgement


class SaysNothingOfTheLast(Validator):
    inputs = ("close",)

    def validate(self, chunk: Chunk) -> Judgement:
        return Judgement(np.zeros(max(0, len(chunk) - 1), np.uint8), np.zeros(max(0, len(chunk) - 1), np.uint16))


class HoldsBackSilently(Validator):
    inputs = ("close",)

    def validate(self, chunk: Chunk) -> Judgement:
        verdict = np.where(chunk["close"] % 2 == 0, Verdict.QUARANTINE, Verdict.PASS).astype(np.uint8)
        return Judgement(verdict, np.zeros(len(chunk), np.uint16))


class WritesIntoRows(Validator):
    """What it is shown is read-only; it helps itself."""

    inputs = ("volume",)

    def validate(self, chunk: Chunk) -> Judgement:
        volume = chunk["volume"]
        volume.flags.writeable = True
        volume[np.isnan(volume)] = 0.0
        return Judgement.passing(chunk)


class DrawsLots(Validator):
    inputs = ("close",)

    def validate(self, chunk: Chunk) -> Judgement:
        unlucky = [random.random() < 0.01 for _ in range(len(chunk))]
        return Judgement.passing(chunk).marked(unlucky, Verdict.QUARANTINE, "unlucky")


class InitializedWithTomorrow(Validator):
    """It learns the next closes from a file, once it is initialized."""

    inputs = ("close",)

    def __init__(self, settings: PathSettings) -> None:
        self.path = settings.path
        self.closes: list[str] = []

    def initialize(self) -> None:
        self.learn()

    def learn(self) -> None:
        lines = (line.split(",") for line in self.path.read_text("utf-8").splitlines())
        header = next(lines)
        place = header.index("close" if "close" in header else "price")
        self.closes = [line[place] for line in lines]

    def validate(self, chunk: Chunk) -> Judgement:
        later = [self.closes[seq + 1 : seq + 2] for seq in chunk.seq.tolist()]
        known = [bool(one) and one[0][-1:] == "5" for one in later]
        return Judgement.passing(chunk).marked(known, Verdict.QUARANTINE, "it will end on a five")


class StartedWithTomorrow(InitializedWithTomorrow):
    """The same where it begins its work, without blocking anybody."""

    def initialize(self) -> None:
        pass

    async def start(self) -> None:
        self.learn()


class MissesItsFile(InitializedWithTomorrow):
    """Not a cheat: nobody gave it its file for another future."""

    def learn(self) -> None:
        super().learn()
        if len(self.closes) < MOST_ROWS:
            raise FileNotFoundError(2, "No such file or directory", "closes.csv")


class SameCloseAgain(Validator):
    """Honest: a row that closes where its instrument's last one did is held back."""

    inputs = ("close",)

    def __init__(self) -> None:
        self.latest: dict[int, float] = {}

    def validate(self, chunk: Chunk) -> Judgement:
        judgement = Judgement.passing(chunk)
        for row, (inst, close) in enumerate(zip(chunk.inst.tolist(), chunk["close"].tolist(), strict=True)):
            if self._seen(inst, close):
                judgement = judgement.marked(row, Verdict.QUARANTINE, "the same close again")
        return judgement

    def judge(self, row: PlainRow) -> tuple[Verdict, str] | None:
        again = self._seen(row.inst, row.values["close"])
        return (Verdict.QUARANTINE, "the same close again") if again else None

    def _seen(self, inst: int, close: float) -> bool:
        before, self.latest[inst] = self.latest.get(inst), close
        return before == close


class ForgetsRows(SameCloseAgain):
    """What comes without a chunk is compared, and not remembered."""

    def judge(self, row: PlainRow) -> tuple[Verdict, str] | None:
        again = self.latest.get(row.inst) == row.values["close"]
        return (Verdict.QUARANTINE, "the same close again") if again else None


class RepairsARow(SameCloseAgain):
    """REPAIR needs a value in the other's place, which a row's verdict has no room for."""

    def judge(self, row: PlainRow) -> tuple[Verdict, str] | None:
        return (Verdict.REPAIR, "the same close again") if super().judge(row) else None


class PassesAllThatDiffer(SameCloseAgain):
    """Several rows at once are compared with one another, and not with those before."""

    def passes(self, rows: FewRows) -> bool:
        return len(set(rows.columns["close"])) == len(rows)


class ChangesAndDeclines(SameCloseAgain):
    """It has taken the rows when it says that it cannot."""

    def passes(self, rows: FewRows) -> bool:
        seen = [self._seen(*one) for one in zip(rows.inst, rows.columns["close"], strict=True)]
        return not any(seen)


class AddsFromNothing(Transformer):
    """A row that comes without a chunk is the first of its instrument."""

    inputs = ("close",)
    outputs = ("change",)

    def __init__(self) -> None:
        self.latest: dict[int, float] = {}

    def transform(self, chunk: Chunk) -> Chunk:
        pairs = zip(chunk.inst.tolist(), chunk["close"].tolist(), strict=True)
        return chunk.with_columns({"change": np.array([self._change(*one) for one in pairs], np.float64)})

    def added(self, row: PlainRow) -> Mapping[str, float]:
        self.latest.pop(row.inst, None)
        return {"change": self._change(row.inst, row.values["close"])}

    def _change(self, inst: int, close: float) -> float:
        before, self.latest[inst] = self.latest.get(inst, close), close
        return float(close - before)


class AddsAnotherName(AddsFromNothing):
    """And another one than it declares."""

    def added(self, row: PlainRow) -> Mapping[str, float]:
        return {"difference": self._change(row.inst, row.values["close"])}


class ScaledOnEverything(Transformer):
    """The scaler of the textbook: fitted on all that there is."""

    inputs = ("close",)
    outputs = ("scaled",)

    def transform(self, chunk: Chunk) -> Chunk:
        close = chunk["close"].astype(float)
        spread = close.std() if len(close) else 1.0
        return chunk.with_columns({"scaled": (close - close.mean()) / (spread or 1.0) if len(close) else close})


class ScaledByAFile(Transformer):
    """Row by row, with a scale that it took from the whole file."""

    inputs = ("close", "high")
    outputs = ("scaled",)

    def __init__(self, settings: PathSettings) -> None:
        closes = [float(line.split(",")[5] or "nan") for line in settings.path.read_text("utf-8").splitlines()[1:]]
        self.most = float(np.nanmax(closes))

    def transform(self, chunk: Chunk) -> Chunk:
        return chunk.with_columns({"scaled": chunk["close"] / self.most})


_LAST: dict[int, float] = {}


class SharesItsPast(Transformer):
    """Its memory is the module's."""

    inputs = ("close",)
    outputs = ("change",)

    def transform(self, chunk: Chunk) -> Chunk:
        change = np.full(len(chunk), np.nan)
        for row, (inst, close) in enumerate(zip(chunk.inst.tolist(), chunk["close"].tolist(), strict=True)):
            change[row] = close - _LAST.get(inst, float("nan"))
            _LAST[inst] = close
        return chunk.with_columns({"change": change})


class ForgetsHalf(Transformer):
    """Its snapshot has the sums and not the counts."""

    inputs = ("volume",)
    outputs = ("mean_volume",)

    def __init__(self) -> None:
        self.sums: dict[int, float] = defaultdict(float)
        self.counts: dict[int, int] = defaultdict(int)

    def transform(self, chunk: Chunk) -> Chunk:
        means = []
        for inst, volume in zip(chunk.inst.tolist(), np.nan_to_num(chunk["volume"]).tolist(), strict=True):
            self.sums[inst] += volume
            self.counts[inst] += 1
            means.append(self.sums[inst] / self.counts[inst])
        return chunk.with_columns({"mean_volume": np.array(means)})

    def snapshot(self) -> bytes:
        return ",".join(f"{inst}={total!r}" for inst, total in self.sums.items()).encode() + b";"

    def restore(self, snapshot: bytes) -> None:
        text = snapshot.decode("ascii")
        if not text.endswith(";"):
            raise ValueError("no snapshot")
        pairs = (one.split("=") for one in text[:-1].split(",") if one)
        self.sums = defaultdict(float, {int(inst): float(total) for inst, total in pairs})
        self.counts = defaultdict(int)


class TakesAnything(ForgetsHalf):
    def restore(self, snapshot: bytes) -> None:
        self.counts = defaultdict(int)


class PicklesItsPast(ForgetsHalf):
    def snapshot(self) -> bytes:
        return pickle.dumps((dict(self.sums), dict(self.counts)))

    def restore(self, snapshot: bytes) -> None:
        sums, counts = pickle.loads(snapshot)
        self.sums, self.counts = defaultdict(float, sums), defaultdict(int, counts)


class DropsRows(Transformer):
    inputs = ("volume",)

    def transform(self, chunk: Chunk) -> Chunk:
        return chunk.take(chunk["volume"] > 0)


class AddsMore(Transformer):
    inputs = ("volume",)
    outputs = ("double",)

    def transform(self, chunk: Chunk) -> Chunk:
        return chunk.with_columns({"double": chunk["volume"] * 2, "triple": chunk["volume"] * 3})


class RemembersEverything(Transformer):
    """Each row is compared with all before it."""

    inputs = ("volume",)
    outputs = ("rank",)
    comparisons: ClassVar[int] = 0

    def __init__(self) -> None:
        self.seen: list[float] = []

    def transform(self, chunk: Chunk) -> Chunk:
        ranks = []
        for volume in chunk["volume"].tolist():
            self.seen.append(volume)
            ranks.append(sum(one <= volume for one in self.seen) / len(self.seen))
            type(self).comparisons += len(self.seen)
        return chunk.with_columns({"rank": np.array(ranks)})


class NeverKnown(FeatureSet):
    def outputs(self, m: Market) -> Mapping[str, Col]:
        return {"there": m.close / m.close.shift(5), "not_there": where(m.close < 0.0, m.close, float("nan"))}


class KnowsTheBook(FeatureSet):
    def outputs(self, m: Market) -> Mapping[str, Col]:
        return {"held": m.pos * m.close}


class SeesTomorrow(FeatureSet):
    def outputs(self, m: Market) -> Mapping[str, Col]:
        return {"tomorrow": m.close.shift(-1) / m.close}


def market_source() -> MarketSource:
    return MarketSource(Markets().minutes, chunk_rows=100)


class Boasts(MarketSource):
    """It promises one row more than it has."""

    def __init__(self) -> None:
        super().__init__(Markets().minutes)

    def row_count(self) -> int:
        return sum(map(len, self.bars())) + 1


class ShufflesRows(MarketSource):
    def __init__(self) -> None:
        super().__init__(Markets().minutes)

    def bars(self) -> Iterator[Chunk]:
        yield from reversed(list(super().bars()))
        yield from (chunk.take(slice(None, None, -1)) for chunk in super().bars())


class SkipsTheTime(MarketSource):
    """It goes on at the next time, and loses the other instruments of the cursor's."""

    def __init__(self) -> None:
        super().__init__(Markets().minutes)

    def bars_after(self, cursor: Cursor) -> Iterator[Chunk]:
        for chunk in self.bars():
            yield chunk.take(chunk.ts_event > cursor.ts_event)


class RepeatsTheRow(MarketSource):
    """It goes on with the row that was taken."""

    def __init__(self) -> None:
        super().__init__(Markets().minutes)

    def bars_after(self, cursor: Cursor) -> Iterator[Chunk]:
        universe = Universe(self.instruments())
        place = universe.position(cursor.instrument) if cursor.instrument in universe else len(universe)
        for chunk in self.bars():
            now = (chunk.ts_event == cursor.ts_event) & (chunk.inst >= place)
            yield chunk.take((chunk.ts_event > cursor.ts_event) | now)


class AsksForItsPlace(MarketSource):
    """It looks the cursor's instrument up among its own."""

    def __init__(self) -> None:
        super().__init__(Markets().minutes)

    def bars_after(self, cursor: Cursor) -> Iterator[Chunk]:
        place = Universe(self.instruments()).position(cursor.instrument)
        for chunk in self.bars():
            now = (chunk.ts_event == cursor.ts_event) & (chunk.inst > place)
            yield chunk.take((chunk.ts_event > cursor.ts_event) | now)


class BeginsTheTimeAnew(MarketSource):
    """Chunks are sorted, and a new one may go back to an earlier instrument of the same time."""

    def __init__(self) -> None:
        super().__init__(Markets().minutes)

    def bars(self) -> Iterator[Chunk]:
        for chunk in super().bars():
            for inst in range(len(self.instruments())):
                first = chunk.ts_event == chunk.ts_event[0]
                yield chunk.take(first & (chunk.inst == len(self.instruments()) - 1 - inst))
            yield chunk.take(chunk.ts_event > chunk.ts_event[0])


class OtherEveryTime(MarketSource):
    """What it delivers depends on when it is asked."""

    def __init__(self) -> None:
        super().__init__(Markets().minutes)
        self.first = time.perf_counter_ns() % 500

    def bars(self) -> Iterator[Chunk]:
        for chunk in super().bars():
            yield chunk.with_columns({"volume": chunk["volume"] + self.first})


class DeclaresLess(MarketSource):
    def __init__(self) -> None:
        super().__init__(Markets().minutes)
        self.columns = ("open", "high", "low", "close")


class TellsNoFile(HistoricalData):
    """It reads a file, and its errors do not say which."""

    def __init__(self, settings: PathSettings) -> None:
        self.path = settings.path

    def instruments(self) -> Sequence[Instrument]:
        return tuple(Markets().minutes.universe)

    def bars(self) -> Iterator[Chunk]:
        if not self.path.exists():
            raise DataSourceError("the file is not there")
        yield from ()

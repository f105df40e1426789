"""Predictions as a test writes them down, and the stream that carries them through stages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from fakes.bars import DAY, A, B, C, chunk_of, cut, flat, one_by_one
from fakes.streams import flow_of, rows_of, through
from hypothesis import strategies as st

from friday_core.domain.chunk import Chunk
from friday_core.flow.plans import DerivedPlan, Named
from friday_core.interfaces.transformer import Transformer

NAN, INF = float("nan"), float("inf")
THREE = (A, B, C)


def slices(*said: Sequence[float], **columns: Sequence[float]) -> Chunk:
    """A day for each argument: what is predicted of A, B and C, or of the first of them."""
    days = [day for day, values in enumerate(said) for _ in values]
    inst = [place for values in said for place in range(len(values))]
    prediction = np.array([value for values in said for value in values])
    more = {name: np.array(values, np.float64) for name, values in columns.items()}
    return Chunk(np.array(days) * DAY, np.array(inst), {"prediction": prediction, **more})


class Market(NamedTuple):
    """Days of all three instruments: a close in paise and columns for each row."""

    closes: Sequence[int]
    columns: Mapping[str, Sequence[float]]

    def chunk(self) -> Chunk:
        return chunk_of([flat(row // 3, THREE[row % 3], close) for row, close in enumerate(self.closes)])

    def predictions(self) -> Chunk:
        """The rows with the predictions alone."""
        said = self.columns["prediction"]
        return slices(*(said[row : row + 3] for row in range(0, len(said), 3)))

    def after(self, row: int, other: Market) -> Market:
        """The same up to a row, and another future."""
        columns = {name: [*values[:row], *other.columns[name][row:]] for name, values in self.columns.items()}
        return Market([*self.closes[:row], *other.closes[row:]], columns)


def markets(days: int, **values: Sequence[float]) -> st.SearchStrategy[Market]:
    """Prices of some instruments that jump about, and columns drawn from these values."""
    n = 3 * days
    columns = {name: st.lists(st.sampled_from(list(some)), min_size=n, max_size=n) for name, some in values.items()}
    prices = st.lists(st.integers(80, 120).map(lambda price: 100 * price), min_size=n, max_size=n)
    return st.builds(Market, prices, st.fixed_dictionaries(columns))


class Says(Transformer):
    """Adds the columns of a test, by the number of the row."""

    def __init__(self, columns: Mapping[str, Sequence[float]]) -> None:
        self._columns = {name: np.array(values, np.float64) for name, values in columns.items()}
        self.outputs = tuple(columns)

    def transform(self, chunk: Chunk) -> Chunk:
        return chunk.with_columns({name: values[chunk.seq] for name, values in self._columns.items()})


def flowed(
    stages: Callable[[], Sequence[Named]], market: Market, cuts: Iterable[int] | None = ()
) -> tuple[list[dict[str, Any]], list[tuple[int, str, str]]]:
    """What a stream of predictions makes of the rows, and what it held or remarked; ``None`` cuts everywhere."""
    plan = DerivedPlan("market_data", [("says", Says(market.columns)), *stages()])
    flow = flow_of(derived={"predictions": plan})
    chunk = market.chunk()
    pieces = one_by_one(chunk) if cuts is None else cut(chunk, cuts)
    rows = [row for one in through(flow, pieces) for row in rows_of(one.rows)]
    held = [(row.seq, row.verdict, row.reason) for row in flow.quarantines["predictions"].rows]
    assert flow.faults == []
    return rows, held


def restarted(stages: Callable[[], Sequence[Named]], market: Market, at: int) -> list[dict[str, Any]]:
    """As ``flowed``, cut everywhere, by a flow that hands over to another one before row ``at``."""
    plans = [DerivedPlan("market_data", [("says", Says(market.columns)), *stages()]) for _ in range(2)]
    first, second = (flow_of(derived={"predictions": plan}) for plan in plans)
    pieces = one_by_one(market.chunk())
    before = [one for piece in pieces[:at] for one in first.process_data_stream("market_data", piece)]
    second.restore(first.snapshot())
    return [row for one in (*before, *through(second, pieces[at:])) for row in rows_of(one.rows)]

"""What a component in columns answers, as an author's test asks."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pytest

from friday_core.causal.columns import Col
from friday_core.causal.market import Market, where
from friday_core.errors import LookaheadError, SchemaError
from friday_core.interfaces.columns import ColumnStrategy, ColumnTransformer, FeatureSet
from friday_core.testing.columns import values_of


class Change(ColumnTransformer):
    def outputs(self, m: Market) -> Mapping[str, Col]:
        return {"change": m.close - m.close.shift(1)}


class Ranks(FeatureSet):
    def outputs(self, m: Market) -> Mapping[str, Col]:
        return {"rank": m.panel(m.appeal).rank()}


class Above(ColumnStrategy):
    def outputs(self, m: Market) -> Mapping[str, Col]:
        return {"signal": where(m.close > m.close.rolling(3).mean(), 1.0, 0.0), "close": m.close}


class Tomorrow(ColumnTransformer):
    def outputs(self, m: Market) -> Mapping[str, Col]:
        return {"tomorrow": m.close.shift(-1)}


def test_rows_are_of_one_instrument_one_after_the_other() -> None:
    change = values_of(Change(), {"close": [100.0, 101.5, 101.0]})["change"]
    assert (math.isnan(change[0]), change[1:]) == (True, [1.5, -0.5])


def test_instruments_are_told_apart() -> None:
    rows: dict[str, list[float]] = {"close": [100.0, 7.0, 101.0, 9.0], "inst": [0, 1, 0, 1], "ts": [0, 0, 1, 1]}
    assert values_of(Change(), rows)["change"][2:] == [1.0, 2.0]


def test_a_column_of_any_name_is_read_and_compared_within_a_slice() -> None:
    rows = {"appeal": np.array([3.0, 5.0]), "inst": np.array([0, 1]), "ts": np.array([0, 0])}
    assert values_of(Ranks(), rows) == {"rank": [0.5, 1.0]}


def test_decisions_wait_for_the_warm_up_and_other_outputs_do_not() -> None:
    values = values_of(Above(), {"close": [1.0, 2.0, 3.0]})
    assert np.isnan(values["signal"]).tolist() == [True, True, False]
    assert values["close"] == [1.0, 2.0, 3.0]


def test_what_sees_the_future_is_refused_as_by_a_start() -> None:
    with pytest.raises(LookaheadError, match="test_values_of"):
        values_of(Tomorrow(), {"close": [1.0, 2.0]})


def test_a_column_that_is_missing_is_named() -> None:
    with pytest.raises(SchemaError, match="no column 'close'"):
        values_of(Change(), {"volume": [1.0]})

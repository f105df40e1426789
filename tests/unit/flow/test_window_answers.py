"""Which answers of an author count, and what the others are told."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from friday_core.errors import PluginContractError
from friday_core.flow.window_answers import decided_values, output_values

NUMBER = r"which is no number; write a plain number, such as float\(bars\.close\.iloc\[-1\]\)"


@pytest.mark.parametrize(
    ("answer", "values"),
    [
        (None, {}),
        (0.5, {"signal": 0.5}),
        (1, {"signal": 1.0}),
        (np.float64(0.5), {"signal": 0.5}),
        (np.float32(0.5), {"signal": 0.5}),
        (np.int64(-1), {"signal": -1.0}),
        ({"target": 0.1}, {"target": 0.1}),
        ({"signal": 1, "z": np.float64(2.5)}, {"signal": 1.0, "z": 2.5}),
    ],
)
def test_a_strategy_answers_nothing_a_number_or_numbers_by_name(answer: object, values: dict[str, float]) -> None:
    found = decided_values("mine", answer)
    assert found == values
    assert {type(value) for value in found.values()} <= {float}


@pytest.mark.parametrize("answer", [math.nan, {"signal": None}, {"signal": np.float64("nan")}])
def test_nan_and_none_are_the_same(answer: object) -> None:
    assert math.isnan(decided_values("mine", answer)["signal"])


@pytest.mark.parametrize(
    "wrong",
    ["buy", True, False, np.bool_(True), pd.NA, pd.NaT, [1.0], pd.Series([1.0]), np.array([1.0]), object(), 1j],
)
def test_what_is_no_number_is_refused_with_the_way_to_write_one(wrong: Any) -> None:
    with pytest.raises(PluginContractError, match=rf"mine: its signal is [\s\S]*{NUMBER}"):
        decided_values("mine", wrong)
    with pytest.raises(PluginContractError, match=rf"mine: its target is [\s\S]*{NUMBER}"):
        decided_values("mine", {"target": wrong})
    with pytest.raises(PluginContractError, match=rf"mine: its x is [\s\S]*{NUMBER}"):
        output_values("mine", {"x": wrong}, ("x",))


@pytest.mark.parametrize(("answer", "named"), [({"weight": 0.5}, "weight"), ({}, "nothing")])
def test_a_mapping_that_decides_nothing_is_refused(answer: object, named: str) -> None:
    with pytest.raises(
        PluginContractError, match=rf'mine decides nothing: it answered {named}; return {{"signal": \.\.\.}} or'
    ):
        decided_values("mine", answer)


def test_outputs_come_in_their_order_with_nan_for_none() -> None:
    first, second = output_values("mine", {"b": None, "a": 2}, ("a", "b"))
    assert first == 2.0
    assert math.isnan(second)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"a": 1.0}, "answered a"),
        ({"a": 1.0, "b": 1.0, "c": 1.0}, "answered a, b, c"),
        ({}, "answered nothing"),
        (None, "answered None"),
        (1.0, "answered 1.0"),
    ],
)
def test_an_answer_that_is_not_the_outputs_is_refused_with_what_to_return(answer: object, told: str) -> None:
    with pytest.raises(PluginContractError, match=rf'mine {told}; return {{"a": \.\.\., "b": \.\.\.}}'):
        output_values("mine", answer, ("a", "b"))

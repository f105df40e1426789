"""Kernels of models: to the bit what ``step`` says, whatever was fitted and whatever a row holds."""

from __future__ import annotations

import gc
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import get_args, get_type_hints

import numpy as np
import pytest
from fakes.estimators import boosting, forest
from hypothesis import given
from hypothesis import strategies as st
from unit.causal.stepping import bits

from friday_core.causal.compiled import kernels
from friday_core.causal.compiled.choice import ChosenExecutor
from friday_core.causal.oracle import Oracle
from friday_core.domain.chunk import Float64
from friday_core.errors import SchemaError
from friday_core.flow.predictors import Predictors, predictors
from friday_core.interfaces.model import CompiledModel, ModelKernel, stepped
from friday_core.models.compiled import from_bytes
from friday_core.models.compiling import compile_boosting, compile_forest
from friday_core.models.kernels import STEPS
from friday_core.models.linear import LinearModel
from friday_core.models.links import LINKS
from friday_core.models.trees import LEAF, TreeModel, TreeNodes

NAMES = ("a", "b", "c")
#: Where comparisons and sums are decided by a bit, or come to nothing.
EDGES = (0.0, -0.0, 1.0, math.nextafter(1.0, 2.0), 5e-324, -2.2e-308, 1.7e308, -1.7e308, math.inf, -math.inf, math.nan)
number = st.one_of(st.sampled_from(EDGES), st.floats(width=64))
finite = number.filter(math.isfinite)
rows = st.lists(st.lists(number, min_size=3, max_size=3), min_size=1, max_size=12).map(np.array)
link = st.sampled_from(LINKS)


@st.composite
def linear_models(draw: st.DrawFn) -> LinearModel:
    """Any numbers: sums that run over, terms that cancel, scales that are hardly there."""
    three = st.lists(finite, min_size=3, max_size=3)
    scale = draw(st.lists(finite.map(abs).filter(bool), min_size=3, max_size=3))
    return LinearModel(
        NAMES, np.array(draw(three)), draw(finite), centre=draw(three), scale=scale, link=draw(link)
    )  # fmt: skip


@st.composite
def tree_models(draw: st.DrawFn) -> TreeModel:
    """Trees of any shape, also such as no library grows, on thresholds that rows hit."""
    columns: dict[str, list[float]] = {name: [] for name in TreeNodes.__slots__}
    for _ in range(draw(st.integers(1, 9))):
        begin, size = len(columns["feature"]), draw(st.integers(1, 12))
        columns["root"].append(begin)
        for place in range(begin, begin + size):
            is_leaf = place == begin + size - 1 or draw(st.booleans())
            later = st.integers(place + 1, begin + size - 1)
            columns["feature"].append(LEAF if is_leaf else draw(st.integers(0, 2)))
            columns["threshold"].append(draw(number.filter(lambda one: not math.isnan(one))))
            columns["left"].append(0 if is_leaf else draw(later))
            columns["right"].append(0 if is_leaf else draw(later))
            columns["missing_left"].append(draw(st.integers(0, 1)))
            columns["value"].append(draw(finite))
    return TreeModel(
        NAMES,
        TreeNodes(**columns),  # type: ignore[arg-type]
        nan=draw(st.sampled_from(["abstain", "native"])),
        link=draw(link),
        base=draw(finite),
        divisor=draw(st.integers(1, 200)),
    )


@given(model=st.one_of(linear_models(), tree_models()), values=rows)
def test_a_kernel_says_what_the_step_says(in_kernels: Predictors, model: CompiledModel, values: Float64) -> None:
    expected = bits(stepped(model)(values).tolist())
    assert bits(in_kernels(model)(values).tolist()) == expected
    assert model.kernel is not None
    assert bits(model.kernel.in_plain_python(values).tolist()) == expected


VALUES = np.random.Generator(np.random.PCG64(3)).normal(size=(3000, 3))
VALUES[::11, 1], VALUES[::13, 0] = math.nan, math.inf
FITTED: dict[str, CompiledModel] = {
    "linear": LinearModel(NAMES, np.array([0.1, -0.2, 1 / 3]), 0.7, centre=[1.0, 2.0, 3.0], scale=[0.3, 0.2, 0.1]),
    "forest": compile_forest(NAMES, forest(VALUES[1:10], 50, 6, classifies=True)),
    "boosting": compile_boosting(NAMES, boosting(VALUES[1:10], 30, 5, classifies=True)),
}


@pytest.mark.parametrize("model", FITTED.values(), ids=FITTED)
@pytest.mark.parametrize("count", [0, 1, 1023, 1024, 1025, 3000])
def test_rows_of_any_number_are_predicted(in_kernels: Predictors, model: CompiledModel, count: int) -> None:
    expected = stepped(model)(VALUES[:count])
    assert bits(in_kernels(model)(VALUES[:count]).tolist()) == bits(expected.tolist())


def test_rows_of_another_width_are_refused(in_kernels: Predictors) -> None:
    predict = in_kernels(FITTED["forest"])
    with pytest.raises(ValueError, match="3 features, but 2 values"):
        predict(VALUES[:, :2])


def test_the_numbers_of_a_model_live_as_long_as_what_predicts_with_them(in_kernels: Predictors) -> None:
    predict = in_kernels(compile_forest(NAMES, forest(VALUES[1:10], 50, 6)))
    before = predict(VALUES)
    gc.collect()
    filler = [np.full(4096, 7.0) for _ in range(200)]
    assert predict(VALUES).tobytes() == before.tobytes()
    assert len(filler) == 200


# Kernels on disk --------------------------------------------------------------------------------


def test_what_is_fitted_later_compiles_nothing(tmp_path: Path) -> None:
    told: list[str] = []
    make = predictors(ChosenExecutor("compiled", tmp_path, told.append))
    make(compile_forest(NAMES, forest(VALUES[1:10], 3, 2)))
    files = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert told == [
        f"compiling the model step friday_core.models.kernels._trees for this machine, once; kept in {tmp_path}"
    ]
    make(compile_boosting(NAMES, boosting(VALUES[1:10], 4, 3)))
    predictors(ChosenExecutor("compiled", tmp_path, told.append))(FITTED["forest"])
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == files
    assert len(told) == 1


def test_kinds_that_are_named_are_compiled_before_there_is_a_model(tmp_path: Path) -> None:
    told: list[str] = []
    make = predictors(ChosenExecutor("compiled", tmp_path, told.append), STEPS)
    assert told == [
        f"compiling the model step friday_core.models.kernels.{kind} for this machine, once; kept in {tmp_path}"
        for kind in ("_linear", "_trees")
    ]
    files = set(tmp_path.iterdir())
    for model in FITTED.values():
        assert make(model)(VALUES[:9]).tobytes() == stepped(model)(VALUES[:9]).tobytes()
    assert (len(told), set(tmp_path.iterdir())) == (2, files)


def test_every_kind_whose_bytes_are_read_is_named() -> None:
    kinds = {type(model): model.kernel for model in FITTED.values()}
    assert {kernel.step for kernel in kinds.values() if kernel is not None} == set(STEPS)
    assert set(kinds) == set(get_args(get_type_hints(from_bytes)["return"]))


def test_without_a_compiler_one_notice_stands_for_all_kinds_of_models_and_nothing_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    chosen = ChosenExecutor("compiled", tmp_path, told.append)
    chosen.kernels()
    files = set(tmp_path.iterdir())
    monkeypatch.setitem(sys.modules, "friday_core.causal.compiled.lowering", None)
    make = predictors(chosen, STEPS)
    for model in FITTED.values():
        assert make(model)(VALUES[:9]).tobytes() == stepped(model)(VALUES[:9]).tobytes()
    (notice,) = told
    assert notice.startswith("the model step friday_core.models.kernels._linear runs in plain Python: ")
    assert set(tmp_path.iterdir()) == files


def test_code_that_cannot_be_loaded_leaves_the_step_with_a_notice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    chosen = ChosenExecutor("compiled", tmp_path, told.append)
    chosen.kernels()
    monkeypatch.setattr(kernels, "loaded_code", _refuses)
    predict = predictors(chosen)(FITTED["linear"])
    assert predict(VALUES[:9]).tobytes() == stepped(FITTED["linear"])(VALUES[:9]).tobytes()
    assert told[-1] == "the model step friday_core.models.kernels._linear runs in plain Python: RuntimeError: no memory"


def _refuses(_code: bytes) -> object:
    raise RuntimeError("no memory")


def test_where_oracles_serve_models_are_stepped() -> None:
    for executor in (Oracle, ChosenExecutor("python")):
        predict = predictors(executor)(FITTED["linear"])
        assert bits(predict(VALUES[:9]).tolist()) == bits(stepped(FITTED["linear"])(VALUES[:9]).tolist())


def test_without_a_compiler_a_model_that_has_no_kernel_on_disk_is_stepped_with_a_notice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    chosen = ChosenExecutor("compiled", tmp_path, told.append)
    chosen.kernels()
    monkeypatch.setitem(sys.modules, "friday_core.causal.compiled.lowering", None)
    predict = predictors(chosen)(Doubled())
    assert predict(VALUES[1:3, :1]).tolist() == (2.0 * VALUES[1:3, 0]).tolist()
    assert told[-1].startswith(f"the model step {_unkept.__module__}._unkept runs in plain Python: ")


# Models of third parties ------------------------------------------------------------------------


def _unkept(values: Sequence[float], numbers: Sequence[float], _words: Sequence[int]) -> float:
    return numbers[0] * values[0]


def _formatted(values: Sequence[float], numbers: Sequence[float], _words: Sequence[int]) -> float:
    """Words that no compiler knows."""
    return float(f"{values[0]:.3e}") * numbers[0]


class Plain(CompiledModel):
    """A blob of somebody's own, with nothing but its step."""

    features, output, nan = ("a",), "return", "abstain"

    def step(self, values: Sequence[float]) -> float:
        return 2.0 * values[0]

    def to_bytes(self) -> bytes:
        return b"plain"


class Doubled(Plain):
    own = staticmethod(_unkept)

    @property
    def kernel(self) -> ModelKernel:
        numbers, words = np.array([2.0]), np.zeros(0, np.int64)
        numbers.flags.writeable = words.flags.writeable = False
        return ModelKernel(type(self).own, numbers, words)


class Formatted(Doubled):
    own = staticmethod(_formatted)


def test_a_model_without_a_kernel_is_stepped(in_kernels: Predictors) -> None:
    assert in_kernels(Plain())(np.array([[1.5], [-0.0]])).tolist() == [3.0, -0.0]


def test_a_kernel_of_a_third_party_is_compiled_like_ours(tmp_path: Path) -> None:
    told: list[str] = []
    predict = predictors(ChosenExecutor("compiled", tmp_path, told.append))(Doubled())
    assert predict(np.array([[1.5], [-4.0]])).tolist() == [3.0, -8.0]
    assert len(told) == 1
    assert told[0].startswith(f"compiling the model step {_unkept.__module__}._unkept for this machine")


def test_a_kernel_that_cannot_be_compiled_leaves_the_step_with_a_notice(tmp_path: Path) -> None:
    told: list[str] = []
    predict = predictors(ChosenExecutor("compiled", tmp_path, told.append))(Formatted())
    assert predict(np.array([[1.23456]])).tolist() == [2.46912]
    assert told[-1].startswith(f"the model step {_formatted.__module__}._formatted runs in plain Python: ")


def test_what_lies_behind_the_numbers_of_a_model_is_an_error_in_plain_python() -> None:
    kernel = FITTED["linear"].kernel
    assert kernel is not None
    short = ModelKernel(kernel.step, kernel.numbers[:4], kernel.words)
    with pytest.raises(IndexError, match="list index out of range"):
        short.in_plain_python(VALUES[:1])


@pytest.mark.parametrize("numbers", [np.zeros(2), np.zeros(2, np.float32), np.zeros((2, 2))])
def test_numbers_that_a_kernel_cannot_read_are_refused(numbers: Float64) -> None:
    kernel = FITTED["linear"].kernel
    assert kernel is not None
    with pytest.raises(SchemaError, match="numbers of a kernel are flat, read-only float64"):
        ModelKernel(kernel.step, numbers, kernel.words)


def test_a_step_that_is_no_plain_function_is_refused() -> None:
    kernel = FITTED["linear"].kernel
    assert kernel is not None
    with pytest.raises(SchemaError, match="the step of a kernel is a plain function"):
        ModelKernel(Plain().step, kernel.numbers, kernel.words)  # type: ignore[arg-type]

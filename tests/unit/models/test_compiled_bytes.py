from __future__ import annotations

import hashlib
import math
from typing import Any

import msgspec
import numpy as np
import pytest
from fakes.estimators import boosting, forest

from friday_core.errors import DataError
from friday_core.models.blob import sealed
from friday_core.models.compiled import from_bytes, predictions
from friday_core.models.compiling import compile_boosting, compile_forest
from friday_core.models.linear import LinearModel
from friday_core.models.trees import TreeContent, TreeModel

VALUES = np.random.Generator(np.random.PCG64(5)).normal(size=(200, 3))
NAMES = ("a", "b", "c")
MODELS: dict[str, LinearModel | TreeModel] = {
    "linear": LinearModel(NAMES, np.array([0.1, -0.2, 1 / 3]), 0.7, centre=[1.0, 2.0, 3.0], scale=[0.3, 0.2, 0.1]),
    "logistic": LinearModel(NAMES, np.array([0.1, -0.2, 1 / 3]), 0.7, link="sigmoid"),
    "forest": compile_forest(NAMES, forest(VALUES, 5, 4, classifies=True)),
    "boosting": compile_boosting(NAMES, boosting(VALUES, 5, 4)),
}
each = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)


@each
def test_a_model_that_was_read_back_predicts_the_same_bits(model: LinearModel | TreeModel) -> None:
    values = VALUES.copy()
    values[::7, 1] = math.nan
    again = from_bytes(model.to_bytes())
    assert type(again) is type(model)
    assert predictions(again, values).tobytes() == predictions(model, values).tobytes()


@each
def test_a_model_that_was_read_back_is_the_same_model(model: LinearModel | TreeModel) -> None:
    again = from_bytes(model.to_bytes())
    assert again.to_bytes() == model.to_bytes()
    assert (again.features, again.output, again.nan) == (model.features, model.output, model.nan)
    assert (again.model_id, again.feature_hash) == (model.model_id, model.feature_hash)


@each
def test_the_id_is_the_hash_of_the_bytes(model: LinearModel | TreeModel) -> None:
    assert model.model_id == hashlib.sha256(model.to_bytes()).hexdigest()


def test_models_that_differ_in_one_bit_have_other_ids() -> None:
    one = LinearModel(("a",), np.array([0.1]), 0.0)
    other = LinearModel(("a",), np.array([math.nextafter(0.1, 1.0)]), 0.0)
    assert one.model_id != other.model_id


def test_a_change_of_any_byte_is_refused() -> None:
    whole = LinearModel(("a",), np.array([0.1]), 0.7).to_bytes()
    for place in range(len(whole)):
        changed = whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
        with pytest.raises(DataError, match=r"this is no compiled model of this version|its checksum is wrong"):
            from_bytes(changed)


def test_bytes_that_were_cut_are_refused() -> None:
    whole = MODELS["forest"].to_bytes()
    for length in [0, 3, 4, 31, 36, len(whole) // 2, len(whole) - 1]:
        with pytest.raises(DataError, match=r"this is no compiled model of this version|its checksum is wrong"):
            from_bytes(whole[:length])


def test_bytes_with_something_behind_them_are_refused() -> None:
    with pytest.raises(DataError, match="its checksum is wrong"):
        from_bytes(MODELS["linear"].to_bytes() + b"\0")


class _Later(msgspec.Struct, tag="linear 2"):
    features: tuple[str, ...]


def test_a_later_version_of_a_kind_is_refused() -> None:
    with pytest.raises(DataError, match="of no known kind or version: Invalid value 'linear 2'"):
        from_bytes(sealed(_Later(("a",))))


@pytest.mark.parametrize(
    ("place", "column", "words"),
    [
        (3, np.array([0], np.int32), "a child stands behind its parent"),
        (1, np.array([7], np.int32), "a node asks for feature 7 of 1|a child stands behind its parent"),
        (6, np.array([0.0, 1.0]), "differ in length"),
    ],
)
def test_nodes_that_lead_nowhere_are_refused_although_the_checksum_is_right(
    place: int, column: Any, words: str
) -> None:
    leaf = [np.array([0], np.int32), np.array([0], np.int32), np.array([0.0]), *[np.array([0], np.int32)] * 2]
    columns = [*leaf, np.array([0], np.uint8), np.array([1.0])]
    columns[place] = column
    content = TreeContent(("a",), "return", "abstain", "identity", 0.0, 1, tuple(one.tobytes() for one in columns))
    with pytest.raises(DataError, match=words):
        from_bytes(sealed(content))


def test_bytes_of_half_a_number_are_refused() -> None:
    columns = (b"\0" * 4, b"\xff" * 4, b"\0" * 7, b"\0" * 4, b"\0" * 4, b"\0", b"\0" * 8)
    with pytest.raises(DataError, match="this is no compiled model: buffer size must be a multiple"):
        from_bytes(sealed(TreeContent(("a",), "return", "abstain", "identity", 0.0, 1, columns)))

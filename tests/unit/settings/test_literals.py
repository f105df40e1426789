from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from friday_settings.literals import read_literal


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("20", 20),
        ("1_000", 1000),
        ("0.2", 0.2),
        ("true", True),
        ("2020-01-31", dt.date(2020, 1, 31)),
        ('"20"', "20"),
        ("'a # b'", "a # b"),
        ('["a", "b"]', ["a", "b"]),
        ("{a = 1}", {"a": 1}),
        ('{"a": [1, {"b": 2}]}', {"a": [1, {"b": 2}]}),
    ],
)
def test_toml_and_json_are_read(text: str, value: Any) -> None:
    assert read_literal(text) == value


@pytest.mark.parametrize(
    "text",
    ["paper", "America/New_York", "", " ", "007", "1 # one", "1\nb = 2", '"a"\nb = 2', "[1", '{"a": null}', "null"],
)
def test_anything_else_is_text_as_it_is(text: str) -> None:
    assert read_literal(text) == text


@given(st.text())
def test_no_text_is_refused(text: str) -> None:
    assert read_literal(text) is not None


@given(
    st.recursive(
        st.integers(-(2**60), 2**60) | st.booleans() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_json_lists_are_read_back(value: Any) -> None:
    assert read_literal(json.dumps([value])) == [value]


@given(st.floats(allow_nan=False) | st.integers(-(2**60), 2**60) | st.booleans())
def test_toml_numbers_are_read_back(value: Any) -> None:
    assert read_literal(tomli_w.dumps({"v": value}).partition("=")[2]) == value

"""Whose line an error is blamed on: the innermost of the plugin's own."""

from __future__ import annotations

import json
import math

import pytest

from friday_core.errors import DataError, SchemaError
from friday_core.plugin.own_line import own_line
from friday_core.plugin.time_limit import within


def reads() -> None:
    json.loads("{")


def refuses() -> None:
    try:
        reads()
    except ValueError as error:
        raise DataError("no table") from error


def line_of(call: object, packages: frozenset[str] = frozenset()) -> str:
    """Of what Friday gets to hear when it calls this."""
    try:
        within(5.0, call, "it")  # type: ignore[arg-type]
    except Exception as error:  # noqa: BLE001 - whatever is raised is what is looked at
        return own_line(error, packages)
    raise AssertionError("it raised nothing")


def test_the_innermost_line_of_the_plugin_is_told_and_not_of_what_it_calls() -> None:
    assert line_of(reads) == f"test_own_line.py, line {reads.__code__.co_firstlineno + 1}, in reads()"


def test_what_an_error_was_raised_from_is_nearer_to_the_cause() -> None:
    assert line_of(refuses).endswith(f"line {reads.__code__.co_firstlineno + 1}, in reads()")


def test_an_error_of_friday_or_of_compiled_code_has_no_line_of_a_plugin() -> None:
    assert own_line(SchemaError("never raised")) == ""
    assert line_of(lambda: math.sqrt(-1.0), frozenset({"friday_moon"})) == ""


def test_errors_that_were_raised_from_each_other_end() -> None:
    one, other = ValueError("one"), ValueError("other")
    one.__cause__, other.__cause__ = other, one
    with pytest.raises(ValueError, match=r"^one$") as caught:
        raise one
    assert own_line(caught.value).startswith("test_own_line.py, line ")

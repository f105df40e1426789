"""No secret in what leaves a run."""

from __future__ import annotations

import traceback

import pytest

from friday_core.errors import ComponentError, FridayError
from friday_core.orchestration.masking import mask_error, mask_texts

SECRET = "tides-of-May"


def mask(text: str) -> str:
    return text.replace(SECRET, "***")


def shown(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))


def test_texts_are_masked_however_deep_and_everything_else_is_kept() -> None:
    value = {"a": [f"key {SECRET}", 1, None, 2.5, True], SECRET: {"b": (SECRET,)}}
    assert mask_texts(value, mask) == {"a": ["key ***", 1, None, 2.5, True], "***": {"b": ["***"]}}


def test_an_error_keeps_its_class_and_its_causes_without_the_secret() -> None:
    error = ComponentError("broker", f"cannot log in with {SECRET}")
    error.__cause__ = ValueError(f"https://x/?key={SECRET}")
    masked = mask_error(error, mask)
    assert masked is error
    assert "cannot log in with ***" in shown(masked)
    assert "ValueError: https://x/?key=***" in shown(masked)
    assert SECRET not in shown(masked)


def test_notes_are_masked() -> None:
    error = ValueError("no")
    error.add_note(f"with {SECRET}")
    assert "with ***" in shown(mask_error(error, mask))


class LoginError(Exception):
    def __init__(self, url: str) -> None:
        super().__init__("login")
        self.url = url

    def __str__(self) -> str:
        return f"cannot open {self.url}"


def test_an_error_that_makes_its_own_text_is_replaced() -> None:
    masked = mask_error(LoginError(f"https://x/?key={SECRET}"), mask)
    assert type(masked) is FridayError
    assert str(masked) == "LoginError: cannot open https://x/?key=***"


@pytest.mark.parametrize("suppressed", [False, True])
def test_so_is_one_on_the_way_to_it(suppressed: bool) -> None:
    error = RuntimeError("outer")
    error.__context__ = LoginError(SECRET)
    error.__suppress_context__ = suppressed
    masked = mask_error(error, mask)
    assert masked is error
    assert str(masked.__context__) == "LoginError: cannot open ***"
    assert masked.__suppress_context__ is suppressed


def test_an_error_among_the_arguments_becomes_text() -> None:
    error = RuntimeError(ValueError(f"key={SECRET}"), 7)
    assert mask_error(error, mask).args == ("key=***", 7)


def test_a_group_with_an_error_that_cannot_be_masked_is_replaced() -> None:
    group = ExceptionGroup("both", [ValueError(f"a {SECRET}"), LoginError(SECRET)])
    assert SECRET not in shown(mask_error(group, mask))


def test_a_group_is_kept_if_all_its_errors_can_be_masked() -> None:
    group = ExceptionGroup("both", [ValueError(f"a {SECRET}"), ValueError("b")])
    masked = mask_error(group, mask)
    assert masked is group
    assert "ValueError: a ***" in shown(masked)


def test_errors_that_lead_to_one_another_are_gone_through_once() -> None:
    first, second = ValueError(f"a {SECRET}"), ValueError(f"b {SECRET}")
    first.__context__, second.__context__ = second, first
    assert mask_error(first, mask) is first
    assert (first.args, second.args) == (("a ***",), ("b ***",))

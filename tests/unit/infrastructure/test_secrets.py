"""Secrets are masked by value, in every spelling; secret files are read with care."""

from __future__ import annotations

import base64
import json
import math
import os
from pathlib import Path
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from friday_core.errors import ConfigurationError
from friday_core.infrastructure.secrets import SecretRegistry, read_secret_file

SECRET = "p@ss/wörd+42?"
NO_STAR = st.characters(exclude_characters="*", exclude_categories=["Cs"])


def registry(*secrets: str) -> SecretRegistry:
    made = SecretRegistry()
    for secret in secrets:
        made.register(SecretStr(secret))
    return made


def test_a_registered_value_is_masked_wherever_it_stands() -> None:
    assert registry(SECRET).mask(f"key={SECRET};{SECRET}") == "key=***;***"


def test_text_without_a_secret_is_left_alone() -> None:
    assert registry(SECRET).mask("nothing here") == "nothing here"
    assert SecretRegistry().mask("nothing known") == "nothing known"


def test_plain_text_can_be_registered_as_tokens_arrive_at_run_time() -> None:
    secrets = SecretRegistry()
    secrets.register("token-of-today")
    assert secrets.mask("got token-of-today") == "got ***"


def test_the_longer_of_two_secrets_is_masked_first() -> None:
    assert registry("abcd", "abcdef").mask("abcdef abcd") == "*** ***"


@pytest.mark.parametrize(
    "spelling",
    [
        quote(SECRET),
        quote(SECRET, safe=""),
        quote_plus(SECRET),
        "p%40ss%2fw%c3%b6rd%2b42%3f",
        urlencode({"x": SECRET}).removeprefix("x="),
        base64.b64encode(SECRET.encode()).decode(),
        base64.urlsafe_b64encode(SECRET.encode()).decode(),
        json.dumps(SECRET)[1:-1],
        repr(SECRET.encode())[2:-1],
    ],
)
def test_encoded_forms_of_a_value_are_masked(spelling: str) -> None:
    assert registry(SECRET).mask(f"<{spelling}>") in ("<***>", "<***=>", "<***==>")


@pytest.mark.parametrize("secret", ['with "quotes"', "with 'both' \"kinds\"", "back\\slash", "two\nlines"])
def test_escaped_forms_of_a_value_are_masked(secret: str) -> None:
    secrets = registry(secret)
    assert secrets.mask(json.dumps(secret)) == '"***"'
    assert secrets.mask(repr(secret))[1:-1] == "***"


@given(st.text(max_size=5), st.text(min_size=4, max_size=20), st.text(max_size=5))
def test_no_secret_survives_in_the_base64_of_a_longer_text(before: str, secret: str, after: str) -> None:
    whole = base64.b64encode((before + secret + after).encode()).decode()
    assert "***" in registry(secret).mask(whole)


@given(st.text(NO_STAR, min_size=4), st.text(NO_STAR), st.text(NO_STAR))
def test_no_secret_survives_in_a_text(secret: str, before: str, after: str) -> None:
    assert secret not in registry(secret).mask(before + secret + after)


@pytest.mark.parametrize("secret", ["a", "ab", "abc"])
def test_a_value_too_short_to_be_masked_is_refused(secret: str) -> None:
    with pytest.raises(ConfigurationError, match=r"\[zerodha\] invalid value: a secret is shorter than 4 characters"):
        SecretRegistry().register(SecretStr(secret), origin="zerodha")


def test_the_refusal_of_a_short_value_does_not_show_it() -> None:
    with pytest.raises(ConfigurationError, match="shorter") as caught:
        SecretRegistry().register(SecretStr("q7"))
    assert "q7" not in str(caught.value)


def test_an_unset_secret_is_ignored() -> None:
    assert registry("").mask("any text") == "any text"


def test_nested_values_and_keys_are_masked() -> None:
    nested = {"a": [1, ("x " + SECRET, {SECRET: SECRET})], "b": {SECRET}}
    assert registry(SECRET).mask_deep(nested) == {"a": [1, ["x ***", {"***": "***"}]], "b": ["***"]}


def test_an_exceptions_text_is_masked() -> None:
    assert registry(SECRET).mask_deep({"error": ValueError(f"bad key {SECRET}")}) == {"error": "bad key ***"}


def test_other_objects_are_masked_by_their_text() -> None:
    secrets = registry("hidden-name")
    shown = secrets.mask_deep([Path("/x/hidden-name"), b"hidden-name", SecretStr("another")])
    assert shown == ["/x/***", "b'***'", "**********"]


def test_a_number_that_shows_a_secret_becomes_text() -> None:
    assert registry("123456").mask_deep([123456, 41234567, 12, 0.5]) == ["***", "4***7", 12, 0.5]


def test_numbers_that_json_cannot_hold_become_text() -> None:
    assert SecretRegistry().mask_deep([math.nan, -math.inf]) == ["nan", "-inf"]
    assert SecretRegistry().mask_deep(10**5000) == "<int that cannot be shown>"


def test_a_structure_that_contains_itself_is_masked_as_text_at_some_depth() -> None:
    endless: list[object] = [SECRET]
    endless.append(endless)
    shown = json.dumps(registry(SECRET).mask_deep(endless))
    assert SECRET not in shown
    assert shown.startswith('["***", ["***", ')


class Unprintable:
    def __str__(self) -> str:
        raise RuntimeError("no text")


def test_an_object_that_cannot_be_shown_says_so() -> None:
    assert SecretRegistry().mask_deep({"x": Unprintable()}) == {"x": "<Unprintable that cannot be shown>"}


def secret_file(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "api_secret"
    path.write_bytes(text.encode())
    path.chmod(mode)
    return path


@pytest.mark.parametrize(
    ("text", "secret"), [("abcd", "abcd"), ("abcd\n", "abcd"), ("abcd\r\n", "abcd"), ("ab cd \n\n", "ab cd \n")]
)
def test_a_secret_file_loses_one_newline_at_its_end(tmp_path: Path, text: str, secret: str) -> None:
    assert read_secret_file(secret_file(tmp_path, text)).get_secret_value() == secret


@pytest.mark.skipif(os.name != "posix", reason="files have no modes here")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o610, 0o601])
def test_a_secret_file_that_others_may_touch_is_refused(tmp_path: Path, mode: int) -> None:
    path = secret_file(tmp_path, "abcd", mode)
    with pytest.raises(ConfigurationError, match=rf"may be read by others \(mode {mode:04o}\)(.|\n)*chmod 600 "):
        read_secret_file(path)


def test_a_missing_secret_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"api_secret cannot be read: No such file"):
        read_secret_file(tmp_path / "api_secret")


def test_an_empty_secret_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="api_secret is empty"):
        read_secret_file(secret_file(tmp_path, "\n"))


def test_a_secret_file_of_bytes_is_refused_without_showing_them(tmp_path: Path) -> None:
    path = secret_file(tmp_path, "")
    path.write_bytes(b"\xffabcd")
    with pytest.raises(ConfigurationError, match="cannot be read: it is not UTF-8 text") as caught:
        read_secret_file(path)
    assert "abcd" not in str(caught.value)

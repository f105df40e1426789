"""Values in files that are written as another type than theirs."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, BeforeValidator, Field, SecretStr, field_validator

from friday_core.plugin.written_types import mistyped


class Inner(BaseModel):
    deep: int = 1


class Settings(BaseModel):
    window: int = 20
    rate: Annotated[float, Field(gt=0)] = 0.1
    short: bool = False
    limit: int | None = None
    every: Literal["month"] | int = 1
    text: str = ""
    pin: SecretStr | None = None
    spans: tuple[int, ...] = ()
    pair: tuple[str, int] = ("", 1)
    named: dict[str, float] = {}
    inner: Inner = Inner()
    read: Annotated[int, BeforeValidator(int)] = 1
    taken: int = 1

    @field_validator("taken", mode="before")
    @classmethod
    def _any(cls, value: Any) -> int:
        return int(value)


@pytest.mark.parametrize(
    ("values", "at", "wanted"),
    [
        ({"window": "20"}, ("window",), "20 without quotes"),
        ({"window": True}, ("window",), "a number"),
        ({"rate": " 0.5 "}, ("rate",), "0.5 without quotes"),
        ({"short": "yes"}, ("short",), "true"),
        ({"short": "False"}, ("short",), "false"),
        ({"short": 1}, ("short",), "true"),
        ({"short": 0.0}, ("short",), "false"),
        ({"limit": "3"}, ("limit",), "3 without quotes"),
        ({"spans": [1, "2"]}, ("spans", 1), "2 without quotes"),
        ({"pair": ["2", "2"]}, ("pair", 1), "2 without quotes"),
        ({"named": {"a": "1e3"}}, ("named", "a"), "1e3 without quotes"),
        ({"inner": {"deep": "2"}}, ("inner", "deep"), "2 without quotes"),
    ],
)
def test_what_would_be_converted_is_told_with_what_is_to_be_written(
    values: dict[str, Any], at: tuple[str | int, ...], wanted: str
) -> None:
    assert list(mistyped(Settings, values)) == [(at, wanted)]
    Settings.model_validate(values)


@pytest.mark.parametrize(
    "values",
    [
        {"window": 20, "rate": 1, "short": True, "limit": 3, "spans": [1], "pair": ["1", 1], "inner": {"deep": 2}},
        {"every": "month"},
        {"text": "20", "pin": "123456"},
        {"window": "wide", "short": "perhaps", "spans": "1", "inner": 3, "unknown": "1"},
        {"read": "3", "taken": "3"},
    ],
    ids=["right", "a word among numbers", "text", "refused anyway", "read by the author's own code"],
)
def test_other_values_are_not_told(values: dict[str, Any]) -> None:
    assert list(mistyped(Settings, values)) == []

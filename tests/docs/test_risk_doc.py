"""The tables of the document on risk say what the code says."""

from __future__ import annotations

import importlib
import inspect
import re
import tomllib

from docs.documents import DOCS, ROOT, table

from friday_core.plugin.sections import RiskSettings
from friday_core.plugin.spec import Kind
from friday_core.trading.codes import Code

PATH = DOCS / "risk.md"
_ENTRY_POINTS: dict[str, str] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"][
    "friday.plugins"
]
#: Settings of ``[risk]`` that are no limits.
_NO_LIMITS = {"rules", "allow_refusals"}


def _built_in(kind: Kind) -> dict[str, str]:
    """Name and module of every built-in plugin of a kind."""
    prefix = f"{kind}."
    return {key.removeprefix(prefix): module for key, module in _ENTRY_POINTS.items() if key.startswith(prefix)}


def test_every_code_is_in_the_table_with_its_meaning_and_no_other_is() -> None:
    shown = [(row["code"], row["a refusal"], row["meaning"]) for row in table(PATH, "code")]
    assert shown == [(code.value, "yes" if code.refuses else "no", code.__doc__) for code in Code]


def test_every_code_of_a_built_in_rule_is_in_the_table() -> None:
    shown = {row["rule"]: set(row["codes"].split(", ")) for row in table(PATH, "rule")}
    found = {}
    for name, module in _built_in(Kind.RISK_RULE).items():
        source = inspect.getsource(importlib.import_module(module))
        codes = set(re.findall(r'"([A-Z][A-Z0-9]*_[A-Z0-9_]+)"', source))
        found |= {name: codes} if codes else {}
    assert shown == found


def test_every_limit_is_in_the_table() -> None:
    shown = {name for row in table(PATH, "setting") for name in row["setting"].split(", ")}
    assert shown == set(RiskSettings.model_fields) - _NO_LIMITS


def test_every_built_in_sizer_is_in_the_table() -> None:
    assert {row["sizer"] for row in table(PATH, "sizer")} == set(_built_in(Kind.SIZER))

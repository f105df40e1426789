"""The plugin in the docstring of each role, which authors begin with, keeps the rules of its role."""

from __future__ import annotations

import sys
import types
from pathlib import Path
from typing import Any

import pytest
from docs.documents import example
from docs.test_interface_examples import EXAMPLES

from friday_core.testing.markets import Markets
from friday_core.testing.pytest_plugin import keep
from friday_core.testing.rule import Check
from friday_core.testing.rules import registration, settings
from friday_core.testing.subject import Subject
from friday_core.testing.suites import rules_of

#: Frames of pandas are slow; a market of some sixty sessions shows as much.
MARKETS = Markets(sessions=60)
#: Their settings have no descriptions, to be short; they are modules of no file.
LEFT_OUT = (*registration.RULES[2:4], settings.RULES[0])


def checks() -> list[Any]:
    found = []
    for role in EXAMPLES:
        module = types.ModuleType(f"example_of_a_{role.__name__.lower()}")
        sys.modules[module.__name__] = module
        exec(compile(example(role), module.__name__, "exec", dont_inherit=True), module.__dict__)
        (spec,) = module.friday_components()
        subject = Subject(spec, module.__name__, markets=MARKETS)
        found += [
            pytest.param(Check(subject, rule), id=f"{role.__name__}: {rule.sentence}")
            for rule in rules_of(spec)
            if rule not in LEFT_OUT
        ]
    return found


@pytest.mark.parametrize("check", checks())
def test_the_example_of_a_role_keeps_the_rule(check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the notifier's file has a name and no folder
    keep(check)

"""The broker of docs/conformance.md, with the bench that is shown there, keeps the rules of real brokers."""

from __future__ import annotations

from typing import Any

import pytest
from docs.documents import DOCS, blocks

from friday_core.api import ComponentSpec
from friday_core.testing.markets import Markets
from friday_core.testing.rule import Check
from friday_core.testing.rules import real_broker
from friday_core.testing.subject import Subject


def shown() -> dict[str, Any]:
    """The names of the document's own module."""
    (block,) = [one for one in blocks(DOCS / "conformance.md") if "class Vendor(RealBroker)" in one.text]
    names: dict[str, Any] = {"__name__": "a_users_module"}
    exec(compile(block.text, str(block), "exec", dont_inherit=True), names)
    return names


@pytest.mark.parametrize("rule", real_broker.RULES, ids=lambda rule: rule.sentence)
def test_the_broker_of_the_document_keeps_the_rule(rule: Any) -> None:
    names = shown()
    spec = ComponentSpec("broker", "vendor", names["Vendor"])
    Check(Subject(spec, provide=names["pytest_friday_provision"], markets=Markets()), rule)()


def test_the_bench_of_the_document_is_short() -> None:
    (block,) = [one for one in blocks(DOCS / "conformance.md") if "class Vendor(RealBroker)" in one.text]
    bench = block.text.partition("# And in conftest.py")[2].partition("# The wire serves")[0]
    assert len([line for line in bench.splitlines()[1:] if line.strip()]) <= 30

"""The plugin in the docstring of each role, which authors begin with, keeps the rules of its role."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest
from docs.documents import example
from docs.test_interface_examples import EXAMPLES

from friday_core.testing.markets import Market, Markets
from friday_core.testing.pytest_plugin import keep
from friday_core.testing.rule import Check
from friday_core.testing.rules import registration, settings
from friday_core.testing.subject import Provision, Subject
from friday_core.testing.suites import rules_of
from friday_core.testing.wire import ScriptedWire, WireOrder, WireRefusal

#: Frames of pandas are slow; a market of some sixty sessions shows as much.
MARKETS = Markets(sessions=60)
#: Their settings have no descriptions, to be short; they are modules of no file.
LEFT_OUT = (*registration.RULES[3:5], settings.RULES[0])


class HarbourClient:
    """The client of the example of a real broker, with the kit's wire below it."""

    STATES: ClassVar = {"open": "open", "partial": "open", "filled": "done", "rejected": "refused"}

    def __init__(self, wire: ScriptedWire, declined: type[Exception]) -> None:
        self.wire, self.declined = wire, declined
        self.on_row: Callable[[dict[str, Any]], None]
        wire.listen(lambda order: self.on_row(self.row(order)))

    def place(self, tag: str, quantity: int) -> None:
        self.asked(lambda: self.wire.place(tag, quantity))

    def cancel(self, tag: str) -> None:
        self.asked(lambda: self.wire.cancel(tag))

    def book(self) -> list[dict[str, Any]]:
        return [self.row(order) for order in self.asked(self.wire.orders)]

    def row(self, order: WireOrder) -> dict[str, Any]:
        state = self.STATES.get(order.status, "withdrawn" if order.status.terminal else "received")
        own = {"id": order.number, "tag": order.tag, "state": state}
        return {**own, "trades": order.trades, "at": order.ts_event, "why": order.words}

    def asked(self, request: Callable[[], Any]) -> Any:
        try:
            return request()
        except WireRefusal as error:
            raise self.declined(str(error)) from error


def provide(key: str, _market: Market, _folder: Path) -> Provision | None:
    if key == "connection.harbour":
        return Provision({"api_key": "the kit's"})
    if key != "broker.harbour":
        return None
    example_of_it: Any = sys.modules["example_of_a_realbroker"]
    return Provision(on_wire=lambda wire: example_of_it.Harbour(HarbourClient(wire, example_of_it.Declined)))


def checks() -> list[Any]:
    found = []
    for role in EXAMPLES:
        module = types.ModuleType(f"example_of_a_{role.__name__.lower()}")
        sys.modules[module.__name__] = module
        exec(compile(example(role), module.__name__, "exec", dont_inherit=True), module.__dict__)
        spec = module.friday_components()[0]
        subject = Subject(spec, module.__name__, provide=provide, markets=MARKETS)
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

"""Operators that plugins register: tried when they are loaded, and no two of one name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from fakes.components import Idle
from fakes.plugin_list import PluginList

from friday_core.causal.op import Example, Op
from friday_core.causal.own_operators import operator
from friday_core.errors import Problem, ProblemKind
from friday_core.plugin.hookspecs import hookimpl
from friday_core.plugin.registry import Loaded
from friday_core.plugin.spec import ComponentSpec

MOON = ComponentSpec("strategy", "moon", Idle)
TIDE = ComponentSpec("strategy", "tide", Idle)


def _doubled(_state: list[float], _at: int, x: Sequence[float], _params: Sequence[float], _scale: float) -> float:
    return 2.0 * x[0]


def doubled(name: str = "doubled", output: float = 2.0) -> Op:
    return operator(name, meaning="x + x", nan="NaN", examples=[Example([[1.0]], [output])])(_doubled)


def bringing(*answer: Any) -> Any:
    """A ``friday_operators`` with this answer."""

    def friday_operators() -> Any:
        return list(answer)

    return hookimpl(friday_operators)


@pytest.fixture
def plugins(monkeypatch: pytest.MonkeyPatch) -> PluginList:
    return PluginList(monkeypatch)


def problem(answer: Loaded | Problem) -> Problem:
    assert isinstance(answer, Problem)
    return answer


def test_a_component_comes_with_the_operators_of_its_module(plugins: PluginList) -> None:
    op = doubled()
    plugins.add(MOON, friday_operators=bringing(op))
    plugins.add(TIDE)
    registry = plugins.registry()
    found = [registry.load(key) for key in ("strategy.moon", "strategy.tide")]
    assert [one.operators for one in found if isinstance(one, Loaded)] == [(op,), ()]


def test_two_distributions_with_an_operator_of_one_name_are_both_named(plugins: PluginList) -> None:
    plugins.add(MOON, friday_operators=bringing(doubled()))
    plugins.add(TIDE, distribution="friday-tide", friday_operators=bringing(replace(doubled(), version=2)))
    registry = plugins.registry()
    assert isinstance(registry.load("strategy.moon"), Loaded)
    found = problem(registry.load("strategy.tide"))
    moon, tide = (plugin.entry_point.value for plugin in plugins.plugins)
    assert found.kind is ProblemKind.DUPLICATE_COMPONENT
    assert found.message == (
        f"the operator 'doubled' is registered by friday-tide 1.0 ({tide}) and by friday-moon 1.0 ({moon})"
    )
    assert found.mend == "rename one of them, or take the plugins of friday-tide or friday-moon out"


def test_two_modules_may_register_the_same_operator_of_a_library(plugins: PluginList) -> None:
    op = doubled()
    plugins.add(MOON, friday_operators=bringing(op))
    plugins.add(TIDE, distribution="friday-tide", friday_operators=bringing(op))
    registry = plugins.registry()
    assert isinstance(registry.load("strategy.moon"), Loaded)
    assert isinstance(registry.load("strategy.tide"), Loaded)


def test_the_name_of_an_operator_of_friday_is_taken(plugins: PluginList) -> None:
    plugins.add(MOON, friday_operators=bringing(doubled("ewm_mean")))
    found = problem(plugins.registry().load("strategy.moon"))
    assert found.kind is ProblemKind.DUPLICATE_COMPONENT
    assert found.message.startswith("the operator 'ewm_mean' is registered by friday-moon 1.0 (")
    assert found.message.endswith(") and by friday-trading")


@pytest.mark.parametrize(
    ("answer", "kind", "message"),
    [
        ([doubled(output=3.0)], ProblemKind.BAD_REGISTRATION, "operator 'doubled': example 1: it gives [2.0] and not"),
        ([_doubled], ProblemKind.BAD_REGISTRATION, "friday_operators() returned [<function _doubled at "),
        ([doubled(), doubled()], ProblemKind.DUPLICATE_COMPONENT, "it registers two operators of one name: doubled"),
    ],
)  # fmt: skip
def test_operators_that_cannot_be_used_are_the_plugins_problem(
    plugins: PluginList, answer: list[Any], kind: ProblemKind, message: str
) -> None:
    plugins.add(MOON, friday_operators=bringing(*answer))
    found = problem(plugins.registry().load("strategy.moon"))
    assert (found.kind, found.plugin) == (kind, "strategy.moon of friday-moon 1.0")
    assert found.message.startswith(message)


def test_a_hook_that_raises_is_named(plugins: PluginList) -> None:
    def friday_operators() -> list[Op]:
        raise RuntimeError("no licence")

    plugins.add(MOON, friday_operators=hookimpl(friday_operators))
    found = problem(plugins.registry().load("strategy.moon"))
    assert found.message == "friday_operators() raised RuntimeError: no licence"

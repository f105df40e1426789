"""``containers.py`` constructs and nothing else, and nobody reaches into it."""

from __future__ import annotations

import ast

import pytest
from architecture.source_tree import CONTAINERS, Function, Module, imported_names, modules

MOST_LINES = 149
MOST_FUNCTIONS = 4
MOST_FUNCTION_LINES = 25


@pytest.fixture(scope="module")
def containers() -> Module:
    return Module("containers", CONTAINERS)


def _is_container(node: ast.stmt) -> bool:
    return isinstance(node, ast.ClassDef) and any(ast.unparse(base).endswith("Container") for base in node.bases)


def _is_docstring_or_all(node: ast.stmt) -> bool:
    if isinstance(node, ast.Assign):
        return [ast.unparse(target) for target in node.targets] == ["__all__"]
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def test_containers_stay_below_150_lines(containers: Module) -> None:
    assert containers.lines <= MOST_LINES


def test_the_top_level_holds_only_imports_containers_and_functions(containers: Module) -> None:
    others = [
        ast.unparse(node).splitlines()[0]
        for node in containers.tree.body
        if not isinstance(node, ast.Import | ast.ImportFrom | Function)
        and not _is_container(node)
        and not _is_docstring_or_all(node)
    ]
    assert others == []


def test_functions_beside_the_containers_are_few_and_small(containers: Module) -> None:
    functions = [node for node in containers.tree.body if isinstance(node, Function)]
    assert len(functions) <= MOST_FUNCTIONS
    long = [f.name for f in functions if (f.end_lineno or f.lineno) - f.lineno >= MOST_FUNCTION_LINES]
    assert long == []


def test_a_container_only_declares(containers: Module) -> None:
    """A branch or a loop belongs to a factory in the core, where it can be tested by itself."""
    logic = [
        f"{container.name}: {ast.unparse(node).splitlines()[0]}"
        for container in containers.tree.body
        if isinstance(container, ast.ClassDef)
        for node in ast.walk(container)
        if isinstance(node, ast.If | ast.IfExp | ast.For | ast.While | ast.Try | ast.With | Function)
    ]
    assert logic == []


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.name)
def test_collaborators_arrive_in_init_and_never_by_inject(module: Module) -> None:
    injected = [
        name
        for name, function in module.functions()
        if any(ast.unparse(mark).split(".")[-1] == "inject" for mark in function.decorator_list)
    ]
    assert injected == []


@pytest.mark.parametrize("module", [m for m in modules() if m.name != "containers"], ids=lambda module: module.name)
def test_nobody_imports_the_containers(module: Module) -> None:
    imported = {name.split(".")[0] for _, node in module.imports() for name in imported_names(node)}
    assert "containers" not in imported

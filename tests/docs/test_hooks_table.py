"""The table of hooks says what the specs say."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from docs.documents import DOCS, blocks, resolve, table
from fakes.third_party_host import host_with, install

from friday_core.plugin import hookspecs

PATH = DOCS / "hooks.md"
SPECS: dict[str, Callable[..., Any]] = {
    name: function for name, function in inspect.getmembers(hookspecs, inspect.isfunction) if name.startswith("friday_")
}


def test_the_table_lists_every_hook_with_its_arguments_in_the_order_of_the_specs() -> None:
    shown = {row["hook"]: row["arguments"] for row in table(PATH, "hook")}
    specified = {name: ", ".join(inspect.signature(spec).parameters) for name, spec in SPECS.items()}
    assert shown == specified
    assert list(shown) == sorted(shown, key=lambda name: SPECS[name].__code__.co_firstlineno)


def test_whoever_is_said_to_call_a_hook_names_it() -> None:
    for row in table(PATH, "hook"):
        module = inspect.getmodule(resolve(row["called by"]))
        assert module is not None
        assert row["hook"] in inspect.getsource(module)


def test_every_hook_says_when_it_is_called_and_on_which_thread() -> None:
    rows = table(PATH, "hook")
    assert [row["hook"] for row in rows if not (row["called when"] and row["thread"])] == []


def test_the_examples_are_plugins_that_a_run_can_use(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plugins = [install(monkeypatch, block.text) for block in blocks(PATH) if block.language == "python"]
    result = host_with(plugins, tmp_path, 'notify.use=["printer"]', 'run.observers=["end_counter"]').run()
    assert capsys.readouterr().out == f"{result.summary['results']['orders']}\n"

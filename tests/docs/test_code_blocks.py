"""The code in the documents works: Python is executed, TOML is read, marked shell blocks are run."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from docs.documents import Block, blocks, documents

ALL = [block for path in documents() for block in blocks(path)]
RUN = "run"
#: Languages of blocks that something checks, and of those that nothing could.
CHECKED, SHOWN = {"python", "toml", "sh"}, {"", "text"}


def _of(language: str) -> list[Block]:
    return [block for block in ALL if block.language == language]


def test_every_block_says_what_it_is_written_in() -> None:
    assert [str(block) for block in ALL if block.language not in CHECKED | SHOWN] == []


@pytest.mark.parametrize("block", _of("python"), ids=str)
def test_a_python_block_runs_as_it_stands(block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(block.text, str(block), "exec", dont_inherit=True), {"__name__": "a_users_module"})


@pytest.mark.parametrize("block", _of("toml"), ids=str)
def test_a_toml_block_can_be_read(block: Block) -> None:
    assert tomllib.loads(block.text)


@pytest.mark.parametrize("block", [block for block in _of("sh") if block.comment == RUN], ids=str)
def test_a_marked_shell_block_succeeds_in_an_empty_folder(block: Block, tmp_path: Path) -> None:
    beside = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("FRIDAY_")}
    done = subprocess.run(
        ["sh", "-eu", "-c", block.text],
        cwd=tmp_path,
        env={**clean, "PATH": beside},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr


def test_a_mark_stands_above_shell_blocks_only() -> None:
    assert [str(block) for block in ALL if block.comment == RUN and block.language != "sh"] == []
    assert [block.document for block in _of("sh") if block.comment == RUN].count("docs/life_of_a_bar.md") == 1

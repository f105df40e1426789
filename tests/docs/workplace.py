"""The folder of somebody who follows a document: saves its files and types its commands, from top to bottom."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from docs.documents import Block

#: Above a block, ``<!-- file: cross/cross.py -->``: the reader saves it under that name, seen from the first folder.
FILE = "file: "
#: Above a shell block, ``<!-- run -->``: the reader types it, in the folder where the block before it ended.
RUN = "run"
_PIP = Path(__file__).with_name("pip_stand_in.py")


@dataclass
class Workplace:
    """An empty folder below ``base`` with Friday's commands, and a pip that installs projects without an index.

    Variables of this machine's user do not count.
    """

    base: Path

    def __post_init__(self) -> None:
        self.home = self.base / "home"
        self._site, tools = self.base / "site", self.base / "tools"
        for folder in (self.home, self._site, tools):
            folder.mkdir()
        pip = tools / "pip"
        pip.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{_PIP}" "{self._site}" "$@"\n', "utf-8")
        pip.chmod(0o755)
        self._path = os.pathsep.join([str(tools), str(Path(sys.executable).parent), os.environ["PATH"]])
        self._folder = self.home

    @property
    def environment(self) -> Mapping[str, str]:
        """What a command finds in its environment."""
        others = ("FRIDAY_", "PYTEST_", "PYTHON")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(others)}
        return {**kept, "PATH": self._path, "PYTHONPATH": str(self._site)}

    def follow(self, block: Block) -> None:
        """Do what a block asks for; ``AssertionError`` with all output if a command fails."""
        if block.comment.startswith(FILE):
            path = self.home / block.comment.removeprefix(FILE)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, "utf-8")
        elif block.comment == RUN:
            self._type(block)

    def _type(self, block: Block) -> None:
        where = self.base / "where"
        done = subprocess.run(
            ["sh", "-eu", "-c", f'{block.text}\npwd >"{where}"\n'],
            cwd=self._folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, f"{block} ended with {done.returncode}:\n{done.stdout}"
        self._folder = Path(where.read_text("utf-8").strip())

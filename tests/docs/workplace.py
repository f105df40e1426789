"""The folder of somebody who follows a document: saves its files and types its commands, from top to bottom."""

from __future__ import annotations

import os
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from docs.documents import Block

#: Above a block, ``<!-- file: cross/cross.py -->``: the reader saves it under that name, seen from the first folder.
FILE = "file: "
#: Above a shell block, ``<!-- run -->``: the reader types it, in the folder where the block before it ended.
RUN = "run"
#: Above a command that goes on, ``<!-- run beside -->``: typed in another terminal, where it has begun once it prints.
BESIDE = "run beside"
#: The port of servers in documents; somebody else may be there, so that here they have one of their own.
_PORT = "5005"
_PIP = Path(__file__).with_name("pip_stand_in.py")


@dataclass
class Workplace:
    """An empty folder below ``base`` with Friday's commands, and a pip that installs projects without an index.

    Variables of this machine's user do not count. What runs beside ends with the context.
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
        self._beside: list[subprocess.Popen[bytes]] = []
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = str(free.getsockname()[1])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._beside:
            process.terminate()
            process.wait(60)

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
            path.write_text(block.text.replace(_PORT, self._port), "utf-8")
        elif block.comment == RUN:
            self._type(block)
        elif block.comment == BESIDE:
            self._begin(block)

    def _begin(self, block: Block) -> None:
        output = self.base / f"beside{len(self._beside)}"
        words = shlex.split(block.text.replace(_PORT, self._port))
        with output.open("wb") as told:
            process = subprocess.Popen(
                words, cwd=self._folder, env=self.environment, stdin=subprocess.DEVNULL, stdout=told, stderr=told
            )
        self._beside.append(process)
        while not output.stat().st_size and process.poll() is None:
            time.sleep(0.05)
        assert process.poll() is None, f"{block} ended with {process.returncode}:\n{output.read_text('utf-8')}"

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

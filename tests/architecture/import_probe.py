"""Run as a script, in an interpreter of its own: what do Friday's modules do when they are imported?

Argument: a JSON object with ``libraries`` to import beforehand, ``modules`` to watch, and
``allowed``, folders that the import system may read from. Prints ``{module: [deed, ...]}`` as JSON.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Iterator, MutableMapping
from types import FrameType
from typing import Any

CLOCKS = {
    "time": {"time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "localtime", "gmtime"},
    "datetime": {"now", "utcnow", "today"},
}
CODE = (".py", ".pyc", ".so", ".pth")
DEEDS = {
    "socket.connect",
    "socket.bind",
    "subprocess.Popen",
    "os.mkdir",
    "os.remove",
    "os.rename",
    "_thread.start_new_thread",
}


class Probe:
    """Writes down what happens while ``module`` is set."""

    def __init__(self, allowed: list[str]) -> None:
        self.allowed = tuple(allowed)
        self.module: str | None = None
        self.deeds: dict[str, list[str]] = {}

    def note(self, deed: str) -> None:
        if self.module is not None:
            self.deeds.setdefault(self.module, []).append(deed)

    def on_audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and not self._belongs_to_an_import(arguments[0]):
            self.note(f"opens {arguments[0]}")
        elif event in DEEDS:
            self.note(event)

    def on_call(self, frame: FrameType, event: str, called: Any) -> None:
        if event != "c_call":
            return
        owner = getattr(called, "__self__", None)
        home = getattr(owner, "__module__", None) or getattr(owner, "__name__", None)
        if called.__name__ in CLOCKS.get(str(home), ()):
            self.note(f"reads a clock: {home}.{called.__name__}")

    def _belongs_to_an_import(self, path: Any) -> bool:
        if isinstance(path, int):
            return True
        name = os.path.abspath(os.fsdecode(path))  # noqa: PTH100  (pathlib would be traced here)
        return name.startswith(self.allowed) and (name.endswith(CODE) or "site-packages" in name)


class WatchedEnvironment(MutableMapping[str, str]):
    """``os.environ`` that tells the probe about every reading of a variable of Friday's."""

    def __init__(self, real: MutableMapping[str, str], probe: Probe) -> None:
        self._real, self._probe = real, probe

    def __getitem__(self, name: str) -> str:
        if name.startswith("FRIDAY_"):
            self._probe.note(f"reads the variable {name}")
        return self._real[name]

    def __iter__(self) -> Iterator[str]:
        self._probe.note("reads all environment variables")
        return iter(self._real)

    def __setitem__(self, name: str, value: str) -> None:
        self._probe.note(f"sets the variable {name}")
        self._real[name] = value

    def __delitem__(self, name: str) -> None:
        self._probe.note(f"deletes the variable {name}")
        del self._real[name]

    def __len__(self) -> int:
        return len(self._real)


def main() -> None:
    asked = json.loads(sys.argv[1])
    sys.path[:0] = asked["path"]
    for library in asked["libraries"]:
        importlib.import_module(library)
    probe = Probe(asked["allowed"])
    vars(os)["environ"] = WatchedEnvironment(os.environ, probe)
    sys.addaudithook(probe.on_audit)
    sys.setprofile(probe.on_call)
    for module in asked["modules"]:
        probe.module = module
        try:
            importlib.import_module(module)
        except Exception as error:  # noqa: BLE001  (reported with the other deeds)
            probe.note(f"cannot be imported: {error!r}")
    probe.module = None
    sys.setprofile(None)
    sys.stdout.write(json.dumps(probe.deeds))


if __name__ == "__main__":
    main()

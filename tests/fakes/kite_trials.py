"""Traders on shipped scenarios: a sandbox for each, all traders in one process, and what the audits say of them."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from friday_core.sandbox.kite.audit.log import read
from friday_core.sandbox.kite.audit.verdict import Verdict, judge
from friday_core.sandbox.kite.server.open_rooms import AUDIT
from friday_core.sandbox.kite.server.process import Launch, address_of
from friday_core.sandbox.paper.process import READY
from friday_core.testing.nursery import Fork, Nursery

#: Seconds after its own that a trader may take to be flat again, and that a sandbox may take to come and go.
_PATIENCE = 100.0
#: Everything trades, and nobody squares off.
START = "2026-11-23 10:00:00"


def verdicts(
    folder: Path, trader: str, scenarios: Sequence[str], *, seconds: float, speed: float, at_once: int = 15
) -> Mapping[str, Verdict]:
    """One trader on each scenario, so many of them at once; the market goes ``speed`` times as fast as the clock."""
    told = {}
    with contextlib.closing(Nursery()) as nursery:
        for first in range(0, len(scenarios), at_once):
            folders = {name: folder / name for name in scenarios[first : first + at_once]}
            servers = [_begun(nursery, one, name, speed) for name, one in folders.items()]
            for one in folders.values():
                _wait((one / READY).exists)
            _trade(trader, seconds, folders.values())
            for one, server in zip(folders.values(), servers, strict=True):
                _wait((one / READY).exists)  # it may be away for a restart
                server.terminate()
                server.wait(_PATIENCE)
            told |= {name: judge(read(one / AUDIT)) for name, one in folders.items()}
    return told


def _begun(nursery: Nursery, folder: Path, scenario: str, speed: float) -> Fork:
    folder.mkdir(parents=True)
    launch = msgspec.json.encode(Launch(str(folder), scenario=scenario, start=START, speed=speed)).decode()
    return nursery.begin("friday_core.sandbox.kite", launch, folder / "server.log")


def _trade(trader: str, seconds: float, folders: Iterable[Path]) -> None:
    words = [f"http://127.0.0.1:{address_of(one).port}={one / 'journal.txt'}" for one in folders]
    code = "from fakes.kite_trials import trade_all; trade_all()"
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", code, trader, str(seconds), *words], cwd=Path(__file__).parents[1],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    _, said = process.communicate(timeout=seconds + 2 * _PATIENCE)
    if process.returncode:
        raise RuntimeError(said.decode())


def _wait(until: Callable[[], bool]) -> None:
    end = time.monotonic() + _PATIENCE
    while not until():
        if time.monotonic() > end:
            raise TimeoutError(f"not so within {_PATIENCE:g} s")
        time.sleep(0.02)


def trade_all() -> None:
    """A thread for each trader; the client has one reactor for all of them."""
    from twisted.internet import reactor

    from friday_core.sandbox.kite.traders.__main__ import trade

    trader, seconds, *words = sys.argv[1:]
    threading.Thread(target=reactor.run, kwargs={"installSignalHandlers": False}, daemon=True).start()
    _wait(lambda: bool(reactor.running))
    failed: list[str] = []

    def traded(word: str) -> None:
        root, _, journal = word.partition("=")
        try:
            trade(trader, root, float(seconds), Path(journal))
        except Exception as error:  # noqa: BLE001 - the others go on
            failed.append(f"{journal}: {error!r}")

    threads = [threading.Thread(target=traded, args=(word,), daemon=True) for word in words]
    for one in threads:
        one.start()
    end = time.monotonic() + float(seconds) + _PATIENCE
    for one, word in zip(threads, words, strict=True):
        one.join(max(end - time.monotonic(), 0.0))
        if one.is_alive():
            failed.append(f"{word} did not come to an end")
    sys.stdout.flush()
    sys.stderr.write("\n".join(failed))
    sys.stderr.flush()
    os._exit(1 if failed else 0)

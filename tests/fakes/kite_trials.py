"""Traders on shipped scenarios: a sandbox for each, all traders in one process, and what the audits say of them.

The sandboxes are forks of one process that has read what they share: the facts of the market, and the modules.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from friday_core.sandbox.kite.audit.log import read
from friday_core.sandbox.kite.audit.verdict import Verdict, judge
from friday_core.sandbox.kite.server.open_rooms import AUDIT
from friday_core.sandbox.kite.server.process import Launch, address_of, serve
from friday_core.sandbox.paper.process import READY

#: Seconds after its own that a trader may take to be flat again, and that a sandbox may take to come and go.
_PATIENCE = 100.0
_AGAIN = 10.0
#: Everything trades, and nobody squares off.
START = "2026-11-23 10:00:00"


def verdicts(
    folder: Path, trader: str, scenarios: Sequence[str], *, seconds: float, speed: float, at_once: int = 15
) -> Mapping[str, Verdict]:
    """One trader on each scenario, so many of them at once; the market goes ``speed`` times as fast as the clock."""
    told = {}
    for first in range(0, len(scenarios), at_once):
        folders = {name: folder / name for name in scenarios[first : first + at_once]}
        launches = [Launch(str(one), scenario=name, start=START, speed=speed) for name, one in folders.items()]
        with _served(launches):
            _wait(lambda folders=folders: all((one / READY).exists() for one in folders.values()))  # type: ignore[misc]
            _trade(trader, seconds, folders.values())
            for one in folders.values():
                _end(one)
        told |= {name: judge(read(one / AUDIT)) for name, one in folders.items()}
    return told


@contextmanager
def _served(launches: Iterable[Launch]) -> Iterator[None]:
    words = [msgspec.json.encode(one).decode() for one in launches]
    process = _started("serve_all", words)
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _trade(trader: str, seconds: float, folders: Iterable[Path]) -> None:
    words = [f"http://127.0.0.1:{address_of(one).port}={one / 'journal.jsonl'}" for one in folders]
    process = _started("trade_all", [trader, str(seconds), *words], stderr=subprocess.PIPE)
    _, said = process.communicate(timeout=seconds + 2 * _PATIENCE)
    if process.returncode:
        raise RuntimeError(said.decode())


def _started(what: str, words: Sequence[str], **more: int) -> subprocess.Popen[bytes]:
    """One of the functions below in a process of its own."""
    code = f"from fakes.kite_trials import {what}; {what}()"
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", code, *words], cwd=Path(__file__).parents[1], start_new_session=True,
        stdout=subprocess.DEVNULL,
        **more,
    )  # fmt: skip


def _end(folder: Path) -> None:
    """SIGTERM, so that the audit gets its end; one that is away for a restart comes back first."""
    _wait((folder / READY).exists)
    pid, asked = address_of(folder).pid, 0.0

    def ended() -> bool:
        nonlocal asked
        # One that is about to go away for a restart hears only the next one.
        if time.monotonic() > asked + _AGAIN:
            asked = time.monotonic()
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        return not (folder / READY).exists()

    _wait(ended)


def _wait(until: Callable[[], bool]) -> None:
    end = time.monotonic() + _PATIENCE
    while not until():
        if time.monotonic() > end:
            raise TimeoutError(f"not so within {_PATIENCE:g} s")
        time.sleep(0.02)


def serve_all() -> None:
    """A sandbox for each launch, until all of them have ended."""
    from friday_core.sandbox.kite.market.hours import SEGMENTS, sessions_of

    for segment in {*SEGMENTS.values()}:
        sessions_of(*segment)
    for word in sys.argv[1:]:
        if not os.fork():
            serve(msgspec.json.decode(word, type=Launch))
            os._exit(0)
    for _ in sys.argv[1:]:
        os.wait()


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

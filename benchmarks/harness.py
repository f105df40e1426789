"""Interleaved repeats, CPU time, medians with spread, and ratios within one run."""

from __future__ import annotations

import gc
import resource
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

REPEATS = 31


@dataclass(frozen=True)
class Measured:
    """CPU seconds of one contender."""

    name: str
    seconds: Sequence[float]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def minimum(self) -> float:
        return min(self.seconds)

    @property
    def spread(self) -> float:
        """Interquartile range over the median."""
        low, _, high = statistics.quantiles(self.seconds, n=4)
        return (high - low) / self.median


def interleaved(contenders: Mapping[str, Callable[[], object]], repeats: int = REPEATS) -> list[Measured]:
    """CPU seconds of each contender, called in turn ``repeats`` times after one warm-up each."""
    for call in contenders.values():
        call()
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(repeats):
        for name, call in contenders.items():
            gc.collect()
            start = time.process_time()
            call()
            seconds[name].append(time.process_time() - start)
    return [Measured(name, values) for name, values in seconds.items()]


def interleaved_commands(commands: Mapping[str, Sequence[str]], repeats: int = REPEATS) -> list[Measured]:
    """User plus system CPU seconds of whole processes, started in turn after one warm-up each."""
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(repeats + 1):
        for name, command in commands.items():
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            if turn:
                seconds[name].append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return [Measured(name, values) for name, values in seconds.items()]


def report(title: str, measured: Sequence[Measured], reference: str, per: int = 1, unit: str = "ms") -> None:
    """A Markdown table; the ratio column is against ``reference``. Times are divided by ``per``."""
    scale = {"ms": 1e3, "us": 1e6, "ns": 1e9}[unit]
    base = next(one for one in measured if one.name == reference)
    print(f"\n### {title}\n")
    print(f"| what | median {unit} | least {unit} | spread | ratio |\n|---|--:|--:|--:|--:|")
    for one in measured:
        median, least = one.median * scale / per, one.minimum * scale / per
        print(f"| {one.name} | {median:.3g} | {least:.3g} | {one.spread:.0%} | {one.median / base.median:.2f} |")
    print(f"\n{len(measured[0].seconds)} interleaved repeats, CPU time; ratio of medians to {reference!r}.")

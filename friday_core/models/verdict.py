"""Skill in words."""

from __future__ import annotations

from friday_core.models.statistics import Mean

#: Times below which nothing is said.
LEAST_TIMES = 30
#: |t| from which skill is told from luck: chance alone reaches it once in twenty tries.
NOTICEABLE = 1.96
#: No honest forecast of daily shares reaches these: good ones have a rank IC of 0.03 to 0.05.
LEAK_IC, LEAK_T = 0.15, 10.0


def verdict(rank_ic: Mean, timing: Mean) -> str:
    """One sentence: of the order among instruments if there is one at enough times, else of the timing.

    It tells of one try. Of many models tried, the best one's t is large by luck alone.
    """
    name, found = ("rank IC", rank_ic) if rank_ic.n >= LEAST_TIMES else ("correlation over time", timing)
    if found.n < LEAST_TIMES:
        return f"Nothing can be said yet: {found.n} times with predictions that vary, {LEAST_TIMES} are needed."
    if found.mean is None or found.t is None:
        return f"Nothing can be said: the {name} does not vary over {found.n} times."
    figures = f"{name} {found.mean:+.4f}, t {found.t:+.1f} over {found.n} times"
    across = found is rank_ic
    if found.t >= LEAK_T or (across and found.mean > LEAK_IC and found.t >= NOTICEABLE):
        return f"Too good to be true, look for labels among the features: {figures}."
    if found.t >= NOTICEABLE:
        return f"Some skill: {figures}."
    if found.t <= -NOTICEABLE:
        return f"Worse than none: {figures}; what it says comes false more often than by luck."
    return f"None that can be told from luck: {figures}."

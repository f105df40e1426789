"""What faults have in store for one order, or for one request to change it."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from friday_core.sandbox.kite.account.rules import Fate
from friday_core.sandbox.kite.faults.fault import Do, Fault

_REASON = "RMS:Rule: Check circuit limit including square off order exceeds"


def fate(taken: Iterable[Fault]) -> Fate:
    """What these faults, of a request and of its order, make of it; the first of each kind counts."""
    found: dict[str, str | int | float | bool] = {}
    for one in reversed([*taken]):
        match one.do:
            case Do.REJECT:
                found["reject"] = one.words or _REASON
            case Do.PARTIAL:
                found["parts"] = one.parts
            case Do.STUCK:
                found |= {"stuck": one.status, "stuck_seconds": one.seconds}
            case Do.LATE_ACCEPT:
                found["accept_after"] = one.seconds
            case Do.IGNORE_CANCEL | Do.IGNORE_MODIFY:
                found[str(one.do)] = True
            case Do.FAIL_SLICE:
                found["failed_slices"] = one.parts
    return msgspec.convert(found, Fate)


def first(taken: Iterable[Fault], *kinds: Do) -> Fault | None:
    """The first fault of some kinds."""
    return next((one for one in taken if one.do in kinds), None)

"""From scenarios to what a clearing corporation would ask for the contracts on one underlying."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from friday_core.market.margins.scan import DELTA_PARTS, Risk

_PERCENT = 10**9


@dataclass(frozen=True, slots=True)
class Scanned:
    """A position in one contract, in parts of a paisa; ``value`` is that of a bought option, negative if sold.

    ``short_notional`` is what sold options are written on, ``least`` the part of it that is asked at least.
    """

    expiry: int
    quantity: int
    risk: Risk
    value: int = 0
    least: int = 0


def share(amount: int, percent: Decimal) -> int:
    """A percentage of an amount, rounded up to the next part."""
    return -(-amount * int(percent * 10**7) // _PERCENT)


def requirement(held: Sequence[Scanned], spread: Decimal, apart: Iterable[int]) -> int:
    """What is asked for contracts on one underlying, in parts of a paisa, never negative.

    The worst of the scenarios, at least the minimum of sold options, less the net value of the
    options. Expiries are set off against one another for ``spread`` percent of what is matched, if
    that is cheaper than each for itself; those ``apart`` are not.
    """
    alone = set(apart)
    total = sum(_asked([one for one in held if one.expiry == expiry]) for expiry in sorted(alone))
    rest = [one for one in held if one.expiry not in alone]
    single = sum(_asked([one for one in rest if one.expiry == expiry]) for expiry in {one.expiry for one in rest})
    return total + min(single, _asked(rest, _spread_charge(rest, spread)))


def _asked(held: Sequence[Scanned], charge: int = 0) -> int:
    if not held:
        return 0
    losses = [[loss * one.quantity for loss in one.risk.losses] for one in held]
    worst = max(0, *map(sum, zip(*losses, strict=True))) + charge
    return max(0, max(worst, sum(one.least for one in held)) - sum(one.value for one in held))


def _spread_charge(held: Sequence[Scanned], percent: Decimal) -> int:
    """Deltas of one sign in one expiry against those of the other in another, at the dearest unit."""
    deltas: dict[int, int] = defaultdict(int)
    for one in held:
        deltas[one.expiry] += one.quantity * one.risk.delta
    matched = min(sum(max(0, delta) for delta in deltas.values()), sum(max(0, -delta) for delta in deltas.values()))
    dearest = max((one.risk.level for one in held), default=0)
    return share(-(-matched * dearest // DELTA_PARTS), percent)

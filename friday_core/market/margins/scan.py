"""The sixteen scenarios: what one bought unit of a contract loses in each.

| number | price, in ranges | volatility, in ranges | of the loss |
|---|---|---|---|
| 1 to 14 | 0, 1/3, -1/3, 2/3, -2/3, 1, -1 | +1 and -1 each | 100% |
| 15, 16 | 2, -2 | 0 | 35% |

Source: "Worst Scenario Loss", margins of the derivatives segments, Indian Clearing Corporation.
"""

from __future__ import annotations

import math
from decimal import Decimal
from typing import NamedTuple

from friday_core.domain.instruments import Instrument
from friday_core.domain.money import MINOR_DIGITS
from friday_core.market.margins.legs import Leg
from friday_core.market.margins.option_prices import Model, bachelier, black_76, cumulative
from friday_core.market.margins.quotes import Quotes
from friday_core.market.margins.rows import ScanRow

#: Amounts are whole numbers of these parts of a paisa, so that sums are exact in whatever order.
PARTS = 10**8
#: Deltas are whole millionths.
DELTA_PARTS = 10**6
#: Sessions of a year, between daily and annual volatility.
_SESSIONS = 252
#: No volatility is scanned below this one.
_LEAST_VOLATILITY = 1e-4


class Scenario(NamedTuple):
    """Moves in ranges; ``cover`` is the part of the loss that counts."""

    price: float
    volatility: int
    cover: float


SCENARIOS = (
    *(Scenario(thirds / 3, sign, 1.0) for thirds in (0, 1, -1, 2, -2, 3, -3) for sign in (1, -1)),
    Scenario(2.0, 0, 0.35),
    Scenario(-2.0, 0, 0.35),
)


class Risk(NamedTuple):
    """Of one bought unit: losses by scenario and delta, and ``level``, a unit's worth; parts of a paisa."""

    losses: tuple[int, ...]
    delta: int
    level: int


def parts(instrument: Instrument, price_units: float) -> int:
    """An amount in price units as parts of a paisa; exact for whole units."""
    scale = int(PARTS * 10 ** MINOR_DIGITS[instrument.currency] // 10**instrument.price_decimals)
    return price_units * scale if isinstance(price_units, int) else round(price_units * scale)


def price_range(row: ScanRow, volatility: float, level: float) -> float:
    """``level x max(least, sigmas x volatility / sqrt(252) x sqrt(days))``, in the unit of ``level``."""
    moved = float(row.sigmas) * volatility / math.sqrt(_SESSIONS) * math.sqrt(row.days)
    return level * max(_fraction(row.price_least), moved)


def risk(leg: Leg, row: ScanRow, quotes: Quotes) -> Risk:
    """What one bought unit of a leg loses. An option loses, and whoever sold it gains, its price at most."""
    contract = leg.derivative
    name = contract.underlying if leg.is_option else leg.instrument.id
    level = quotes.level(name, contract.underlying)
    span = price_range(row, quotes.volatilities[contract.underlying], level)
    if leg.is_option:
        losses, delta = _option(leg, row, quotes, span)
    else:
        losses, delta = [-one.cover * one.price * span for one in SCENARIOS], 1.0
    return Risk(
        tuple(parts(leg.instrument, loss) for loss in losses),
        round(delta * DELTA_PARTS),
        parts(leg.instrument, level),
    )


def _option(leg: Leg, row: ScanRow, quotes: Quotes, span: float) -> tuple[list[float], float]:
    """Losses by scenario in price units, and the delta."""
    contract = leg.derivative
    strike, sign = float(contract.strike or 0), contract.right.sign if contract.right else 1
    forward, price = float(quotes.prices[contract.underlying]), float(quotes.prices[leg.instrument.id])
    normal = contract.underlying in quotes.references
    model: Model = bachelier if normal else black_76
    # A volatility is a fraction of the price: the normal model wants it in price units.
    unit = quotes.level(contract.underlying, contract.underlying) if normal else 1.0
    root = unit * math.sqrt(contract.years(quotes.day))
    volatility = quotes.volatility(leg)
    share = _fraction(row.volatility_share) * quotes.volatilities[contract.underlying]
    shift = max(_fraction(row.volatility_least), share)
    now = model(forward, strike, volatility * root, sign)
    losses = []
    for one in SCENARIOS:
        moved = max(_LEAST_VOLATILITY, volatility + one.volatility * shift)
        then = model(forward + one.price * span, strike, moved * root, sign)
        losses.append(one.cover * min(now - then, price))
    return losses, _delta(forward, strike, volatility * root, sign, normal=normal)


def _delta(forward: float, strike: float, deviation: float, sign: int, *, normal: bool) -> float:
    """``sign x Phi(sign d1)`` of Black-76, ``sign x Phi(sign d)`` of Bachelier."""
    d = (forward - strike) / deviation if normal else math.log(forward / strike) / deviation + deviation / 2.0
    return sign * cumulative(sign * d)


def _fraction(percent: Decimal) -> float:
    return float(percent) / 100.0

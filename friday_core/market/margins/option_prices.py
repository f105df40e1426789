"""What an option is worth: Black-76, and Bachelier's model where prices may be zero or less.

Undiscounted, in the unit of the price. ``deviation`` is the standard deviation until expiry:
of Black-76 that of the logarithm (``volatility x sqrt(years)``), of Bachelier that of the price.
``sign`` is +1 for a call, -1 for a put.
"""

from __future__ import annotations

import math
from collections.abc import Callable

_ROOT_TWO = math.sqrt(2.0)
_ROOT_TWO_PI = math.sqrt(2.0 * math.pi)
#: Each step halves what is left of the interval: nothing a price could tell is left after them.
_STEPS = 100
_MOST_DEVIATION = 8.0

#: Forward, strike, deviation, sign: the value.
Model = Callable[[float, float, float, int], float]


def cumulative(x: float) -> float:
    """Phi(x) of the standard normal distribution; ``erfc`` keeps its digits in the tails."""
    return 0.5 * math.erfc(-x / _ROOT_TWO)


def black_76(forward: float, strike: float, deviation: float, sign: int) -> float:
    """``sign x (F Phi(sign d1) - K Phi(sign d2))``, ``d1 = ln(F/K) / s + s / 2``, ``d2 = d1 - s``.

    F. Black, "The pricing of commodity contracts" (1976). Of a forward of zero or less, what
    exercise would bring. ``strike`` is positive.
    """
    if forward <= 0.0 or deviation <= 0.0:
        return max(0.0, sign * (forward - strike))
    d1 = math.log(forward / strike) / deviation + deviation / 2.0
    return sign * (forward * cumulative(sign * d1) - strike * cumulative(sign * (d1 - deviation)))


def bachelier(forward: float, strike: float, deviation: float, sign: int) -> float:
    """``sign x (F - K) Phi(sign d) + s phi(d)``, ``d = (F - K) / s``; any sign of price and strike.

    L. Bachelier, "Théorie de la spéculation" (1900).
    """
    if deviation <= 0.0:
        return max(0.0, sign * (forward - strike))
    d = (forward - strike) / deviation
    return sign * (forward - strike) * cumulative(sign * d) + deviation * math.exp(-d * d / 2.0) / _ROOT_TWO_PI


def implied_volatility(price: float, forward: float, strike: float, years: float, sign: int) -> float:
    """The annual volatility at which Black-76 gives a price.

    ``ValueError`` if none does: the price is not above what exercise would bring, or not below the
    forward (of a put the strike), or there is no time left.
    """
    least = max(0.0, sign * (forward - strike))
    most = forward if sign > 0 else strike
    if years <= 0.0 or not least < price < most:
        raise ValueError(f"no volatility gives {price} for an option between {least} and {most} with {years} years")
    low, high = 0.0, _MOST_DEVIATION
    for _ in range(_STEPS):
        middle = (low + high) / 2.0
        low, high = (middle, high) if black_76(forward, strike, middle, sign) < price else (low, middle)
    return high / math.sqrt(years)

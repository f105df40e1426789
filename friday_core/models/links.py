"""From a sum to a prediction."""

from __future__ import annotations

import math
from typing import Literal, get_args

#: ``sigmoid`` makes a probability of log odds.
Link = Literal["identity", "sigmoid"]
LINKS: tuple[Link, ...] = get_args(Link)


def linked(total: float, link: Link) -> float:
    """``total`` itself, or its ``sigmoid``."""
    return total if link == "identity" else sigmoid(total)


def sigmoid(total: float) -> float:
    """``1 / (1 + exp(-total))`` written so that nothing overflows."""
    if total >= 0.0:
        return 1.0 / (1.0 + math.exp(-total))
    odds = math.exp(total)
    return odds / (1.0 + odds)

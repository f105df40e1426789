"""What is tied up, part by part. An estimate: the broker's own figure decides."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, fields

from friday_core.domain.money import format_money

#: Stands wherever an estimate is shown.
LABEL = "an estimate, meant to lie above; the broker's own margin decides"


@dataclass(frozen=True, slots=True)
class MarginEstimate:
    """Paise, each rounded up.

    ``cash`` for shares, ``span`` and ``exposure`` for futures and sold options, ``premium`` for bought
    options, ``additional`` for the last days of a contract. ``received`` is what sold options
    brought: not taken off the total, though a broker does once they are sold.
    """

    day: dt.date
    cash: int = 0
    span: int = 0
    exposure: int = 0
    premium: int = 0
    additional: int = 0
    received: int = 0

    @property
    def total(self) -> int:
        """What is tied up, never negative."""
        return self.cash + self.span + self.exposure + self.premium + self.additional

    @property
    def parts(self) -> dict[str, int]:
        """The parts of the total by name."""
        return {one.name: getattr(self, one.name) for one in fields(self) if one.name not in {"day", "received"}}

    def __str__(self) -> str:
        told = ", ".join(f"{name} {format_money(paise, 'INR')}" for name, paise in self.parts.items() if paise)
        return f"{format_money(self.total, 'INR')} on {self.day}{f' ({told})' if told else ''}: {LABEL}"


@dataclass(frozen=True, slots=True)
class OrderMargin:
    """What positions tie up before an order and after it, if it is filled whole."""

    before: MarginEstimate
    after: MarginEstimate

    @property
    def added(self) -> int:
        """Paise that the order ties up besides; 0 for one that sets free."""
        return max(0, self.after.total - self.before.total)

    @property
    def released(self) -> int:
        """Paise that the order sets free; 0 for one that ties up."""
        return max(0, self.before.total - self.after.total)

    def __str__(self) -> str:
        return f"{format_money(self.added, 'INR')} more on {self.after.day}: {LABEL}"

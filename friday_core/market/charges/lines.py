"""The lines of a bill: exact as a broker estimates them, and in whole paise as they are paid."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Self

#: An exact amount is a whole number of these parts of a paisa: every rate that a table may hold is exact in it.
PARTS = 10**12


class Line(enum.StrEnum):
    """What is charged. ``STT`` is the transaction tax, on commodities CTT; ``IPFT`` goes to the
    exchange's investor protection fund. ``DEPOSITORY`` and ``SQUARE_OFF`` include their GST and
    stand in the ledger, not in the contract note.
    """

    BROKERAGE = "brokerage"
    STT = "stt"
    EXCHANGE = "exchange"
    IPFT = "ipft"
    SEBI = "sebi"
    STAMP = "stamp"
    GST = "gst"
    DEPOSITORY = "depository"
    SQUARE_OFF = "square_off"


#: Lines that are a share of what was traded.
LEVIES = (Line.STT, Line.EXCHANGE, Line.IPFT, Line.SEBI, Line.STAMP)
#: Lines that a contract note does not show.
LEDGER_LINES = (Line.DEPOSITORY, Line.SQUARE_OFF)


@dataclass(frozen=True, slots=True)
class Charges:
    """A bill in paise, line by line."""

    brokerage: int = 0
    stt: int = 0
    exchange: int = 0
    ipft: int = 0
    sebi: int = 0
    stamp: int = 0
    gst: int = 0
    depository: int = 0
    square_off: int = 0

    @classmethod
    def of(cls, lines: Mapping[Line, int]) -> Self:
        return cls(**{line.value: paise for line, paise in lines.items()})

    @property
    def total(self) -> int:
        """All that is paid, in paise."""
        return sum(getattr(self, one.name) for one in fields(self))

    @property
    def on_the_note(self) -> int:
        """The part that the contract note shows, in paise."""
        return self.total - self.depository - self.square_off

    def __add__(self, other: Charges) -> Charges:
        return Charges(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))


@dataclass(frozen=True, slots=True)
class Estimate:
    """A bill before it is rounded, as a broker's API estimates it: ``parts`` of a paisa by line, exact."""

    parts: Mapping[Line, int]

    def rupees(self, *lines: Line) -> Decimal:
        """The exact sum of these lines in rupees; without any, of those that the contract note shows."""
        chosen = lines or tuple(line for line in Line if line not in LEDGER_LINES)
        return Decimal(sum(self.parts[line] for line in chosen)).scaleb(-14)

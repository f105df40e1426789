"""A rate file: what is charged, with its days."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from friday_core.market.charges.rows import (
    BrokerageRow,
    FeeRow,
    GstRow,
    InterestRow,
    LevyRow,
    RoundingRow,
)
from friday_core.market.fact_file import DatedFile, Fault, check_file, read_file


class RateFile(DatedFile):
    """Facts that somebody looked up on ``checked`` and that answer for no day after ``known_until``."""

    called: ClassVar[str] = "rate file"
    form: ClassVar[str] = "friday_core/market/data/charges, docs/charges.md"
    tables: ClassVar[tuple[str, ...]] = ("levies", "gst", "rounding", "brokerage", "fees", "interest")

    #: Made up to show the form; nobody's tariff.
    example: bool = False
    levies: tuple[LevyRow, ...] = ()
    gst: tuple[GstRow, ...] = ()
    rounding: tuple[RoundingRow, ...] = ()
    brokerage: tuple[BrokerageRow, ...] = ()
    fees: tuple[FeeRow, ...] = ()
    interest: tuple[InterestRow, ...] = ()


def read_rates(path: Path) -> RateFile:
    """The file; ``DataSourceError`` if it cannot be read, else with every fault by its line."""
    return read_file(path, RateFile)


def check_rates(path: Path) -> list[Fault]:
    """All that is wrong with a rate file, by line; empty if it can be used.

    Two rows that answer for the same day are faults, and so are days that no row between the first
    and the last answers for. ``OSError`` if there is no such file.
    """
    return check_file(path, RateFile)

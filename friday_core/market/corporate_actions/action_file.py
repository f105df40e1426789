"""A file of one's own with corporate actions: comma-separated, one a line, every mistake named with its line.

::

    symbol,ex_date,kind,ratio,amount,announced
    INFY,2018-09-04,bonus,1:1,,2018-07-13
    TATASTEEL,2022-07-28,split,10:1,,
    BHARTIARTL,2021-09-27,rights,1:14,535,2021-08-29
    TATAMOTORS,2025-10-14,demerger,,0.6885,
    ONGC,2024-11-19,interim_dividend,,6,

============================================  ====================================  =========================
kind                                          ratio                                 amount
============================================  ====================================  =========================
split, consolidation, bonus+split             shares after : shares before          none
bonus                                         new shares : shares held              none
rights                                        new shares : shares held              price of a new one, rupees
demerger                                      none                                  share of value that stays
dividend, interim_dividend, ...               none                                  rupees a share
buyback, meeting, interest, other             none                                  none
============================================  ====================================  =========================

``announced`` is the first day on which the action was known; empty if only the ex-date is. The
columns stand in any order; ``ratio``, ``amount`` and ``announced`` may be missing, others are refused.
"""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

from friday_core.errors import DataSourceError
from friday_core.market.corporate_actions.announcement import Announcement
from friday_core.market.corporate_actions.terms import (
    DIVIDENDS,
    NO_EFFECTS,
    SHARE_CHANGES,
    Demerger,
    Dividend,
    Kind,
    NoEffect,
    Rights,
    ShareChange,
    Terms,
)

_NEEDED, _OPTIONAL = ("symbol", "ex_date", "kind"), ("ratio", "amount", "announced")
_RATIO = re.compile(r"([1-9]\d{0,5}):([1-9]\d{0,5})")
_AMOUNT = re.compile(r"\d{1,9}(\.\d{1,8})?")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class Line(NamedTuple):
    """A line of a table with its number, counted from 1; the line of the names is the first."""

    number: int
    fields: Mapping[str, str]


def read_actions(path: Path) -> list[Announcement]:
    """The actions of a file, in its order; ``DataSourceError`` names every mistake with its line."""
    header, lines = read_lines(path)
    mend = f"the first line names {', '.join(_NEEDED)}, and if there are any {', '.join(_OPTIONAL)}"
    missing = [name for name in _NEEDED if name not in header]
    foreign = [name for name in header if name not in (*_NEEDED, *_OPTIONAL)]
    if missing or foreign:
        what = f"there is no column {missing[0]!r}" if missing else f"{foreign[0]!r} is not a column of actions"
        raise DataSourceError(f"{path}, line 1: {what}\n    mend: {mend}")
    found, faults, seen = [], [], dict[tuple[str, dt.date, Kind], int]()
    for line in lines:
        try:
            one = _announcement(line.fields)
            key = (one.symbol, one.ex_date, one.terms.kind)
            if key in seen:
                raise ValueError(f"{one.symbol} has a {one.terms.kind} on {one.ex_date} in line {seen[key]} already")
            seen[key] = line.number
            found.append(one)
        except ValueError as error:
            faults.append(f"\n  line {line.number}: {error}")
    if faults:
        raise DataSourceError(f"{path} is not a file of corporate actions:{''.join(faults)}")
    return found


def read_lines(path: Path) -> tuple[list[str], list[Line]]:
    """The names in the first line and the other lines that hold something; ``DataSourceError`` if it cannot be read."""
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise DataSourceError(
            f"{path}: it cannot be read: {reason}\n    mend: correct the path, or the file"
        ) from error
    try:
        return _parsed(text)
    except (csv.Error, ValueError) as error:
        raise DataSourceError(f"{path}, {error}\n    mend: complete or remove the line") from error


def _parsed(text: str) -> tuple[list[str], list[Line]]:
    reader = csv.reader(text.splitlines(), skipinitialspace=True, strict=True)
    header: list[str] = [name.strip() for name in next(reader, [])]
    if not header:
        raise ValueError("line 1: it is empty")
    lines = []
    for values in reader:
        if not any(value.strip() for value in values):
            continue
        if len(values) != len(header):
            raise ValueError(f"line {reader.line_num}: {len(values)} fields where the first line names {len(header)}")
        fields = {name: value.strip() for name, value in zip(header, values, strict=True)}
        lines.append(Line(reader.line_num, fields))
    return header, lines


def _announcement(fields: Mapping[str, str]) -> Announcement:
    """One line; ``ValueError`` says what is wrong with it."""
    if not fields["symbol"]:
        raise ValueError("the symbol is missing")
    ex_date = _day(fields["ex_date"], "ex_date")
    announced = _day(fields["announced"], "announced") if fields.get("announced") else None
    return Announcement(fields["symbol"], ex_date, _terms(fields), announced)


def _terms(fields: Mapping[str, str]) -> Terms:
    name, ratio, amount = fields["kind"], fields.get("ratio", ""), fields.get("amount", "")
    if name not in set(Kind):
        raise ValueError(f"{name!r} is not a kind of action; kinds are {', '.join(Kind)}")
    kind = Kind(name)
    needs = _needs(kind)
    for column, value in (("ratio", ratio), ("amount", amount)):
        if (column in needs) != bool(value):
            raise ValueError(f"a {kind} {'needs' if column in needs else 'has no'} {column}")
    new, held = _ratio(ratio, kind) if ratio else (0, 0)
    if kind in SHARE_CHANGES:
        return ShareChange(kind, Fraction(new + held if kind is Kind.BONUS else new, held))
    if kind is Kind.RIGHTS:
        return Rights(new, held, 100 * _amount(amount))
    if kind is Kind.DEMERGER:
        return Demerger(_amount(amount))
    return Dividend(kind, 100 * _amount(amount)) if kind in DIVIDENDS else NoEffect(kind)


def _needs(kind: Kind) -> Sequence[str]:
    """The columns that must hold something; the other one must not."""
    if kind in NO_EFFECTS:
        return ()
    if kind is Kind.RIGHTS:
        return ("ratio", "amount")
    return ("ratio",) if kind in SHARE_CHANGES else ("amount",)


def _day(text: str, column: str) -> dt.date:
    if not _DAY.fullmatch(text):
        raise ValueError(f"{column} {text!r} is not a date; write for example 2024-10-28")
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{column} {text!r} is not a date of any calendar") from None


def _ratio(text: str, kind: Kind) -> tuple[int, int]:
    found = _RATIO.fullmatch(text)
    if found is None:
        raise ValueError(f"ratio {text!r} of a {kind} is not one; write for example 1:1")
    return int(found[1]), int(found[2])


def _amount(text: str) -> Fraction:
    if not _AMOUNT.fullmatch(text):
        raise ValueError(f"amount {text!r} is not a number; write for example 2.50")
    return Fraction(text)


def written(announcements: Sequence[Announcement]) -> Iterator[str]:
    """The lines of a file that ``read_actions`` reads again as these."""
    yield ",".join((*_NEEDED, *_OPTIONAL))
    for one in announcements:
        ratio, amount = _columns(one.terms)
        announced = "" if one.announced is None else one.announced.isoformat()
        yield ",".join((one.symbol, one.ex_date.isoformat(), one.terms.kind, ratio, amount, announced))


def _columns(terms: Terms) -> tuple[str, str]:
    """A share of a demerger is rounded to what the file can hold."""
    if isinstance(terms, ShareChange):
        shares = terms.shares
        new = shares.numerator - shares.denominator if terms.kind is Kind.BONUS else shares.numerator
        return f"{new}:{shares.denominator}", ""
    if isinstance(terms, Rights):
        return f"{terms.new}:{terms.held}", _number(terms.price / 100)
    if isinstance(terms, Demerger):
        return "", _number(terms.kept)
    return "", _number(terms.paise / 100) if isinstance(terms, Dividend) else ""


def _number(value: Fraction) -> str:
    return f"{float(value):.8f}".rstrip("0").rstrip(".")

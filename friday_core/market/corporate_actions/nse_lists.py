"""Lists of corporate actions as NSE gives them: free text in a column PURPOSE, or a factor and its kind."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from friday_core.errors import DataSourceError
from friday_core.market.corporate_actions.action_file import read_actions, read_lines
from friday_core.market.corporate_actions.announcement import Announcement
from friday_core.market.corporate_actions.purpose import parse_purpose
from friday_core.market.corporate_actions.terms import Kind, ShareChange

_DAYS = ("%d-%b-%Y", "%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y")
#: Lists round their factors, to four places at least; ratios have small denominators.
_LARGEST_DENOMINATOR, _ROUNDING = 30, Fraction(1, 20_000)
_NUMBER = re.compile(r"\d{1,6}(\.\d+)?")
_ALIASES = {
    "SUBJECT": "PURPOSE",
    "EXDATE": "EX_DATE",
    "FACEVAL": "FACE_VALUE",
    "FACTOR_NSE": "FACTOR",
    "KIND_NSE": "KIND",
}


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """A line of a list, and why nothing was made of it."""

    line: int
    symbol: str
    text: str
    why: str


@dataclass(frozen=True, slots=True)
class ActionList:
    """What a list says: ``lines`` of it in all, and those that were not understood."""

    lines: int
    announcements: tuple[Announcement, ...]
    not_understood: tuple[NotUnderstood, ...]

    @property
    def understood(self) -> float:
        """Share of the lines; 1 of an empty list."""
        return 1.0 - len(self.not_understood) / self.lines if self.lines else 1.0


def read_list(path: Path) -> ActionList:
    """A list with PURPOSE, one with FACTOR and KIND, or a file of one's own, told by its first line.

    A line counts as understood if all of it is: of half a line nothing is taken. Lists do not tell
    when an action was announced. ``DataSourceError`` if the file is none of the three.
    """
    header, lines = read_lines(path)
    columns = _columns(header)
    names = set(columns)
    if {"SYMBOL", "EX_DATE", "PURPOSE"} <= names:
        read: Callable[[Mapping[str, str]], list[Announcement]] = _of_purpose
    elif {"SYMBOL", "EX_DATE", "FACTOR", "KIND"} <= names:
        read = _of_factor
    elif {"SYMBOL", "EX_DATE", "KIND"} <= names:
        own = read_actions(path)
        return ActionList(len(own), tuple(own), ())
    else:
        raise DataSourceError(
            f"{path}, line 1: this is no list of corporate actions\n    mend: its columns are SYMBOL, EX_DATE and "
            "PURPOSE, or symbol, ex_date, factor and kind, or symbol, ex_date, kind, ratio, amount and announced"
        )
    found: list[Announcement] = []
    left = []
    for line in lines:
        fields = {name: line.fields[theirs] for name, theirs in columns.items()}
        try:
            found += read(fields)
        except ValueError as error:
            text = fields.get("PURPOSE") or f"{fields.get('KIND')} {fields.get('FACTOR')}".strip()
            left.append(NotUnderstood(line.number, fields["SYMBOL"], text, str(error)))
    return ActionList(len(lines), tuple(found), tuple(left))


def _of_purpose(fields: Mapping[str, str]) -> list[Announcement]:
    face = fields.get("FACE_VALUE", "")
    try:
        face_value = Fraction(face) if face not in ("", "-") else None
    except ValueError:
        face_value = None
    purpose = parse_purpose(fields["PURPOSE"], face_value)
    if purpose.left or not purpose.terms:
        raise ValueError(f"no rule knows {purpose.left[0]!r}" if purpose.left else "there is no text")
    day = _day(fields["EX_DATE"])
    return [Announcement(fields["SYMBOL"], day, terms, text=fields["PURPOSE"]) for terms in purpose.terms]


def _of_factor(fields: Mapping[str, str]) -> list[Announcement]:
    factor, said = fields["FACTOR"], fields["KIND"]
    if not _NUMBER.fullmatch(factor):
        raise ValueError(f"{factor!r} is not a factor")
    given = Fraction(factor)
    ratio = given.limit_denominator(_LARGEST_DENOMINATOR)
    if abs(ratio - given) > _ROUNDING * given:
        raise ValueError(f"{factor} is not a ratio of shares")
    words = [kind for kind in (Kind.BONUS, Kind.SPLIT) if kind in said.lower()]
    if not words:
        raise ValueError(f"{said!r} says neither split nor bonus")
    kind = words[0] if len(words) == 1 else Kind.BONUS_AND_SPLIT
    return [Announcement(fields["SYMBOL"], _day(fields["EX_DATE"]), ShareChange(kind, ratio), text=f"{said} {factor}")]


def _columns(header: Sequence[str]) -> dict[str, str]:
    """The list's own name of each column that is known here; the plain name goes before an alias."""
    plain = {name.strip().upper().replace("-", "_").replace(" ", "_"): name for name in header}
    aliased = {_ALIASES[name]: theirs for name, theirs in plain.items() if name in _ALIASES}
    return {**aliased, **plain}


def _day(text: str) -> dt.date:
    for form in _DAYS:
        try:
            return dt.datetime.strptime(text, form).date()  # noqa: DTZ007 - a date has no zone
        except ValueError:
            continue
    raise ValueError(f"{text!r} is not a date")

"""What NSE writes in its column PURPOSE, as terms.

The text is free: ``Bonus 1:1``, ``Face Value Split (Sub-Division) - From Rs 10/- Per Share To Re
1/- Per Share``, ``AGM/Dividend - Rs 2.50 Per Sh + Special Dividend Re 1``, older ``FV SPLT FRM RS 10
TO RS 2``, ``INT DIV-25%``. Nothing is guessed: a part that no rule knows is given back as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from friday_core.market.corporate_actions.terms import Dividend, Kind, NoEffect, Rights, ShareChange, Terms

_AMOUNT = r"(?:\b(?:RS|RE|INR)|₹)\.? ?(?:- ?)?(\d+(?:\.\d+)?|\.\d+)"
_RATIO = r"(\d+) ?: ?(\d+)(?!\.?\d)"
_PERCENT = r"(\d+(?:\.\d+)?) ?(?:%|PER ?CENT)"
_DIVIDEND = r"\b(?:DIV(?:IDEND|IDENT|DEND|IDNED|IEND|D)?S?)\b"
_SPLIT = r"\b(?:SPLI?T|SUB ?DIVISION|CONSOLIDATION)\b"
_RIGHTS = r"\b(?:RIGHTS?|RIGTHS?|RGHTS?|RGTS?|RHTS)\b"
_BONUS = r"\b(?:BONUS|BONOUS|BON)\b"
_KINDS = (
    (re.compile(r"\bSP(?:ECIA)?L\b"), Kind.SPECIAL_DIVIDEND),
    (re.compile(r"\b(?:INT(?:ERIM|RIM|RM|ER)?|INTDIV)\b"), Kind.INTERIM_DIVIDEND),
    (re.compile(r"\b(?:FINAL|FIN|FNL)\b"), Kind.FINAL_DIVIDEND),
)
_IDLE = (
    (re.compile(r"\bBUY ?-?BACK\b"), Kind.BUYBACK),
    (re.compile(r"\b(?:A\.?G\.?M|E\.?G\.?M|ANNUAL GENERAL|EXTRA ?-?ORDINARY|GENERAL MEETING|MEETING)\b"), Kind.MEETING),
    (re.compile(r"\b(?:INTEREST|REDEMPTION|COUPON)\b"), Kind.INTEREST),
    (re.compile(r"\bBOOK CLOSURE\b"), Kind.OTHER),
)
_NAMED = (_BONUS, _SPLIT, _RIGHTS, _DIVIDEND)
#: What stands between two actions; a slash within an amount (``Re 1/-``) is gone by then.
_BETWEEN = re.compile(r"[/+&;]|, (?!\d)|\bAND\b|(?<=PER SHARE) (?=(?:SP|INT|FIN|DIV|BON)[A-Z]* )")
#: What is written without a blank where there is one, or with one where there is none.
_RESPACED = (
    (re.compile(r"(?<=\d)\s*/ ?-|=(?=\D)|(?<=\d),(?=\d{2,3}\b)"), ""),
    (re.compile(r"\s+"), " "),
    (re.compile(r"\b(INTERIM|INT|FINAL|SPECIAL|SPL|FV)(?=DIV|SPLI?T)"), r"\1 "),
    (re.compile(r"(?<=\d)TO(?=R[SE])"), " TO "),
    (re.compile(r"\bSUB ?- ?DIVISION"), "SUBDIVISION"),
)


@dataclass(frozen=True, slots=True)
class Purpose:
    """The terms that a text names, in its order, and what of it was not understood."""

    terms: tuple[Terms, ...]
    left: tuple[str, ...] = ()


def parse_purpose(text: str, face_value: Fraction | None = None) -> Purpose:
    """The terms in a text of the column PURPOSE.

    ``face_value`` in rupees is that of the share before the ex-date: a dividend in percent and
    rights at a premium are not understood without it.
    """
    terms: list[Terms] = []
    left = []
    for part in _parts(text):
        found = _terms(part, face_value)
        if found is None:
            left.append(part)
        else:
            terms.append(found)
    return Purpose(tuple(terms), tuple(left))


def _parts(text: str) -> list[str]:
    """The actions of a line, in capitals, without what decorates amounts.

    A word that says only of which dividend the next part tells belongs to that part: ``INTERIM &
    SPECIAL DIVIDEND RS 2`` is one sum.
    """
    plain = text.upper()
    for written, meant in _RESPACED:
        plain = written.sub(meant, plain)
    plain = plain.strip(" -.,")
    plain = re.sub(r"\bCONSIST(?:S|ING)? OF\b.*", "", plain) if plain.startswith("DISTRIBUTION") else plain
    parts: list[str] = []
    held = ""
    for one in _BETWEEN.split(plain):
        part = f"{held} {one.strip(' -.,')}".strip()
        is_label = any(kind.fullmatch(part) for kind, _ in _KINDS)
        held = part if is_label else ""
        if part and not is_label:
            parts.append(part)
    return [*parts, held] if held else parts


def _terms(part: str, face_value: Fraction | None) -> Terms | None:
    """What the part says; ``None`` for one that names two actions and does not part them."""
    if sum(bool(re.search(name, part)) for name in _NAMED) > 1 or len(re.findall(_DIVIDEND, part)) > 1:
        return None
    for rule in _RULES:
        found = rule(part, face_value)
        if found is not None:
            return found
    return None


def _bonus(part: str, _face_value: Fraction | None) -> Terms | None:
    ratio = _sought(rf"{_BONUS}.*?{_RATIO}", part)
    if ratio is None or re.search(r"\b(?:DEBENTURE|PREFERENCE|NCD|NCRPS)", part):
        return None
    new, held = int(ratio[1]), int(ratio[2])
    return ShareChange(Kind.BONUS, Fraction(new + held, held)) if new and held else None


def _split(part: str, _face_value: Fraction | None) -> Terms | None:
    """From one face value to another."""
    amounts = _sought(rf"{_SPLIT}.*?{_AMOUNT}.*?\bTO\b.*?{_AMOUNT}", part)
    if amounts is None:
        return None
    before, after = Fraction(amounts[1]), Fraction(amounts[2])
    if not before or not after or before == after:
        return None
    return ShareChange(Kind.SPLIT if before > after else Kind.CONSOLIDATION, before / after)


def _rights(part: str, face_value: Fraction | None) -> Terms | None:
    """At a premium to the face value, at a price, or at par."""
    ratio = _sought(rf"{_RIGHTS}.*?{_RATIO}", part)
    if ratio is None or not int(ratio[1]) or not int(ratio[2]):
        return None
    amount, premium = _sought(_AMOUNT, part), _sought(rf"\bPR[EI]?M(?:IUM)?\b.*?{_AMOUNT}", part)
    if amount is None and not re.search(r"\bPAR\b", part):
        return None
    # "At Rs 130, premium of Rs 120 included" names the price first.
    at_premium = amount is None or (premium is not None and premium.end() == amount.end())
    added = face_value if at_premium else Fraction(0)
    if added is None:
        return None
    return Rights(int(ratio[1]), int(ratio[2]), 100 * (added + (Fraction(amount[1]) if amount else 0)))


def _dividend(part: str, face_value: Fraction | None) -> Terms | None:
    if not re.search(_DIVIDEND, part):
        return None
    kind = next((kind for word, kind in _KINDS if word.search(part)), Kind.DIVIDEND)
    amount, percent = _sought(_AMOUNT, part), _sought(_PERCENT, part)
    if amount is not None:
        paise = 100 * Fraction(amount[1])
    elif percent is not None and face_value is not None:
        paise = Fraction(percent[1]) * face_value
    else:
        return None
    return Dividend(kind, paise) if paise else None


def _distribution(part: str, _face_value: Fraction | None) -> Terms | None:
    """What a trust pays for a unit, whatever it consists of."""
    amount = _sought(rf"^DISTRIBUTION\b.*?{_AMOUNT}", part)
    return None if amount is None else Dividend(Kind.DISTRIBUTION, 100 * Fraction(amount[1]))


def _idle(part: str, _face_value: Fraction | None) -> Terms | None:
    """What has no effect on the price, if no amount says otherwise."""
    if re.search(_AMOUNT, part) or re.search(_RATIO, part):
        return None
    return next((NoEffect(kind) for word, kind in _IDLE if word.search(part)), None)


_RULES: Sequence[Callable[[str, Fraction | None], Terms | None]] = (
    _bonus,
    _split,
    _rights,
    _distribution,
    _dividend,
    _idle,
)


def _sought(pattern: str, part: str) -> re.Match[str] | None:
    return re.search(pattern, part)

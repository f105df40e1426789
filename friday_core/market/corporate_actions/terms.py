"""What a company does to its shares, and what that does to their price: terms, each with its formula.

P is the last price before the ex-date, cum everything. ``factor`` is P over the theoretical price
after it: raw prices from the ex-date on times ``factor`` compare with those before, which
divided by it compare with those after. Numbers are exact fractions, money is in paise.

=============  ==================================================  ==============  ==================
terms          theoretical price after                             factor          shares of one
=============  ==================================================  ==============  ==================
ShareChange    P / s                                               s               s
Rights         TERP = (held x P + new x price) / (held + new)      P / TERP        1
Demerger       P x kept                                            1 / kept        1
Dividend       P - D                                               P / (P - D)     1
NoEffect       P                                                   1               1
=============  ==================================================  ==============  ==================

A right is worth P - TERP, what is demerged P x (1 - kept): a holder has that besides the share.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from fractions import Fraction

_ONE, _NOTHING = Fraction(1), Fraction(0)


class Kind(enum.StrEnum):
    """What it is called; the values are those of a file of actions.

    ``bonus+split`` is both on one day, or either where a list does not say which.
    """

    SPLIT = "split"
    CONSOLIDATION = "consolidation"
    BONUS = "bonus"
    BONUS_AND_SPLIT = "bonus+split"
    RIGHTS = "rights"
    DEMERGER = "demerger"
    DIVIDEND = "dividend"
    INTERIM_DIVIDEND = "interim_dividend"
    FINAL_DIVIDEND = "final_dividend"
    SPECIAL_DIVIDEND = "special_dividend"
    DISTRIBUTION = "distribution"
    BUYBACK = "buyback"
    MEETING = "meeting"
    INTEREST = "interest"
    OTHER = "other"


SHARE_CHANGES = frozenset({Kind.SPLIT, Kind.CONSOLIDATION, Kind.BONUS, Kind.BONUS_AND_SPLIT})
DIVIDENDS = frozenset(
    {Kind.DIVIDEND, Kind.INTERIM_DIVIDEND, Kind.FINAL_DIVIDEND, Kind.SPECIAL_DIVIDEND, Kind.DISTRIBUTION}
)
NO_EFFECTS = frozenset({Kind.BUYBACK, Kind.MEETING, Kind.INTEREST, Kind.OTHER})


@dataclass(frozen=True, slots=True)
class ShareChange:
    """A split, a bonus, both at once, or a consolidation: one share becomes ``shares``.

    A split of face value a into b makes a/b, a bonus of a new for b held (a + b)/b.
    """

    kind: Kind
    shares: Fraction

    def __post_init__(self) -> None:
        if self.kind not in SHARE_CHANGES:
            raise ValueError(f"{self.kind} changes no number of shares")
        if self.shares <= 0 or self.shares == 1:
            raise ValueError(f"a {self.kind} of one share into {self.shares} is none")
        if (self.shares < 1) != (self.kind is Kind.CONSOLIDATION):
            raise ValueError(f"a {self.kind} does not make {self.shares} of one share")

    def factor(self, _cum: Fraction) -> Fraction:
        return self.shares

    def paid(self, _cum: Fraction) -> Fraction:
        return _NOTHING


@dataclass(frozen=True, slots=True)
class Rights:
    """``new`` shares are offered for ``held`` ones at ``price`` paise each, face value and premium.

    At or above the market's price nobody takes them: then they change nothing. A holding is not
    changed either; what its rights are worth counts as paid.
    """

    new: int
    held: int
    price: Fraction
    shares: Fraction = _ONE
    kind: Kind = Kind.RIGHTS

    def __post_init__(self) -> None:
        if self.new < 1 or self.held < 1 or self.price < 0:
            raise ValueError(f"rights of {self.new} for {self.held} at {float(self.price)} paise are none")

    def terp(self, cum: Fraction) -> Fraction:
        """The theoretical price ex rights."""
        return min(cum, (self.held * cum + self.new * self.price) / (self.held + self.new))

    def factor(self, cum: Fraction) -> Fraction:
        return cum / self.terp(cum)

    def paid(self, cum: Fraction) -> Fraction:
        return cum - self.terp(cum)


@dataclass(frozen=True, slots=True)
class Demerger:
    """A part of the company leaves; ``kept`` is the share of cost, or of value, that stays."""

    kept: Fraction
    shares: Fraction = _ONE
    kind: Kind = Kind.DEMERGER

    def __post_init__(self) -> None:
        if not 0 < self.kept < 1:
            raise ValueError(f"of a demerger a share between 0 and 1 stays, not {float(self.kept)}")

    def factor(self, _cum: Fraction) -> Fraction:
        return 1 / self.kept

    def paid(self, cum: Fraction) -> Fraction:
        return cum * (1 - self.kept)


@dataclass(frozen=True, slots=True)
class Dividend:
    """``paise`` in cash for each share held before the ex-date, and its face value is not asked."""

    kind: Kind
    paise: Fraction
    shares: Fraction = _ONE

    def __post_init__(self) -> None:
        if self.kind not in DIVIDENDS:
            raise ValueError(f"{self.kind} is no dividend")
        if self.paise <= 0:
            raise ValueError(f"a dividend of {float(self.paise)} paise is none")

    def factor(self, cum: Fraction) -> Fraction:
        """``ValueError`` if the dividend is not below the price."""
        if self.paise >= cum:
            raise ValueError(f"a dividend of {float(self.paise)} paise is not below the price of {float(cum)}")
        return cum / (cum - self.paise)

    def paid(self, _cum: Fraction) -> Fraction:
        return self.paise


@dataclass(frozen=True, slots=True)
class NoEffect:
    """A buyback, a meeting, interest of a bond: the price of the share has no step for it."""

    kind: Kind
    shares: Fraction = _ONE

    def __post_init__(self) -> None:
        if self.kind not in NO_EFFECTS:
            raise ValueError(f"a {self.kind} has an effect: its terms are needed")

    def factor(self, _cum: Fraction) -> Fraction:
        return _ONE

    def paid(self, _cum: Fraction) -> Fraction:
        return _NOTHING


Terms = ShareChange | Rights | Demerger | Dividend | NoEffect

#: Of one day the dividend is paid on old shares, and rights are of old shares too.
_ORDER: tuple[type[Terms], ...] = (Dividend, Demerger, Rights, ShareChange, NoEffect)


def place(terms: Terms) -> int:
    """Where terms stand among those of one ex-date: each is applied to the price that those before leave."""
    return _ORDER.index(type(terms))


def needs_price(terms: Terms) -> bool:
    """Whether the factor depends on the price before."""
    return isinstance(terms, Rights | Dividend)

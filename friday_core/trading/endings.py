"""How positions end that nobody closes: a contract expires, a share is delisted."""

from __future__ import annotations

from dataclasses import dataclass

from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.money import divide_half_even
from friday_core.trading.codes import Code


@dataclass(frozen=True, slots=True)
class OptionTerms:
    """What an option is written on, its strike in price units of the option, and whether it is a call."""

    underlying: Instrument
    strike: int
    is_call: bool

    def intrinsic(self, option: Instrument, close: int) -> int:
        """What it is worth if exercised, in price units of the option; ``close`` in those of the underlying.

        Half-even where the underlying has more decimals.
        """
        shift = option.price_decimals - self.underlying.price_decimals
        level = close * 10**shift if shift >= 0 else divide_half_even(close, 10**-shift)
        return max(0, level - self.strike if self.is_call else self.strike - level)


@dataclass(frozen=True, slots=True)
class Ending:
    """The last session in which an instrument trades, and what becomes of a position that is left after it.

    ``code`` is EXPIRED_INSTRUMENT or DELISTED. A position is settled at ``price`` in price units if that is stated;
    an option with ``option`` at its intrinsic value; anything else at its last close. ``delivers``: what the contract
    is written on would change hands; here its worth does.
    """

    session: int
    code: Code = Code.EXPIRED_INSTRUMENT
    price: int | None = None
    option: OptionTerms | None = None
    delivers: bool = False

    @property
    def watched(self) -> tuple[InstrumentId, ...]:
        """Whose closes it needs, besides those of the instrument itself."""
        return () if self.option is None else (self.option.underlying.id,)

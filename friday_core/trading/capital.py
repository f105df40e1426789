"""How the account's capital is shared among the strategies."""

from __future__ import annotations

from collections.abc import Sequence

from friday_core.domain.money import MINOR_DIGITS
from friday_core.plugin.sections import AccountSettings, StrategyEntry


def capital_per_strategy(account: AccountSettings, entries: Sequence[StrategyEntry]) -> dict[str, int]:
    """Minor units for each strategy id; together exactly the capital if any strategy takes a share.

    A strategy with ``capital`` of its own gets that, the others equal parts of what is left, the
    first ones a minor unit more where it does not divide. ``ValueError`` if it does not suffice.
    """
    unit = 10 ** MINOR_DIGITS[account.currency]
    own = {entry.id: entry.capital * unit for entry in entries if entry.capital is not None}
    left = account.capital * unit - sum(own.values())
    sharing = [entry.id for entry in entries if entry.capital is None]
    if left < 0 or (sharing and left < len(sharing)):
        raise ValueError(
            f"the strategies' own capital is {sum(own.values()) // unit}, the account has {account.capital}: "
            f"nothing is left for {', '.join(sharing) or 'it'}"
        )
    part, rest = divmod(left, len(sharing)) if sharing else (0, 0)
    shares = {name: part + (n < rest) for n, name in enumerate(sharing)}
    return {entry.id: own.get(entry.id, shares.get(entry.id, 0)) for entry in entries}

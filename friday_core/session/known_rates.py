"""For which sessions of a run a tariff has rates."""

from __future__ import annotations

from collections.abc import Sequence

from friday_core.domain.instruments import Instrument
from friday_core.domain.known_dates import KnownDates
from friday_core.domain.sessions import to_date
from friday_core.errors import FactsError, PluginContractError
from friday_core.interfaces.broker import Tariff


def known_rates(tariff: Tariff, instruments: Sequence[Instrument]) -> KnownDates | None:
    """What the tariff says of these instruments; ``PluginContractError`` for an answer that is no range of dates."""
    found = tariff.known(instruments)
    if found is not None and not (isinstance(found, KnownDates) and found.first <= found.last):
        plan = type(tariff).__name__
        raise PluginContractError(f"charges plan {plan} must answer known() with KnownDates or None, not {found!r:.80}")
    return found


class KnownRates:
    """Asked at each new session of a run: before it nobody need know its dates."""

    def __init__(self, tariff: Tariff, instruments: Sequence[Instrument]) -> None:
        self.known = known_rates(tariff, instruments)

    @property
    def always(self) -> bool:
        """Whether there are rates for every session."""
        return self.known is None

    def require(self, session: int) -> None:
        """``FactsError`` for a session (days since 1970-01-01) without rates, before anything is ordered in it."""
        known = self.known
        if known is not None and not known.knows(session):
            raise FactsError(
                f"no rates are known for {to_date(session)}: the tariff answers for {known}\n"
                f"    mend: keep [data] start and end within these dates, or {known.mend}"
            )

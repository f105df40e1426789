"""Indian charges per executed order from dated tables: brokerage, STT, exchange, IPFT, SEBI, stamp, GST, depository."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field

from friday_core.api import (
    BillTerms,
    ComponentSpec,
    ExecutedOrder,
    IndianTariff,
    Instrument,
    KnownDates,
    PluginSettings,
    Side,
    Tariff,
    hookimpl,
    rate_tables,
)


class IndianSettings(PluginSettings):
    """Settings of the tariff ``indian``."""

    broker: str = Field("zerodha", description="A broker's plan: zerodha, or one of the examples in docs/charges.md.")
    product: Literal["delivery", "intraday", "mtf"] = Field(
        "delivery", description="How shares are held whose order does not say it."
    )
    rates: Path | None = Field(None, description="A rate file of your own; its rows go before those that are shipped.")
    holder: Literal["any", "woman"] = Field("any", description="First holder of the account: some fees differ.")
    rounding: Literal["note", "paisa"] = Field(
        "note", description="Each order as if alone in its contract note, or every line to the nearest paisa."
    )


class Indian(Tariff):
    """Charges of an order in paise; ``DataError`` for a day, an exchange or a product without rates.

    ``known`` are the days on which all instruments have rates, as ``product`` says that shares are held.
    """

    Settings = IndianSettings

    def __init__(self, settings: IndianSettings) -> None:
        tables = rate_tables(settings.broker, settings.rates)
        self.tariff = IndianTariff(tables, product=settings.product, holder=settings.holder)
        self._to_the_paisa = settings.rounding == "paisa"

    def charges_of(self, order: ExecutedOrder) -> int:
        return self.tariff.charges(order, to_the_paisa=self._to_the_paisa).total

    def bill_terms(self, instrument: Instrument, side: Side, product: str, session: int) -> BillTerms:
        return self.tariff.bill_terms(instrument, side, product, session, to_the_paisa=self._to_the_paisa)

    def known(self, instruments: Sequence[Instrument]) -> KnownDates | None:
        return self.tariff.known(instruments)


@hookimpl
def friday_components() -> list[ComponentSpec]:
    return [ComponentSpec("charges", "indian", Indian, Indian.Settings)]

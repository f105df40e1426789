"""Indian charges per executed order from dated tables: brokerage, STT, exchange, IPFT, SEBI, stamp, GST, depository."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec
from pydantic import Field

from friday_core.api import (
    ComponentSpec,
    DataError,
    ExecutedOrder,
    IndianTariff,
    PluginSettings,
    Tariff,
    get_logger,
    hookimpl,
    rate_tables,
    to_date,
)

#: How many days before the facts run out the log says so.
_NOTICE = 30


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
    """Charges of an order in paise; ``DataError`` for a day, an exchange or a product without rates."""

    Settings = IndianSettings

    def __init__(self, settings: IndianSettings) -> None:
        tables = rate_tables(settings.broker, settings.rates)
        self.tariff = IndianTariff(tables, product=settings.product, holder=settings.holder)
        self._to_the_paisa = settings.rounding == "paisa"
        self._log = get_logger("charges.indian")
        self._looked_ahead: set[int] = set()
        self._warned = False

    def charges_of(self, order: ExecutedOrder) -> int:
        total = self.tariff.charges(order, to_the_paisa=self._to_the_paisa).total
        if order.session not in self._looked_ahead:
            self._look_ahead(order)
        return total

    def _look_ahead(self, order: ExecutedOrder) -> None:
        """Once a run, in good time, the log says that the facts run out."""
        self._looked_ahead.add(order.session)
        if self._warned:
            return
        try:
            self.tariff.charges(msgspec.structs.replace(order, session=order.session + _NOTICE))
        except DataError as error:
            self._warned = True
            self._log.warning("facts about charges run out", session=str(to_date(order.session)), detail=str(error))


@hookimpl
def friday_components() -> list[ComponentSpec]:
    return [ComponentSpec("charges", "indian", Indian, Indian.Settings)]

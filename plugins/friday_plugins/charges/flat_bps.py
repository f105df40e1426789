"""Charges as one share of what is traded, the same for buys and sells: a labelled stand-in for real tariffs."""

from __future__ import annotations

from decimal import Decimal

from pydantic import Field, field_validator

from friday_core.api import ChargesPlan, ComponentSpec, PluginSettings, Side, divide_half_even, hookimpl

_HUNDREDTHS_IN_ONE = 1_000_000


class FlatBps(ChargesPlan):
    """``charges = notional * bps / 10,000``, rounded half-even to the minor unit."""

    class Settings(PluginSettings):
        bps: float = Field(3.0, ge=0, le=10_000, description="Basis points (0.01%) of the notional, to 2 decimals.")

        @field_validator("bps")
        @classmethod
        def _no_finer_than_a_hundredth(cls, bps: float) -> float:
            if Decimal(str(bps)) * 100 % 1:
                raise ValueError(f"{bps} basis points are finer than a hundredth of one")
            return bps

    def __init__(self, settings: Settings) -> None:
        self._hundredths = round(settings.bps * 100)

    def charges(self, side: Side, quantity: int, notional: int) -> int:  # noqa: ARG002
        return divide_half_even(notional * self._hundredths, _HUNDREDTHS_IN_ONE)

    def shares(self) -> tuple[tuple[int, int], ...]:
        return ((self._hundredths, _HUNDREDTHS_IN_ONE),)


@hookimpl
def friday_components() -> list[ComponentSpec]:
    return [ComponentSpec("charges", "flat_bps", FlatBps, FlatBps.Settings)]

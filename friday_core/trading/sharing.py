"""Limits of a whole book: what a slice's orders want together, cut down to what there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from friday_core.domain.instruments import InstrumentId
from friday_core.domain.money import format_money
from friday_core.domain.orders import Side
from friday_core.interfaces.risk_rule import Ruling
from friday_core.trading.codes import Code
from friday_core.trading.exposure import Claim, CostOf, Exposure
from friday_core.trading.limits import PPM, Limits
from friday_core.trading.sizing import units_worth

#: Steps of the common scale between one lot and the next of the largest order.
_STEPS = 1_000


@dataclass(frozen=True, slots=True)
class _Budget:
    """Something that all orders of a slice draw on: ``used`` and each order's use, ``most`` at most."""

    code: Code
    used: int
    most: int
    use: Callable[[Claim, int], int]
    #: Whose orders are cut if it does not suffice; both sides' without one.
    side: Side | None = None


class Sharing:
    """The orders of a slice against the limits that they share, whatever their instruments are called.

    What closes a position passes. What opens one is cut, where cash, gross or net exposure or the
    margin do not suffice, by one common scale for all orders concerned, in whole lots; what
    rounding leaves stays free. Concentration cuts the largest positions to one common value. The
    limits are asked again until nothing changes, so that in the end all of them hold, but for what
    the book was beyond a limit before, to which nothing is added.
    """

    def __init__(
        self,
        limits: Limits,
        exposure: Exposure,
        claims: Sequence[Claim],
        cost_of: CostOf,
        *,
        armed: int | None = None,
    ) -> None:
        self._limits = limits
        self._exposure = exposure
        self._claims = claims
        self._cost_of = cost_of
        self._armed = armed
        self._adding = [claim.adding for claim in claims]
        self._rulings = [Ruling(claim.reducing + claim.adding) for claim in claims]

    def rulings(self) -> list[Ruling]:
        """For each claim how much may be sent, and why not all of it."""
        budgets = list(self._budgets())
        while any(self._adding):
            before = list(self._adding)
            self._cut_costly_shorts()
            for budget in budgets:
                self._keep_within(budget)
            self._level()
            self._drop_small()
            if self._adding == before:
                break
        return self._rulings

    def _budgets(self) -> Iterator[_Budget]:
        limits, exposure = self._limits, self._exposure
        equity = max(exposure.equity, 0)
        if limits.gross_ppm is not None:
            yield _Budget(Code.GROSS_EXPOSURE, exposure.gross, limits.gross_ppm * equity // PPM, Claim.gross)
        if self._armed is not None:
            yield _Budget(Code.ARMED_CAPITAL, exposure.gross, self._armed, Claim.gross)
        yield _Budget(Code.CLIPPED_CASH, 0, exposure.cash, self._reserved, Side.BUY)
        if limits.margin:
            most = (PPM - limits.margin_buffer_ppm) * equity // PPM
            used = exposure.gross + exposure.charges
            yield _Budget(Code.MARGIN, used, most, self._margin)
        if limits.net_ppm is not None:
            most = limits.net_ppm * equity // PPM
            for side, used in ((Side.BUY, exposure.high), (Side.SELL, -exposure.low)):
                yield _Budget(Code.NET_EXPOSURE, used, most, _net_of(side), side)

    def _reserved(self, claim: Claim, adding: int) -> int:
        return claim.cash(adding, self._limits.buffered, self._cost_of)

    def _margin(self, claim: Claim, adding: int) -> int:
        """Full value, and what the fill costs besides: there is no table of margins here."""
        return claim.gross(adding) + claim.charges(adding, self._cost_of)

    def _keep_within(self, budget: _Budget) -> None:
        """Bisection over the common scale; ``budget.use`` must not fall with the quantity."""
        wanted = self._total(budget, self._adding)
        lots = [
            quantity // claim.instrument.lot_size
            for claim, quantity in zip(self._claims, self._adding, strict=True)
            if quantity and budget.side in (None, claim.order.side)
        ]
        if wanted <= budget.most or not lots:
            return
        steps = _STEPS * max(1, *lots)
        low, high = 0, steps - 1
        while low < high:
            middle = (low + high + 1) // 2
            fits = self._total(budget, self._scaled(budget, middle, steps)) <= budget.most
            low, high = (middle, high) if fits else (low, middle - 1)
        detail = f"{self._money(wanted)} with all orders of the slice, {self._money(budget.most)} at most"
        self._cut_to(self._scaled(budget, low, steps), budget.code, detail)

    def _total(self, budget: _Budget, adding: Sequence[int]) -> int:
        return budget.used + sum(
            budget.use(claim, quantity) for claim, quantity in zip(self._claims, adding, strict=True)
        )

    def _scaled(self, budget: _Budget, step: int, steps: int) -> list[int]:
        return [
            quantity * step // steps // claim.instrument.lot_size * claim.instrument.lot_size
            if budget.side in (None, claim.order.side)
            else quantity
            for claim, quantity in zip(self._claims, self._adding, strict=True)
        ]

    def _cut_costly_shorts(self) -> None:
        """A short whose charges exceed what it brings needs cash like a buy, all of it or nothing."""
        cash = max(0, self._exposure.cash)
        for n, claim in enumerate(self._claims):
            cost = claim.opening_cost(self._adding[n], self._cost_of) if claim.order.side is Side.SELL else 0
            if cost > cash:
                self._cut(n, 0, Code.CLIPPED_CASH, f"it costs {self._money(cost)}, {self._money(cash)} are there")

    def _level(self) -> None:
        """The largest positions are brought down to one value; none below what it is without the slice's orders."""
        share = self._limits.concentration_ppm
        if share is None:
            return
        before = self._largest([0] * len(self._claims))
        wanted = self._largest(self._adding)
        most = max(before, share * max(self._exposure.equity, 0) // PPM)
        if wanted <= most:
            return
        low, high = 0, wanted
        while low < high:
            middle = (low + high + 1) // 2
            fits = self._largest(self._up_to(middle)) <= most
            low, high = (middle, high) if fits else (low, middle - 1)
        count = self._limits.concentration_positions
        detail = f"{self._money(wanted)} in the {count} largest positions, {self._money(most)} at most"
        self._cut_to(self._up_to(low), Code.CONCENTRATION, detail)

    def _worth(self, adding: Sequence[int]) -> dict[InstrumentId, int]:
        worth = dict(self._exposure.worth)
        for claim, quantity in zip(self._claims, adding, strict=True):
            name = claim.order.instrument
            worth[name] = worth.get(name, 0) + claim.gross(quantity)
        return worth

    def _largest(self, adding: Sequence[int]) -> int:
        """What the largest positions would be worth together."""
        values = sorted((max(0, value) for value in self._worth(adding).values()), reverse=True)
        return sum(values[: self._limits.concentration_positions])

    def _up_to(self, value: int) -> list[int]:
        """What may be opened so that no position comes to more than a value by it, in order of the claims."""
        adding = [0] * len(self._claims)
        for n, claim in enumerate(self._claims):
            lot = claim.instrument.lot_size
            room = value - self._worth(adding)[claim.order.instrument]
            relief = claim.instrument.notional(claim.mark, claim.reducing) + min(0, claim.gross(0))
            fits = units_worth(room + relief, claim.price, claim.instrument) // lot * lot
            adding[n] = self._adding[n] if fits >= self._adding[n] else fits
        return adding

    def _drop_small(self) -> None:
        """An order that opens something is worth what it must be, or opens nothing."""
        least = self._limits.min_order_value
        for n, claim in enumerate(self._claims):
            worth = claim.instrument.notional(claim.price, claim.reducing + self._adding[n])
            if least is not None and self._adding[n] and worth < least:
                self._cut(n, 0, Code.MIN_ORDER_VALUE, f"worth {self._money(worth)}, {self._money(least)} at least")

    def _cut_to(self, adding: Sequence[int], code: Code, detail: str) -> None:
        for n, quantity in enumerate(adding):
            if quantity < self._adding[n]:
                self._cut(n, quantity, code, detail)

    def _cut(self, n: int, adding: int, code: Code, detail: str) -> None:
        self._adding[n] = adding
        self._rulings[n] = Ruling(self._claims[n].reducing + adding, code, detail)

    def _money(self, minor: int) -> str:
        return format_money(minor, self._claims[0].instrument.currency)


def _net_of(side: Side) -> Callable[[Claim, int], int]:
    return lambda claim, adding: claim.net(adding, side)

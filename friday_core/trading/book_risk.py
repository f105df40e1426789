"""The risk state of one book: its peak, the day's first equity, latches, and the orders it sent."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import numpy as np

from friday_core.domain.chunk import Int64
from friday_core.domain.instruments import InstrumentId
from friday_core.interfaces.risk_adjuster import RiskState
from friday_core.interfaces.risk_rule import Ruling
from friday_core.trading.codes import Code
from friday_core.trading.limits import PPM, Limits, Tier

_SECOND = 1_000_000
_MINUTE = 60 * _SECOND
#: So many marks repay what it costs to look at them at once; amounts up to here can be multiplied by a share.
_MANY = 16
_LARGEST = 2**61 // PPM


class RiskMemory(NamedTuple):
    """What a ``BookRisk`` remembers, besides data in doubt and when orders were sent."""

    peak: int
    equity: int
    deepest: int
    session: int | None
    day_equity: int
    orders: int
    drawdown_latched: bool
    day_latched: bool


class BookRisk:
    """What limits remember between slices; a function of marks and sent orders, so that a replay gives it again.

    ``max_drawdown`` latches until the book is built anew, a tier until the equity is at its peak
    again, the day's loss until the next session, data in doubt until the session ends.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._peak = 0
        self._equity = 0
        self._deepest = 0
        self._session: int | None = None
        self._day_equity = 0
        self._orders = 0
        self._sent: deque[int] = deque()
        self.drawdown_latched = False
        self.day_latched = False
        #: A validator failed: rows may be wrong that nobody judged. Stays until the session ends.
        self.data_in_doubt = False
        #: Since when rows are missing that should have come, and why; empty while they come.
        self.rows_missing = ""
        #: Why a person paused the session; empty if nobody did.
        self.halted = ""
        #: Instruments of which the broker has something else than the books, and what.
        self.differs: Mapping[InstrumentId, str] = {}
        #: What the broker's cash lacks of what the books have; empty if nothing.
        self.lacks_cash = ""

    @property
    def is_plain(self) -> bool:
        """Whether nothing but limits holds it back."""
        return not (self.data_in_doubt or self.rows_missing or self.halted or self.differs or self.lacks_cash)

    def mark(self, session: int, equity_before: int, equity: int) -> None:
        """The book was marked: ``equity_before`` is its equity before the slice."""
        if session != self._session:
            self._enter(session, equity_before)
        self._equity = equity
        peak = max(self._peak, equity_before, equity)
        if peak > self._peak or equity >= peak:
            self._deepest = 0
        self._peak = peak
        self._deepest = max(self._deepest, peak - equity)
        limits = self._limits
        if limits.drawdown_ppm is not None and (peak - equity) * PPM >= limits.drawdown_ppm * peak:
            self.drawdown_latched = True
        loss = self._day_equity - equity
        if limits.day_loss_ppm is not None and loss * PPM >= limits.day_loss_ppm * self._day_equity:
            self.day_latched = True

    def begin(self, session: int, equity: int) -> None:
        """A session begins with this equity; nothing happens if it began already."""
        if session != self._session:
            self._enter(session, equity)

    def _enter(self, session: int, equity: int) -> None:
        self._session, self._day_equity, self._orders, self.day_latched = session, equity, 0, False

    def mark_each(self, session: int, equity_before: int, equities: Int64) -> None:
        """The same as ``mark`` for one slice after the other, of which there is at least one.

        None of the amounts is larger than 2 ** 62.
        """
        limits, highest, lowest = self._limits, int(equities.max()), int(equities.min())
        largest = max(highest, -lowest, self._peak, abs(equity_before))
        self.begin(session, equity_before)
        if len(equities) < _MANY or largest > _LARGEST:
            for equity in equities.tolist():
                self.mark(session, equity_before, equity)
                equity_before = equity
            return
        before, start = self._peak, max(self._peak, equity_before)
        if limits.drawdown_ppm is not None:
            peaks = np.maximum(np.maximum.accumulate(equities), start)
            self.drawdown_latched |= bool(((peaks - equities) * PPM >= limits.drawdown_ppm * peaks).any())
        if limits.day_loss_ppm is not None:
            loss = self._day_equity - lowest
            self.day_latched |= loss * PPM >= limits.day_loss_ppm * self._day_equity
        self._equity, self._peak = int(equities[-1]), max(start, highest)
        if highest >= start:
            self._deepest = highest - int(equities[len(equities) - 1 - int(equities[::-1].argmax()) :].min())
        else:
            self._deepest = max(0 if start > before else self._deepest, start - lowest)

    def memory(self) -> RiskMemory:
        """The state as it is."""
        return RiskMemory(
            self._peak, self._equity, self._deepest, self._session, self._day_equity, self._orders,
            self.drawdown_latched, self.day_latched,
        )  # fmt: skip

    def resume(self, memory: RiskMemory, sent: Iterable[int]) -> None:
        """Go on from where marks and orders that were counted elsewhere have led; ``sent`` are the orders' times."""
        (
            self._peak, self._equity, self._deepest, self._session, self._day_equity, self._orders,
            self.drawdown_latched, self.day_latched,
        ) = memory  # fmt: skip
        self._sent.extend(sent)
        while self._sent and self._sent[0] <= self._sent[-1] - _MINUTE:
            self._sent.popleft()

    @property
    def tier(self) -> Tier | None:
        """The deepest tier that was reached since the peak."""
        reached = [one for one in self._limits.tiers if self._deepest * PPM >= one.drawdown_ppm * self._peak > 0]
        return reached[-1] if reached else None

    def latches(self) -> Iterator[Ruling]:
        """Why the book may only reduce, if it may not do more."""
        limits = self._limits
        if self.halted:
            yield Ruling(0, Code.HALTED, f"{self.halted}: only reductions")
        if self.data_in_doubt:
            yield Ruling(0, Code.DATA_DOUBT, "a validator failed: only reductions")
        if self.rows_missing:
            yield Ruling(0, Code.ROWS_MISSING, f"{self.rows_missing}: only reductions")
        if self.drawdown_latched:
            detail = f"{_percent(self._peak - self._equity, self._peak)} below the peak now"
            yield Ruling(0, Code.DRAWDOWN, f"{detail}; {_ppm(limits.drawdown_ppm)} was reached: only reductions")
        if (tier := self.tier) is not None and tier.scale_ppm == 0:
            yield Ruling(0, Code.DRAWDOWN_TIER, f"{self._since_the_peak(tier)}: only reductions")
        if self.day_latched:
            detail = f"{_percent(self._day_equity - self._equity, self._day_equity)} of the day's first equity lost now"
            yield Ruling(0, Code.DAY_LOSS, f"{detail}; {_ppm(limits.day_loss_ppm)} was reached: only reductions")

    def differing(self, instrument: InstrumentId) -> Iterator[Ruling]:
        """Why a position in this instrument may only be reduced, if the broker has something else."""
        if self.lacks_cash:
            yield Ruling(0, Code.BOOK_DIFFERS, f"{self.lacks_cash}: only reductions")
        if instrument in self.differs:
            yield Ruling(0, Code.BOOK_DIFFERS, f"{self.differs[instrument]}: only reductions")

    def scaled(self, reducing: int, adding: int, after: int) -> Ruling | None:
        """What a tier leaves of an order that would bring a position to ``after``, either way."""
        tier = self.tier
        if tier is None or tier.scale_ppm == 0:
            return None
        room = abs(after) * tier.scale_ppm // PPM - (abs(after) - adding)
        detail = f"{self._since_the_peak(tier)}: {_ppm(tier.scale_ppm)} of a position of {after} at most"
        return Ruling(reducing + max(0, room), Code.DRAWDOWN_TIER, detail)

    def _since_the_peak(self, tier: Tier) -> str:
        deepest = _percent(self._deepest, self._peak)
        return f"{deepest} below the peak at the deepest, the tier begins at {_ppm(tier.drawdown_ppm)}"

    def count_order(self, ts_event: int) -> None:
        """An order was sent at this time (microseconds UTC); times never go back."""
        self._orders += 1
        self._sent.append(ts_event)
        while self._sent[0] <= ts_event - _MINUTE:
            self._sent.popleft()

    def crowded(self, ts_event: int, ahead: int) -> Iterator[Ruling]:
        """Why one more order would be one too many, ``ahead`` others of the same slice being about to be sent."""
        limits = self._limits
        counts = (
            (Code.ORDER_COUNT, self._orders, limits.orders_per_session, "session"),
            (Code.ORDER_RATE, self._since(ts_event - _MINUTE), limits.orders_per_minute, "minute"),
            (Code.ORDER_RATE, self._since(ts_event - _SECOND), limits.orders_per_second, "second"),
        )
        for code, sent, most, span in counts:
            if most is not None and sent + ahead >= most:
                yield Ruling(0, code, f"{sent + ahead} orders in this {span}, limit {most}")

    def _since(self, ts_event: int) -> int:
        """Orders that were sent after a time, a minute ago at most."""
        return sum(sent > ts_event for sent in self._sent)

    def view(self) -> RiskState:
        """The state as adjusters see it."""
        loss = self._day_equity - self._equity
        return RiskState(
            drawdown=_share(self._peak - self._equity, self._peak),
            deepest=_share(self._deepest, self._peak),
            day_loss=_share(loss, self._day_equity),
        )


def _share(part: int, whole: int) -> float:
    return part / whole if whole > 0 else 0.0


def _percent(part: int, whole: int) -> str:
    return f"{_share(part, whole):.2%}"


def _ppm(share: int | None) -> str:
    return "no limit" if share is None else f"{share / PPM:.2%}"

"""The market as anyone may see it at a moment: instruments, phases, prints, snapshots and candles."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Literal, NamedTuple

import msgspec
import numpy as np

from friday_core.domain.chunk import Int64
from friday_core.domain.sessions import to_date
from friday_core.market.instruments.columns import FUTURE
from friday_core.sandbox.kite.market.bands import Bands
from friday_core.sandbox.kite.market.candles import DAY, INTERVALS, Candle, begin_of_candle, candles_of
from friday_core.sandbox.kite.market.disturbances import FOR_EVER, Disturbance, Disturbances, Kind, shifted
from friday_core.sandbox.kite.market.hours import Hours, Phase, Span, day_number
from friday_core.sandbox.kite.market.listing import Listing
from friday_core.sandbox.kite.market.standing import Standing, day_begun
from friday_core.sandbox.kite.market.tape import Tape, Tick
from friday_core.sandbox.kite.values import SECOND, Listed, Print, Snapshot

_PER_CENT = 10_000
#: Of so much time prints are read at once.
_BLOCK = 600 * SECOND


class _Seen(NamedTuple):
    """A snapshot, and until when it stays as it is if nothing trades."""

    snapshot: Snapshot
    until: int


class Market:
    """Everything at ``now``; nothing of what comes later.

    An instrument is watched from the first time that anybody asks for its snapshot, or ``watch``es it: ``advance``
    tells the prints of those alone. Where it stands does not depend on since when it is watched.
    """

    def __init__(
        self,
        listing: Listing,
        tape: Tape,
        hours: Hours,
        now: int,
        *,
        seed: int = 0,
        bands: Bands | None = None,
        disturbances: Disturbances | None = None,
    ) -> None:
        self.listing, self.hours, self.now = listing, hours, now
        self.bands = bands or Bands()
        self._tape, self._seed = tape, seed
        self._disturbances = disturbances or Disturbances()
        self._watched: dict[int, Standing] = {}
        self._seen: dict[int, _Seen] = {}
        self._stale: dict[tuple[str, int], Snapshot] = {}
        self._coming: list[list[int]] = []
        self._read_until = now
        self._own: list[Print] = []

    def state(self) -> bytes:
        """The disturbances, for ``Disturbances.restored``: all that the other arguments do not say."""
        return self._disturbances.state()

    def watch(self, tokens: Iterable[int]) -> None:
        """Follow these instruments; those of unknown tokens are passed over."""
        for token in tokens:
            listed = self.listing.by_token(token)
            if listed is not None and token not in self._watched:
                self._watched[token] = self._standing(listed, self.now)
                self._unread(self.now)

    def advance(self, ts: int) -> list[Print]:
        """It is ``ts`` now; returns what has traded since it was last told, in the order of time.

        A ``ts`` that is past changes nothing.
        """
        prints, self._own = self._own, []
        ts = max(self.now, ts)
        while self._read_until < ts:
            prints += self._passed(self._read_until)
            self._read(self._read_until, self._read_until + _BLOCK)
        prints += self._passed(ts)
        self.now = ts
        return prints

    def snapshot(self, token: int) -> Snapshot | None:
        """What may be seen of an instrument; ``None`` for an unknown token, and before its first price."""
        standing = self._followed(token)
        if standing is None:
            return None
        key = standing.listed.key
        stale = [one for one in self._disturbances.active(key, self.now) if one.kind is Kind.STALE]
        if stale:
            return self._as_of(standing.listed, stale[-1].since)
        return self._current(standing)

    def traded(self, token: int) -> Snapshot | None:
        """As ``snapshot``, but what is true where that stands still."""
        standing = self._followed(token)
        return None if standing is None else self._current(standing)

    def candles(
        self, token: int, interval: str, first_ts: int, last_ts: int, *, continuous: bool = False
    ) -> list[Candle]:
        """Candles that begin from ``first_ts`` to ``last_ts``, the last one as far as it has come by now.

        ``continuous`` is for days of a future: what there was before it was listed comes first. ``LookupError`` for an
        unknown token, ``ValueError`` for an interval that Kite does not have.
        """
        listed = self.listing.by_token(token)
        if listed is None:
            raise LookupError(f"no instrument has the token {token}")
        if interval not in INTERVALS:
            raise ValueError(f"no interval {interval!r}; there are {', '.join(INTERVALS)}")
        first = begin_of_candle(interval, first_ts)
        found = self._candles(listed, interval, first)
        if continuous and interval == DAY and listed.kind == FUTURE:
            lasting = msgspec.structs.replace(listed, expiry=None)
            begins = found[0].ts if found else self.now
            found = [one for one in self._candles(lasting, interval, first) if one.ts < begins] + found
        return [one for one in found if first <= one.ts <= last_ts]

    def phase(self, listed: Listed, ts: int) -> Phase:
        """What may be done with an instrument; a halted one is closed."""
        return self._span(listed, ts).phase

    def day(self, ts: int) -> dt.date:
        """The date in India."""
        return to_date(day_number(ts))

    def last_prices(self) -> dict[int, int]:
        """By token, of everything that is watched and has a price."""
        return {token: one.last for token, one in self._watched.items() if one.last}

    def reissue(self, key: str) -> Listed:
        """As that of the listing; whoever watches the old token sees nothing any more."""
        self._watched.pop(self.listing.named(key).token, None)
        self._unread(self.now)
        return self.listing.reissue(key)

    def halt(self, keys: Iterable[str] | None, until_ts: int) -> None:
        """Nothing trades and nobody stands there; ``None`` is the whole market."""
        self._disturb(Kind.HALT, keys, until=until_ts)

    def freeze(self, key: str, side: Literal["upper", "lower"], until_ts: int = FOR_EVER) -> None:
        """The price goes to a limit and stays: at the upper one nobody sells, at the lower one nobody buys."""
        standing = self._priced(key)
        lower, upper = self._limits(standing, self.now)
        kind, price = (Kind.FREEZE_UPPER, upper) if side == "upper" else (Kind.FREEZE_LOWER, lower)
        self._disturb(kind, [key], until=until_ts, price=price)

    def gap(self, key: str, percent: float) -> None:
        """The price jumps at once and for good: all that comes is moved by as much."""
        standing = self._priced(key)
        ppm = 1_000_000 + round(percent * _PER_CENT)
        self._disturb(Kind.GAP, [key], price=shifted(standing.listed, standing.last, ppm), ppm=ppm)

    def spike(self, key: str, percent: float, seconds: float) -> None:
        """One bad print, and none that corrects it for so long."""
        standing = self._priced(key)
        price = shifted(standing.listed, standing.last, 1_000_000 + round(percent * _PER_CENT))
        self._disturb(Kind.SPIKE, [key], price=price, until=self.now + round(seconds * SECOND))

    def stale(self, keys: Iterable[str] | None, until_ts: int) -> None:
        """Snapshots stand still while the market goes on."""
        self._disturb(Kind.STALE, keys, until=until_ts)

    def clear(self, key: str | None = None, kind: Kind | None = None) -> None:
        """End what disturbs an instrument, or all of them; ``ValueError`` for one of several that share it all."""
        self._disturbances.clear(self.now, key, kind)
        self._seen.clear()
        self._unread(self.now)

    def _disturb(
        self, kind: Kind, keys: Iterable[str] | None, until: int = FOR_EVER, price: int = 0, ppm: int = 10**6
    ) -> None:
        named = None if keys is None else frozenset(self.listing.named(key).key for key in keys)
        one = Disturbance(kind, self.now, until, named, price, ppm)
        if price:
            standing = self._priced(*(named or ()))
            tick = self._disturbances.opening(standing.listed, one)
            standing.take(tick)
            self._own.append(Print(tick.ts, standing.listed.token, tick.price, tick.quantity))
        self._disturbances.add(one)
        self._seen.clear()
        self._unread(self.now)

    def _read(self, after: int, upto: int) -> None:
        """What trades in a time, the earliest last."""
        parts = []
        for token, standing in self._watched.items():
            prints = self._prints(standing.listed, after, upto)
            parts.append(np.insert(prints, 1, token, axis=1))
        found = np.concatenate(parts) if parts else np.empty((0, 5), np.int64)
        self._coming = found[np.lexsort((found[:, 1], found[:, 0]))][::-1].tolist()
        self._read_until = upto

    def _unread(self, ts: int) -> None:
        """Something has changed: what comes after ``ts`` is to be read anew."""
        self._coming, self._read_until = [], ts

    def _passed(self, ts: int) -> list[Print]:
        """Let everything trade that is read, up to ``ts``."""
        coming, prints = self._coming, []
        while coming and coming[-1][0] <= ts:
            when, token, price, quantity, oi = coming.pop()
            self._watched[token].take(Tick(when, price, quantity, oi))
            self._seen.pop(token, None)
            prints.append(Print(when, token, price, quantity))
        return prints

    def _prints(self, listed: Listed, after: int, upto: int) -> Int64:
        return self._disturbances.applied(listed, self._tape.prints(listed, after, upto), after, upto)

    def _followed(self, token: int) -> Standing | None:
        """Where an instrument stands, if it has had a price."""
        if token not in self._watched:
            self.watch([token])
        standing = self._watched.get(token)
        return standing if standing is not None and standing.last else None

    def _priced(self, key: str) -> Standing:
        standing = self._followed(self.listing.named(key).token)
        if standing is None:
            raise LookupError(f"{key} has had no price yet")
        standing.roll(self.now)
        return standing

    def _current(self, standing: Standing) -> Snapshot:
        seen = self._seen.get(standing.listed.token)
        if seen is None or self.now >= seen.until:
            seen = self._looked(standing, self.now)
            self._seen[standing.listed.token] = seen
        return seen.snapshot

    def _looked(self, standing: Standing, ts: int) -> _Seen:
        standing.roll(ts)
        listed = standing.listed
        span, limits = self._span(listed, ts), self._limits(standing, ts)
        stands = standing.depth(self._seed, limits, span.phase)
        return _Seen(standing.snapshot(limits, stands, span), span.close)

    def _limits(self, standing: Standing, ts: int) -> tuple[int, int]:
        """Those of the day; where the price is frozen at one, that stays."""
        listed = standing.listed
        lower, upper = standing.limits(self.bands, listed.key in self.listing.with_derivatives)
        for one in self._disturbances.active(listed.key, ts):
            if one.kind is Kind.FREEZE_UPPER:
                upper = one.price
            elif one.kind is Kind.FREEZE_LOWER:
                lower = one.price
        return lower, upper

    def _span(self, listed: Listed, ts: int) -> Span:
        halts = [one for one in self._disturbances.active(listed.key, ts) if one.kind is Kind.HALT]
        if halts:
            return Span(Phase.CLOSED, halts[0].since, max(one.until for one in halts))
        return self.hours.at(listed, ts)

    def _as_of(self, listed: Listed, ts: int) -> Snapshot:
        if (listed.key, ts) not in self._stale:
            self._stale[listed.key, ts] = self._looked(self._standing(listed, ts), ts).snapshot
        return self._stale[listed.key, ts]

    def _standing(self, listed: Listed, ts: int) -> Standing:
        """Where an instrument stood at a moment, from the tape alone."""
        begin = day_begun(self.hours, listed, ts)
        if self._disturbances.first(listed.key) is not None:
            begin = day_begun(self.hours, listed, begin - 1)
        standing = Standing(listed, self.hours, begin, self._tape.last(listed, begin - 1))
        standing.take_all(self._prints(listed, begin - 1, ts))
        standing.roll(ts)
        return standing

    def _candles(self, listed: Listed, interval: str, first: int) -> list[Candle]:
        disturbed = self._disturbances.first(listed.key)
        rows = self._tape.rows(listed, first, self.now if disturbed is None else min(self.now, disturbed))
        since = int(rows[-1, 1]) if len(rows) else first - 1
        return candles_of(listed, self.hours, interval, rows, self._prints(listed, since, self.now))

"""What the paper broker's market trades at: bars of a file, or a walk that a seed determines."""

from __future__ import annotations

import functools
import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from friday_core.domain.instruments import Instrument
from friday_core.simulation.fill_rules import NO_PRICE, is_row

if TYPE_CHECKING:
    from friday_core.domain.chunk import Chunk

_SECOND = 1_000_000
#: A walk's price is told anew each second.
STEP = _SECOND
_OCTAVES = 17
#: Square roots of 2 ** 0 to 2 ** 16, times 1000: as far a walk goes in so many seconds.
_REACH = (
    1000, 1414, 2000, 2828, 4000, 5657, 8000, 11314, 16000, 22627, 32000, 45255, 64000, 90510, 128000, 181019, 256000,
)  # fmt: skip
#: Parts per million that a walk goes in a second, at most.
_PACE = 100


class Prices(NamedTuple):
    """A bar in price units, closed at ``ts`` (microseconds UTC)."""

    ts: int
    open: int
    high: int
    low: int
    close: int


class Tape(Protocol):
    """What trades in the market, at any time and in any process the same."""

    def tick_of(self, instrument: str, price_decimals: int) -> int:
        """Its tick in price units; ``LookupError`` if it is not traded here with so many decimals."""
        ...

    def begin(self) -> int | None:
        """When the first bar closes; ``None`` if the market has always been there."""
        ...

    def after(self, instrument: str, price_decimals: int, ts: int) -> Iterator[Prices]:
        """Bars that close later than ``ts``, in order."""
        ...

    def last(self, instrument: str, price_decimals: int, ts: int) -> int:
        """The latest close at ``ts``; ``NO_PRICE`` if there is none."""
        ...


class Walk:
    """Prices between 90 and 2,200 that walk about; a pure function of seed, instrument and time."""

    def __init__(self, seed: int, tick_size: int = 5) -> None:
        self._seed = seed
        self._tick = tick_size

    def tick_of(self, instrument: str, price_decimals: int) -> int:  # noqa: ARG002 - everything is traded here
        return self._tick

    def begin(self) -> int | None:
        return None

    def after(self, instrument: str, price_decimals: int, ts: int) -> Iterator[Prices]:
        second = ts // STEP
        open_ = self.price(instrument, price_decimals, second)
        while True:
            second += 1
            close = self.price(instrument, price_decimals, second)
            yield Prices(second * STEP, open_, max(open_, close), min(open_, close), close)
            open_ = close

    def last(self, instrument: str, price_decimals: int, ts: int) -> int:
        return self.price(instrument, price_decimals, ts // STEP)

    def price(self, instrument: str, price_decimals: int, second: int) -> int:
        """The price at a second since 1970, in whole ticks.

        Noise of 17 wavelengths of 1 to 65,536 seconds, each as high as the root of its length, as of a random walk.
        """
        base: int = 100 + _drawn(self._seed, instrument, -1, 0) % 1_900
        moved: int = 0
        for octave in range(_OCTAVES):
            place, into = divmod(second, 1 << octave)
            at, then = (_drawn(self._seed, instrument, octave, one) - 2**31 for one in (place, place + 1))
            moved += (at * ((1 << octave) - into) + then * into) * _REACH[octave] >> octave
        units = base * int(10**price_decimals)
        units += units * moved * _PACE // (2**31 * 1_000 * 1_000_000)
        return max(units // self._tick, 1) * self._tick


@functools.lru_cache(maxsize=65_536)
def _drawn(seed: int, instrument: str, octave: int, place: int) -> int:
    """32 bits that look drawn."""
    key = f"{seed}|{instrument}|{octave}|{place}".encode()
    return int.from_bytes(hashlib.blake2b(key, digest_size=4).digest(), "big")


class BarTape:
    """Bars of a file; those without a price are passed over."""

    def __init__(self, instruments: Sequence[Instrument], chunks: Sequence[Chunk]) -> None:
        self._instruments = {str(one.id): one for one in instruments}
        names = [str(one.id) for one in instruments]
        self._bars: dict[str, list[Prices]] = {name: [] for name in names}
        for chunk in chunks:
            columns = (chunk.ts_event, *(chunk[name] for name in ("open", "high", "low", "close")))
            for inst, *prices in zip(chunk.inst.tolist(), *(one.tolist() for one in columns), strict=True):
                row = Prices(*map(int, prices))
                if is_row(*row[1:]):
                    self._bars[names[inst]].append(row)
        self._closes = {name: [one.ts for one in bars] for name, bars in self._bars.items()}

    def tick_of(self, instrument: str, price_decimals: int) -> int:
        known = self._instruments.get(instrument)
        if known is None:
            raise LookupError(f"{instrument} is not among the instruments of the price file")
        if known.price_decimals != price_decimals:
            told = f"{known.price_decimals} decimals in the price file, and {price_decimals} in the order"
            raise LookupError(f"{instrument} has {told}")
        return known.tick_size

    def begin(self) -> int | None:
        return min((closes[0] for closes in self._closes.values() if closes), default=0)

    def after(self, instrument: str, price_decimals: int, ts: int) -> Iterator[Prices]:  # noqa: ARG002 - checked before
        bars = self._bars[instrument]
        for place in range(bisect_right(self._closes[instrument], ts), len(bars)):
            yield bars[place]

    def last(self, instrument: str, price_decimals: int, ts: int) -> int:  # noqa: ARG002 - checked before
        place = bisect_left(self._closes[instrument], ts + 1)
        return self._bars[instrument][place - 1].close if place else NO_PRICE

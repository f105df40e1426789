"""Calls the strategies of a session for one slice after the other, until one of them has something to say."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import islice

from friday_core.interfaces.strategy import BookView, Event
from friday_core.session.quiet.block import Block
from friday_core.session.slices import Slice
from friday_core.session.standing import Standing
from friday_core.trading.strategy_runner import EventRunner


class Calls:
    """As the driver calls them: strategy by strategy on each slice, and for each bar in turn."""

    def __init__(self, runners: Sequence[EventRunner], standing: Standing) -> None:
        self._runners = runners
        self._standing = standing

    def until(self, block: Block, stop: int, views: Sequence[Iterator[BookView]]) -> Slice | None:
        """The first slice up to before ``stop`` on which a strategy decides something or raises; ``block.at`` is there.

        That strategy, and those before it, have been asked, and know their answers for the driver; those after
        it have not. ``None`` if nothing is decided. ``views`` are the books on each slice.
        """
        if len(self._runners) == 1 and block.is_single and self._runners[0].sees_all:
            return self.one(block, stop, views[0])
        try:
            return self._several(block, stop, views)
        finally:
            self._standing.stage = ""

    def one(self, block: Block, stop: int, views: Iterator[BookView]) -> Slice | None:
        """``until`` of one strategy that sees all, and one bar a slice: nearly all of its time is the strategy's."""
        (runner,) = self._runners
        if runner.stopped is not None:
            deque(islice(block.bars, stop - block.at), maxlen=0)
            block.at = stop
            return None
        self._standing.stage = runner.stage
        strategy, checked, nothing = runner.strategy, runner.checked, ()
        number = block.at
        try:
            for number, bar, book in zip(range(block.at, stop), block.bars, views, strict=False):  # noqa: B007 - it says where that was
                answer = strategy.on_event(bar, book)
                if answer is None or answer is nothing:
                    continue
                if decisions := checked(answer):
                    runner.answer(decisions)
                    break
            else:
                number = stop
                return None
        except (Exception, SystemExit) as error:  # noqa: BLE001 - the driver stops it for whatever it raises
            runner.answer((), error)
        finally:
            block.at, self._standing.stage = number, ""
        return block.moment((bar,))

    def _several(self, block: Block, stop: int, views: Sequence[Iterator[BookView]]) -> Slice | None:
        running = [(runner, own) for runner, own in zip(self._runners, views, strict=True) if runner.stopped is None]
        while block.at < stop:
            bars = block.take()
            for number, (runner, own) in enumerate(running):
                seen = bars if runner.sees_all else [bar for bar in bars if runner.sees(bar.instrument.id)]
                if self.says(runner, seen, next(own)):
                    for asked, _ in running[:number]:
                        asked.answer(())
                    return block.moment(bars)
            block.at += 1
        return None

    def says(self, runner: EventRunner, events: Sequence[Event], book: BookView) -> bool:
        """Whether a strategy decides something on these events, or raises; it knows its answer then."""
        self._standing.stage = runner.stage
        try:
            decisions = runner.call(events, book)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - the driver stops it for whatever it raises
            runner.answer((), error)
            return True
        if decisions:
            runner.answer(decisions)
        return bool(decisions)

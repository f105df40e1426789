"""The sandbox's heart: time goes on, orders get on, and whoever listens is told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from friday_core.sandbox.kite.refusals import KiteRefusal
from friday_core.sandbox.kite.server.happenings import Happenings
from friday_core.sandbox.kite.server.parts import Rooms
from friday_core.sandbox.kite.server.postbacks import Postbacks
from friday_core.sandbox.kite.server.sockets import Sockets
from friday_core.sandbox.kite.values import SECOND, Print

#: Seconds between two looks at what has become due.
STEP = 0.02
#: A jump is walked in so many steps at most, each of a second of the market at least.
_MOST_STEPS = 3_600
#: Where the clock is kept in the book.
CLOCK = "clock"


class Beat:
    """One step at a time, by the clock or by hand; nothing here waits for anybody."""

    def __init__(self, rooms: Rooms, happenings: Happenings, sockets: Sockets, postbacks: Postbacks) -> None:
        self._market, self.clock, self._account, self._book = rooms.market, rooms.clock, rooms.account, rooms.book
        self._faults, self._audit, self._origin_of = rooms.faults, rooms.audit, rooms.origin_of
        self._happenings, self._sockets, self._postbacks = happenings, sockets, postbacks
        self._states, self._trades = self._account.states_after(0)[0], len(self._account.trades())

    @property
    def ts(self) -> int:
        """What time it is in the market."""
        return self._market.now

    def beat(self, wall: int) -> None:
        """The market comes to where its clock is, and everything due by then happens."""
        self._walk(self.clock.now(wall), wall)
        self._sockets.beat(wall)

    def advance_to(self, ts: int, wall: int) -> int:
        """Set the clock forth; what happens on the way happens in its order. Returns the market's time."""
        self._walk(self.clock.advance_to(ts, wall), wall)
        self._sockets.beat(wall)
        self.keep_clock()
        return self.ts

    def keep_clock(self) -> None:
        """A restart goes on from here."""
        with self._book.transaction():
            self._book.note(CLOCK, self.clock.state().decode())

    def publish(self, wall: int) -> None:
        """Tell everybody of the orders that have changed since they were told."""
        changed, self._account.changed = self._account.changed, []
        self._note_states(wall)
        for row in changed:
            self._sockets.tell(row, self.ts, wall)
            self._postbacks.send(row, self._origin_of(row["order_id"])[1])

    def _walk(self, end: int, wall: int) -> None:
        begin = self.ts
        stride = max(SECOND, (end - begin) // _MOST_STEPS)
        while self.ts + stride < end:
            self._step(self.ts + stride, wall)
        self._step(max(end, self.ts), wall)

    def _step(self, ts: int, wall: int) -> None:
        prints: Sequence[Print] = self._market.advance(ts) if ts > self.ts else ()
        with self._book.transaction():
            due = self._faults.due(ts)
        for one in due:
            try:
                self._happenings.befall(one, ts, wall)
            except (KiteRefusal, LookupError, ValueError) as error:
                self._audit.write("fault", ts=ts, wall=wall, do=str(one.do), failed=str(error))
        self._account.step(prints, ts, wall)
        self._sockets.publish(_tokens(prints), ts, wall)
        self.publish(wall)

    def _note_states(self, wall: int) -> None:
        """Every state of every order is in the audit, and every trade."""
        self._states, rows = self._account.states_after(self._states)
        for row in rows:
            owner = self._origin_of(row["order_id"])[0]
            self._audit.write("state", ts=self.ts, wall=wall, owner=owner, order=row)
        if rows:
            self._note_trades(wall)

    def _note_trades(self, wall: int) -> None:
        trades = self._account.trades()
        # Another day begins with none.
        self._trades = min(self._trades, len(trades))
        for trade in trades[self._trades :]:
            self._audit.write("trade", ts=self.ts, wall=wall, trade=trade)
        self._trades = len(trades)


def _tokens(prints: Iterable[Print]) -> set[int]:
    return {one.token for one in prints}

"""Broker ``zerodha``: orders at Zerodha over Kite Connect."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from friday_core.api import (
    BrokerError,
    CancelOrder,
    ComponentSpec,
    Finding,
    Health,
    InDoubt,
    InstrumentId,
    Intent,
    Order,
    OrderStatus,
    OrderType,
    OrderUpdate,
    Product,
    RealBroker,
    Refused,
    Tariff,
    Universe,
    get_logger,
    hookimpl,
)
from friday_plugins.zerodha.before_sending import BeforeSending
from friday_plugins.zerodha.brake import Brake
from friday_plugins.zerodha.broker_settings import ZerodhaBrokerSettings
from friday_plugins.zerodha.checks import Bands
from friday_plugins.zerodha.connection import Zerodha
from friday_plugins.zerodha.day_end import DayEnd
from friday_plugins.zerodha.doubts import Doubts
from friday_plugins.zerodha.follow_up import FollowUp
from friday_plugins.zerodha.hours import TradingHours
from friday_plugins.zerodha.instruments import Listed
from friday_plugins.zerodha.margins import funds_of
from friday_plugins.zerodha.notes import DayNotes
from friday_plugins.zerodha.order_book import OrderBook
from friday_plugins.zerodha.orders import PRODUCTS, Tag, form_of, same, tag_of
from friday_plugins.zerodha.outcomes import TokenDead, TooFast, Unanswered
from friday_plugins.zerodha.portfolio import portfolio_of
from friday_plugins.zerodha.postbacks import PostbackListener
from friday_plugins.zerodha.slicing import FreezeQuantities, sliced
from friday_plugins.zerodha.trading_preflight import order_findings

Row = Mapping[str, Any]
T = TypeVar("T")
#: Seconds that the thread sleeps where nothing works; it is woken by what is sent and told.
_IDLE = 5.0


class ZerodhaBroker(RealBroker):
    """What a socket or a postback brings is a hint: what is told is what the book and its trades say.

    A thread reads the book while an order works, and looks after cancels and market orders there. A placement
    is sent once; what is not certain is ``InDoubt`` until the book shows it.
    """

    order_types = frozenset(OrderType)
    Settings = ZerodhaBrokerSettings

    def __init__(
        self, settings: ZerodhaBrokerSettings, connection: Zerodha, universe: Universe,
        run_folder: Path | None = None, charges: Tariff | None = None, *,
        now: Callable[[], dt.datetime] | None = None,
    ) -> None:  # fmt: skip
        self._settings, self._connection, self._universe = settings, connection, universe
        self._now = connection.clock_in_india if now is None else now
        self._book = OrderBook(connection)
        self._bands = Bands(connection)
        self._freeze = FreezeQuantities(settings.freeze_quantities)
        self._brake = Brake(settings.refusals_in_a_row, time.monotonic)
        self._follow_up = FollowUp(
            connection, self._book, self._bands, self._listed_of,
            patience=settings.chase_after, percent=settings.chase_percent,
        )  # fmt: skip
        hours = TradingHours(settings.intraday_until) if settings.market_hours and not settings.sandbox else None
        self._book.ended_with_day = DayEnd(hours, self._listed_of, connection.instruments).has_ended
        self._before = BeforeSending(
            connection, self._book, self._bands, hours,
            after_market=settings.after_market, margins=settings.check_margins,
        )  # fmt: skip
        self._notes = DayNotes(connection, self._listed_of, charges, run_folder) if settings.check_charges else None
        port = settings.postback_port
        secret = connection.settings.api_secret
        self._postbacks = None if port is None else PostbackListener(port, secret, connection.told)
        self._tell: Callable[[OrderUpdate], None] = _nobody
        self._told: dict[str, OrderUpdate] = {}
        self._forms: dict[str, Any] = {}
        self._held: dict[InstrumentId, int] = {}
        #: What the day's orders had traded when positions were read.
        self._counted: dict[InstrumentId, int] = {}
        self._doubts = Doubts(lambda tag: bool(self._book.rows(tag)), time.monotonic)
        self._wake, self._over, self._hinted = threading.Event(), threading.Event(), threading.Event()
        self._missed = threading.Event()
        self._thread: threading.Thread | None = None
        self._trouble = ""
        self._telling = threading.Lock()
        connection.on_update(self._hint)
        connection.session.on_renewed(self._wake.set)
        connection.on_connected(self._reread)

    def listen(self, tell: Callable[[OrderUpdate], None]) -> None:
        self._tell = tell

    def start(self) -> None:
        """Read the instruments of today and the whole book; ``BrokerError`` says what is missing.

        A contract without a freeze quantity is: an order above it would be refused in the middle of a day.
        """
        self._over.clear()
        try:
            self._freeze.require(self._traded(), self._now().date())
            self._pass_on(self._book.read())
            self._follow_up.begin()
            self._read_positions()
            self._bands.fetch(row.key for row in self._traded())
        except OSError as error:
            raise BrokerError(f"Kite does not answer at {self._connection.settings.root}: {error}") from None
        if unknown := [str(one.id) for one in self._universe if self._connection.instruments().of(one.id) is None]:
            get_logger("zerodha").warning("not listed by Kite today: no order is sent", instruments=unknown)
        if self._postbacks is not None:
            self._postbacks.start()
        self._thread = threading.Thread(target=self._keep_up, name="zerodha orders", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._wake.set()
        if self._postbacks is not None:
            self._postbacks.stop()
        if self._thread is not None:
            self._thread.join()
            if self._notes is not None and not self._connection.session.is_dead:
                self._notes.take()
        self._thread = None

    def results(self) -> Mapping[str, str]:
        return {} if self._notes is None else self._notes.files

    def health(self) -> Health:
        """Updates that were told; not well while the book cannot be read."""
        trouble = self._connection.session.trouble() or self._trouble
        return Health(not trouble or self._thread is None, len(self._told), trouble)

    def preflight(self) -> Sequence[Finding]:
        """Exchanges and products of the account, its book, money and holdings, freeze quantities, the address."""
        product = PRODUCTS[Product(self._settings.product)]
        return tuple(order_findings(self._connection, [one.id for one in self._universe], product, self._freeze))

    # What is asked ------------------------------------------------------------------------------

    def orders(self) -> Sequence[OrderUpdate]:
        return self._understood(self._book.read)

    def positions(self) -> Mapping[InstrumentId, int]:
        self._understood(self._read_positions)
        return self._held

    def _read_positions(self) -> None:
        counted = self._book.traded()
        self._held, self._counted = portfolio_of(self._connection).quantities(), counted

    def cash(self) -> int:
        """What is free for shares and contracts, in paise."""
        return self._understood(lambda: funds_of(self._connection).net)

    def _understood(self, ask: Callable[[], T]) -> T:
        try:
            return ask()
        except (LookupError, ValueError, TypeError) as error:
            raise Unanswered(f"Kite's answer is not understood: {type(error).__name__}: {error}") from error

    # What is sent -------------------------------------------------------------------------------

    def send(self, intents: Sequence[Intent]) -> None:
        for intent in intents:
            try:
                if isinstance(intent, CancelOrder):
                    self._cancel(intent.tag)
                else:
                    self._place(intent.order)
            finally:
                self._wake.set()

    def _cancel(self, tag: str) -> None:
        try:
            self._follow_up.cancel(tag)
        except OSError as error:
            raise InDoubt(f"order {tag}: it is not known what to cancel: {error}") from error

    def _place(self, order: Order) -> None:
        """As a whole, or in slices; the first of them decides what becomes of the order."""
        self._connection.session.token  # noqa: B018 - without a session nothing else is of interest
        listed = self._connection.instruments().of(order.instrument)
        if listed is None:
            raise Refused(f"order {order.tag}: Kite does not list {order.instrument} today")
        now = self._now()
        parts = sliced(order.quantity, self._freeze.of(listed, now.date()), max(listed.lot, 1))
        reduces = self._reduces(order)
        if reduces and self._before.is_reached(order, listed):
            order = msgspec.structs.replace(order, type=OrderType.MARKET, trigger_price=None)
        form = form_of(order, listed, self._settings.market_protection, self._settings.product)
        form["variety"] = self._before.variety(listed, now)
        count, is_market = len(parts), order.type is OrderType.MARKET
        tags = [Tag(order.tag, is_market, *((place, count) if count > 1 else ())) for place in range(1, count + 1)]
        forms = [{**form, "quantity": part, "tag": str(tag)} for part, tag in zip(parts, tags, strict=True)]
        self._before.look({**form, "tag": str(tags[-1])}, listed, now, reduces=reduces)
        self._doubts.check(order, reduces=reduces)
        self._look_at_news(order, reduces=reduces)
        self._before.look_at_margin(forms, reduces=reduces)
        try:
            self._send_slices(order.tag, forms, reduces=reduces)
        except InDoubt:
            self._doubts.add(order)
            raise

    def _look_at_news(self, order: Order, *, reduces: bool) -> None:
        """Where prices come by the connection, those of the instrument are not old; for entries."""
        seconds = self._settings.stale
        if seconds is not None and not reduces and order.instrument in self._connection.stale(seconds):
            raise Refused(f"order {order.tag} is not sent: no news of {order.instrument} for {seconds:g} seconds")

    def _send_slices(self, tag: str, forms: Sequence[dict[str, Any]], *, reduces: bool) -> None:
        for place, one in enumerate(forms, 1):
            if not self._part_goes_on(tag, one, place, reduces=reduces):
                return

    def _part_goes_on(self, tag: str, form: dict[str, Any], place: int, *, reduces: bool) -> bool:
        """Whether another slice may follow; a refusal of the first one is that of the order."""
        if tag_of(form["tag"]).slice:
            self._book.slicing(tag)
        try:
            self._send_one(form, reduces=reduces)
        except Refused as error:
            if place == 1:
                raise
            self._book.sliced(tag)
            get_logger("zerodha").error(
                "a slice is refused, and those before it stand", tag=form["tag"], why=str(error)
            )
            return False
        return True

    def _send_one(self, form: dict[str, Any], *, reduces: bool) -> None:
        what = same(form)
        self._brake.check(what, reduces=reduces)
        self._forms[form["tag"]] = what
        try:
            number = self._connection.write("place_order", urgent=reduces, places=True, **form)
        except (TokenDead, TooFast):
            raise
        except Refused as error:
            self._brake.refused(what, str(error))
            raise
        self._book.expect(str(number))

    def _reduces(self, order: Order) -> bool:
        name = order.instrument
        since = self._book.traded().get(name, 0) - self._counted.get(name, 0)
        return (self._held.get(name, 0) + since) * order.side.sign < 0

    # What is told -------------------------------------------------------------------------------

    def _hint(self, row: Row) -> None:
        """A row from a socket or a postback; what needs no trades is told at once."""
        self._book.take_in(row)
        if not row.get("filled_quantity"):
            self._pass_on(one for one in self._book.updates() if not one.filled)
        self._hinted.set()
        self._wake.set()

    def _reread(self) -> None:
        """Updates may have been missed: the book says what they said."""
        self._missed.set()
        self._wake.set()

    def _keep_up(self) -> None:
        """In its thread, until the end."""
        while not self._over.is_set():
            busy = self._book.works or self._doubts.is_fresh
            was_woken = self._wake.wait(self._settings.poll if busy else _IDLE)
            self._wake.clear()
            if self._over.is_set():
                continue
            try:
                # Of a row that was told, its trades alone are lacking.
                if self._hinted.is_set() and not self._missed.is_set():
                    self._hinted.clear()
                    self._pass_on(self._book.caught_up())
                elif busy or was_woken or self._trouble:
                    self._missed.clear()
                    self._look()
                else:  # at what was read for somebody else
                    self._follow_up.look()
                if self._trouble:
                    get_logger("zerodha").warning("the book can be read again", last=self._trouble)
                self._trouble = ""
            except TokenDead as error:
                self._trouble = str(error)
                self._wait_for_token()
            except Exception as error:  # noqa: BLE001 - it is looked again, and meanwhile nothing is known
                if not self._trouble:
                    get_logger("zerodha").warning("the book cannot be read", why=str(error))
                self._trouble = str(error) or type(error).__name__
                self._over.wait(self._settings.poll)

    def _look(self) -> None:
        self._pass_on(self._book.read())
        self._follow_up.look()

    def _wait_for_token(self) -> None:
        while self._connection.session.is_dead and not self._over.is_set():
            self._wake.wait(_IDLE)
            self._wake.clear()
        self._wake.set()

    def _pass_on(self, updates: Any) -> None:
        """What is new of each order, and what the brake has to know."""
        with self._telling:
            for one in updates:
                if self._told.get(one.number) == one:
                    continue
                self._told[one.number] = one
                self._count(one)
                self._tell(one)

    def _count(self, update: OrderUpdate) -> None:
        if update.filled or update.status is OrderStatus.OPEN:
            self._brake.taken()
        elif update.status is OrderStatus.REJECTED:
            for row in self._book.rows(update.tag):
                if (what := self._forms.pop(str(row.get("tag")), None)) is not None:
                    self._brake.refused(what, update.reason)

    def _listed_of(self, row: Row) -> Listed | None:
        return self._connection.instruments().of(InstrumentId(row["tradingsymbol"], row["exchange"]))

    def _traded(self) -> list[Listed]:
        """What Kite lists today of the universe, but for indices."""
        listing = self._connection.instruments()
        rows = [listing.of(one.id) for one in self._universe]
        return [row for row in rows if row is not None and not row.is_index]


class SandboxedZerodha(ZerodhaBroker):
    """The same at a sandbox: no money is at stake."""

    account = "simulated"


def _nobody(_update: OrderUpdate) -> None:
    """Whoever was not told to listen."""


def _made(
    settings: ZerodhaBrokerSettings, connection: Zerodha, universe: Universe, run_folder: Path, charges: Tariff
) -> ZerodhaBroker:
    kind = SandboxedZerodha if settings.sandbox else ZerodhaBroker
    return kind(settings, connection, universe, run_folder, charges)


@hookimpl
def friday_components() -> list[ComponentSpec]:
    return [
        ComponentSpec(
            "broker",
            "zerodha",
            _made,
            ZerodhaBrokerSettings,
            requires={
                "connection": "connection:zerodha",
                "universe": "universe",
                "run_folder": "run_folder",
                "charges": "charges",
            },
            provides=ZerodhaBroker.order_types,
        )
    ]

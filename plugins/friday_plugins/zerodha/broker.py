"""Broker ``zerodha``: orders at Zerodha over Kite Connect."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field

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
    PluginSettings,
    Product,
    RealBroker,
    Refused,
    Universe,
    get_logger,
    hookimpl,
)
from friday_plugins.zerodha.brake import Brake
from friday_plugins.zerodha.checks import Bands, check, check_prices
from friday_plugins.zerodha.connection import Zerodha
from friday_plugins.zerodha.follow_up import FollowUp
from friday_plugins.zerodha.instruments import Listed
from friday_plugins.zerodha.order_book import OrderBook
from friday_plugins.zerodha.orders import PRODUCTS, Tag, form_of, same, tag_of
from friday_plugins.zerodha.outcomes import TokenDead, TooFast, Unanswered
from friday_plugins.zerodha.slicing import FreezeQuantities, sliced
from friday_plugins.zerodha.trading_preflight import order_findings
from friday_plugins.zerodha.updates import TERMINAL

Row = Mapping[str, Any]
T = TypeVar("T")
#: Seconds that the thread sleeps where nothing works; it is woken by what is sent and told.
_IDLE = 5.0
#: Seconds for which the latest price is good enough for a stop, and a day's band for a limit.
_STOP_AGE, _BAND_AGE = 3.0, 600.0
#: Seconds for which an order in doubt is looked for after each second.
_DOUBTED = 30.0


class ZerodhaBrokerSettings(PluginSettings):
    """Settings of the broker ``zerodha``."""

    product: Literal["delivery", "intraday", "normal", "mtf"] = Field(
        "intraday", description="How what is traded is held where neither order nor strategy says."
    )
    market_protection: float = Field(
        -1.0, le=100, description="Percent that market orders may trade beyond the latest price; -1 lets Kite choose."
    )
    chase_after: float = Field(
        5.0, ge=1, description="Seconds after which a market order that rests gets another price."
    )
    chase_percent: float = Field(1.0, gt=0, le=20, description="How far beyond the latest price that one is.")
    poll: float = Field(1.0, ge=0.2, description="Seconds between two looks at the book while an order works.")
    refusals_in_a_row: int = Field(5, ge=1, description="So many, and entries rest for a minute.")
    freeze_quantities: dict[str, Annotated[int, Field(ge=1)]] = Field(
        default_factory=dict, description="By underlying, where the dated facts say nothing: { NIFTY = 1800 }."
    )
    sandbox: bool = Field(
        False, description="Kite's root is a sandbox: no money is at stake, and past data may be played to it."
    )


class ZerodhaBroker(RealBroker):
    """What a socket or a postback brings is a hint: what is told is what the book and its trades say.

    A thread reads the book while an order works, and looks after cancels and market orders there. A placement
    is sent once; what is not certain is ``InDoubt`` until the book shows it.
    """

    order_types = frozenset(OrderType)
    Settings = ZerodhaBrokerSettings

    def __init__(self, settings: ZerodhaBrokerSettings, connection: Zerodha, universe: Universe) -> None:
        self._settings, self._connection, self._universe = settings, connection, universe
        self._book = OrderBook(connection)
        self._bands = Bands(connection)
        self._freeze = FreezeQuantities(settings.freeze_quantities)
        self._brake = Brake(settings.refusals_in_a_row, time.monotonic)
        self._follow_up = FollowUp(
            connection, self._book, self._bands, self._listed_of,
            patience=settings.chase_after, percent=settings.chase_percent,
        )  # fmt: skip
        self._tell: Callable[[OrderUpdate], None] = _nobody
        self._told: dict[str, OrderUpdate] = {}
        self._forms: dict[str, Any] = {}
        self._held: dict[InstrumentId, int] = {}
        self._doubted = float("-inf")
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
        """Read the instruments of today and the whole book; ``BrokerError`` says what is missing."""
        self._over.clear()
        try:
            self._connection.instruments()
            self._pass_on(self._book.read())
            self._held = self._book.positions()
            self._bands.fetch(self._keys())
        except OSError as error:
            raise BrokerError(f"Kite does not answer at {self._connection.settings.root}: {error}") from None
        if unknown := [str(one.id) for one in self._universe if self._connection.instruments().of(one.id) is None]:
            get_logger("zerodha").warning("not listed by Kite today: no order is sent", instruments=unknown)
        self._thread = threading.Thread(target=self._keep_up, name="zerodha orders", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
        self._thread = None

    def health(self) -> Health:
        """Updates that were told; not well while the book cannot be read."""
        trouble = self._connection.session.trouble() or self._trouble
        return Health(not trouble or self._thread is None, len(self._told), trouble)

    def preflight(self) -> Sequence[Finding]:
        """Exchanges and products of the account, its book and money, freeze quantities, and the machine's address."""
        product = PRODUCTS[Product(self._settings.product)]
        return tuple(order_findings(self._connection, [one.id for one in self._universe], product, self._freeze))

    # What is asked ------------------------------------------------------------------------------

    def orders(self) -> Sequence[OrderUpdate]:
        return self._understood(self._book.read)

    def positions(self) -> Mapping[InstrumentId, int]:
        self._held = self._understood(self._book.positions)
        return self._held

    def cash(self) -> int:
        """What is free for shares and contracts, in paise."""
        return self._understood(self._net)

    def _net(self) -> int:
        worth: float = self._connection.read("margins", "equity")["net"]
        return round(worth * 100)

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
        today = self._connection.clock_in_india().date()
        parts = sliced(order.quantity, self._freeze.of(listed, today), max(listed.lot, 1))
        form = form_of(order, listed, self._settings.market_protection, self._settings.product)
        is_market = order.type is OrderType.MARKET
        check(
            {**form, "tag": str(Tag(order.tag, is_market, *((len(parts),) * 2 if len(parts) > 1 else ())))},
            listed,
            today,
        )
        self._check_prices({**form, "tag": order.tag}, listed)
        reduces = self._reduces(order)
        for place, quantity in enumerate(parts, 1):
            tag = Tag(order.tag, is_market, *((place, len(parts)) if len(parts) > 1 else ()))
            if not self._part_goes_on(
                order.tag, {**form, "quantity": quantity, "tag": str(tag)}, place, reduces=reduces
            ):
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
        except InDoubt:
            self._doubted = time.monotonic()
            raise
        self._book.expect(str(number))

    def _check_prices(self, form: Mapping[str, Any], listed: Listed) -> None:
        """By what is known; what that forbids is looked up anew, since bands are widened in the day."""
        if "price" not in form and "trigger_price" not in form:
            return
        try:
            check_prices(form, self._bands.fresh(listed.key, _STOP_AGE if "trigger_price" in form else _BAND_AGE))
        except Refused:
            check_prices(form, self._bands.fresh(listed.key))

    def _reduces(self, order: Order) -> bool:
        held = self._held.get(order.instrument, 0)
        return held * order.side.sign < 0

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
            busy = self._book.works or time.monotonic() < self._doubted + _DOUBTED
            was_woken = self._wake.wait(self._settings.poll if busy else _IDLE)
            self._wake.clear()
            if self._over.is_set() or not (busy or was_woken or self._trouble):
                continue
            try:
                if (
                    self._hinted.is_set() and not self._missed.is_set()
                ):  # the row is known, its trades alone are lacking
                    self._hinted.clear()
                    self._pass_on(self._book.caught_up())
                else:
                    self._missed.clear()
                    self._look()
                self._trouble = ""
            except TokenDead as error:
                self._trouble = str(error)
                self._wait_for_token()
            except Exception as error:  # noqa: BLE001 - it is looked again, and meanwhile nothing is known
                self._trouble = str(error)
                get_logger("zerodha").warning("the book cannot be read", why=self._trouble)
                self._over.wait(self._settings.poll)

    def _look(self) -> None:
        self._pass_on(self._book.read())
        if any(row["status"] not in TERMINAL for row in self._book.rows()):
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

    def _keys(self) -> list[str]:
        listing = self._connection.instruments()
        rows = [listing.of(one.id) for one in self._universe]
        return [row.key for row in rows if row is not None and not row.is_index]


class SandboxedZerodha(ZerodhaBroker):
    """The same at a sandbox: no money is at stake."""

    account = "simulated"


def _nobody(_update: OrderUpdate) -> None:
    """Whoever was not told to listen."""


def _made(settings: ZerodhaBrokerSettings, connection: Zerodha, universe: Universe) -> ZerodhaBroker:
    kind = SandboxedZerodha if settings.sandbox else ZerodhaBroker
    return kind(settings, connection, universe)


@hookimpl
def friday_components() -> list[ComponentSpec]:
    return [
        ComponentSpec(
            "broker",
            "zerodha",
            _made,
            ZerodhaBrokerSettings,
            requires={"connection": "connection:zerodha", "universe": "universe"},
            provides=ZerodhaBroker.order_types,
        )
    ]

"""Connection ``zerodha``: one account at Kite Connect, its session and its limits, for all that use it."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr

from friday_core.api import (
    BrokerError,
    ComponentSpec,
    Connection,
    DataSourceError,
    Finding,
    Health,
    Instrument,
    InstrumentId,
    PluginSettings,
    Refused,
    get_logger,
    hookimpl,
)
from friday_plugins.zerodha import outcomes
from friday_plugins.zerodha.account_preflight import MOST_SKEW, TOLD_SKEW, account_findings
from friday_plugins.zerodha.account_turn import AccountTurn
from friday_plugins.zerodha.breaker import Breaker
from friday_plugins.zerodha.clock_skew import ClockSkew
from friday_plugins.zerodha.instruments import Listing, listing_of, made_at
from friday_plugins.zerodha.limiter import Category, Limiter
from friday_plugins.zerodha.login import ZerodhaLogin
from friday_plugins.zerodha.outcomes import Meaning, TokenDead, Unanswered
from friday_plugins.zerodha.session import KiteSession
from friday_plugins.zerodha.token_file import IST

Row = Mapping[str, Any]
_CATEGORIES = {
    "quote": Category.QUOTE, "ohlc": Category.QUOTE, "ltp": Category.QUOTE, "historical_data": Category.HISTORY,
}  # fmt: skip
#: Seconds before a read is repeated: first, and at most.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 4.0
#: Seconds between two requests for the list of today while an earlier one is used, and that orders wait for one.
_LIST_AGAIN, _WHILE_TRADING = 60.0, 5.0


class ZerodhaSettings(PluginSettings):
    """Settings of the connection ``zerodha``."""

    api_key: SecretStr = Field(SecretStr(""), description="API key of your app at developers.kite.trade.")
    api_secret: SecretStr = Field(SecretStr(""), description="API secret of your app.")
    root: str = Field("https://api.kite.trade", description="Where requests go; a sandbox prints its own.")
    ws_root: str = Field("wss://ws.kite.trade", description="Where sockets are.")
    login_url: str = Field("https://kite.zerodha.com/connect/login", description="The page where you log in.")
    timeout: float = Field(7.0, gt=0, le=60, description="Seconds to wait for one answer; keep [broker] settle longer.")
    session_file: Path = Field(
        Path("~/.config/friday/zerodha.json"), description="Where a login keeps the day's token, mode 0600."
    )
    cache: Path = Field(Path("~/.cache/friday/zerodha"), description="Folder of the lists of instruments, by date.")


class Zerodha(Connection):
    """What reads Kite and what trades there go through this, so that they share one limit and one dead token.

    Safe from any thread: each has a client of its own.
    """

    Settings = ZerodhaSettings

    def __init__(self, settings: ZerodhaSettings) -> None:
        self.settings = settings
        self.limiter = Limiter(time.monotonic)
        self.session = KiteSession(
            settings.session_file.expanduser(), settings.api_key.get_secret_value(), self.clock_in_india
        )
        self.clock = ClockSkew()
        self._breaker = Breaker(time.monotonic)
        self._quotes = AccountTurn(settings.session_file.expanduser().with_suffix(".quotes"))
        self._local = threading.local()
        self._listeners: list[Callable[[Row], None]] = []
        self._reconnections: list[Callable[[], None]] = []
        self._listing: Listing | None = None
        self._listing_lock = threading.Lock()
        self._listing_at = float("-inf")
        self._answers = 0
        #: Instruments without news of their price for so many seconds; set by the source that follows them.
        self.stale: Callable[[float], Sequence[InstrumentId]] = lambda _seconds: ()

    def start(self) -> None:
        """Take up the session, if there is one, and look for new ones from here on; nobody is asked."""
        self.session.watch()

    def stop(self) -> None:
        self.session.close()

    def health(self) -> Health:
        """Answers so far; not well without a session that lives, or while Kite does not answer."""
        detail = self.session.trouble()
        if not detail and self._breaker.failures:
            detail = f"Kite has not answered {self._breaker.failures} times in a row"
        return Health(not detail, self._answers, detail)

    def preflight(self) -> Sequence[Finding]:
        """Key and secret, a session that lasts, Kite's answer, the clock, the list of instruments."""
        secrets = {"api_key": self.settings.api_key, "api_secret": self.settings.api_secret}
        lacking = [name for name, one in secrets.items() if not one.get_secret_value()]
        return tuple(account_findings(self, lacking, self.settings.root))

    def login(self) -> ZerodhaLogin:
        """What ``friday login`` leads a person through."""
        one = self.settings
        secrets = one.api_key.get_secret_value(), one.api_secret.get_secret_value()
        if not all(secrets):
            where = "secrets/plugins__connection__zerodha__api_key and ..._api_secret, each a file of mode 0600"
            raise BrokerError(f"there is no API key, or no API secret: write them into {where}")
        return ZerodhaLogin(*secrets, one.login_url, self.session.path, self._client)

    # Order updates ------------------------------------------------------------------------------

    def on_update(self, listener: Callable[[Row], None]) -> None:
        """Call it with every order row that a socket or a postback brings, in the thread of whoever brings it."""
        self._listeners.append(listener)

    def told(self, row: Row) -> None:
        """A row of an order has come: its listeners hear of it. Never raises."""
        for listener in self._listeners:
            try:
                listener(row)
            except Exception:  # noqa: BLE001 - an exception in a socket's callback would drop the socket
                get_logger("zerodha").exception("an order update was not taken in")

    def on_connected(self, listener: Callable[[], None]) -> None:
        """Call it whenever order updates begin to come, or come again; it returns at once. Those of before are lost."""
        self._reconnections.append(listener)

    def connected(self) -> None:
        """A socket is there, or is there again."""
        for listener in self._reconnections:
            listener()

    # Requests -----------------------------------------------------------------------------------

    def api(self) -> Any:
        """This thread's client, with the token of now; ``TokenDead`` if there is none that lives."""
        client = getattr(self._local, "client", None)
        if client is None:
            client = self._local.client = self._client()
        token = self.session.token
        if client.access_token != token:
            client.set_access_token(token)
        return client

    def read(self, method: str, *arguments: Any, deadline: float = 20.0, **named: Any) -> Any:
        """What a method of the client that only reads answers; asked again until ``deadline`` seconds have passed.

        ``Refused`` for a definite no (``TokenDead`` among them), ``Unanswered``, which is a ``ConnectionError`` too,
        if nobody has answered by then.
        """
        category = _CATEGORIES.get(method, Category.OTHER)
        try:
            return _until(deadline)(self._asked, category, method, arguments, named)
        except Unanswered as error:
            raise Unanswered(f"{method}: {error}") from error

    def _asked(self, category: Category, method: str, arguments: Any, named: Any) -> Any:
        """One attempt; ``Unanswered`` where another one makes sense."""
        if self._breaker.pause():
            raise Unanswered(f"it was not asked, since Kite has not answered for a while: {self._breaker.why}")
        with self.limiter.turn(category), self._quotes() if category is Category.QUOTE else nullcontext():
            api = self.api()
            try:
                answer = getattr(api, method)(*arguments, **named)
            except Exception as error:  # noqa: BLE001 - the client raises whatever it met
                meaning, failure = outcomes.meaning_of(error), outcomes.words_of(error)
                refusal = outcomes.of_write(error, method)
            else:
                self._breaker.answered()
                self._answers += 1
                return answer
        if meaning is Meaning.DEAD_TOKEN:
            self.session.died(api.access_token)
            raise TokenDead(f"{method}: {failure}")
        if meaning is Meaning.TOO_FAST:
            self.limiter.cool(category)
            raise Unanswered(failure)
        if meaning is Meaning.DOUBT:
            self._breaker.failed(failure)
            raise Unanswered(failure)
        raise refusal

    def write(self, method: str, *arguments: Any, urgent: bool = False, places: bool = False, **named: Any) -> Any:
        """What a method of the client that changes orders answers: sent once, whatever becomes of it.

        ``Refused`` is a definite no, ``InDoubt`` everything else. Waits until the limits let it leave, ``urgent`` ones
        first. ``places`` counts as an order of the day's.
        """
        self.session.token  # noqa: B018 - a dead one waits for nothing
        if (skew := self.clock.seconds) is not None and abs(skew) > MOST_SKEW and not urgent:
            raise Refused(
                f"{method}: this machine's clock and Kite's are {skew:+.0f} s apart: set it, for example by NTP"
            )
        with self.limiter.turn(Category.ORDER, urgent=urgent, places=places):
            api = self.api()
            try:
                answer = getattr(api, method)(*arguments, **named)
            except Exception as error:  # noqa: BLE001
                meaning, failure = outcomes.meaning_of(error), outcomes.of_write(error, method)
            else:
                self._answers += 1
                return answer
            if meaning is Meaning.TOO_FAST:
                self.limiter.cool(Category.ORDER)
        if meaning is Meaning.DEAD_TOKEN:
            self.session.died(api.access_token)
        raise failure

    # What is known of the day -------------------------------------------------------------------

    def now(self) -> int:
        """The exchange's time, microseconds UTC, as this machine's clock shows it."""
        return time.time_ns() // 1_000

    def clock_in_india(self) -> dt.datetime:
        """The same with its zone."""
        return dt.datetime.fromtimestamp(self.now() / 1e6, IST)

    @property
    def skew(self) -> float | None:
        """Seconds by which Kite's clock is ahead of this machine's; ``None`` if nothing was answered yet."""
        return self.clock.seconds

    def measure_clock(self, key: str) -> float:
        """The skew by the time stamp of a quote; only in market hours, and of what is quoted anew each second."""
        row = self.read("quote", key).get(key)
        if row is None or not isinstance(row.get("timestamp"), dt.datetime):
            raise Refused(f"quote: Kite has no time stamp of {key}")
        self.clock.stamped(row["timestamp"], time.time())
        skew = self.clock.seconds or 0.0
        if abs(skew) > TOLD_SKEW:
            get_logger("zerodha").warning("this machine's clock and Kite's differ", seconds=round(skew, 1))
        return skew

    def instruments(self, day: dt.date | None = None) -> Listing:
        """The instruments of a day, today's if none is given: from disk, or from Kite, which has today's only.

        What was fetched before 08:30 IST is used until a later one can be had.
        """
        now = self.clock_in_india()
        day = day or now.date()
        with self._listing_lock:
            found = self._listing
            has_it = found is not None and found.day == day
            if found is None or not has_it or (found.is_early and self._may_ask_again(now)):
                deadline = _WHILE_TRADING if has_it else 60.0
                fetch = (
                    (lambda: bytes(self.read("_get", "market.instruments.all", deadline=deadline)))
                    if day == now.date()
                    else None
                )
                found = self._listing = listing_of(day, self.settings.cache.expanduser(), fetch, now)
                self._listing_at = time.monotonic()
            return found

    def _may_ask_again(self, now: dt.datetime) -> bool:
        """For the list of today, where that of before 08:30 is in use."""
        return now >= made_at(now.date()) and time.monotonic() - self._listing_at > _LIST_AGAIN

    def listed(self, names: Sequence[InstrumentId]) -> list[Instrument]:
        """As Kite lists them today."""
        self.session.look()
        try:
            return self.instruments().instruments(names)
        except (BrokerError, ConnectionError) as error:
            raise DataSourceError(f"the list of instruments: {error}") from error

    def _client(self) -> Any:
        from kiteconnect import KiteConnect  # noqa: PLC0415 - an extra

        one = self.settings
        client = KiteConnect(one.api_key.get_secret_value(), root=one.root, timeout=one.timeout)
        client.reqsession.hooks["response"].append(self._note_date)
        return client

    def _note_date(self, response: Any, **_: Any) -> None:
        received = time.time()
        self.clock.dated(response.headers.get("Date", ""), received - response.elapsed.total_seconds(), received)


def _until(deadline: float) -> Any:
    """Calls a function again while it raises ``Unanswered``, ever more seldom, and never later than that."""
    import tenacity  # noqa: PLC0415 - of the extra

    return tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(Unanswered),
        stop=tenacity.stop_before_delay(deadline),
        wait=tenacity.wait_exponential(_FIRST_PAUSE, _LONGEST_PAUSE) + tenacity.wait_random(0, _FIRST_PAUSE),
        reraise=True,
    )


@hookimpl
def friday_components() -> list[ComponentSpec]:
    return [ComponentSpec("connection", "zerodha", Zerodha, Zerodha.Settings)]

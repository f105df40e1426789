"""The rooms behind a server, from a scenario and from what the book of a folder remembers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from friday_core.sandbox.kite.account.account import Account
from friday_core.sandbox.kite.account.book import Book
from friday_core.sandbox.kite.account.rules import Fate, Rules
from friday_core.sandbox.kite.audit.log import Audit
from friday_core.sandbox.kite.faults.fate import fate
from friday_core.sandbox.kite.faults.rules import Faults
from friday_core.sandbox.kite.faults.scenario import Scenario
from friday_core.sandbox.kite.market.clock import Clock
from friday_core.sandbox.kite.market.disturbances import Disturbances
from friday_core.sandbox.kite.market.market import Market
from friday_core.sandbox.kite.market.opening import first_moment, open_market
from friday_core.sandbox.kite.server.beat import CLOCK
from friday_core.sandbox.kite.server.happenings import DISTURBANCES, reissued
from friday_core.sandbox.kite.server.market_settings import MarketSettings
from friday_core.sandbox.kite.server.parts import Rooms
from friday_core.sandbox.kite.server.settings import SessionSettings

AUDIT = "audit.jsonl"
#: The path that a fault of a GTT's order names.
_TRIGGERS = "/gtt/triggers"
#: What may stand in the tables of a scenario; ``[prices]`` is read by whoever reads the prices.
TABLES: Mapping[str, type[msgspec.Struct]] = {
    "market": MarketSettings, "account": Rules, "rules": Rules, "sessions": SessionSettings,
}  # fmt: skip


def open_rooms(folder: Path, scenario: Scenario, book: Book, wall: int) -> Rooms:
    """The clock goes on from where it stood, also while no process ran; a new book begins with the scenario.

    ``DataSourceError`` for prices or instruments that cannot be read.
    """
    settings = scenario.of("market", MarketSettings)
    rules = msgspec.convert({**scenario.tables.get("account", {}), **scenario.tables.get("rules", {})}, Rules)
    kept = book.fact(CLOCK)
    clock = Clock.restored(kept.encode()) if kept else Clock(_begin(folder, scenario, wall), settings.speed, wall)
    market = _market(folder, scenario, settings, book, clock.now(wall))
    faults = Faults(book)
    with book.transaction():
        faults.load(scenario.faults)
        book.note(CLOCK, clock.state().decode())
    audit = Audit(folder / AUDIT)

    def fate_of_trigger(symbol: str, ts: int) -> Fate:
        taken = faults.on_order(symbol, "", ts, _TRIGGERS)
        for one in taken:
            audit.write("fault", ts=ts, do=str(one.do), symbol=symbol)
        return fate(taken)

    account = Account(book, market, rules, fate_of_trigger)

    def origin_of(number: str) -> tuple[str, str]:
        try:
            order = book.order(number)
        except LookupError:  # of a day that is over
            order = book.states(number)[-1]
        return str(order.owner), order.app

    api_key = next(iter(scenario.of("sessions", SessionSettings).apps))
    return Rooms(
        market, clock, account, book, faults, audit, folder / AUDIT, origin_of, api_key, legacy=rules.legacy
    )  # fmt: skip


def _begin(folder: Path, scenario: Scenario, wall: int) -> int:
    """As the settings say; else the first moment of a price file, or the open of the latest session."""
    settings, prices = scenario.of("market", MarketSettings), scenario.tables.get("prices")
    if prices and not settings.start:
        return first_moment(folder / "first_prices", prices)
    return settings.begin(wall)


def _market(folder: Path, scenario: Scenario, settings: MarketSettings, book: Book, now: int) -> Market:
    disturbed = book.fact(DISTURBANCES)
    market = open_market(
        now,
        folder / "prices",
        seed=settings.seed,
        prices=scenario.tables.get("prices") or None,
        instruments=Path(settings.instruments) if settings.instruments else None,
        always_open=settings.always_open,
        bands=settings.bands(),
        disturbances=Disturbances.restored(disturbed.encode()) if disturbed else None,
    )
    for key in reissued(book):
        market.reissue(key)
    return market

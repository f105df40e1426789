"""The document on the Kite sandbox names every setting, fault, control call, scenario, rule and refusal as they are."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
import requests
from docs.documents import DOCS, table
from fakes.kite_rooms import Served
from kiteconnect import KiteConnect, exceptions

from friday_core.sandbox.kite.account.rules import Rules
from friday_core.sandbox.kite.audit.finding import MEANING
from friday_core.sandbox.kite.faults.fault import Do, Fault
from friday_core.sandbox.kite.faults.scenario import shipped
from friday_core.sandbox.kite.server.market_settings import MarketSettings
from friday_core.sandbox.kite.server.settings import SessionSettings
from friday_core.testing.kite_sandbox import KiteSandbox

PATH = DOCS / "sandbox.md"
SLOW = '[market]\nstart = "2026-07-15 10:00:00"\nspeed = 0\n[rules]\ncancellation = 5\n'


def rows(heading: str) -> list[dict[str, str]]:
    return table(PATH, heading)


def default_of(field: msgspec.structs.FieldInfo) -> Any:
    if field.default_factory is not msgspec.NODEFAULT:
        return field.default_factory()
    return None if field.default is msgspec.NODEFAULT else field.default


@pytest.mark.parametrize(
    ("heading", "kind"),
    [("market", MarketSettings), ("account or rules", Rules), ("sessions", SessionSettings), ("rule", Fault)],
)
def test_every_setting_stands_there_with_its_default(heading: str, kind: type[msgspec.Struct]) -> None:
    told = {row[heading]: row["default"] for row in rows(heading)}
    defaults = {field.name: default_of(field) for field in msgspec.structs.fields(kind)}
    assert [*told] == [*defaults]
    read = {name: tomllib.loads(f"it = {text}")["it"] if text else None for name, text in told.items()}
    assert read == {name: [*value] if isinstance(value, tuple) else value for name, value in defaults.items()}


def test_every_fault_stands_there_with_what_it_must_be_told() -> None:
    told = {row["do"]: row["takes"] for row in rows("do")}
    assert sorted(told) == sorted(Do)
    some: dict[str, Any] = {"symbol": "INFY", "side": "BUY", "quantity": 1, "percent": 1.0, "seconds": 1.0}
    for do, takes in told.items():
        needed = re.findall(r"\*\*(\w+)\*\*", takes)
        assert set(re.findall(r"[a-z_]+", takes)) - {"or"} <= {*Fault.__struct_fields__}
        Fault(Do(do), **{name: some[name] for name in needed})
        for left_out in needed:
            with pytest.raises(ValueError, match=f"needs (.* and )?{left_out}|needs .*{left_out}"):
                Fault(Do(do), **{name: some[name] for name in needed if name != left_out})


def test_every_control_call_stands_there(tmp_path: Path) -> None:
    routes = Served(tmp_path, SessionSettings()).kite.application().router.routes()
    served = {(one.method, one.resource.canonical) for one in routes if one.resource is not None}
    calls = {(method, path.removeprefix("/sandbox/")) for method, path in served if path.startswith("/sandbox/")}
    told = {(row["call"], row[""]) for row in rows("call")}
    assert told == {one for one in calls if not one[1].startswith("page")}


def test_every_scenario_and_every_rule_of_a_verdict_stands_there() -> None:
    assert {row["scenario"]: row[""] for row in rows("scenario")} == shipped()
    assert {row["rule of a verdict"]: row["kept if"] for row in rows("rule of a verdict")} == MEANING


def place(kite: Any, key: str = "NSE:INFY", **given: Any) -> str:
    exchange, symbol = key.split(":")
    form = {
        "exchange": exchange, "tradingsymbol": symbol, "transaction_type": "BUY", "quantity": 1, "product": "MIS",
        "order_type": "LIMIT", "price": 1400, **given,
    }  # fmt: skip
    return str(kite.place_order("regular", **form))


def cancelled_twice(kite: Any, sandbox: KiteSandbox) -> None:
    number = place(kite)
    sandbox.wait(lambda: bool(kite.order_history(number)[-1]["status"] == "OPEN"))
    for _ in range(2):
        kite.cancel_order("regular", number)


def future(kite: Any) -> str:
    rows = kite.instruments("NFO")
    return next(
        f"NFO:{row['tradingsymbol']}" for row in rows if (row["name"], row["instrument_type"]) == ("NIFTY", "FUT")
    )


def closed(kite: Any, sandbox: KiteSandbox) -> None:
    sandbox.control("clock", advance_to="2026-07-15 20:00:00")
    place(kite, product="CNC")


def too_fast(kite: Any, _: KiteSandbox) -> None:
    for _turn in range(3):
        kite.ltp("NSE:INFY")


def nowhere(_: Any, sandbox: KiteSandbox) -> None:
    answer = requests.get(f"{sandbox.root}/nowhere", timeout=5)
    found = answer.json()
    raise getattr(exceptions, found["error_type"])(found["message"], code=answer.status_code)


#: How each refusal of the document is met; in this order, as the last ones change what comes after.
MET: Mapping[str, Callable[[Any, KiteSandbox], Any]] = {
    "wrong token": lambda _, sandbox: KiteConnect(sandbox.api_key, "none", root=sandbox.root).profile(),
    "wrong checksum": lambda kite, _: kite.generate_session("x", "not the secret"),
    "no market protection": lambda kite, _: place(kite, order_type="MARKET", price=None),
    "price off the tick": lambda kite, _: place(kite, price=1400.03),
    "price above the limit": lambda kite, _: place(kite, price=3000),
    "lots that are none": lambda kite, _: place(kite, future(kite), product="NRML", quantity=66, price=25000),
    "more than the freeze quantity": lambda kite, _: place(
        kite, future(kite), product="NRML", quantity=6500, price=25000
    ),
    "unknown instrument": lambda kite, _: place(kite, "NSE:NOBODY"),
    "quantity with a point": lambda kite, _: place(kite, quantity=1.5),
    "long tag": lambda kite, _: place(kite, tag="x" * 21),
    "unknown order": lambda kite, _: kite.cancel_order("regular", "1"),
    "span of candles too long": lambda kite, _: kite.historical_data(408065, "2026-01-01", "2026-07-01", "minute"),
    "too many requests": too_fast,
    "unknown path": nowhere,
    "cancelled twice": cancelled_twice,
    "market closed": closed,
}  # fmt: skip


def test_every_refusal_is_met_as_it_stands_there(tmp_path: Path) -> None:
    told = {row["when"]: row for row in rows("when")}
    assert sorted(told) == sorted(MET)
    wide = "[sessions]\nothers_per_second = 1000\norders_per_second = 100\n"
    with KiteSandbox(tmp_path, SLOW + wide) as sandbox:
        kite = KiteConnect(sandbox.api_key, sandbox.login(), root=sandbox.root)
        for when, meet in MET.items():
            kind = getattr(exceptions, told[when]["error type"])
            # Backticks are not part of a cell.
            words = "`?".join(".+" if one == "…" else re.escape(one) for one in told[when]["words"])
            with pytest.raises(kind, match=f"^{words}$") as met:
                meet(kite, sandbox)
            assert met.value.code == int(told[when]["code"])

"""The page of the Kite sandbox in a real browser: what it shows, and everything that a person can press."""

from __future__ import annotations

import math
import re
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from kiteconnect import KiteConnect, exceptions

from friday_core.sandbox.kite.faults.fault import Do
from friday_core.testing.kite_sandbox import KiteSandbox

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
)  # fmt: skip
#: What a fault is told where the page asks for it.
NEEDED = {"symbol": "NSE:INFY", "side": "BUY", "quantity": "3", "percent": "2", "seconds": "1"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip(f"no browser is installed: none of {', '.join(BROWSERS)}")
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=path, args=[*ARGUMENTS])
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Any, kite_sandbox: KiteSandbox) -> Iterator[Any]:
    """The page of a sandbox; whatever the browser complained of fails the test."""
    tab = browser.new_page(viewport={"width": 1280, "height": 900})
    wrong: list[str] = []
    tab.on("pageerror", lambda error: wrong.append(str(error)))
    tab.on("console", lambda line: wrong.append(line.text) if "Failed to load resource" not in line.text else None)
    tab.on(
        "request", lambda asked: None if asked.url.startswith((kite_sandbox.root, "data:")) else wrong.append(asked.url)
    )
    tab.goto(f"{kite_sandbox.root}/sandbox")
    tab.wait_for_function("document.querySelector('#time').textContent.includes(':')")
    yield tab
    tab.close()
    assert wrong == []


@pytest.fixture
def kite(kite_sandbox: KiteSandbox) -> Any:
    return KiteConnect(kite_sandbox.api_key, kite_sandbox.login(), root=kite_sandbox.root)


def resting(kite: Any, symbol: str = "INFY") -> str:
    """A buy limit far below the market."""
    quote = kite.quote(f"NSE:{symbol}")[f"NSE:{symbol}"]
    price = max(round(quote["last_price"] * 0.9), math.ceil(quote["lower_circuit_limit"]))
    form = {"exchange": "NSE", "tradingsymbol": symbol, "transaction_type": "BUY", "quantity": 5, "product": "MIS"}
    return str(kite.place_order("regular", **form, order_type="LIMIT", price=price, tag="rests"))


def expect(locator: Any) -> Any:
    return playwright.expect(locator)


def row(page: Any, table: str, text: str) -> Any:
    return page.locator(f"#{table} tr", has_text=text)


def test_it_shows_orders_positions_prices_and_the_audit(page: Any, kite: Any) -> None:
    resting(kite)
    kite.place_order("regular", "NSE", "SBIN", "BUY", 7, "MIS", "MARKET", market_protection=-1, tag="trades")
    expect(row(page, "orders", "NSE:INFY")).to_contain_text("0 / 5")
    expect(row(page, "orders", "NSE:INFY")).to_contain_text("OPEN")
    expect(row(page, "orders", "NSE:SBIN")).to_contain_text("COMPLETE")
    expect(row(page, "positions", "NSE:SBIN")).to_contain_text("7")
    expect(row(page, "prices", "NSE:SBIN")).to_contain_text("779521")
    expect(page.locator("#audit")).to_contain_text("POST /orders/regular NSE:SBIN trades")
    page.select_option("#shown", label="orders")
    expect(page.locator("#audit")).not_to_contain_text("POST")
    expect(page.locator("#audit")).to_contain_text("BUY 7 SBIN")


def test_the_clock_is_stopped_stepped_and_sped_up(page: Any, kite_sandbox: KiteSandbox) -> None:
    page.click("#pause")
    expect(page.locator("#pace")).to_have_text("stands still")
    before = kite_sandbox.state()["ts"]
    page.click("text=+1 min")
    page.keyboard.press("s")
    page.fill("[name=advance_by]", "2.5")
    page.click("#step-form button")
    kite_sandbox.wait(lambda: kite_sandbox.state()["ts"] == before + 63_500_000, 5)
    page.click("text=60×")
    expect(page.locator("[data-speed='60']")).to_have_attribute("aria-pressed", "true")
    page.fill("[name=speed]", "0.5")
    page.click("#pace-form button")
    kite_sandbox.wait(lambda: kite_sandbox.state()["speed"] == 0.5, 5)
    page.click("#pause")
    page.click("#pause")
    expect(page.locator("#pace")).to_have_text("0.5×")


def test_the_next_morning_comes_also_where_positions_are_left(page: Any, kite: Any, kite_sandbox: KiteSandbox) -> None:
    kite.place_order("regular", "NSE", "SBIN", "BUY", 7, "MIS", "MARKET", market_protection=-1)
    expect(row(page, "positions", "NSE:SBIN")).to_have_count(1)
    day = kite_sandbox.state()["time"][:10]
    page.click("#pause")
    page.click("text=Next morning")
    expect(page.locator("#said")).to_contain_text("09:15:00", timeout=30_000)
    assert kite_sandbox.state()["time"][:10] > day
    expect(page.locator("#orders")).to_contain_text("No order yet today.")


def test_a_person_fills_a_part_of_an_order_and_rejects_the_rest(page: Any, kite: Any) -> None:
    number = resting(kite)
    row(page, "orders", "OPEN").get_by_role("button").click()
    page.fill("#befall [name=quantity]", "2")
    page.click("#befall button[value=trade]")
    expect(row(page, "orders", "NSE:INFY")).to_contain_text("2 / 5")
    row(page, "orders", "OPEN").get_by_role("button").click()
    page.fill("#befall [name=words]", "RMS:Margin Exceeds")
    page.click("#befall button[value=rejected]")
    expect(row(page, "orders", "NSE:INFY")).to_contain_text("RMS:Margin Exceeds")
    last = kite.order_history(number)[-1]
    assert (last["status"], last["filled_quantity"]) == ("REJECTED", 2)


def test_what_cannot_befall_an_order_is_said_in_its_dialog(page: Any, kite: Any) -> None:
    resting(kite)
    row(page, "orders", "OPEN").get_by_role("button").click()
    page.fill("#befall [name=price]", "0")
    page.click("#befall button[value=trade]")
    expect(page.locator("#order-said")).to_have_text("Invalid `quantity` or `price`.")
    page.click("#befall button[value=cancelled]")
    expect(row(page, "orders", "NSE:INFY")).to_contain_text("CANCELLED")


def test_somebody_else_orders_and_the_broker_squares_off(page: Any, kite_sandbox: KiteSandbox) -> None:
    page.click("#prices button:text-is('NSE:TCS')")
    page.fill("#foreign [name=quantity]", "4")
    page.click("#foreign button")
    expect(row(page, "positions", "NSE:TCS")).to_contain_text("4")
    page.click("#square-off button")
    kite_sandbox.wait(lambda: [one["quantity"] for one in kite_sandbox.state()["positions"]["net"]] == [0], 10)
    assert [one["placed_by"] for one in kite_sandbox.state()["orders"]][-1] == "ADMINSQF"


def test_every_fault_that_there_is_can_be_pressed(page: Any, kite_sandbox: KiteSandbox) -> None:
    offered = page.locator("#do option").all_text_contents()
    assert sorted(offered) == sorted(Do)
    standing: set[str] = set()
    for name in offered:
        if name == Do.RESTART:
            continue
        page.select_option("#do", name)
        for field in page.locator("#fields :is(input, select):required").all():
            value = NEEDED[field.get_attribute("name")]
            field.select_option(value) if field.evaluate("one => one.matches('select')") else field.fill(value)
        page.click("#set")
        expect(page.locator("#said")).to_have_text(re.compile(rf"^(Set|It happened): {name}\.$"))
        standing |= {one["fault"]["do"] for one in kite_sandbox.state()["faults"]}
        page.click("#clear")
        expect(page.locator("#faults")).to_contain_text("Nothing is set")
    befell = {line["do"] for line in kite_sandbox.audit() if line["kind"] == "fault"}
    assert standing | befell | {Do.RESTART} == set(Do)


def test_a_fault_is_set_with_its_rule(page: Any, kite_sandbox: KiteSandbox) -> None:
    page.select_option("#do", "error_after")
    for name, value in (("path", "/orders"), ("nth", "2"), ("code", "504")):
        page.fill(f"#fields [name={name}]", value)
    page.select_option("#fields [name=method]", "POST")
    page.click("#set")
    expect(row(page, "faults", "error_after")).to_contain_text("method POST, path /orders, nth 2, code 504")
    page.select_option("#do", "halt")
    page.fill("#fields [name=at]", "15:00:00")
    page.click("text=Set this fault")
    expect(row(page, "faults", "halt")).to_contain_text("at 15:00:00")
    page.select_option("#do", "error")
    page.fill("#fields [name=code]", "200")
    page.click("#set")
    expect(page.locator("#said")).to_contain_text("code 200 is no error")
    assert len(kite_sandbox.state()["faults"]) == 2


def test_sockets_are_shown_and_dropped(page: Any, kite: Any, kite_sandbox: KiteSandbox) -> None:
    address = f"{kite_sandbox.ws_root}/?api_key={kite_sandbox.api_key}&access_token={kite.access_token}"
    page.evaluate("address => { window.ends = 0; new WebSocket(address).onclose = () => window.ends++; }", address)
    expect(row(page, "sockets", "sandbox")).to_have_count(1)
    page.click("#drop")
    page.wait_for_function("window.ends === 1")
    expect(page.locator("#sockets")).to_contain_text("No socket is open.")


def test_a_token_is_made_and_expired(page: Any, kite: Any, kite_sandbox: KiteSandbox) -> None:
    page.click("#expire")
    expect(page.locator("#said")).to_have_text("The access token is dead.")
    with pytest.raises(exceptions.TokenException, match="Incorrect `api_key` or `access_token`"):
        kite.profile()
    page.click("#login")
    expect(page.locator("#said")).to_contain_text("request_token: ")
    token = page.locator("#said").inner_text().removeprefix("request_token: ")
    assert kite.generate_session(token, kite_sandbox.api_secret)["user_id"] == "AB1234"


def test_a_restart_is_seen_and_the_book_is_there_again(page: Any, kite: Any) -> None:
    resting(kite)
    expect(row(page, "orders", "NSE:INFY")).to_have_count(1)
    page.click("#restart")
    expect(page.locator("#pace")).to_have_text("the server is not there")
    expect(page.locator("#pace")).to_have_text("1×", timeout=30_000)
    expect(row(page, "orders", "NSE:INFY")).to_contain_text("OPEN")


def test_the_keyboard_reaches_an_order_and_keeps_its_place_while_rows_change(page: Any, kite: Any) -> None:
    resting(kite)
    button = row(page, "orders", "OPEN").get_by_role("button")
    button.focus()
    kite.place_order("regular", "NSE", "SBIN", "BUY", 7, "MIS", "MARKET", market_protection=-1)
    expect(row(page, "orders", "NSE:SBIN")).to_contain_text("COMPLETE")
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#order")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#order")).to_be_hidden()
    expect(button).to_be_focused()


@pytest.mark.parametrize(("scheme", "ground"), [("light", "rgb(245, 246, 248)"), ("dark", "rgb(18, 22, 28)")])
def test_it_follows_light_and_dark_and_fits_a_narrow_window(page: Any, kite: Any, scheme: str, ground: str) -> None:
    kite.place_order("regular", "NSE", "SBIN", "BUY", 7, "MIS", "MARKET", market_protection=-1)
    page.click("summary")
    expect(row(page, "trades", "NSE:SBIN")).to_be_visible()
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 380, "height": 800})
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == ground
    assert page.evaluate("document.documentElement.scrollWidth") == 380

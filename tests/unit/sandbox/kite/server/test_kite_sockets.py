"""Sockets of the sandbox: who may connect, what they hear, and what goes wrong on them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import aiohttp
import msgspec
import pytest
import requests
from fakes.kite_rooms import INFY, NIFTY, ORDER, START, TCS, Served, fail, kite_of, wait
from kiteconnect import KiteTicker

from friday_core.sandbox.kite.faults.fault import Do
from friday_core.sandbox.kite.server.settings import API_KEY
from friday_core.sandbox.kite.values import SECOND, Print

HEARTBEAT = b"\x00"


class Ear:
    """A raw socket, and what it heard."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.heard: list[Any] = []

    async def say(self, *messages: object) -> None:
        for message in messages:
            await self.socket.send_str(msgspec.json.encode(message).decode())

    async def listen(self, until: Callable[[list[Any]], bool], seconds: float = 5.0) -> list[Any]:
        """Everything heard so far, as soon as it is enough."""
        async with asyncio.timeout(seconds):
            while not until(self.heard):
                message = await self.socket.receive()
                if message.type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.ERROR):
                    raise ConnectionError(f"ended with {self.socket.close_code}")
                self.heard.append(msgspec.json.decode(message.data) if isinstance(message.data, str) else message.data)
        return self.heard

    async def silence(self, seconds: float) -> list[Any]:
        """What was heard in so many seconds."""
        self.heard = []
        try:
            return await self.listen(lambda _: False, seconds)
        except TimeoutError:
            return self.heard


def address(served: Served, token: str) -> str:
    return f"ws://127.0.0.1:{served.port}/?api_key={API_KEY}&access_token={token}"


def with_ear(served: Served, told: Callable[[Ear], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(address(served, served.session()), autoclose=False) as socket,
        ):
            return await told(Ear(socket))

    return asyncio.run(run())


def ticks(heard: Iterable[Any]) -> list[bytes]:
    return [one for one in heard if isinstance(one, bytes) and one != HEARTBEAT]


def price_at(tick: bytes) -> int:
    return int.from_bytes(tick[8:12], "big")


def advance(served: Served, ts: int) -> None:
    answer = requests.post(f"{served.root}/sandbox/clock", json={"advance_to": ts}, timeout=5)
    assert answer.json()["status"] == "success", answer.text


def trade(served: Served, *prints: tuple[float, int, int]) -> None:
    """Prints at seconds after the start."""
    served.market.prints += [Print(START + round(at * SECOND), token, price, 1) for at, token, price in prints]


def test_a_subscription_begins_in_quote_and_goes_to_the_mode_that_is_set(served: Served) -> None:
    async def told(ear: Ear) -> list[int]:
        await ear.say({"a": "subscribe", "v": [INFY, NIFTY]})
        await ear.listen(lambda heard: len(ticks(heard)) == 1)
        await ear.say({"a": "mode", "v": ["full", [INFY, NIFTY]]}, {"a": "mode", "v": ["ltp", [INFY]]})
        heard = await ear.listen(lambda heard: len(ticks(heard)) == 3)
        return [len(one) for one in ticks(heard)]

    assert with_ear(served, told) == [2 + 2 + 44 + 2 + 28, 2 + 2 + 184 + 2 + 32, 2 + 2 + 8]


def test_a_tick_comes_on_a_change_and_once_a_market_second_with_the_last_price_of_it(served: Served) -> None:
    trade(served, (1.2, INFY, 101_00), (1.6, INFY, 102_00), (2.5, INFY, 103_00), (2.5, TCS, 104_00))

    async def told(ear: Ear) -> list[int]:
        await ear.say({"a": "subscribe", "v": [INFY]}, {"a": "mode", "v": ["ltp", [INFY]]})
        await ear.listen(lambda heard: len(ticks(heard)) == 2)
        await asyncio.to_thread(advance, served, START + 10 * SECOND)
        return [price_at(one) for one in ticks(await ear.silence(0.3))]

    assert with_ear(served, told) == [102_00, 103_00]


def test_heartbeats_come_about_every_second_of_the_wall_clock(served: Served) -> None:
    async def told(ear: Ear) -> list[Any]:
        return await ear.silence(2.2)

    heard = with_ear(served, told)
    assert heard[0]["type"] == "instruments_meta"
    assert heard[1:] in ([HEARTBEAT] * 2, [HEARTBEAT] * 3)


def test_what_is_unsubscribed_is_silent(served: Served) -> None:
    trade(served, (5.0, INFY, 101_00), (5.0, TCS, 102_00))

    async def told(ear: Ear) -> int:
        await ear.say({"a": "subscribe", "v": [INFY, TCS]}, {"a": "unsubscribe", "v": [INFY]})
        await ear.silence(0.2)
        await asyncio.to_thread(advance, served, START + 10 * SECOND)
        (tick,) = ticks(await ear.silence(0.3))
        return int.from_bytes(tick[4:8], "big")

    assert with_ear(served, told) == TCS


def test_order_updates_need_no_subscription(served: Served) -> None:
    async def told(ear: Ear) -> list[Any]:
        await ear.silence(0.1)
        await asyncio.to_thread(lambda: kite_of(served).place_order(**ORDER))
        return await ear.listen(lambda heard: any(isinstance(one, dict) and one["type"] == "order" for one in heard))

    update = with_ear(served, told)[-1]
    assert (update["type"], update["id"], update["data"]["status"], update["data"]["unfilled_quantity"]) == (
        "order", "", "COMPLETE", 0,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("no json", 'write {"a"'),
        ({"a": "subscribe"}, 'write {"a"'),
        ({"a": "subscribe", "v": ["NSE:INFY"]}, "tokens are a list of whole numbers"),
        ({"a": "mode", "v": ["everything", [1]]}, "one of ltp, quote, full"),
        ({"a": "dance", "v": [1]}, "Unknown action: dance"),
    ],
)
def test_a_message_that_is_not_understood_is_answered_with_an_error_frame(
    served: Served, message: object, words: str
) -> None:
    async def told(ear: Ear) -> list[Any]:
        await ear.say(message)
        return await ear.listen(lambda heard: any(isinstance(one, dict) and one["type"] == "error" for one in heard))

    assert words in with_ear(served, told)[-1]["data"]


def test_more_instruments_than_allowed_are_refused_as_a_whole(serve: Callable[..., Served]) -> None:
    served = serve(instruments=2)

    async def told(ear: Ear) -> list[Any]:
        await ear.say({"a": "subscribe", "v": [INFY, TCS, NIFTY]})
        return await ear.listen(lambda heard: len(heard) > 1)

    heard = [one for one in with_ear(served, told) if one != HEARTBEAT]
    assert heard[1] == {"type": "error", "data": "Maximum of 2 instruments on one connection."}


def handshake(served: Served, token: str) -> int:
    async def run() -> int:
        async with aiohttp.ClientSession() as session:
            try:
                async with session.ws_connect(address(served, token)):
                    return 101
            except aiohttp.WSServerHandshakeError as error:
                return error.status

    return asyncio.run(run())


def test_a_dead_token_is_403_at_the_handshake_and_an_open_socket_outlives_it(served: Served) -> None:
    async def told(ear: Ear) -> bool:
        await ear.silence(0.1)
        served.kite.sessions.kill()
        await asyncio.to_thread(lambda: None)
        await ear.say({"a": "subscribe", "v": [INFY]})
        return bool(ticks(await ear.listen(lambda heard: bool(ticks(heard)))))

    assert with_ear(served, told)
    assert handshake(served, "0" * 32) == 403
    assert [one["code"] for one in served.audit.of("socket") if one["what"] == "refused"] == [403]


def test_the_fourth_connection_is_429_until_one_ends(served: Served) -> None:
    token = served.session()

    async def run() -> list[int]:
        codes = []
        async with aiohttp.ClientSession() as session:
            sockets = [await session.ws_connect(address(served, token)) for _ in range(3)]
            for _ in range(2):
                try:
                    await session.ws_connect(address(served, token))
                    codes.append(101)
                except aiohttp.WSServerHandshakeError as error:
                    codes.append(error.status)
                await sockets[0].close()
                await asyncio.sleep(0.1)
        return codes

    assert asyncio.run(run()) == [429, 101]


def test_a_refused_socket_has_the_code_of_the_fault(served: Served) -> None:
    fail(served, Do.REFUSE_SOCKET, nth=1, code=502)
    token = served.session()
    assert [handshake(served, token), handshake(served, token)] == [502, 101]


def test_dropped_sockets_end_without_a_close_frame(served: Served) -> None:
    async def told(ear: Ear) -> int | None:
        await ear.silence(0.1)
        await asyncio.to_thread(happen, served, "drop")
        with pytest.raises(ConnectionError, match="ended"):
            await ear.listen(lambda _: False)
        return ear.socket.close_code

    assert with_ear(served, told) == 1006


def happen(served: Served, do: str, **more: Any) -> None:
    answer = requests.post(f"{served.root}/sandbox/happen", json={"do": do, **more}, timeout=5)
    assert answer.json()["status"] == "success", answer.text


def test_a_mute_socket_sends_no_byte_and_speaks_again_after_its_seconds(served: Served) -> None:
    async def told(ear: Ear) -> tuple[list[Any], list[Any]]:
        await ear.silence(0.1)
        await asyncio.to_thread(happen, served, "mute", seconds=1.6)
        await ear.say({"a": "subscribe", "v": [INFY]})
        return await ear.silence(1.4), [*await ear.silence(1.3)]

    muted, after = with_ear(served, told)
    assert muted == []
    assert HEARTBEAT in after
    assert len(ticks(after)) == 1


def test_a_stalled_socket_sends_heartbeats_and_no_ticks(served: Served) -> None:
    trade(served, (5.0, INFY, 101_00))

    async def told(ear: Ear) -> list[Any]:
        await ear.say({"a": "subscribe", "v": [INFY]})
        await ear.silence(0.1)
        await asyncio.to_thread(happen, served, "stall", seconds=30)
        await asyncio.to_thread(advance, served, START + 10 * SECOND)
        return await ear.silence(1.2)

    heard = with_ear(served, told)
    assert heard
    assert set(heard) == {HEARTBEAT}


@pytest.mark.parametrize(
    ("do", "prices"),
    [
        (Do.LOST_FRAME, [102_00, 103_00]),
        (Do.DOUBLE_FRAME, [101_00, 101_00, 102_00, 103_00]),
        (Do.LATE_FRAME, [102_00, 101_00, 103_00]),
        (Do.CORRUPT_FRAME, [101_00 + (0x40 << 24), 102_00, 103_00]),
    ],
)
def test_frames_of_ticks_are_lost_doubled_late_or_corrupt(served: Served, do: Do, prices: list[int]) -> None:
    trade(served, (1.5, INFY, 101_00), (2.5, INFY, 102_00), (3.5, INFY, 103_00))

    async def told(ear: Ear) -> list[int]:
        await ear.say({"a": "subscribe", "v": [INFY, TCS]}, {"a": "mode", "v": ["ltp", [INFY]]})
        await ear.silence(0.2)
        set_fault(served, do=str(do), symbol="INFY", nth=1)
        await asyncio.to_thread(advance, served, START + 10 * SECOND)
        return [price_at(one) for one in ticks(await ear.silence(0.3))]

    assert with_ear(served, told) == prices


def set_fault(served: Served, **fault: Any) -> None:
    answer = requests.post(f"{served.root}/sandbox/faults", json={"faults": [fault]}, timeout=5)
    assert answer.json() == {"status": "success", "data": 1}


def test_updates_are_lost_doubled_and_late(served: Served) -> None:
    async def told(ear: Ear) -> list[str]:
        await ear.silence(0.1)
        client = kite_of(served)
        for tag, do in (("L", Do.LATE_UPDATE), ("N", Do.LOST_UPDATE), ("D", Do.DOUBLE_UPDATE)):
            set_fault(served, do=str(do), tag=tag)
        for tag in "LND":
            await asyncio.to_thread(client.place_order, **{**ORDER, "tag": tag})
        return [one["data"]["tag"] for one in await ear.silence(0.3) if isinstance(one, dict)]

    assert with_ear(served, told) == ["D", "D", "L"]


def test_the_official_ticker_gets_ticks_in_full_and_order_updates(served: Served) -> None:
    ticker: Any = KiteTicker(API_KEY, served.session(), root=f"ws://127.0.0.1:{served.port}")
    heard: list[Any] = []

    def connected(ws: Any, _: Any) -> None:
        ws.subscribe([INFY])
        ws.set_mode(ws.MODE_FULL, [INFY])

    ticker.on_connect = connected
    ticker.on_ticks = lambda _, found: heard.extend(found)
    ticker.on_order_update = lambda _, found: heard.append(found)
    from twisted.internet import reactor

    if reactor.running:  # since an earlier test of this process
        reactor.callFromThread(ticker.connect, threaded=True)
    else:
        ticker.connect(threaded=True)
    try:
        wait(lambda: any(one.get("mode") == "full" for one in heard))
        kite_of(served).place_order(**ORDER)
        wait(lambda: any("order_id" in one for one in heard))
    finally:
        reactor.callFromThread(ticker.close)
    full = next(one for one in heard if one.get("mode") == "full")
    assert (full["last_price"], full["depth"]["sell"][0]["quantity"], full["ohlc"]["close"]) == (100.0, 70, 99.0)
    assert int(full["exchange_timestamp"].timestamp()) * SECOND == START
    wait(lambda: not served.kite.sockets.open)

"""The simulated PBX is an AMI server like the real one: our own client listens to it as it would to Asterisk."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import suppress
from random import Random
from typing import Any

import pytest

from daemon.demo.generator import TrafficGenerator
from daemon.demo.pbx import BANNER, USERNAME, SimulatedPbx
from handlers.ami.message import Message

WITHIN_S = 60.0
BUSY = {"calls_per_minute": 600.0, "speed": 20.0}


@pytest.fixture
async def pbx() -> AsyncIterator[SimulatedPbx]:
    async with SimulatedPbx(TrafficGenerator(Random(1), **BUSY)) as running:
        yield running


Connect = Callable[[SimulatedPbx], Coroutine[Any, Any, "Client"]]


@pytest.fixture
async def connected() -> AsyncIterator[Connect]:
    clients: list[Client] = []

    async def connect(pbx: SimulatedPbx) -> Client:
        client = Client(*await asyncio.open_connection("127.0.0.1", pbx.port))
        clients.append(client)
        assert await client.reader.readline() == BANNER
        return client

    yield connect
    for client in clients:
        await client.close()


class Client:
    """A line-by-line AMI client."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def close(self) -> None:
        self.writer.close()
        with suppress(OSError):
            await self.writer.wait_closed()

    async def next(self) -> Message:
        async with asyncio.timeout(WITHIN_S):
            return Message((await self.reader.readuntil(b"\r\n\r\n"))[:-4])

    async def ask(self, action: str, **headers: str) -> Message:
        lines = [f"Action: {action}", "ActionID: mine", *(f"{name}: {value}" for name, value in headers.items())]
        self.writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        while True:
            message = await self.next()
            if message.get("ActionID") == "mine" and message.get("Response"):
                return message

    async def ended(self) -> bool:
        async with asyncio.timeout(WITHIN_S):
            try:
                while await self.reader.read(65_536):
                    pass
            except ConnectionError:
                pass
        return True


async def test_the_right_secret_is_let_in_and_told_that_the_pbx_is_booted(
    pbx: SimulatedPbx, connected: Connect
) -> None:
    client = await connected(pbx)
    answer = await client.ask("Login", Username=USERNAME, Secret=pbx.secret)
    assert (answer.get("Response"), answer.get("Message")) == ("Success", "Authentication accepted")
    assert (await client.next()).name == "FullyBooted"


async def test_a_challenge_is_answered_with_its_digest(pbx: SimulatedPbx, connected: Connect) -> None:
    client = await connected(pbx)
    challenge = (await client.ask("Challenge", AuthType="MD5")).get("Challenge")
    key = hashlib.md5(f"{challenge}{pbx.secret}".encode()).hexdigest()
    assert (await client.ask("Login", AuthType="MD5", Username=USERNAME, Key=key)).get("Response") == "Success"


@pytest.mark.parametrize(
    "headers",
    [
        {"Username": USERNAME, "Secret": "wrong"},
        {"Username": "somebody", "Secret": "wrong"},
        {"Username": USERNAME, "AuthType": "MD5", "Key": "0" * 32},
    ],
)
async def test_a_wrong_login_is_refused_and_hung_up_on(
    pbx: SimulatedPbx, headers: dict[str, str], connected: Connect
) -> None:
    client = await connected(pbx)
    answer = await client.ask("Login", **headers)
    assert (answer.get("Response"), answer.get("Message")) == ("Error", "Authentication failed")
    assert await client.ended()


async def test_nothing_is_answered_before_the_login_and_no_event_comes(pbx: SimulatedPbx, connected: Connect) -> None:
    client = await connected(pbx)
    assert (await client.ask("CoreShowChannels")).get("Message") == "Permission denied"
    assert not pbx.logged_in.is_set()


async def test_calls_begin_with_the_first_login(pbx: SimulatedPbx, connected: Connect) -> None:
    client = await connected(pbx)
    playing = asyncio.ensure_future(pbx.play())
    await client.ask("Login", Username=USERNAME, Secret=pbx.secret)
    while (await client.next()).name != "Newchannel":
        pass
    playing.cancel()


async def test_only_the_classes_asked_for_are_sent(pbx: SimulatedPbx, connected: Connect) -> None:
    client = await connected(pbx)
    await client.ask("Login", Username=USERNAME, Secret=pbx.secret, Events="agent")
    playing = asyncio.ensure_future(pbx.play())
    privileges = {(await client.next()).get("Privilege") for _ in range(30)}
    assert privileges == {"agent,all"}
    await client.ask("Events", EventMask="call,agent")
    while (await client.next()).get("Privilege") != "call,all":
        pass
    playing.cancel()


async def test_who_plays_too_late_lets_others_have_their_turn(connected: Connect) -> None:
    traffic = TrafficGenerator(Random(1), calls_per_minute=60_000.0, speed=1_000_000.0)  # nobody can be that fast
    async with SimulatedPbx(traffic) as pbx:
        client = await connected(pbx)
        await client.ask("Login", Username=USERNAME, Secret=pbx.secret)
        playing = asyncio.ensure_future(pbx.play())
        assert await client.ask("Ping")
        playing.cancel()


async def test_a_client_that_does_not_read_is_cut_off(connected: Connect) -> None:
    async with SimulatedPbx(TrafficGenerator(Random(1), **BUSY), unread_limit=200_000) as pbx:
        client = await connected(pbx)
        await client.ask("Login", Username=USERNAME, Secret=pbx.secret)
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]  # a transport of both directions
        noise = b"Event: Newexten\r\nPrivilege: dialplan,all\r\nAppData: " + b"x" * 60_000 + b"\r\n\r\n"
        for _ in range(1000):
            pbx.send_raw(noise)
            await asyncio.sleep(0)
            if not pbx.listeners:
                break
        assert not pbx.listeners


async def test_leaving_hangs_up_on_everybody(connected: Connect) -> None:
    async with SimulatedPbx(TrafficGenerator(Random(1))) as pbx:
        client = await connected(pbx)
        await client.ask("Login", Username=USERNAME, Secret=pbx.secret)
    assert await client.ended()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", pbx.port)


@pytest.mark.parametrize("garbage", [b"\r\n\r\n", b"\x00\xff" * 50 + b"\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n"])
async def test_who_talks_no_ami_is_told_so(pbx: SimulatedPbx, garbage: bytes, connected: Connect) -> None:
    client = await connected(pbx)
    client.writer.write(garbage)
    assert (await client.next()).get("Message") == "Missing action in request"


async def test_an_endless_action_ends_the_session(pbx: SimulatedPbx, connected: Connect) -> None:
    client = await connected(pbx)
    client.writer.write(b"x" * 300_000)
    assert await client.ended()

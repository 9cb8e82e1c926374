"""`ringtally demo`, as a newcomer starts it: a process that shows calls, and leaves nothing behind."""

import asyncio
import contextlib
import os
import pty
import re
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiomqtt
import pytest

from tests.documents.asking import asking
from tests.documents.validity import channel_of, check_message

pytestmark = pytest.mark.slow

RINGTALLY = Path(sys.executable).with_name("ringtally")
WITHIN_S = 60.0
ADDRESS = re.compile(rb"http://127\.0\.0\.1:\d+")
TOKEN = re.compile(rb"token  ([\w-]{16})\n")
BROKER = re.compile(rb"broker  mqtt://127\.0\.0\.1:(\d+)  ws://127\.0\.0\.1:(\d+)/  ringtally/demo/#\n")
# As if the extra were not installed.
WITHOUT_BROKER = "import sys; sys.modules['amqtt'] = None; from daemon.cli import main; main()"


@contextlib.asynccontextmanager
async def demo(
    folder: Path, *options: str, program: tuple[str, ...] = (str(RINGTALLY),)
) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *program,
        "demo",
        *("--seed", "7", *options),
        env=os.environ | {"TMPDIR": str(folder)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def left_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def address_of(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    async with asyncio.timeout(WITHIN_S):
        match = ADDRESS.search(await process.stdout.readline())
    assert match is not None
    return match[0].decode()


def checked(message: aiomqtt.Message) -> str:
    """The topic below the root of a message that is as documented."""
    topic = str(message.topic).removeprefix("ringtally/demo/")
    assert isinstance(message.payload, bytes)
    # This broker hands everything out with the QoS that the subscriber asked for, as no other does: it says nothing of ours.
    check_message(topic, message.payload, channel_of(topic).channel.qos, message.retain)
    return topic


async def listened(client: aiomqtt.Client, wanted: set[str], kept: bool = False) -> dict[str, aiomqtt.Message]:
    """What is said on these topics, each its first time, among all that there are; `kept`: what the broker kept for who comes later."""
    found: dict[str, aiomqtt.Message] = {}
    await client.subscribe("ringtally/demo/#", qos=1)
    async with asyncio.timeout(WITHIN_S):
        async for message in client.messages:
            topic = checked(message)
            if message.retain or not kept:
                found.setdefault(topic, message)
            if found.keys() >= wanted:
                break
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_board_finds_everything_at_its_broker_until_the_end_is_told(
    tmp_path: Path, number: signal.Signals
) -> None:
    async with demo(tmp_path) as process:
        assert process.stdout is not None
        address = await address_of(process)
        told: re.Match[bytes] | None = None
        while not (line := await process.stdout.readline()).startswith(b"broker"):
            told = TOKEN.fullmatch(line) or told
        match = BROKER.fullmatch(line)
        assert match is not None
        assert told is not None
        tcp, web = int(match[1]), int(match[2])
        async with (
            aiomqtt.Client("127.0.0.1", tcp) as plain,
            aiomqtt.Client("127.0.0.1", web, transport="websockets", websocket_path="/") as board,
        ):
            first = await listened(plain, {"bridge/state", "bridge/info", "queue/support/state", "event/call"})
            assert first["bridge/state"].payload == b"online"
            # Who comes later finds the states, and no event of before.
            wanted = {"bridge/state", "bridge/health", "calls/active", "queue/sales/state", "department/sales/state"}
            states = await listened(board, wanted, kept=True)
            assert not [topic for topic in states if topic.startswith("event/")]
            async with asking(address) as session, session.get("/metrics") as answer:
                assert "\nringtally_mqtt_connected 1.0\n" in await answer.text()
            headers = {"X-Ringtally-Token": told[1].decode()}
            async with asking(address, headers=headers) as session, session.get("/api/v1/access") as answer:
                assert await answer.json() == {"v": 1, "reads_all": True, "writes": True}
            process.send_signal(number)
            async with asyncio.timeout(WITHIN_S):
                with contextlib.suppress(aiomqtt.MqttError):  # the broker goes right after the daemon
                    async for message in board.messages:
                        if checked(message) == "bridge/state":
                            states["bridge/state"] = message
                _, errors = await process.communicate()
        assert states["bridge/state"].payload == b"offline"
    assert (process.returncode, errors) == (0, b"")
    assert left_in(tmp_path) == []
    for port in (tcp, web):
        with pytest.raises(OSError, match=r"\b111\b|refused"):
            await asyncio.open_connection("127.0.0.1", port)


async def test_without_the_extra_it_runs_all_the_same_and_says_what_is_missing(tmp_path: Path) -> None:
    async with demo(tmp_path, program=(sys.executable, "-c", WITHOUT_BROKER)) as process:
        assert process.stdout is not None
        out = b""
        async with asyncio.timeout(WITHIN_S):
            while b"  busy  " not in out:
                out += await process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, errors = await process.communicate()
    assert (process.returncode, errors) == (0, b"")
    assert b"broker  none: extra ringtally[demo] is missing; the wallboard does without\n" in out
    assert b"/wallboard/\n" in out
    assert left_in(tmp_path) == []


async def test_calls_are_counted_while_it_runs_and_a_terminal_that_is_closed_leaves_nothing_behind(
    tmp_path: Path,
) -> None:
    async with demo(tmp_path) as process, asking(await address_of(process)) as session:
        async with asyncio.timeout(WITHIN_S):
            while True:
                async with session.get("/api/v1/live") as answer:
                    if (await answer.json())["total"]:
                        break
                await asyncio.sleep(0.05)
        async with session.get("/metrics") as answer:
            assert "\nringtally_ami_connected 1.0\n" in await answer.text()
        process.send_signal(signal.SIGHUP)
        _, errors = await process.communicate()
    assert (process.returncode, errors) == (0, b"")
    assert left_in(tmp_path) == []


async def test_it_stops_by_itself_when_told_to(tmp_path: Path) -> None:
    async with demo(tmp_path, "--seconds", "1") as process:
        out, errors = await process.communicate()
    assert (process.returncode, errors) == (0, b"")
    assert ADDRESS.search(out)
    assert left_in(tmp_path) == []


async def test_an_address_that_is_taken_is_one_clear_line(tmp_path: Path) -> None:
    taken = await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", 0)
    port = taken.sockets[0].getsockname()[1]
    async with taken, demo(tmp_path, "--listen", f"127.0.0.1:{port}") as process:
        _, errors = await process.communicate()
    assert process.returncode == 1
    assert re.fullmatch(rb"Error: cannot listen on 127\.0\.0\.1:\d+: [^\n]+\n", errors)
    assert left_in(tmp_path) == []


async def test_a_terminal_shows_a_picture_that_ticks(tmp_path: Path) -> None:
    ours, its = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        *(str(RINGTALLY), "demo", "--seed", "7"),
        env=os.environ | {"TMPDIR": str(tmp_path), "TERM": "xterm-256color", "COLUMNS": "80", "LINES": "40"},
        stdin=its,
        stdout=its,
        stderr=its,
    )
    os.close(its)
    shown = bytearray()
    seen = asyncio.Event()

    def take() -> None:
        with contextlib.suppress(OSError):  # the terminal is gone with the process
            shown.extend(os.read(ours, 65_536))
        if re.search(rb"ringing|queued|talking|ivr", shown) and re.search(rb"0:02", shown):
            seen.set()

    loop = asyncio.get_running_loop()
    loop.add_reader(ours, take)
    try:
        async with asyncio.timeout(WITHIN_S):
            await seen.wait()
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(WITHIN_S):
            await process.wait()
    finally:
        loop.remove_reader(ours)
        if process.returncode is None:
            process.kill()
            await process.wait()
        os.close(ours)
    assert process.returncode == 0
    assert b"Traceback" not in shown
    assert re.search(rb"http://127\.0\.0\.1:\d+/wallboard/", shown)
    assert re.search(rb"ws://127\.0\.0\.1:\d+/  ringtally/demo/#", shown)
    assert left_in(tmp_path) == []

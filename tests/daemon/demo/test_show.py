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

import aiohttp
import aiomqtt
import pytest

pytestmark = pytest.mark.slow

RINGTALLY = Path(sys.executable).with_name("ringtally")
ADDRESS = re.compile(rb"http://127\.0\.0\.1:\d+")
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
    async with asyncio.timeout(20):
        match = ADDRESS.search(await process.stdout.readline())
    assert match is not None
    return match[0].decode()


async def listened(client: aiomqtt.Client, wanted: set[str]) -> dict[str, aiomqtt.Message]:
    """What is said on these topics, each its first time, among all that there are."""
    found: dict[str, aiomqtt.Message] = {}
    await client.subscribe("ringtally/demo/#", qos=1)
    async with asyncio.timeout(20):
        async for message in client.messages:
            found.setdefault(str(message.topic).removeprefix("ringtally/demo/"), message)
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
        await process.stdout.readline()
        match = BROKER.fullmatch(await process.stdout.readline())
        assert match is not None
        tcp, web = int(match[1]), int(match[2])
        async with (
            aiomqtt.Client("127.0.0.1", tcp) as plain,
            aiomqtt.Client("127.0.0.1", web, transport="websockets", websocket_path="/") as board,
        ):
            first = await listened(plain, {"bridge/state", "bridge/info", "queue/support/state", "event/call"})
            assert first["bridge/state"].payload == b"online"
            # Who comes later finds the states, and no event of before.
            states = await listened(
                board, {"bridge/state", "bridge/health", "calls/active", "queue/sales/state", "department/sales/state"}
            )
            assert all(message.retain for topic, message in states.items() if topic != "event/call")
            async with aiohttp.ClientSession() as session, session.get(f"{address}/metrics") as answer:
                assert "\nringtally_mqtt_connected 1.0\n" in await answer.text()
            process.send_signal(number)
            async with asyncio.timeout(20):
                with contextlib.suppress(aiomqtt.MqttError):  # the broker goes right after the daemon
                    async for message in board.messages:
                        if message.topic.matches("+/+/bridge/state"):
                            states["bridge/state"] = message
                _, errors = await process.communicate()
        assert states["bridge/state"].payload == b"offline"
    assert (process.returncode, errors) == (0, b"")
    assert left_in(tmp_path) == []
    for port in (tcp, web):
        with pytest.raises(OSError, match=r"\b111\b|refused"):
            await asyncio.open_connection("127.0.0.1", port)


async def test_without_the_extra_it_runs_all_the_same_and_says_what_is_missing(tmp_path: Path) -> None:
    async with demo(tmp_path, "--seconds", "2", program=(sys.executable, "-c", WITHOUT_BROKER)) as process:
        out, errors = await process.communicate()
    assert (process.returncode, errors) == (0, b"")
    assert b"broker  none: extra ringtally[demo] is missing; the wallboard does without\n" in out
    assert b"/wallboard/\n" in out
    assert b"  busy  " in out
    assert left_in(tmp_path) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_calls_are_counted_while_it_runs_and_a_signal_leaves_nothing_behind(
    tmp_path: Path, number: signal.Signals
) -> None:
    async with demo(tmp_path) as process, aiohttp.ClientSession() as session:
        address = await address_of(process)
        async with asyncio.timeout(20):
            while True:
                async with session.get(f"{address}/api/v1/live") as answer:
                    if (await answer.json())["total"]:
                        break
                await asyncio.sleep(0.05)
        async with session.get(f"{address}/metrics") as answer:
            assert "\nringtally_ami_connected 1.0\n" in await answer.text()
        process.send_signal(number)
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


@pytest.mark.parametrize("width", [80, 130])
async def test_a_terminal_shows_a_picture_that_ticks(tmp_path: Path, width: int) -> None:
    ours, its = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        *(str(RINGTALLY), "demo", "--seed", "7"),
        env=os.environ | {"TMPDIR": str(tmp_path), "TERM": "xterm-256color", "COLUMNS": str(width), "LINES": "40"},
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
        async with asyncio.timeout(30):
            await seen.wait()
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(10):
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

"""The whole daemon beside a scripted PBX, on which recorded calls happen when a test says so."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from pydantic import SecretStr

from config.sections import Ami, Http, Queue, Settings, Source, Storage, Trunk
from daemon.app import App, Running
from daemon.pump import Sink
from handlers.facts import Call, CallEnded, Fact
from tests.daemon.fake_asterisk import BOOTED, SECRET, USERNAME, FakeAsterisk
from tests.daemon.http_service import until
from tests.documents.asking import asking
from tests.recordings import messages

TOKEN = "right-token"
FULL = {"Authorization": f"Bearer {TOKEN}"}


class Ledger:
    """A sink that keeps what it was told."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []

    def take(self, facts: Sequence[Fact]) -> None:
        self.facts += facts

    @property
    def ended(self) -> list[Call]:
        """The finished calls, those that became part of another too."""
        return [fact.call for fact in self.facts if isinstance(fact, CallEnded)]

    @property
    def calls(self) -> list[Call]:
        """The finished calls that count."""
        return [call for call in self.ended if call.merged_into is None]


def settings_for(folder: Path, port: int, **changes: Any) -> Settings:
    """One trunk, one queue and one source of call tracking, as the recordings have them."""
    values: dict[str, Any] = {
        "ami": Ami(host="127.0.0.1", port=port, username=USERNAME, secret=SecretStr(SECRET), reconnect_max=0.05),
        "trunks": (Trunk(name="town", channels=("PJSIP/trunk-*",)),),
        "sources": (Source(name="yandex", dids=("7001",)),),
        "queues": {"support": Queue()},
        "http": Http(listen="127.0.0.1:0", read_token=SecretStr(TOKEN)),
        "storage": Storage(path=folder / "calls.db"),
    }
    return Settings(**(values | changes))


@asynccontextmanager
async def running(
    settings: Settings, sinks: Iterable[Sink] = ()
) -> AsyncIterator[tuple[Running, aiohttp.ClientSession]]:
    """The daemon for the time of the block, and a client of its HTTP server; stopped within a bound at the end."""
    async with asyncio.TaskGroup() as tasks:
        app = App(settings, sinks)
        task = tasks.create_task(app.run())
        async with asyncio.timeout(60):
            daemon = await app.started
        async with asking(f"http://127.0.0.1:{daemon.port}") as client:
            yield daemon, client
            app.stop.set()
        async with asyncio.timeout(10):
            await task


@asynccontextmanager
async def ready(settings: Settings, sinks: Iterable[Sink] = ()) -> AsyncIterator[tuple[Running, aiohttp.ClientSession]]:
    """The same, once it is connected to its PBX."""
    async with running(settings, sinks) as (daemon, client):
        await until(lambda: daemon.client.state == "ready")
        yield daemon, client


def lines(name: str, change: Callable[[bytes], bytes] = lambda raw: raw) -> list[bytes]:
    """The events of a recording as they came."""
    found = (entry.raw or b"" for entry in messages(name))
    return [change(raw) for raw in found if not raw.startswith((b"Response: ", b"Event: FullyBooted\r\n"))]


async def replay(pbx: FakeAsterisk, daemon: Running, raw: Iterable[bytes]) -> None:
    """It all happens at once; the daemon has handled it when this returns."""
    booted = daemon.client.counters.events["FullyBooted"]
    pbx.sessions[-1].send(b"".join(raw) + BOOTED)
    await until(lambda: daemon.client.counters.events["FullyBooted"] > booted and daemon.pump.backlog == 0)

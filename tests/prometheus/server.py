"""A real Prometheus of its own for one test: free port, temporary storage, the shipped scrape job."""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from tests.daemon.free_port import closed_port

SHIPPED = Path(__file__).parents[2] / "config" / "prometheus"
SCRAPE, SITES = SHIPPED / "scrape.yml", SHIPPED / "sites.yml"
RECORDS, ALERTS = SHIPPED / "ringtally.records.yml", SHIPPED / "ringtally.alerts.yml"
ALERTMANAGER, TEMPLATE = SHIPPED / "alertmanager.yml", SHIPPED / "ringtally.tmpl"
WITHIN_S = 60.0
_OF_THE_SCRAPE = frozenset({"__name__", "instance", "job", "site"})


def program(name: str) -> str:
    """Where it is installed; the test fails without it."""
    found = shutil.which(name)
    assert found is not None, f"no {name}: run scripts/real-parts"
    return found


async def promtool(*arguments: str, given: bytes = b"", within_s: float = WITHIN_S) -> tuple[int | None, str, str]:
    """Exit code and what was said on stdout and stderr."""
    return await ran("promtool", *arguments, given=given, within_s=within_s)


async def ran(
    name: str, *arguments: str, given: bytes = b"", within_s: float = WITHIN_S
) -> tuple[int | None, str, str]:
    """The same of any program, which is ended when it takes too long."""
    process = await asyncio.create_subprocess_exec(
        program(name),
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(within_s):
            said, complained = await process.communicate(given)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode, said.decode(), complained.decode()


def scrape_config(port: int, secured: Mapping[str, str] | None = None, every: str = "500ms") -> str:
    """The shipped example, for a daemon on this port and a reader in a hurry.

    `secured`: with its lines for TLS and a password, and what their paths are here.
    """
    text = SCRAPE.read_text()
    if secured is not None:
        lines = "".join(
            f"    {line}\n" for line in re.findall(r"^#     ((?:scheme|tls_config|basic_auth): .*)$", text, re.M)
        )
        text = text.replace("  - job_name: ringtally\n", f"  - job_name: ringtally\n{lines}")
        for shipped, wanted in secured.items():
            assert lines.count(shipped) == 1, lines
            text = text.replace(shipped, wanted)
    for shipped, wanted in (
        ("127.0.0.1:9796", f"127.0.0.1:{port}"),
        ("scrape_interval: 15s", f"scrape_interval: {every}"),
    ):
        assert text.count(shipped) == 1
        text = text.replace(shipped, wanted)
    return text


class Prometheus:
    """Its HTTP API."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def get(self, path: str, **parameters: str) -> Any:
        async with self._session.get(path, params=parameters) as answer:
            told = await answer.json()
        assert told["status"] == "success", told
        return told["data"]

    async def series(self, query: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
        """The values of an instant query by name and labels, but for the labels of the scrape itself."""
        found = (await self.get("/api/v1/query", query=query))["result"]
        return {
            (
                each["metric"].get("__name__", ""),
                tuple(sorted((k, v) for k, v in each["metric"].items() if k not in _OF_THE_SCRAPE)),
            ): float(each["value"][1])
            for each in found
        }

    async def ask(self, query: str) -> dict[tuple[tuple[str, str], ...], float]:
        """The same by labels alone."""
        return {labels: value for (_, labels), value in (await self.series(query)).items()}

    async def number(self, query: str) -> float | None:
        """The one value of a query, or None."""
        found = list((await self.ask(query)).values())
        assert len(found) <= 1, query
        return found[0] if found else None

    async def until(self, query: str, wanted: float | Callable[[], float]) -> None:
        """Wait for a value, or for what is told at that moment: a scrape is signalled by nothing."""
        last = None
        value = wanted if callable(wanted) else lambda: wanted
        try:
            async with asyncio.timeout(WITHIN_S):
                while (last := await self.number(query)) != value():
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"{query} is {last}, not {value()}; {await self.get('/api/v1/targets')}") from None


@asynccontextmanager
async def scraping(
    folder: Path, daemon_port: int, secured: Mapping[str, str] | None = None, every: str = "500ms", more: str = ""
) -> AsyncIterator[Prometheus]:
    """Prometheus with the daemon as its target, and `more` behind it; ended and gone at the end of the block."""
    config, port = folder / "prometheus.yml", closed_port()
    config.write_text(scrape_config(daemon_port, secured, every) + more)
    command = (
        *(program("prometheus"), f"--config.file={config}", f"--storage.tsdb.path={folder / 'prometheus'}"),
        f"--web.listen-address=127.0.0.1:{port}",
    )
    async with (
        serving(folder / "prometheus.log", port, *command),
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session,
    ):
        yield Prometheus(session)


@asynccontextmanager
async def serving(journal: Path, port: int, *command: str) -> AsyncIterator[None]:
    """A server of Prometheus' kind for the time of the block, once it is ready; what it says goes to `journal`."""
    with journal.open("wb") as said:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.DEVNULL, stdout=said, stderr=said
        )
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
            await _ready(session, process, journal)
        yield
    finally:
        if process.returncode is None:
            process.terminate()
        async with asyncio.timeout(WITHIN_S):
            await process.wait()


async def _ready(session: aiohttp.ClientSession, process: asyncio.subprocess.Process, journal: Path) -> None:
    async with asyncio.timeout(WITHIN_S):
        while True:
            assert process.returncode is None, f"it ended, see {journal}"
            try:
                async with session.get("/-/ready") as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                pass  # it does not listen yet
            await asyncio.sleep(0.05)

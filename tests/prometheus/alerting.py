"""A real Prometheus with the shipped rules and a real Alertmanager with the shipped routes, both in a hurry, and who is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import yaml
from aiohttp import web

from tests.daemon.free_port import closed_port
from tests.prometheus.server import (
    ALERTMANAGER,
    ALERTS,
    RECORDS,
    SCRAPE,
    TEMPLATE,
    WITHIN_S,
    Prometheus,
    program,
    serving,
)

# How long a PBX is away before anybody is told. The other waits stay: a scrape that is late on a busy machine is no news.
AWAY = " for: 3m\n"


class Told:
    """What came to the webhook: the receiver, and each alert of each message."""

    def __init__(self) -> None:
        self._alerts: list[tuple[str, dict[str, Any]]] = []
        self._turn = asyncio.Condition()

    async def take(self, request: web.Request) -> web.Response:
        """A message of Alertmanager."""
        message = await request.json()
        async with self._turn:
            self._alerts += [(request.match_info["receiver"], alert) for alert in message["alerts"]]
            self._turn.notify_all()
        return web.Response()

    async def heard(self, name: str, status: str) -> tuple[str, dict[str, Any]]:
        """Who was told, and what, once the last that anybody was told of this alert is that it is firing, or resolved."""

        def last() -> tuple[str, dict[str, Any]] | None:
            told = [each for each in self._alerts if each[1]["labels"]["alertname"] == name]
            return told[-1] if told and told[-1][1]["status"] == status else None

        try:
            async with asyncio.timeout(WITHIN_S), self._turn:
                found = await self._turn.wait_for(last)
        except TimeoutError:
            raise AssertionError(f"nobody was told that {name} is {status}, but {self._alerts}") from None
        assert found is not None
        return found

    @property
    def names(self) -> set[str]:
        """Every alert of which anybody was told."""
        return {alert["labels"]["alertname"] for _, alert in self._alerts}


@asynccontextmanager
async def alerting(folder: Path, daemon_port: int, site: str) -> AsyncIterator[tuple[Prometheus, Told]]:
    """The chain for one daemon, as shipped but for its pace: who is away is told of at once."""
    told, hook, manager, port = Told(), closed_port(), closed_port(), closed_port()
    (folder / RECORDS.name).write_text(RECORDS.read_text())
    alerts = ALERTS.read_text()
    assert alerts.count(AWAY) == 1
    (folder / ALERTS.name).write_text(alerts.replace(AWAY, " for: 0s\n"))
    config = _scrape(daemon_port, site, manager)
    (folder / SCRAPE.name).write_text(yaml.safe_dump(config))
    (folder / TEMPLATE.name).write_text(TEMPLATE.read_text())
    (folder / ALERTMANAGER.name).write_text(yaml.safe_dump(_routes(hook), allow_unicode=True))
    async with AsyncExitStack() as stack:
        application = web.Application()
        application.router.add_post("/{receiver}", told.take)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", hook).start()
        await stack.enter_async_context(
            serving(
                folder / "alertmanager.log",
                manager,
                *(program("prometheus-alertmanager"), f"--config.file={folder / ALERTMANAGER.name}"),
                *(f"--storage.path={folder / 'alertmanager'}", f"--web.listen-address=127.0.0.1:{manager}"),
                "--cluster.listen-address=",
            )
        )
        await stack.enter_async_context(
            serving(
                folder / "prometheus.log",
                port,
                *(program("prometheus"), f"--config.file={folder / SCRAPE.name}"),
                *(f"--storage.tsdb.path={folder / 'prometheus'}", f"--web.listen-address=127.0.0.1:{port}"),
            )
        )
        session = await stack.enter_async_context(aiohttp.ClientSession(f"http://127.0.0.1:{port}"))
        yield Prometheus(session), told


def _scrape(daemon_port: int, site: str, manager: int) -> Any:
    config = yaml.safe_load(SCRAPE.read_text())
    config["global"] = {
        "scrape_interval": "2s",  # which is how long an answer may take
        "evaluation_interval": "1s",
        "external_labels": {"ringtally_docs": "our/"},
    }
    (job,) = config["scrape_configs"]
    job["static_configs"] = [{"targets": [f"127.0.0.1:{daemon_port}"], "labels": {"site": site}}]
    config["alerting"]["alertmanagers"] = [{"static_configs": [{"targets": [f"127.0.0.1:{manager}"]}]}]
    return config


def _routes(hook: int) -> Any:
    config = yaml.safe_load(ALERTMANAGER.read_text())
    config["route"] |= {"group_wait": "200ms", "group_interval": "500ms"}
    for receiver in config["receivers"]:
        del receiver["email_configs"]
        receiver["webhook_configs"] = [{"url": f"http://127.0.0.1:{hook}/{receiver['name']}"}]
    return config

"""One daemon: its parts run together, take over changed settings, and stop in order."""

import asyncio
import gc
import signal
from collections.abc import Callable, Coroutine, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import structlog

from config.loader import LoadedSettings
from config.sections import Settings
from daemon.ami_client import AmiClient
from daemon.board.site import limits_of, queue_goals
from daemon.clearing import Clearer
from daemon.health import Health
from daemon.http_cases import CaseRoutes
from daemon.http_contacts import ContactRoute
from daemon.http_document import DocumentRoute
from daemon.http_gaps import GapRoute
from daemon.http_reports import ReportRoutes
from daemon.http_rights import AccessRoute
from daemon.http_server import HttpServer
from daemon.http_sources import guard_of, sources_of
from daemon.log import configure_log
from daemon.notify import Notifier
from daemon.parts import Parts, account_of, build, measured
from daemon.pump import Pump, Sink
from daemon.reload import Change, Reloader
from daemon.report_process import ReportProcess
from daemon.rules import rules_of
from daemon.sinks.mqtt import MqttSink
from daemon.stopping import check_stored, wind_up
from daemon.supervision import Supervision, status_line
from daemon.taking_up import take_up_yesterday
from daemon.web_pages import WebPages
from handlers.core import Core
from storage.writer import Writer

log = structlog.get_logger()


class PartLostError(Exception):
    """A fault of ours: a part of the daemon is gone. The service manager starts us again."""


@dataclass(frozen=True, slots=True)
class Running:
    """What others may look at while the daemon runs."""

    core: Core
    client: AmiClient
    writer: Writer
    pump: Pump
    port: int
    health: Health
    mqtt: MqttSink | None = None


class App:
    """One daemon. `run` until `stop` is set; `started` is told once everything listens.

    A stop that waits for the database ends when `give_up` is set.

    Where there is a way to `load` settings, setting `reload` takes over what can change while calls live.
    """

    def __init__(
        self,
        settings: Settings,
        extra_sinks: Iterable[Sink] = (),
        load: Callable[[], LoadedSettings] | None = None,
        notifier: Notifier | None = None,
    ) -> None:
        self._settings = settings
        self._load = load
        self._notifier = notifier or Notifier()
        self._extra_sinks = tuple(extra_sinks)
        self._database = Path(settings.storage.path)
        self.stop = asyncio.Event()
        self.give_up = asyncio.Event()
        self.reload = asyncio.Event()
        self.started: asyncio.Future[Running] = asyncio.get_running_loop().create_future()

    async def run(self) -> None:
        """Run until stopped. Raises StorageError, HttpListenError, or OSError for a ca_file, where it cannot begin.

        NotStoredError: it was stopped, and could not store all. RightsTooWideError: the PBX's account is one that the settings refuse.
        """
        async with AsyncExitStack() as stack:
            stack.callback(self._notifier.close)
            parts = await build(lambda: self._settings, self._database, self._extra_sinks, stack)
            parts.client.on_give_up = self.stop.set
            sources = sources_of(
                self._database,
                lambda: self._settings,
                parts.core,
                parts.client,
                parts.metrics,
                parts.render,
                parts.health.trouble,
            )
            pages = WebPages(lambda: self._settings, version("ringtally")).routes()
            contacts = ContactRoute(parts.requests).routes()
            cases = CaseRoutes(self._database, parts.requests, lambda: self._settings, parts.render_case).routes()
            gaps = GapRoute(self._database, lambda: self._settings.zone).routes()
            making = ReportProcess()
            stack.push_async_callback(making.close)
            reports = ReportRoutes(self._database, lambda: self._settings, making).routes()
            guard = guard_of(self._settings.http, parts.refusals)
            rights = AccessRoute().routes()
            more_routes = [*pages, *contacts, *cases, *gaps, *reports, *rights, *DocumentRoute().routes()]
            server = HttpServer(sources, parts.stream, guard, more_routes=more_routes)
            port = await server.start(self._settings.http.listen)
            stack.push_async_callback(server.stop)
            log.info("started", version=version("ringtally"), http=f"port {port}", database=str(self._database))
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(lasting("writer", parts.writer.run), name="writer")
                pumping = tasks.create_task(lasting("pump", parts.pump.run), name="pump")
                if parts.mqtt is not None:
                    publishing = tasks.create_task(lasting("mqtt", parts.mqtt.run), name="mqtt")
                listening = tasks.create_task(lasting("ami", parts.client.run), name="ami")
                beside = self._tasks_beside(tasks, parts)
                self.started.set_result(
                    Running(parts.core, parts.client, parts.writer, parts.pump, port, parts.health, parts.mqtt)
                )
                self._notifier.ready()
                await self.stop.wait()
                self._notifier.stopping()
                for task in beside:
                    task.cancel()
                await wind_up(parts, pumping, listening, self.give_up, self._notifier)
                if parts.mqtt is not None:
                    publishing.cancel()
        log.info("stopped")
        check_stored(parts.writer)
        if parts.client.given_up is not None:
            raise parts.client.given_up

    def _tasks_beside(self, tasks: asyncio.TaskGroup, parts: Parts) -> list[asyncio.Task[None]]:
        """What runs beside the way of the data: the service manager's news, and settings that are read again."""
        supervision = Supervision(
            self._notifier,
            parts.pump,
            lambda: status_line(parts.client.state, parts.core.live_count, parts.health.trouble()),
        )
        clearer = Clearer(self._database, lambda: self._settings, parts.writer)
        started = [
            tasks.create_task(lasting("supervision", supervision.run), name="supervision"),
            tasks.create_task(lasting("requests", parts.requests.run), name="requests"),
            tasks.create_task(lasting("clients", parts.clients.run), name="clients"),
            tasks.create_task(lasting("keeper", parts.keeper.run), name="keeper"),
            tasks.create_task(lasting("forgetter", parts.forgetter.run), name="forgetter"),
            tasks.create_task(lasting("clearer", clearer.run), name="clearer"),
            tasks.create_task(take_up_yesterday(parts.board, self._database), name="yesterday"),
        ]
        if self._load is not None:
            reloader = Reloader(self._settings, self._load, partial(self._take_over, parts), self._notifier)
            started.append(tasks.create_task(reloader.run(self.reload), name="reloader"))
        return started

    def _take_over(self, parts: Parts, change: Change) -> None:
        """Put changed settings in force, between two events; OSError before anything has changed."""
        settings = change.settings
        account = account_of(settings.ami)
        self._settings = settings
        configure_log(settings.log.level, settings.log.format)
        parts.core.change_rules(rules_of(settings))
        parts.metrics.learn(**measured(settings))
        parts.case_metrics.learn(rules_of(settings))
        parts.hours.learn(rules_of(settings).working_time)
        parts.board.change_limits(limits_of(settings), partial(queue_goals, settings))
        parts.client.change_account(account, change.reconnects)
        parts.clients.reread()


async def lasting(name: str, part: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """A part that ends when it is told to. PartLostError if it ends as if it had been: a task group takes that for a good end.

    It is begun in here: where the task is cancelled before its first turn, there is nothing that nobody waited for.
    """
    try:
        await part()
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        raise PartLostError(f"the part {name} ended by a cancellation that nobody asked for") from None


def _leave_in_peace() -> None:
    """What is there at the start stays to the end: the garbage collector need not walk through it, 50 ms each time, again and again."""
    gc.collect()
    gc.freeze()


async def run_until_signalled(app: App) -> None:
    """Run the daemon until SIGTERM or SIGINT, a second one ends the wait for the database; SIGHUP reads its settings again."""
    app.started.add_done_callback(lambda _started: _leave_in_peace())
    loop = asyncio.get_running_loop()

    def end() -> None:
        (app.give_up if app.stop.is_set() else app.stop).set()

    reactions = {signal.SIGTERM: end, signal.SIGINT: end, signal.SIGHUP: app.reload.set}
    for number, react in reactions.items():
        loop.add_signal_handler(number, react)
    try:
        await app.run()
    finally:
        for number in reactions:
            loop.remove_signal_handler(number)

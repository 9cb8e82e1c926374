"""The composition root: builds every part from the settings, runs them together, stops them in order."""

import asyncio
import re
import signal
import ssl
from collections.abc import Callable, Iterable, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import tzinfo
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypedDict

import structlog
from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector

from config.loader import LoadedSettings
from config.sections import Ami, Settings
from daemon import clock
from daemon.ami_client import AmiClient
from daemon.ami_login import AmiAccount
from daemon.http_server import BadQueryError, HttpServer, NotAllowedError, Sources
from daemon.log import configure_log
from daemon.notify import Notifier
from daemon.periods import Period, PeriodError, between, named_period
from daemon.pump import Pump, Sink
from daemon.reload import Change, Reloader
from daemon.rules import rules_of
from daemon.sinks.database import DatabaseSink
from daemon.sinks.journal import JournalSink
from daemon.sinks.metrics import Goals, MetricsSink
from daemon.sinks.stream import StreamSink, calls_active
from daemon.supervision import Supervision, status_line
from handlers.core import Core
from handlers.facts import DIRECTIONS, RESULTS, Call
from storage.call_filter import CallFilter
from storage.call_json import call_json, iso, time_line_json
from storage.calls import find_call, find_calls
from storage.database import reading, writing
from storage.masking import masked
from storage.writer import Writer

log = structlog.get_logger()
FLUSH_WITHIN_S = 1.0
LIMIT_DEFAULT = 50
LIMIT_MOST = 1000


def account_of(ami: Ami) -> AmiAccount:
    """The AMI account of the settings. Off loopback without TLS it logs in by MD5 challenge.

    OSError where `ca_file` cannot be used.
    """
    tls = None
    if ami.tls:
        try:
            tls = ssl.create_default_context(cafile=ami.ca_file or None)
        except ssl.SSLError:
            raise OSError(f"{ami.ca_file} holds no certificate in PEM; correct ami.ca_file") from None
    return AmiAccount(
        host=ami.host,
        port=ami.port,
        username=ami.username,
        secret=ami.secret.get_secret_value(),
        md5=ami.auth == "md5" or (ami.auth == "auto" and not ami.is_loopback and not ami.tls),
        tls=tls,
        ping_interval_s=ami.ping_interval,
        ping_timeout_s=ami.ping_timeout,
        timeout_s=ami.timeout,
        reconnect_most_s=ami.reconnect_max,
    )


@dataclass(frozen=True, slots=True)
class Running:
    """What others may look at while the daemon runs."""

    core: Core
    client: AmiClient
    writer: Writer
    pump: Pump
    port: int


class App:
    """One daemon. `run` until `stop` is set; `started` is told once everything listens.

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
        self.reload = asyncio.Event()
        self.started: asyncio.Future[Running] = asyncio.get_running_loop().create_future()

    async def run(self) -> None:
        """Run until stopped. Raises StorageError or HttpListenError where it cannot begin.

        The stop: the reader first, then what is queued is handled, what still lives is stored as it stands (a later run that
        sees its end replaces the row), the store flushed within a second, everything closed.
        """
        settings = self._settings
        core = Core(rules_of(settings))
        async with AsyncExitStack() as stack:
            stack.callback(self._notifier.close)
            database = await stack.enter_async_context(
                writing(self._database, now=clock.now(), durability=settings.storage.durability)
            )
            metrics = self._metrics(core)
            writer = Writer(database, observe=metrics.observe_write)
            stream = StreamSink(_render, core.live_calls)
            pump = Pump(core, [metrics, DatabaseSink(writer), stream, JournalSink(), *self._extra_sinks])
            client = AmiClient(account_of(settings.ami), pump.feed)
            pump.on_overrun(client.drop)
            server = HttpServer(
                self._sources(core, client, metrics), stream, settings.http.read_token.get_secret_value()
            )
            port = await server.start(settings.http.listen)
            stack.push_async_callback(server.stop)
            log.info("started", version=version("ringtally"), http=f"port {port}", database=str(self._database))
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(writer.run(), name="writer")
                pumping = tasks.create_task(pump.run(), name="pump")
                listening = tasks.create_task(client.run(), name="ami")
                beside = self._tasks_beside(tasks, core, client, pump, metrics)
                self.started.set_result(Running(core, client, writer, pump, port))
                self._notifier.ready()
                await self.stop.wait()
                self._notifier.stopping()
                for task in beside:
                    task.cancel()
                listening.cancel()
                with suppress(asyncio.CancelledError):
                    await listening
                pump.end()
                await pumping
                for unfinished in core.break_off(clock.now()):
                    writer.put(unfinished)
                await writer.close(FLUSH_WITHIN_S)
        log.info("stopped")

    def _tasks_beside(
        self, tasks: asyncio.TaskGroup, core: Core, client: AmiClient, pump: Pump, metrics: MetricsSink
    ) -> list[asyncio.Task[None]]:
        """What runs beside the way of the data: the service manager's news, and settings that are read again."""
        supervision = Supervision(self._notifier, pump, lambda: status_line(client.state, core.live_count))
        started = [tasks.create_task(supervision.run(), name="supervision")]
        if self._load is not None:
            take_over = partial(self._take_over, core, client, metrics)
            reloader = Reloader(self._settings, self._load, take_over, self._notifier)
            started.append(tasks.create_task(reloader.run(self.reload), name="reloader"))
        return started

    def _take_over(self, core: Core, client: AmiClient, metrics: MetricsSink, change: Change) -> None:
        """Put changed settings in force, between two events; OSError before anything has changed."""
        settings = change.settings
        account = account_of(settings.ami)
        self._settings = settings
        configure_log(settings.log.level, settings.log.format)
        core.change_rules(rules_of(settings))
        metrics.learn(**_measured(settings))
        client.change_account(account, change.reconnects)

    def _metrics(self, core: Core) -> MetricsSink:
        registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        return MetricsSink(registry, core, version("ringtally"), **_measured(self._settings))

    def _sources(self, core: Core, client: AmiClient, metrics: MetricsSink) -> Sources:
        """Where the HTTP server gets its answers."""

        async def render(accept: str) -> tuple[bytes, str]:
            return await metrics.render(client.counters, clock.now(), accept)

        def live(full: bool) -> dict[str, Any]:
            return calls_active(core.live_calls(), _render, full)

        async def calls(query: Mapping[str, str], full: bool) -> dict[str, Any]:
            wanted = call_filter(query, self._settings)
            if wanted.number is not None and not full:
                # The digits that a mask hides are few enough to be asked for one by one.
                raise NotAllowedError("number may be asked for with the read token only")
            async with reading(self._database) as connection:
                found = await find_calls(connection, wanted)
            return {"v": 1, "calls": [_render(each, full) for each in found]}

        async def call(call_id: str, full: bool) -> dict[str, Any] | None:
            async with reading(self._database) as connection:
                found = await find_call(connection, call_id)
            if found is None:
                return None
            return time_line_json(found) if full else masked(time_line_json(found))

        def not_ready() -> str | None:
            return None if client.state == "ready" else f"the PBX is not connected ({client.state})"

        return Sources(version("ringtally"), render, not_ready, live, calls, call)


class _Measured(TypedDict):
    goals: Goals
    trunks: list[str]
    queues: list[str]
    sources: list[str]
    missed_results: tuple[str, ...]


def _measured(settings: Settings) -> _Measured:
    """What metrics must know of the settings."""
    queues, site = settings.queues, settings.service_level
    goals = Goals(
        site.threshold,
        site.goal,
        {name: queue.threshold for name, queue in queues.items() if queue.threshold is not None},
        {name: queue.goal for name, queue in queues.items() if queue.goal is not None},
    )
    return {
        "goals": goals,
        "trunks": [trunk.name for trunk in settings.trunks],
        "queues": list(queues),
        "sources": [source.name for source in settings.sources],
        "missed_results": settings.follow_up.count,
    }


def _render(call: Call, full: bool) -> dict[str, Any]:
    as_json = call_json(call)
    if call.state != "ended":
        as_json |= {"state": call.state, "state_since": iso(call.state_since)}
    return as_json if full else masked(as_json)


def call_filter(query: Mapping[str, str], settings: Settings) -> CallFilter:
    """The filter of a request's parameters; BadQueryError says what would be allowed."""
    allowed = {"missed", "direction", "result", "queue", "trunk", "number", "from", "to", "period", "limit"}
    unknown = sorted(set(query) - allowed)
    if unknown:
        raise BadQueryError(f"unknown parameter {', '.join(unknown)}; there are {', '.join(sorted(allowed))}")
    if len(query) != len(set(query)):
        raise BadQueryError("each parameter can be given once")
    results = {result for each in RESULTS.values() for result in each}
    for name, words in (("direction", set(DIRECTIONS)), ("result", results), ("missed", {"true", "false"})):
        if name in query and query[name] not in words:
            raise BadQueryError(f"{name} is one of {', '.join(sorted(words))}")
    limit = query.get("limit", str(LIMIT_DEFAULT))
    if not re.fullmatch(r"[0-9]{1,4}", limit) or not 1 <= int(limit) <= LIMIT_MOST:
        raise BadQueryError(f"limit is a number from 1 to {LIMIT_MOST}")
    period = _period(query, settings.zone)
    return CallFilter(
        missed=query["missed"] == "true" if "missed" in query else None,
        direction=query.get("direction"),  # type: ignore[arg-type]  # checked above
        result=query.get("result"),  # type: ignore[arg-type]  # checked above
        queue=query.get("queue"),
        trunk=query.get("trunk"),
        number=query.get("number"),
        since=period.since,
        until=period.until,
        last=int(limit),
    )


def _period(query: Mapping[str, str], zone: tzinfo) -> Period:
    if "period" in query and ("from" in query or "to" in query):
        raise BadQueryError("give a period, or from and to, not both")
    try:
        if "period" in query:
            return named_period(query["period"], clock.now(), zone)
        return between(query.get("from"), query.get("to"), zone)
    except PeriodError as error:
        raise BadQueryError(str(error)) from None


async def run_until_signalled(app: App) -> None:
    """Run the daemon until SIGTERM or SIGINT; SIGHUP reads its settings again."""
    loop = asyncio.get_running_loop()
    reactions = {signal.SIGTERM: app.stop.set, signal.SIGINT: app.stop.set, signal.SIGHUP: app.reload.set}
    for number, react in reactions.items():
        loop.add_signal_handler(number, react)
    try:
        await app.run()
    finally:
        for number in reactions:
            loop.remove_signal_handler(number)

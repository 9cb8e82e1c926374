"""The composition root: builds every part from the settings, runs them together, stops them in order."""

import asyncio
import re
import signal
from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import tzinfo
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector

from config.sections import Ami, Settings
from daemon import clock
from daemon.ami_client import AmiClient
from daemon.ami_login import AmiAccount
from daemon.board.board import Board
from daemon.board.call_events import EVENT_CALL, CallEvent, calls_active, render_call
from daemon.board.day import Day
from daemon.board.encoding import encoded
from daemon.board.site import day_of, site_of
from daemon.health import Health
from daemon.http_server import BadQueryError, HttpListenError, HttpServer, NotAllowedError, Sources
from daemon.mqtt_settings import publishing_of, tls_context
from daemon.periods import Period, PeriodError, between, named_period
from daemon.pump import Pump, Sink
from daemon.rules import rules_of
from daemon.sinks.database import DatabaseSink
from daemon.sinks.journal import JournalSink
from daemon.sinks.metrics import Goals, MetricsSink
from daemon.sinks.mqtt import MqttSink
from daemon.sinks.mqtt_metrics import MqttCollector
from daemon.sinks.stream import StreamSink
from handlers.core import Core
from handlers.facts import DIRECTIONS, RESULTS
from storage.call_filter import CallFilter
from storage.call_json import time_line_json
from storage.calls import each_time_line, find_call, find_calls
from storage.database import Database, reading, writing
from storage.errors import StorageError
from storage.masking import masked
from storage.outbox import Limits, Message, Outbox
from storage.writer import LINGER_S, Writer

log = structlog.get_logger()
FLUSH_WITHIN_S = 1.0
LAST_CALLS_WITHIN_S = 0.2
GOODBYE_WITHIN_S = 0.4
# A call's end is told once it is stored: somebody looks at a board and waits for it.
LINGER_WITH_BROKER_S = 0.02
LIMIT_DEFAULT = 50
LIMIT_MOST = 1000


def account_of(ami: Ami) -> AmiAccount:
    """The AMI account of the settings. Off loopback without TLS it logs in by MD5 challenge.

    OSError where `ca_file` cannot be used.
    """
    return AmiAccount(
        host=ami.host,
        port=ami.port,
        username=ami.username,
        secret=ami.secret.get_secret_value(),
        md5=ami.auth == "md5" or (ami.auth == "auto" and not ami.is_loopback and not ami.tls),
        tls=tls_context(ami.ca_file, "ami.ca_file") if ami.tls else None,
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
    mqtt: MqttSink | None = None


@dataclass(frozen=True, slots=True)
class _Parts:
    core: Core
    writer: Writer
    pump: Pump
    client: AmiClient
    server: HttpServer
    mqtt: MqttSink | None


class App:
    """One daemon. `run` until `stop` is set; `started` is told once everything listens."""

    def __init__(self, settings: Settings, extra_sinks: Iterable[Sink] = ()) -> None:
        self._settings = settings
        self._extra_sinks = tuple(extra_sinks)
        self._database = Path(settings.storage.path)
        self.stop = asyncio.Event()
        self.started: asyncio.Future[Running] = asyncio.get_running_loop().create_future()

    async def run(self) -> None:
        """Run until stopped. Raises StorageError, HttpListenError, or OSError for a ca_file, where it cannot begin.

        The stop: the reader first, then what is queued is handled, the broker told, the store flushed within a second in all,
        everything closed.
        """
        async with AsyncExitStack() as stack:
            parts = await self._build(stack)
            port = await parts.server.start(self._settings.http.listen)
            stack.push_async_callback(parts.server.stop)
            log.info("started", version=version("ringtally"), http=f"port {port}", database=str(self._database))
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(parts.writer.run(), name="writer")
                pumping = tasks.create_task(parts.pump.run(), name="pump")
                publishing = tasks.create_task(parts.mqtt.run(), name="mqtt") if parts.mqtt is not None else None
                listening = tasks.create_task(parts.client.run(), name="ami")
                self.started.set_result(Running(parts.core, parts.client, parts.writer, parts.pump, port, parts.mqtt))
                await self.stop.wait()
                listening.cancel()
                with suppress(asyncio.CancelledError):
                    await listening
                parts.pump.end()
                await pumping
                ends_at = clock.monotonic() + FLUSH_WITHIN_S
                if parts.mqtt is not None and publishing is not None:
                    await _say_goodbye(parts.mqtt, parts.writer)
                    publishing.cancel()
                await parts.writer.close(max(FLUSH_WITHIN_S / 2, ends_at - clock.monotonic()))
        log.info("stopped")

    async def _build(self, stack: AsyncExitStack) -> "_Parts":
        """All parts, nothing running yet but the database."""
        settings = self._settings
        if settings.http.web_config_file is not None:  # never in the clear what was meant to be protected
            raise HttpListenError(
                "http.web_config_file is not honoured yet; remove it, and put a proxy with TLS before http.listen"
            )
        database = await stack.enter_async_context(
            writing(self._database, now=clock.now(), durability=settings.storage.durability)
        )
        core, registry = Core(rules_of(settings)), CollectorRegistry()
        metrics = self._metrics(core, registry)
        outbox = await self._outbox(database)
        linger_s = LINGER_S if outbox is None else LINGER_WITH_BROKER_S
        writer = Writer(database, observe=metrics.observe_write, outbox=outbox, linger_s=linger_s)
        health, day = Health(writer), day_of(settings)
        await self._count_today(day)
        board = Board(core, site_of(settings, version("ringtally"), day), day, health.payload, render_call)
        stream = StreamSink(board, render_call)
        sinks: list[Sink] = [metrics, board, stream, JournalSink(), *self._extra_sinks]
        mqtt = None
        if outbox is not None and settings.mqtt is not None:
            publishing = publishing_of(settings.mqtt, settings)
            mqtt = health.mqtt = MqttSink(publishing, board, render_call, outbox, health.has_met_the_pbx)
            registry.register(MqttCollector(mqtt))
            sinks.append(mqtt)
        sinks.append(DatabaseSink(writer, None if mqtt is None else partial(_message, mqtt.shows_numbers)))
        pump = Pump(core, sinks)
        client = health.client = AmiClient(account_of(settings.ami), pump.feed, health.noted)
        pump.on_overrun(client.drop)
        server = HttpServer(self._sources(core, client, metrics), stream, settings.http.read_token.get_secret_value())
        return _Parts(core, writer, pump, client, server, mqtt)

    async def _outbox(self, database: Database) -> Outbox | None:
        mqtt = self._settings.mqtt
        if mqtt is None:
            return None
        outbox = Outbox(database, Limits(mqtt.outbox_keep, mqtt.outbox_max), clock.now)
        await outbox.open()
        return outbox

    async def _count_today(self, day: Day) -> None:
        """Today's figures go on after a restart."""
        day.roll(clock.now())
        try:
            async with reading(self._database) as connection:
                # Who called before midnight may have joined a queue after it.
                async for ended in each_time_line(connection, CallFilter(since=day.since - 3600, merged=True)):
                    day.add_stored(ended)
        except StorageError as error:
            log.warning("today_not_counted", reason=str(error), cure="figures of today begin at this start")

    def _metrics(self, core: Core, registry: CollectorRegistry) -> MetricsSink:
        settings = self._settings
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        queues, site = settings.queues, settings.service_level
        goals = Goals(
            site.threshold,
            site.goal,
            {name: queue.threshold for name, queue in queues.items() if queue.threshold is not None},
            {name: queue.goal for name, queue in queues.items() if queue.goal is not None},
        )
        return MetricsSink(
            registry,
            core,
            version("ringtally"),
            goals=goals,
            trunks=[trunk.name for trunk in settings.trunks],
            queues=queues,
            sources=[source.name for source in settings.sources],
            missed_results=settings.follow_up.count,
        )

    def _sources(self, core: Core, client: AmiClient, metrics: MetricsSink) -> Sources:
        """Where the HTTP server gets its answers."""

        async def render(accept: str) -> tuple[bytes, str]:
            return await metrics.render(client.counters, clock.now(), accept)

        def live(full: bool) -> dict[str, Any]:
            return calls_active(core.live_calls(), render_call, full, clock.now())

        async def calls(query: Mapping[str, str], full: bool) -> dict[str, Any]:
            wanted = call_filter(query, self._settings)
            if wanted.number is not None and not full:
                # The digits that a mask hides are few enough to be asked for one by one.
                raise NotAllowedError("number may be asked for with the read token only")
            async with reading(self._database) as connection:
                found = await find_calls(connection, wanted)
            return {"v": 1, "calls": [render_call(each, full) for each in found]}

        async def call(call_id: str, full: bool) -> dict[str, Any] | None:
            async with reading(self._database) as connection:
                found = await find_call(connection, call_id)
            if found is None:
                return None
            return time_line_json(found) if full else masked(time_line_json(found))

        def not_ready() -> str | None:
            return None if client.state == "ready" else f"the PBX is not connected ({client.state})"

        return Sources(version("ringtally"), render, not_ready, live, calls, call)


def _message(full: bool, event: CallEvent) -> Message:
    """What is to be published of a call's end, as it is kept in the outbox."""
    payload = encoded(event.payload(render_call, full, clock.now()))
    return Message(event.event_id, EVENT_CALL, event.fact.at, payload.decode())


async def _say_goodbye(mqtt: MqttSink, writer: Writer) -> None:
    """Store the last calls, so that they can be told, and go in order; both within a bound."""
    with suppress(StorageError, TimeoutError):
        async with asyncio.timeout(LAST_CALLS_WITHIN_S):
            await writer.flush()
    await mqtt.stop(GOODBYE_WITHIN_S)


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
    """Run the daemon until SIGTERM or SIGINT."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, app.stop.set)
    try:
        await app.run()
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)

"""Builds every part of the daemon from its settings; nothing of it runs yet but the database."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypedDict

import structlog
from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector

from config.sections import Ami, Mqtt, Settings
from daemon import clock
from daemon.ami_client import AmiClient, AmiState
from daemon.ami_login import AmiAccount
from daemon.answer_seeker import AnswerSeeker
from daemon.board.board import Board
from daemon.board.call_events import EVENT_CALL, CallEvent, Render, render_call
from daemon.board.encoding import encoded
from daemon.board.missed import EVENT_MISSED, CaseEvent, RenderCase, render_case
from daemon.board.site import day_of, site_of
from daemon.clients import ClientDirectory, ClientReader
from daemon.contradictions import Contradictions
from daemon.forgetting import Forgetter, Memory
from daemon.health import Health
from daemon.http_refusals import RefusalCollector, Refusals
from daemon.keeper import Keeper
from daemon.mqtt_settings import publishing_of, tls_context
from daemon.pump import Pump, Sink
from daemon.requests import Requests
from daemon.rules import rules_of
from daemon.sinks.case_metrics import CaseMetrics
from daemon.sinks.database import DatabaseSink
from daemon.sinks.hours_metrics import HoursCollector
from daemon.sinks.journal import JournalSink
from daemon.sinks.metrics import Goals, MetricsSink
from daemon.sinks.mqtt import MqttSink
from daemon.sinks.mqtt_metrics import MqttCollector
from daemon.sinks.store_metrics import StoreCollector
from daemon.sinks.stream import StreamSink
from daemon.taking_up import take_up
from handlers.case_facts import Case
from handlers.clients import outside_number
from handlers.core import Core
from handlers.facts import Call
from storage.database import Database, begin_anew_after, writing
from storage.errors import DamagedError
from storage.last_heard import written_at
from storage.outbox import Limits, Message, Outbox
from storage.writer import LINGER_S, Writer

log = structlog.get_logger()
# A call's end is told once it is stored: somebody looks at a board and waits for it.
LINGER_WITH_BROKER_S = 0.02


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
        strict_rights=ami.strict_rights,
    )


@dataclass(frozen=True, slots=True)
class Parts:
    """What a daemon is made of; `mqtt` is None where nothing is published."""

    core: Core
    writer: Writer
    metrics: MetricsSink
    case_metrics: CaseMetrics
    hours: HoursCollector
    board: Board
    stream: StreamSink
    mqtt: MqttSink | None
    pump: Pump
    client: AmiClient
    requests: Requests
    render: Render
    render_case: RenderCase
    clients: ClientReader
    keeper: Keeper
    health: Health
    refusals: Refusals
    forgetter: Forgetter


async def build(
    in_force: Callable[[], Settings], path: Path, extra_sinks: tuple[Sink, ...], stack: AsyncExitStack
) -> Parts:
    """All parts, on the database at `path`, which `stack` closes. `in_force` gives the settings, which may change later.

    A database in which damage is met is set aside, and a new one begun. Raises StorageError, or OSError for a ca_file that cannot be
    used.
    """
    last_written = await asyncio.to_thread(written_at, path)
    try:
        async with AsyncExitStack() as first:
            parts = await _build(in_force, path, extra_sinks, first)
            stack.push_async_exit(first.pop_all())
            return parts
    except DamagedError as error:
        await begin_anew_after(error, path, clock.now(), last_written)
    return await _build(in_force, path, extra_sinks, stack)


async def _build(
    in_force: Callable[[], Settings], path: Path, extra_sinks: tuple[Sink, ...], stack: AsyncExitStack
) -> Parts:
    settings, registry = in_force(), CollectorRegistry()
    database = await stack.enter_async_context(writing(path, now=clock.now(), durability=settings.storage.durability))
    core = Core(rules_of(settings))
    metrics, case_metrics, hours = _metrics(registry, core, settings)
    outbox = None if settings.mqtt is None else await _outbox(settings.mqtt, settings.storage.keep, database)
    writer = _writer(database, metrics, outbox, core)
    registry.register(StoreCollector(writer, path))
    refusals = Refusals()
    registry.register(RefusalCollector(refusals))
    health, day, directory = Health(writer), day_of(settings), ClientDirectory()
    render, render_case = _with_clients(directory)
    board = Board(core, site_of(settings, version("ringtally"), day), day, health.payload, render, render_case)
    metrics.show_day(day, board)
    clients = ClientReader(path, directory, in_force, board.clients_changed)
    await clients.open()
    left = await take_up(core, day, board, settings.follow_up, path)
    stream = StreamSink(board, render)
    sinks: list[Sink] = [metrics, case_metrics, board, stream, health, JournalSink(), *extra_sinks]
    pump = Pump(core, sinks)
    requests = Requests(path, pump.feed, writer, left.noted_up_to)
    mqtt = _mqtt(settings, board, render, outbox, health, pump, requests)
    if mqtt is not None:
        registry.register(MqttCollector(mqtt))
        sinks.append(mqtt)
    tell = None if mqtt is None else partial(_message, mqtt.shows_numbers, render, render_case)
    keeper = Keeper(core, writer, pump, health.has_met_the_pbx, lambda: client.silent_s)
    forgetter = Forgetter(path, in_force, Memory(core, pump, writer, board, clients, mqtt))
    sinks += [DatabaseSink(writer, tell), requests, keeper, forgetter]
    client = _client(settings.ami, health, pump, keeper)
    sinks += [AnswerSeeker(client.ask_for_answers), Contradictions(client.settle)]
    client.was_deaf_since(left.heard_until)
    pump.tell(left.facts)
    _begin_anew_with(writer, clients, keeper)
    return Parts(
        core,
        writer,
        metrics,
        case_metrics,
        hours,
        board,
        stream,
        mqtt,
        pump,
        client,
        requests,
        render,
        render_case,
        clients,
        keeper,
        health,
        refusals,
        forgetter,
    )


def _metrics(
    registry: CollectorRegistry, core: Core, settings: Settings
) -> tuple[MetricsSink, CaseMetrics, HoursCollector]:
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    metrics = MetricsSink(registry, core, version("ringtally"), **measured(settings))
    rules = rules_of(settings)
    cases, hours = CaseMetrics(registry, core, rules), HoursCollector(rules.working_time)
    registry.register(hours)
    metrics.before_scrape += [cases.refresh, hours.refresh]
    return metrics, cases, hours


async def _outbox(mqtt: Mqtt, keep_s: float, database: Database) -> Outbox:
    outbox = Outbox(database, Limits(min(mqtt.outbox_keep, keep_s), mqtt.outbox_max), clock.now)
    await outbox.open()
    return outbox


def _writer(database: Database, metrics: MetricsSink, outbox: Outbox | None, core: Core) -> Writer:
    linger_s = LINGER_S if outbox is None else LINGER_WITH_BROKER_S
    return Writer(
        database, observe=metrics.observe_write, outbox=outbox, linger_s=linger_s, standing=core.waiting_cases
    )


def _mqtt(
    settings: Settings,
    board: Board,
    render: Render,
    outbox: Outbox | None,
    health: Health,
    pump: Pump,
    requests: Requests,
) -> MqttSink | None:
    if settings.mqtt is None or outbox is None:
        return None

    def knows_the_pbx() -> bool:
        return health.has_met_the_pbx() and pump.backlog == 0  # what the PBX said has been taken

    contacts = requests.hear if settings.mqtt.accept_contacts else None
    publishing = publishing_of(settings.mqtt, settings)
    mqtt = health.mqtt = MqttSink(publishing, board, render, outbox, knows_the_pbx, contacts)
    return mqtt


def _client(ami: Ami, health: Health, pump: Pump, keeper: Keeper) -> AmiClient:
    client = health.client = AmiClient(account_of(ami), pump.feed, partial(_noted, health, keeper))
    pump.on_overrun(client.drop)
    pump.on_step(lambda: client.is_holding)
    return client


def _noted(health: Health, keeper: Keeper, state: AmiState) -> None:
    """The link to the PBX changed; what is heard from here on is so for a later run too."""
    health.noted(state)
    if state == "ready":
        keeper.keep()


def _begin_anew_with(writer: Writer, clients: ClientReader, keeper: Keeper) -> None:
    """What must be stored anew when the database is another, or when what is kept of live calls is wrong."""
    writer.when_another(clients.reread)
    writer.when_another(keeper.begin_anew)
    writer.when_lost(keeper.begin_anew)


def _with_clients(directory: ClientDirectory) -> tuple[Render, RenderCase]:
    """How calls and cases are told that do not come out of the database, which knows their clients itself."""

    def render(call: Call, full: bool) -> dict[str, Any]:
        return render_call(call, full, directory.of(outside_number(call)))

    def case_render(case: Case, full: bool) -> dict[str, Any]:
        return render_case(case, full, directory.of(case.number))

    return render, case_render


def _message(full: bool, render: Render, case_render: RenderCase, event: CallEvent | CaseEvent) -> Message:
    """What is to be published of a call's end or a case, as it is kept in the outbox."""
    now = clock.now()
    if isinstance(event, CaseEvent):
        # In the outbox since now: a deadline that passed while we were down is older than what came before it.
        return Message(event.event_id, EVENT_MISSED, now, encoded(event.payload(full, now, case_render)).decode())
    payload = encoded(event.payload(render, full, now))
    return Message(event.event_id, EVENT_CALL, event.fact.at, payload.decode())


class Measured(TypedDict):
    """What metrics must know of the settings."""

    goals: Goals
    trunks: list[str]
    queues: list[str]
    sources: list[str]
    missed_results: tuple[str, ...]


def measured(settings: Settings) -> Measured:
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

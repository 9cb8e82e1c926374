"""Forgets numbers while the daemon runs: out of its own memory first, then out of the database, step by step.

What was asked is a row of the database (`storage/forgetting.py`), so a daemon that is killed goes on at its next start. A call that
lives still names the number with each of its events: its end is waited for. Nothing in here logs a number.
"""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import structlog

from config.sections import Settings
from daemon import clock
from daemon.board.board import Board
from daemon.clients import ClientReader
from daemon.pump import Pump
from daemon.sinks.mqtt import MqttSink
from handlers.case_facts import NumberForgotten
from handlers.cases.requests import ForgetAsked
from handlers.clients import outside_number
from handlers.core import Core
from handlers.facts import Call, Fact
from handlers.numbers import NumberPlan
from handlers.person import NobodyError, Person
from storage.errors import DamagedError, StorageError
from storage.forgetting import Forgetting, ToForget, to_forget
from storage.number_match import match_key
from storage.writer import Writer

LOOKS_EVERY_S = 1.0
_RETRY_S = 10.0
_FAILED_RETRY_S = 600.0
# Behind each step whoever stores calls has the disk.
_RESTS_S = 0.01

log = structlog.get_logger()


class Memory(NamedTuple):
    """The parts of the daemon that may know a number."""

    core: Core
    pump: Pump
    writer: Writer
    board: Board
    clients: ClientReader
    mqtt: MqttSink | None


def person_of(number: str, settings: Settings) -> Person:
    """Whoever has a number, by the settings. Raises NobodyError."""
    numbers = settings.numbers
    plan = NumberPlan(numbers.region, numbers.area_code, tuple(numbers.strip_prefixes))
    return Person(number, plan, settings.follow_up.match)


class Forgetter:
    """Looks for numbers to forget, once a second: `run` in a task of its own; a sink that hears when the core has forgotten one."""

    def __init__(self, database: Path, settings: Callable[[], Settings], memory: Memory) -> None:
        self._database = database
        self._settings = settings
        self._memory = memory
        self._heard = asyncio.Event()
        self._done: dict[int, int] = {}
        self._waits: set[int] = set()
        self._trouble: str | None = None

    def take(self, facts: Sequence[Fact]) -> None:
        """Note the facts."""
        for fact in facts:
            if isinstance(fact, NumberForgotten):
                self._done[fact.request] = fact.dismissed
                self._heard.set()

    async def run(self) -> None:
        """Look and forget until cancelled."""
        while True:
            pause_s = LOOKS_EVERY_S
            try:
                for asked in await asyncio.to_thread(to_forget, self._database):
                    await self._forget(asked)
                self._trouble = None
            except StorageError as error:
                self._tell(error)
                pause_s = _RETRY_S
            except (
                Exception
            ) as error:  # a slip of ours must not end live calls, each start anew; what it says may have a number
                log.error("forgetting_failed", error=type(error).__name__, cure="report it; it is tried again")  # noqa: TRY400 - as said
                pause_s = _FAILED_RETRY_S
            await asyncio.sleep(pause_s)

    async def _forget(self, asked: ToForget) -> None:
        try:
            person = person_of(asked.number, self._settings())
        except NobodyError:
            return  # the numbering plan is another by now
        if self._memory.core.is_named(person.is_in):
            if asked.id not in self._waits:
                self._waits.add(asked.id)
                log.info("forgetting_waits", request=asked.id, reason="a call with this number lives")
            return
        dismissed = await self._forget_in_memory(asked, person)
        if dismissed is None:
            return
        forgetting = Forgetting(self._database, person, asked)
        forgetting.rows["cases"] += dismissed
        while await asyncio.to_thread(forgetting.step):  # noqa: ASYNC110 - nothing is waited for, others are let through
            await asyncio.sleep(_RESTS_S)
        if self._memory.mqtt is not None:
            self._memory.mqtt.read_anew(lambda call: _is_about(call, person))
        rewritten = await self._clear_traces(forgetting)
        done = await asyncio.to_thread(forgetting.finish, clock.now(), rewritten)
        self._waits.discard(asked.id)
        log.info("number_forgotten", request=asked.id, gone=done.is_gone, rewritten=rewritten, **done.rows)

    async def _forget_in_memory(self, asked: ToForget, person: Person) -> int | None:
        """Behind everything that came before; what it led to is stored when this returns. How many cases ended; None: the core is busy."""
        memory = self._memory
        memory.pump.feed([ForgetAsked(clock.now(), asked.id, person.number, asked.token, asked.by)])
        try:
            async with asyncio.timeout(_RETRY_S):
                while asked.id not in self._done:
                    self._heard.clear()
                    await self._heard.wait()
        except TimeoutError:
            return None
        dismissed = self._done.pop(asked.id)
        memory.board.forget(person.is_theirs, asked.token)
        memory.clients.forget(person.is_theirs)
        match_key.cache_clear()
        await memory.writer.flush()
        return dismissed

    async def _clear_traces(self, forgetting: Forgetting) -> bool:
        """Old bytes where rows have moved are cleared by writing the file anew. Calls that end meanwhile wait in memory."""
        if not await asyncio.to_thread(forgetting.traces):
            return False
        began = clock.monotonic()
        async with self._memory.writer.resting():
            await asyncio.to_thread(forgetting.rewrite)
        log.info("database_rewritten", database=str(self._database), took_s=round(clock.monotonic() - began, 1))
        await asyncio.to_thread(forgetting.traces)
        return True

    def _tell(self, error: StorageError) -> None:
        if isinstance(error, DamagedError):
            self._memory.writer.suspect(error)
        if str(error) != self._trouble:
            self._trouble = str(error)
            log.warning("not_forgotten_yet", reason=str(error), cure="none; it is tried again")


def _is_about(call: Call, person: Person) -> bool:
    return any(map(person.is_in, (call.caller, call.called, call.answered_by, outside_number(call))))

"""What people say of cases, between the database and the core: looked for twice a second, told, and answered.

Told to the core as events in order with those of the PBX; what came of one is noted once its facts are stored, so that a daemon
killed in between is told again. Telling one twice changes nothing.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

import orjson
import structlog

from daemon import clock
from daemon.case_words import BODY_LONGEST, BadWordsError, contact_in
from handlers.case_facts import RequestAnswered
from handlers.cases.requests import ClaimAsked, ContactReported, DismissAsked, NoteWritten, Request, Said
from handlers.facts import Fact
from storage.errors import AbsentError, DamagedError, StorageError
from storage.requests import Asked, Noted, Waiting, add_note, ask, done, notes_after, outcome_of, to_do
from storage.writer import Writer

LOOKS_EVERY_S = 0.5
HEARD_LIMIT = 1000
# A file that is gone or damaged is mended by the writer, which takes two attempts of ours to find it out and do it.
MENDED_WITHIN_S = 10.0
_RETRY_S = 5.0
_REFUSED_EVERY_S = 60.0

log = structlog.get_logger()


class Requests:
    """The way of requests through one daemon: a task that looks for them, and a sink that hears the core's answers.

    Notes, which a command may have stored beside it, go the same way from the one after `noted_up_to` on.
    """

    def __init__(
        self, database: Path, feed: Callable[[Sequence[Said]], None], writer: Writer, noted_up_to: int = 0
    ) -> None:
        self._database = database
        self._feed = feed
        self._writer = writer
        self._told_up_to = 0
        self._noted_up_to = noted_up_to
        self._notes: dict[int, Asked] = {}
        self._answers: list[RequestAnswered] = []
        self._heard: deque[Asked] = deque()
        self._refused_at = -_REFUSED_EVERY_S
        self._stuck: str | None = None
        self._failing_since: float | None = None
        self._wake = asyncio.Event()
        self._waiters: dict[int, asyncio.Future[RequestAnswered]] = {}

    def take(self, facts: Sequence[Fact]) -> None:
        """Note the facts."""
        for fact in facts:
            if isinstance(fact, RequestAnswered):
                self._answers.append(fact)
                self._wake.set()

    async def run(self) -> None:
        """Look and answer until cancelled."""
        while True:
            pause_s = LOOKS_EVERY_S
            try:
                await self._look()
                await self._answer()
                self._tell_unstuck()
            except StorageError as error:
                if isinstance(error, DamagedError):
                    self._writer.suspect(error)
                self._tell_stuck(self._words(error))
                pause_s = _RETRY_S
            try:
                async with asyncio.timeout(pause_s):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()

    def hear(self, payload: bytes) -> None:
        """A contact from the broker: put in soon. What cannot be understood is told, once a minute at most."""
        if len(payload) > BODY_LONGEST:
            self._refuse(f"longer than {BODY_LONGEST // 1024} KiB")
            return
        try:
            asked = contact_in(orjson.loads(payload), clock.now())
        except (orjson.JSONDecodeError, BadWordsError) as error:
            self._refuse("no JSON" if isinstance(error, orjson.JSONDecodeError) else str(error))
            return
        if len(self._heard) >= HEARD_LIMIT:
            self._refuse("more come than can be stored")
            return
        self._heard.append(asked)
        self._wake.set()

    def _refuse(self, reason: str) -> None:
        if clock.monotonic() - self._refused_at >= _REFUSED_EVERY_S:
            self._refused_at = clock.monotonic()
            log.warning("contact_refused", reason=reason)

    async def ask(self, asked: Asked, within_s: float) -> RequestAnswered | None:
        """Put a request in, and wait so long for its answer; None: it will come later. Raises StorageError."""
        request = await asyncio.to_thread(ask, self._database, asked, clock.now())
        outcome = await asyncio.to_thread(outcome_of, self._database, request)
        if outcome is not None:  # the same was said before, and nothing more comes of it
            return RequestAnswered(clock.now(), request, outcome, ())
        waiter = self._waiters.setdefault(request, asyncio.get_running_loop().create_future())
        self._wake.set()
        try:
            async with asyncio.timeout(within_s):
                return await asyncio.shield(waiter)
        except TimeoutError:
            return None
        finally:
            self._waiters.pop(request, None)

    async def note(self, call_id: str, by: str, text: str) -> Noted | None:
        """Note something on a call; a case that waits shows it at once. None: there is no such call. Raises StorageError."""
        noted = await asyncio.to_thread(add_note, self._database, call_id, by, text, clock.now())
        self._wake.set()
        return noted

    def _tell_stuck(self, reason: str) -> None:
        """Only what the writer has had the time to mend and could not: else the operator would be told to do what is being done."""
        now = clock.monotonic()
        if self._failing_since is None:
            self._failing_since = now
        if now - self._failing_since >= MENDED_WITHIN_S and reason != self._stuck:
            self._stuck = reason
            log.error("requests_stuck", reason=reason)

    def _tell_unstuck(self) -> None:
        if self._stuck is not None:
            log.info("requests_recovered", database=str(self._database))
        self._stuck = self._failing_since = None

    def _words(self, error: StorageError) -> str:
        """What keeps the writer from mending it is the cause; and nobody is told to start the daemon who reads its log."""
        if isinstance(error, AbsentError):
            return self._writer.health.reason or f"{self._database} is gone; put it back, else a new one is begun"
        return str(error)

    async def _look(self) -> None:
        while self._heard:
            await asyncio.to_thread(ask, self._database, self._heard[0], clock.now())
            self._heard.popleft()
        for waiting in await asyncio.to_thread(to_do, self._database, self._told_up_to):
            self._told_up_to = waiting.id
            self._notes[waiting.id] = waiting.asked
            self._feed([event_of(waiting)])
        for note_id, case_id, note in await asyncio.to_thread(notes_after, self._database, self._noted_up_to):
            self._noted_up_to = note_id
            if case_id is not None:
                self._feed([NoteWritten(clock.now(), case_id, note)])

    async def _answer(self) -> None:
        answers, self._answers = self._answers, []
        if not answers:
            return
        try:
            await self._writer.flush()
            await asyncio.to_thread(self._settle, answers)
        except StorageError:
            self._answers = answers + self._answers
            raise
        for answer in answers:
            self._notes.pop(answer.request, None)
            waiter = self._waiters.get(answer.request)
            if waiter is not None and not waiter.done():
                waiter.set_result(answer)

    def _settle(self, answers: Sequence[RequestAnswered]) -> None:
        for answer in answers:
            asked = self._notes.get(answer.request)
            if asked is not None and asked.kind == "contact" and asked.text:
                for case in answer.cases:
                    add_note(self._database, case.id, asked.by, asked.text, clock.now())
        done(self._database, [(answer.request, answer.outcome) for answer in answers], clock.now())


def event_of(waiting: Waiting) -> Request:
    """A request in the core's words."""
    now, asked = clock.now(), waiting.asked
    if asked.kind == "contact":
        spoke_at = waiting.asked_at if asked.at is None else asked.at
        return ContactReported(now, waiting.id, asked.subject, spoke_at, asked.by, waiting.asked_at)
    if asked.kind == "dismiss":
        return DismissAsked(now, waiting.id, asked.subject, asked.by, asked.text or "", waiting.asked_at)
    return ClaimAsked(now, waiting.id, asked.subject, asked.by, asked.at)

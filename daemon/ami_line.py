"""One connection to the PBX from its login to its loss: ask what lives, listen, keep alive."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

import structlog

from daemon import clock
from daemon.ami_counters import LinkCounts
from daemon.ami_login import AmiAccount, log_in
from daemon.ami_protocol import AmiError, AmiProtocol, Connection
from daemon.ami_questions import RIGHTS_CURE, Questions
from daemon.ami_rights import Rights
from daemon.ami_snapshot import take_snapshot
from daemon.held_events import HeldEvents
from daemon.late_reading import LATE_EVERY_S, LateCause, LateReading
from daemon.settling import Settling
from handlers.ami.events import Event, GapReason, StreamBroken
from handlers.ami.gathered import Gathering, resumed

log = structlog.get_logger()


class AmiLine:
    """Tells `sink` in order what one connection brings, a `StreamResumed` before what follows it.

    Events that come while a snapshot is gathered are held back and follow it: the core takes one that the snapshot already
    shows as said twice, which changes nothing. A PBX that was still booting is asked again: then a second `StreamResumed`
    comes, without a `StreamBroken` before it. `ready` is called once, behind the first snapshot. `account` may be another one from the
    next question on, as far as its times go.
    """

    def __init__(
        self,
        account: AmiAccount,
        sink: Callable[[Sequence[Event]], None],
        ready: Callable[[], None],
        counts: LinkCounts,
        late: LateReading,
        rights: Rights,
    ) -> None:
        self.account = account
        self.ready_at: float | None = None
        """Since when (monotonic seconds) it is known what lives; None: not yet."""
        self._ready = ready
        self._counts = counts
        self._late = late
        self._rights = rights
        self._events = HeldEvents(sink, self.drop)
        self._events.hold()
        self._wake = asyncio.Event()
        self._was_booted = False
        self._is_late = False
        self._given_up: GapReason | None = None
        self._settling = Settling()

    async def open(self, tap: Callable[[bytes], None], asked: Callable[[str], None]) -> None:
        """Connect; raises what `Connection.open` raises. `tap` and `asked` as `AmiProtocol` takes them."""

        def protocol() -> AmiProtocol:
            return AmiProtocol(self._events.take, self._wake.set, tap, asked, self._read_late, self.settle)

        account = self.account
        self.protocol = await Connection(account.host, account.port, account.tls, protocol).open(account.timeout_s)
        self.questions = Questions(self.protocol, self._events)

    async def listen(self) -> None:
        """Log in, ask what lives, and listen until the connection is lost, or silent for too long.

        Raises LoginRefusedError, RightsTooWideError, TimeoutError or AmiError where it never became ready.
        """
        try:
            await log_in(self.protocol, self.account)
            self.protocol.withheld.logged_in(clock.monotonic())
            await self._rights.look(self.protocol, self.account.timeout_s, strict=self.account.strict_rights)
            self._counts.account_has(len(self._rights.told))
            await self._resume()
            if not await self._keep_alive():
                self._given_up = "silent"
        except TimeoutError:
            if self.ready_at is None:
                raise
            self._given_up = self._given_up or "silent"
        except AmiError:
            if self.ready_at is None:
                raise

    def ask_for_answers(self, channels: Sequence[str]) -> None:
        """Ask soon when these live channels (uniqueids) were answered, by their CDRs; each is told as `AnswerTold`."""
        self.questions.want_answers(channels)
        self._wake.set()

    def settle(self) -> None:
        """Something came that cannot be of the PBX, or contradicts what is known: have it say soon what lives."""
        self._settling.doubt()
        if self._settling.is_due and self.ready_at is not None:
            self._wake.set()

    async def hear_once_more(self, within_s: float) -> None:
        """Have the PBX say something once more, within so many seconds or not at all."""
        with suppress(TimeoutError, AmiError):
            await _ping(self.protocol, within_s)

    @property
    def is_asking(self) -> bool:
        """Does somebody wait for an answer of the PBX?"""
        return self.questions.are_answers_wanted or self.protocol.waiting > 0

    @property
    def is_holding(self) -> bool:
        """Are events held back until a snapshot or an answer that is asked for can go before them?"""
        return self._events.is_holding

    def drop(self) -> None:
        """Give the connection up, for we are too far behind: the snapshot of the next one settles everything."""
        self._given_up = "slow"
        self.protocol.close()

    def close(self) -> list[Event]:
        """End the connection, and give what was held back; without a snapshot it means nothing."""
        self.protocol.close()
        held = self._events.release()
        return held if self.ready_at is not None else []

    @property
    def why_lost(self) -> GapReason:
        """Why nothing more comes, once it is lost."""
        if self.protocol.cut_off_after_s is not None:
            return "slow"
        return self._given_up or "connection_lost"

    def _read_late(self, late_s: float, cause: LateCause) -> None:
        """We stood still for so long, or the line did, and hear now what happened in that time."""
        if self.ready_at is None:
            return
        broken = self._late.break_for(late_s, cause)
        if broken is not None:
            self._is_late = True
            self._counts.read_late_since(broken.at)
            self._events.take([broken])  # what is held came before; what is asked for belongs before that
            self._wake.set()

    async def _resume(self) -> None:
        """Take a snapshot and pass it on, what came meanwhile behind it."""
        # A booted PBX says FullyBooted before it reads this. Where it is missing behind the answer, the account may not see
        # it, or the PBX boots and says it later: nothing is worth waiting for.
        protocol, timeout_s = self.protocol, self.account.timeout_s
        await self._hear_in_time()
        self._settling.asked()
        self._was_booted = protocol.booted.is_set()
        self._wake.clear()
        self._events.hold()
        answers = await take_snapshot(protocol, timeout_s)
        at, heard_at = clock.now(), clock.monotonic()
        snapshot = await asyncio.to_thread(answers.snapshot)  # of ten thousand calls half a second's work
        held = self._events.release()
        self._is_late = any(isinstance(event, StreamBroken) for event in held)
        self._events.take(resumed(at, snapshot._replace(up_since=protocol.up_since), held))
        protocol.line.is_known_at(heard_at)
        channels = None if snapshot.channels is None else len(snapshot.channels)
        self.questions.answered_by_snapshot(channels, has_queues="QueueStatus" not in answers.unknown)
        if not self._is_late:
            self._counts.hears_since(heard_at)
        if self.ready_at is None:
            self.ready_at = clock.monotonic()
            self._ready()
            log.info("ami_ready", host=self.account.host, banner=protocol.framer.banner, channels=channels or 0)
        else:
            log.info("ami_asked_again", host=self.account.host, channels=channels or 0)
        self._counts.denied(answers.denied)
        _tell_missing(answers)

    async def _hear_in_time(self) -> None:
        """Until the PBX answers at once, or for a minute: what a late line tells would be late too, and so asked for again and again."""
        until = clock.monotonic() + LATE_EVERY_S
        await _ping(self.protocol, self.account.timeout_s)
        while self.ready_at is not None and self.protocol.line.is_late and clock.monotonic() < until:
            await _ping(self.protocol, self.account.timeout_s)

    async def _keep_alive(self) -> bool:
        """Ping until the line is lost; False when it went silent: on an idle PBX AMI says nothing, so only this tells."""
        while not self.protocol.is_lost:
            if await self._is_outdated():
                await self._resume()
            await self.questions.ask_what_is_due(self.account.timeout_s)
            if self.questions.are_answers_wanted or await self._is_woken(self._until_ping_s):
                continue
            self._counts.tell_bad()
            if not await self._answers_ping():
                log.warning("ami_ping_unanswered", seconds=self.account.ping_timeout_s)
                return False
        return True

    @property
    def _until_ping_s(self) -> float:
        """After a late answer the next one tells whether the line is late still."""
        return 0.0 if self.protocol.line.is_late else self.account.ping_interval_s

    async def _is_outdated(self) -> bool:
        """Did the PBX boot, or its queues come, only after the snapshot was taken, did we read late since, or is something in doubt?"""
        if self._is_late or self._settling.is_due or (self.protocol.booted.is_set() and not self._was_booted):
            return True
        return await self.questions.have_queues_come(self.account.timeout_s)

    async def _is_woken(self, seconds: float) -> bool:
        """Is the line lost, has the PBX booted, or is there something to ask, within so many seconds?"""
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return False
        self._wake.clear()
        return True

    async def _answers_ping(self) -> bool:
        before = self.protocol.framer.bytes
        try:
            await _ping(self.protocol, self.account.ping_timeout_s)
        except TimeoutError:
            # Busy sending events it may be late with the answer; it lives.
            return self.protocol.framer.bytes > before
        return True


async def _ping(protocol: AmiProtocol, timeout_s: float) -> None:
    """Ask whether the PBX lives, and hear by the way what time it thinks it is. Raises what `ask` raises."""
    asked_at = clock.now()
    (answer, *_) = await protocol.ask({"Action": "Ping"}, timeout_s)
    pbx = protocol.decoder.clock
    if not pbx.told(answer, asked_at, clock.now()):
        return
    if pbx.ahead_s == 0:
        log.info("pbx_clock_agrees")
    else:
        log.warning("pbx_clock_differs", ahead_s=round(pbx.ahead_s, 1), cure="let NTP set the clocks of both machines")


def _tell_missing(answers: Gathering) -> None:
    if answers.denied:
        log.warning("ami_rights_missing", actions=", ".join(answers.denied), cure=RIGHTS_CURE)
    if answers.unknown:
        log.warning(
            "ami_actions_unknown", actions=", ".join(answers.unknown), cure="load app_queue.so, if this PBX has queues"
        )

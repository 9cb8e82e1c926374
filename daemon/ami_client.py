"""The life of the connection to the PBX: connect, log in, ask what lives, listen, keep alive, and all over again."""

import asyncio
import os
import ssl
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

import structlog

from daemon import clock
from daemon.ami_login import AmiAccount, LoginRefusedError, log_in
from daemon.ami_protocol import AmiError, AmiProtocol, Connection
from daemon.ami_snapshot import take_snapshot
from daemon.backoff import Backoff
from handlers.ami.cdr_times import VARIABLES, actions_of, answer_told
from handlers.ami.events import ChannelsListed, Event, GapReason, StreamBroken, StreamResumed
from handlers.ami.gathered import CHANNELS_ACTION, MEMBERS_ACTION, Gathering, is_denied, is_success, members_of, resumed

log = structlog.get_logger()

AmiState = Literal["connecting", "unreachable", "refused", "ready", "lost"]
RECONNECT_FIRST_S = 1.0
# A refused login is tried slowly: every try is a line in the PBX's security log, and fail2ban reads it.
REFUSED_FIRST_S = 60.0
REFUSED_MOST_S = 600.0
# Reloaded queues tell of no change of their members: so old may be what is known of them.
MEMBERS_EVERY_S = 60.0
# What lives is compared with what the PBX lists, so often at least and at most: it shall not cost more than a hundredth of our time.
CHANNELS_EVERY_S = 60.0
LISTED_CHANNEL_S = 100 * 40e-6
# A connection that lasted so long was a good one: the next is tried at once.
STABLE_AFTER_S = 60.0
# Events that may wait for a snapshot: 10 s of the most that one AMI session has been seen to send.
HELD_LIMIT = 100_000
BAD_TOLD_EVERY_S = 60.0
# So many channels are asked about at once: a round trip costs Asterisk 0.2 ms, and a far PBX many times that of waiting.
ASKED_AT_ONCE = 50
# A snapshot of many calls takes its time too: standing still for it must not lead to the next one.
LATE_EVERY_S = 60.0
LATE_LONG_S = 2.5
LATE_CURE = "see what keeps this machine busy; with timestampevents = yes in manager.conf moments stay right"
SLOW_CURE = "Asterisk cuts off who reads too slowly: writetimeout = 5000 in the account, see: ringtally pbx-snippet"
RIGHTS_CURE = "give the account write = reporting, see: ringtally pbx-snippet"


@dataclass(slots=True)
class AmiCounters:
    """What metrics tell of the link. Counts go on over connections; `gap_s` is the time not listened to."""

    connected: bool = False
    connects: int = 0
    gap_s: float = 0.0
    last_event_at: float | None = None
    events: Counter[str] = field(default_factory=Counter)
    bad: Counter[str] = field(default_factory=Counter)


class AmiClient:
    """Listens to one PBX for ever. Events go to `sink` in order, `StreamResumed` before what follows it.

    Events that come while the snapshot is gathered are held back and follow it: the core takes one that the snapshot already
    shows as said twice, which changes nothing. A PBX that was still booting is asked again: then a second `StreamResumed`
    comes, without a `StreamBroken` before it.
    """

    def __init__(
        self,
        account: AmiAccount,
        sink: Callable[[Sequence[Event]], None],
        on_state: Callable[[AmiState], None] = lambda _state: None,
        tap: Callable[[bytes], None] = lambda _data: None,
        asked: Callable[[str], None] = lambda _text: None,
    ) -> None:
        self._account = account
        self._sink = sink
        self._on_state = on_state
        self._tap = tap
        self._asked = asked
        self._held: list[Event] | None = None
        self._wake = asyncio.Event()
        self._changed = False
        self._pausing: asyncio.Timeout | None = None
        self._protocol: AmiProtocol | None = None
        self._ready_at: float | None = None
        self._was_booted = False
        self._members_at = 0.0
        self._channels_due_at = 0.0
        self._sees_channels = False
        self._unseen: list[str] = []
        self._given_up: GapReason | None = None
        self._late_at = -LATE_EVERY_S
        self._is_late = False
        self._has_queues = True
        self._past_events: Counter[str] = Counter()
        self._past_bad: Counter[str] = Counter()
        self._counters = AmiCounters()
        self._broken_at: float | None = None
        self._told: str | None = None
        self._told_bad: Counter[str] = Counter()
        self._told_bad_at: float | None = None
        self.state: AmiState = "connecting"

    async def run(self) -> None:
        """Connect and listen until cancelled; whatever happens to the PBX or the line only means another try."""
        while True:
            self._changed = False
            self._told = None
            await self._run_with_this_account()

    async def _run_with_this_account(self) -> None:
        """The same, until the account is changed."""
        backoff = Backoff(RECONNECT_FIRST_S, self._account.reconnect_most_s)
        refused = Backoff(REFUSED_FIRST_S, REFUSED_MOST_S)
        while not self._changed:
            waits = backoff
            try:
                await self._listen()
            except LoginRefusedError as error:
                self._tell("refused", str(error), "check ami.username, ami.secret and the account's permit line")
                waits = refused
            except ssl.SSLError as error:
                self._tell("unreachable", _reason(error), "check ami.tls, ami.ca_file and whom the certificate names")
            except (OSError, TimeoutError, AmiError) as error:
                self._tell("unreachable", _reason(error), "check ami.host and ami.port, and that Asterisk runs")
            if self._ready_at is not None:
                refused.reset()
                if clock.monotonic() - self._ready_at > STABLE_AFTER_S:
                    backoff.reset()
            await self._pause(waits.next_s())

    async def _pause(self, seconds: float) -> None:
        """Wait so long, or until the account is changed."""
        with suppress(TimeoutError):
            async with asyncio.timeout(None) as self._pausing:
                await asyncio.sleep(0 if self._changed else seconds)
        self._pausing = None

    def change_account(self, account: AmiAccount, reconnect: bool = True) -> None:
        """Log in with this account from here on. `reconnect`: at once, and a connection that stands is lost for it."""
        self._account = account
        if reconnect:
            self._changed = True
            if self._pausing is not None and not self._pausing.expired():
                self._pausing.reschedule(asyncio.get_running_loop().time())
            self._close()

    def ask_for_answers(self, channels: Sequence[str]) -> None:
        """Ask soon when these live channels (uniqueids) were answered, by their CDRs; each is told as `AnswerTold`."""
        self._unseen += channels
        self._wake.set()

    @property
    def is_asking(self) -> bool:
        """Does somebody wait for an answer of the PBX?"""
        return bool(self._unseen) or (self._protocol is not None and self._protocol.waiting > 0)

    def was_deaf_since(self, at: float | None) -> None:
        """The PBX is not heard since `at` (None: nobody knows): until it is, that counts as a gap."""
        if self._broken_at is None:
            self._broken_at = at

    def drop(self) -> None:
        """Give this connection up, for we are too far behind: the snapshot of the next one settles everything."""
        self._given_up = "slow"
        self._close()

    def _close(self) -> None:
        if self._protocol is not None:
            self._protocol.close()

    @property
    def is_holding(self) -> bool:
        """Are events held back until a snapshot or an answer that is asked for can go before them?"""
        return self._protocol is not None and self._held is not None

    @property
    def counters(self) -> AmiCounters:
        """The counts as of now."""
        counters = self._counters
        counters.events = self._past_events.copy()
        counters.bad = self._past_bad.copy()
        protocol = self._protocol
        if protocol is not None:
            counters.events += protocol.framer.events
            counters.bad += _bad_of(protocol)
            counters.last_event_at = protocol.last_event_at or counters.last_event_at
        return counters

    def _tell(self, state: AmiState, reason: str, cure: str) -> None:
        """Say once what is wrong, until it changes."""
        if self._changed:
            return  # what failed was a try with an account that is no longer ours
        self._set_state(state)
        if self._told != f"{state} {reason}":
            self._told = f"{state} {reason}"
            log.warning(f"ami_{state}", host=self._account.host, port=self._account.port, reason=reason, cure=cure)

    def _tell_bad(self) -> None:
        """Say how many messages were none, by reason, at most once a minute; never what was in them."""
        new = self.counters.bad - self._told_bad
        now = clock.monotonic()
        if new and (self._told_bad_at is None or now - self._told_bad_at >= BAD_TOLD_EVERY_S):
            self._told_bad += new
            self._told_bad_at = now
            log.warning("ami_bad_messages", total=new.total(), reasons=dict(sorted(new.items())))

    def _set_state(self, state: AmiState) -> None:
        self.state = state
        self._counters.connected = state == "ready"
        self._on_state(state)

    async def _listen(self) -> None:
        """One connection, from its beginning to its loss."""
        account = self._account
        self._ready_at = None
        self._held = []
        self._unseen.clear()
        self._wake.clear()
        connection = Connection(account.host, account.port, account.tls, self._make_protocol)
        protocol = self._protocol = await connection.open(account.timeout_s)
        self._given_up = None
        try:
            if self._changed:
                return
            await log_in(protocol, account)
            await self._resume(protocol)
            if not await self._keep_alive(protocol):
                self._given_up = "silent"
        except TimeoutError:
            if self._ready_at is None:
                raise
            self._given_up = self._given_up or "silent"
        except AmiError:
            if self._ready_at is None:
                raise
        finally:
            self._leave(protocol)

    def _why_lost(self, protocol: AmiProtocol) -> GapReason:
        if self._changed:
            return "account_changed"
        if protocol.cut_off_after_s is not None:
            return "slow"
        return self._given_up or "connection_lost"

    def _leave(self, protocol: AmiProtocol) -> None:
        """The connection is over."""
        self._past_events += protocol.framer.events
        self._past_bad += _bad_of(protocol)
        self._counters.last_event_at = protocol.last_event_at or self._counters.last_event_at
        self._protocol = None
        protocol.close()
        held, self._held = self._held, None
        self._tell_bad()
        if self._ready_at is None:
            return  # without their snapshot the events mean nothing
        if held:
            self._sink(held)
        if not _is_cancelled():
            reason = self._why_lost(protocol)
            broken_at = min(protocol.heard_at, clock.now()) if reason == "silent" else clock.now()
            self.was_deaf_since(broken_at)
            self._set_state("lost")
            self._sink([StreamBroken(broken_at, reason)])
            told: dict[str, object] = {"cure": SLOW_CURE} if reason == "slow" else {}
            if protocol.cut_off_after_s is not None:
                told["read_nothing_for_s"] = round(protocol.cut_off_after_s, 3)
            log.warning("ami_lost", host=self._account.host, port=self._account.port, reason=reason, **told)

    def _make_protocol(self) -> AmiProtocol:
        return AmiProtocol(self._received, self._wake.set, self._tap, self._asked, self._read_late)

    def _read_late(self, late_s: float) -> None:
        """We stood still for so long, and hear now what happened in that time: a gap, though nothing of it is lost."""
        now = clock.monotonic()
        is_told = now - late_s <= self._late_at  # of what waited more than one segment is read
        is_often = late_s < LATE_LONG_S and now - self._late_at < LATE_EVERY_S
        if self._ready_at is None or is_told or is_often:
            return
        self._late_at, self._is_late = now, True
        self._broken_at = clock.now() - late_s
        broken = StreamBroken(self._broken_at, "slow", is_late=True)
        if self._held is None:
            self._sink([broken])
        else:
            self._held.append(broken)  # what is held came before; what is asked for belongs before that
        self._wake.set()
        log.warning("ami_read_late", stood_still_s=round(late_s, 3), cure=LATE_CURE)

    def _received(self, events: Sequence[Event]) -> None:
        if self._held is None:
            self._sink(events)
            return
        self._held.extend(events)
        if len(self._held) > HELD_LIMIT:
            log.warning("ami_snapshot_too_slow", events=len(self._held))
            self._held.clear()
            self.drop()

    async def _resume(self, protocol: AmiProtocol) -> None:
        """Take a snapshot and pass it on, what came meanwhile behind it."""
        # A booted PBX says FullyBooted before it reads this. Where it is missing behind the answer, the account may not see
        # it, or the PBX boots and says it later: nothing is worth waiting for.
        await _ping(protocol, self._account.timeout_s)
        self._was_booted = protocol.booted.is_set()
        self._wake.clear()
        if self._held is None:
            self._held = []
        answers = await take_snapshot(protocol, self._account.timeout_s)
        self._has_queues = "QueueStatus" not in answers.unknown
        at = clock.now()
        self._members_at = clock.monotonic()
        snapshot = await asyncio.to_thread(answers.snapshot)  # of ten thousand calls half a second's work
        held, self._held = self._held, None
        self._is_late = any(isinstance(event, StreamBroken) for event in held)
        self._sink(resumed(at, snapshot._replace(up_since=protocol.up_since), held))
        channels = len(snapshot.channels or ())
        self._sees_channels = snapshot.channels is not None
        self._next_comparison(channels)
        if self._broken_at is not None and not self._is_late:
            self._counters.gap_s += max(0.0, at - self._broken_at)
            self._broken_at = None
        if self._ready_at is None:
            self._ready()
            log.info("ami_ready", host=self._account.host, banner=protocol.framer.banner, channels=channels)
        else:
            log.info("ami_asked_again", host=self._account.host, channels=channels)
        _tell_missing(answers)

    def _ready(self) -> None:
        self._ready_at = clock.monotonic()
        self._counters.connects += 1
        self._told = None
        self._set_state("ready")

    async def _keep_alive(self, protocol: AmiProtocol) -> bool:
        """Ping until the line is lost; False when it went silent: on an idle PBX AMI says nothing, so only this tells."""
        while not protocol.is_lost:
            if await self._is_outdated(protocol):
                await self._resume(protocol)
            if self._has_queues and (protocol.reloaded.is_set() or self._are_members_old()):
                await self._ask_for_members(protocol)
            if self._sees_channels and clock.monotonic() >= self._channels_due_at:
                await self._compare_channels(protocol)
            if self._unseen:
                await self._ask_when_answered(protocol)
                continue
            if await self._is_woken(self._account.ping_interval_s):
                continue
            self._tell_bad()
            if not await self._answers_ping(protocol):
                log.warning("ami_ping_unanswered", seconds=self._account.ping_timeout_s)
                return False
        return True

    async def _compare_channels(self, protocol: AmiProtocol) -> None:
        """Hear which channels the PBX lists; events go on meanwhile, and are told as they come."""
        asked_at = clock.now()
        blocks = await protocol.ask({"Action": CHANNELS_ACTION}, self._account.timeout_s)
        self._next_comparison(len(blocks))
        if is_success(blocks):
            self._sink([ChannelsListed(clock.now(), asked_at, blocks)])

    def _next_comparison(self, channels: int) -> None:
        self._channels_due_at = clock.monotonic() + max(CHANNELS_EVERY_S, channels * LISTED_CHANNEL_S)

    async def _ask_when_answered(self, protocol: AmiProtocol) -> None:
        """Hear of some of the channels whose answer nobody saw. An account without the right for it hears of none."""
        channels, self._unseen = self._unseen[:ASKED_AT_ONCE], self._unseen[ASKED_AT_ONCE:]
        actions = [action for channel in channels for action in actions_of(channel)]
        answers = [blocks[0] for blocks in await protocol.ask_all(actions, self._account.timeout_s)]
        if any(is_denied(answer) for answer in answers):
            self._unseen.clear()
            log.warning("ami_answers_not_told", action=actions[0]["Action"], cure=RIGHTS_CURE)
            return
        at, each = clock.now(), len(VARIABLES)
        self._sink(
            [
                answer_told(channel, answers[number * each : (number + 1) * each], protocol.decoder.clock, at)
                for number, channel in enumerate(channels)
            ]
        )

    def _are_members_old(self) -> bool:
        return clock.monotonic() - self._members_at >= MEMBERS_EVERY_S

    async def _ask_for_members(self, protocol: AmiProtocol) -> None:
        """Hear which members the queues have: `queue reload` adds and removes some without a word, `module reload` with one."""
        protocol.reloaded.clear()
        at, self._members_at = clock.now(), clock.monotonic()
        if self._held is None:
            self._held = []
        blocks = await protocol.ask({"Action": MEMBERS_ACTION}, self._account.timeout_s)
        held, self._held = self._held, None
        members = members_of(blocks, at)
        events = [*([StreamResumed(at, members)] if members is not None else []), *held]
        if events:
            self._sink(events)

    async def _is_woken(self, seconds: float) -> bool:
        """Is the line lost, or has the PBX booted, within so many seconds?"""
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return False
        self._wake.clear()
        return True

    async def _answers_ping(self, protocol: AmiProtocol) -> bool:
        before = protocol.framer.bytes
        try:
            await _ping(protocol, self._account.ping_timeout_s)
        except TimeoutError:
            # Busy sending events it may be late with the answer; it lives.
            return protocol.framer.bytes > before
        return True

    async def _is_outdated(self, protocol: AmiProtocol) -> bool:
        """Did the PBX boot, or its queues come, only after the snapshot was taken, or did we read late since?"""
        if self._is_late:
            return True
        if protocol.booted.is_set() and not self._was_booted:
            return True
        if self._has_queues:
            return False
        return is_success(await protocol.ask({"Action": "QueueStatus"}, self._account.timeout_s))


async def _ping(protocol: AmiProtocol, timeout_s: float) -> None:
    """Ask whether the PBX lives, and hear by the way what time it thinks it is. Raises what `ask` raises."""
    asked_at = clock.now()
    (answer, *_) = await protocol.ask({"Action": "Ping"}, timeout_s)
    pbx = protocol.decoder.clock
    if pbx.told(answer, asked_at, clock.now()):
        log.warning("pbx_clock_differs", ahead_s=round(pbx.ahead_s, 1), cure="let NTP set the clocks of both machines")


def _bad_of(protocol: AmiProtocol) -> Counter[str]:
    """Messages that were none, by reason; `reader`: something of ours failed on one."""
    return protocol.framer.bad + protocol.decoder.bad + Counter(reader=protocol.failures.total())


def _tell_missing(answers: Gathering) -> None:
    if answers.denied:
        log.warning(
            "ami_rights_missing",
            actions=", ".join(answers.denied),
            cure=RIGHTS_CURE,
        )
    if answers.unknown:
        log.warning(
            "ami_actions_unknown", actions=", ".join(answers.unknown), cure="load app_queue.so, if this PBX has queues"
        )


def _is_cancelled() -> bool:
    """Are we being stopped? Then nothing broke."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _reason(error: BaseException) -> str:
    if isinstance(error, TimeoutError) and not error.args:
        return "no answer in time"
    # asyncio words a refused connection in its own way; the system's words are known to everybody.
    if isinstance(error, ConnectionError) and error.errno:
        return os.strerror(error.errno)
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__

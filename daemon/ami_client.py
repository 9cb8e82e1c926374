"""The life of the connection to the PBX: connect, log in, ask what lives, listen, keep alive, and all over again."""

import asyncio
import hashlib
import ssl
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import structlog

from daemon import clock
from daemon.ami_protocol import AmiError, AmiLostError, AmiProtocol, Connection
from daemon.backoff import Backoff
from handlers.ami.events import Event, Snapshot, StreamBroken, StreamResumed
from handlers.ami.message import Message
from handlers.ami.snapshot import Blocks, snapshot_of

log = structlog.get_logger()

AmiState = Literal["connecting", "unreachable", "refused", "ready", "lost"]
# A refused login is tried slowly: every try is a line in the PBX's security log, and fail2ban reads it.
REFUSED_FIRST_S = 30.0
REFUSED_MOST_S = 600.0
# FullyBooted comes 0.1 s after the login of a booted PBX, and never without the right to read `system`.
BOOTED_WITHIN_S = 2.0
STABLE_AFTER_S = 60.0


class LoginRefusedError(AmiError):
    """Wrong user or secret, or the account may not log in from here."""


@dataclass(frozen=True, slots=True)
class AmiAccount:
    """Whom to ask, and as whom. The secret never shows in repr."""

    host: str
    port: int
    username: str
    secret: str = field(repr=False)
    md5: bool = False
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    ping_interval_s: float = 10.0
    ping_timeout_s: float = 5.0
    timeout_s: float = 10.0
    reconnect_most_s: float = 60.0


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
    shows as said twice, which changes nothing.
    """

    def __init__(
        self,
        account: AmiAccount,
        sink: Callable[[Sequence[Event]], None],
        on_state: Callable[[AmiState], None] = lambda _state: None,
        tap: Callable[[bytes], None] = lambda _data: None,
    ) -> None:
        self._account = account
        self._sink = sink
        self._on_state = on_state
        self._tap = tap
        self._held: list[Event] | None = None
        self._lost = asyncio.Event()
        self._protocol: AmiProtocol | None = None
        self._past_events: Counter[str] = Counter()
        self._past_bad: Counter[str] = Counter()
        self._counters = AmiCounters()
        self._broken_at: float | None = None
        self._told: str | None = None
        self.state: AmiState = "connecting"

    async def run(self) -> None:
        """Connect and listen until cancelled; whatever happens to the PBX or the line only means another try."""
        backoff = Backoff(1.0, self._account.reconnect_most_s)
        refused = Backoff(REFUSED_FIRST_S, REFUSED_MOST_S)
        while True:
            began = clock.monotonic()
            try:
                await self._listen()
            except LoginRefusedError as error:
                self._tell("refused", str(error), "check ami.username, ami.secret and the account's permit line")
                delay = refused.next_s()
            except (OSError, TimeoutError, AmiError) as error:
                self._tell("unreachable", _reason(error), "check ami.host and ami.port, and that Asterisk runs")
                delay = backoff.next_s()
            else:
                delay = backoff.next_s()
            if clock.monotonic() - began > STABLE_AFTER_S:
                backoff.reset()
            await asyncio.sleep(delay)

    def drop(self) -> None:
        """Give this connection up (we are too far behind): the snapshot of the next one settles everything."""
        if self._protocol is not None:
            self._protocol.close()

    @property
    def counters(self) -> AmiCounters:
        """The counts as of now."""
        counters = self._counters
        counters.events = self._past_events.copy()
        counters.bad = self._past_bad.copy()
        protocol = self._protocol
        if protocol is not None:
            counters.events += protocol.framer.events
            counters.bad += protocol.framer.bad + protocol.decoder.bad + protocol.failures
            counters.last_event_at = protocol.last_event_at or counters.last_event_at
        return counters

    def _tell(self, state: AmiState, reason: str, cure: str) -> None:
        """Say once what is wrong, until it changes."""
        self._set_state(state)
        if self._told != f"{state} {reason}":
            self._told = f"{state} {reason}"
            log.warning(f"ami_{state}", host=self._account.host, port=self._account.port, reason=reason, cure=cure)

    def _set_state(self, state: AmiState) -> None:
        self.state = state
        self._counters.connected = state == "ready"
        self._on_state(state)

    async def _listen(self) -> None:
        """One connection, from its beginning to its loss."""
        self._lost.clear()
        account = self._account
        connection = Connection(account.host, account.port, account.tls, self._make_protocol)
        protocol = await connection.open(account.timeout_s)
        self._protocol = protocol
        ready = False
        try:
            await log_in(protocol, account)
            self._held = []
            await self._resume(protocol)
            ready = True
            await self._keep_alive(protocol)
        except AmiLostError:
            if not ready:
                raise
        finally:
            self._held = None
            self._past(protocol)
            protocol.close()
            if ready and not _is_cancelled():
                self._broken_at = clock.now()
                self._set_state("lost")
                self._sink([StreamBroken(self._broken_at)])
                log.warning("ami_lost", host=account.host)

    def _make_protocol(self) -> AmiProtocol:
        return AmiProtocol(self._received, self._lost.set, self._tap)

    def _received(self, events: Sequence[Event]) -> None:
        if self._held is None:
            self._sink(events)
        else:
            self._held.extend(events)

    def _past(self, protocol: AmiProtocol) -> None:
        self._past_events += protocol.framer.events
        self._past_bad += protocol.framer.bad + protocol.decoder.bad + protocol.failures
        self._counters.last_event_at = protocol.last_event_at or self._counters.last_event_at
        self._protocol = None

    async def _resume(self, protocol: AmiProtocol) -> None:
        snapshot = await take_snapshot(protocol, self._account.timeout_s)
        at = clock.now()
        if self._broken_at is not None:
            self._counters.gap_s += max(0.0, at - self._broken_at)
        self._counters.connects += 1
        held, self._held = self._held or [], None
        self._sink([StreamResumed(at, snapshot), *held])
        self._told = None
        self._set_state("ready")
        log.info(
            "ami_ready", host=self._account.host, banner=protocol.framer.banner, channels=len(snapshot.channels or ())
        )
        if snapshot.channels is None or snapshot.members is None:
            log.warning("ami_rights_missing", cure="give the account write = reporting, see: ringtally pbx-snippet")

    async def _keep_alive(self, protocol: AmiProtocol) -> None:
        """Ping until the line is lost; an unanswered one ends it, since AMI says nothing on an idle PBX."""
        while True:
            try:
                async with asyncio.timeout(self._account.ping_interval_s):
                    await self._lost.wait()
            except TimeoutError:
                pass
            else:
                return
            try:
                await protocol.ask({"Action": "Ping"}, self._account.ping_timeout_s)
            except TimeoutError:
                log.warning("ami_ping_unanswered", seconds=self._account.ping_timeout_s)
                return


async def log_in(protocol: AmiProtocol, account: AmiAccount) -> None:
    """Log in, by MD5 challenge where the account says so. Raises LoginRefusedError, TimeoutError, AmiLostError."""
    login = {"Action": "Login", "Username": account.username, "Events": "on"}
    if account.md5:
        (answer, *_) = await protocol.ask({"Action": "Challenge", "AuthType": "MD5"}, account.timeout_s)
        challenge = Message(answer).get("Challenge") or ""
        key = hashlib.md5((challenge + account.secret).encode(), usedforsecurity=False).hexdigest()
        login |= {"AuthType": "MD5", "Key": key}
    else:
        login |= {"Secret": account.secret}
    (answer, *_) = await protocol.ask(login, account.timeout_s)
    message = Message(answer)
    if message.get("Response") != "Success":
        raise LoginRefusedError(message.get("Message") or "login refused")


async def take_snapshot(protocol: AmiProtocol, timeout_s: float) -> Snapshot:
    """Ask the PBX what it is doing. Parts that the account may not see are None."""
    try:
        async with asyncio.timeout(BOOTED_WITHIN_S):
            await protocol.booted.wait()
    except TimeoutError:
        pass  # without the right to read `system` it never comes
    status = await _ask_list(protocol, {"Action": "CoreStatus"}, timeout_s)
    channels = await _ask_list(protocol, {"Action": "CoreShowChannels"}, timeout_s)
    bridges = await _ask_list(protocol, {"Action": "BridgeList"}, timeout_s)
    queues = await _ask_list(protocol, {"Action": "QueueStatus"}, timeout_s)
    return snapshot_of(status[0] if status else None, channels, bridges, queues, clock.now())


async def _ask_list(protocol: AmiProtocol, action: dict[str, str], timeout_s: float) -> Blocks:
    blocks = await protocol.ask(action, timeout_s)
    return blocks if Message(blocks[0]).get("Response") == "Success" else None


def _is_cancelled() -> bool:
    """Are we being stopped? Then nothing broke."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _reason(error: BaseException) -> str:
    if isinstance(error, TimeoutError) and not error.args:
        return "no answer in time"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__

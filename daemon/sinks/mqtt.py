"""Tells the board to a broker: retained states, events as they happen, finished calls out of the outbox (contract, section 8).

`take` only notes. One task publishes, one message at a time: after each connection all states and then `online`, from then on
events first, and finished calls and states by turns. Whatever the broker does, it holds up nobody but that task.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from daemon import clock, mqtt_probe
from daemon.backoff import Backoff
from daemon.board.board import Board
from daemon.board.call_events import EVENT_CALL, CallEvent, CallEvents, Render
from daemon.board.encoding import encoded
from daemon.board.states import States
from daemon.mqtt_link import (
    Broker,
    MqttCertificateError,
    MqttDeniedError,
    MqttError,
    MqttRefusedError,
    MqttSession,
    MqttTlsError,
    mqtt_session,
)
from daemon.mqtt_probe import Probe
from daemon.mqtt_teller import MqttState, MqttTeller
from daemon.sinks.discovery import Discovery
from daemon.sinks.mqtt_states import StateTurns
from handlers.facts import Call, Fact
from storage.errors import StorageError
from storage.outbox import Outbox, Waiting

BRIDGE_STATE = "bridge/state"
CERTIFICATE_CURE = (
    "check mqtt.cert_file and mqtt.key_file: the broker may want a certificate that it knows; its log says why"
)
CONTACT_IN = "contact/in"
ONLINE, OFFLINE = b"online", b"offline"
# Events that wait for a slow broker: some ten seconds of a very busy PBX.
BACKLOG = 1000
READ_AT_ONCE = 50
RECONNECT_FIRST_S = 1.0
# What refuses us will do so for a while: the rest of the world sees each try in the broker's log.
REFUSED_TIMES = 10
_STORE_RETRY_S = 5.0
_KINDS = frozenset({"queue", "trunk", "department", "agent"})


@dataclass(frozen=True, slots=True)
class Publishing:
    """Where and how: `root` ends in a slash; `full` shows numbers and names.

    `device_id`: what Home Assistant is to know us by; `home_assistant`: below which prefix it listens. None: it is not to know us.
    """

    broker: Broker
    root: str
    full: bool
    reconnect_most_s: float = 60.0
    device_id: str = "ringtally"
    home_assistant: str | None = None


class MqttSink:
    """Publishes to one broker until stopped: `run` in a task of its own, `stop` before that task is cancelled.

    `dropped` counts events that were not kept: `away`, there was no broker to tell; `slow`, it took them too slowly. Finished
    calls are never among them: they come out of the outbox.
    """

    def __init__(
        self,
        to: Publishing,
        board: Board,
        render: Render,
        outbox: Outbox,
        is_complete: Callable[[], bool] = lambda: True,
        contacts: Callable[[bytes], None] | None = None,
    ) -> None:
        self._to = to
        self._board = board
        self._render = render
        self._outbox = outbox
        self._is_complete = is_complete
        self._contacts = contacts
        self._numbered = CallEvents()
        self._states = StateTurns(States(board, to.full))
        self._discovery = Discovery(board, to.root, to.device_id, to.home_assistant)
        self._events: deque[tuple[CallEvent, float]] = deque()
        self._messages: deque[Waiting] = deque()
        self._is_states_turn = False
        self._probe = Probe(to.broker.timeout_s)
        self._found: set[str] = set()
        self._wake = asyncio.Event()
        self._ended = asyncio.Event()
        self._stopping = False
        self._has_stored = True
        self._store_at = 0.0
        self._teller = MqttTeller(to.broker)
        self.dropped: Counter[str] = Counter(away=0, slow=0)
        outbox.when_stored(self._stored)

    @property
    def state(self) -> MqttState:
        """How it stands with the broker."""
        return self._teller.state

    @property
    def is_connected(self) -> bool:
        """Is there a broker to tell?"""
        return self.state == "connected"

    @property
    def shows_numbers(self) -> bool:
        """Are numbers and names told in full?"""
        return self._to.full

    @property
    def waiting(self) -> int:
        """Finished calls that the broker does not have yet."""
        return self._outbox.waiting

    @property
    def drops(self) -> dict[str, int]:
        """Messages that were given up, by reason: those of `dropped`, and out of the outbox for their age or number."""
        return {**self.dropped, **self._outbox.dropped}

    def take(self, facts: Sequence[Fact]) -> None:
        """Note the facts."""
        for event in self._numbered.of(facts):
            if event.is_stored:
                continue
            if not self.is_connected:
                self.dropped["away"] += 1
                continue
            if len(self._events) >= BACKLOG:
                self._events.popleft()
                self.dropped["slow"] += 1
            self._events.append((event, clock.now()))
        if self.is_connected:
            self._wake.set()

    def read_anew(self, is_about: Callable[[Call], bool]) -> None:
        """What waits in the outbox says something else now, and what is told of such calls as they live is not to be told any more."""
        self._messages.clear()
        self._outbox.again()
        self._events = deque(each for each in self._events if not is_about(each[0].fact.call))
        self._stored()

    async def run(self) -> None:
        """Publish until stopped; whatever happens to the broker only means another try."""
        most_s = self._to.reconnect_most_s
        backoff = Backoff(RECONNECT_FIRST_S, most_s)
        refused = Backoff(min(RECONNECT_FIRST_S * 60, most_s * REFUSED_TIMES), most_s * REFUSED_TIMES)
        try:
            while not self._stopping:
                waits = backoff
                try:
                    async with mqtt_session(self._to.broker, self._heard, self._lost) as session:
                        await self._serve(session)
                except MqttDeniedError as error:
                    self._teller.failed("refused", str(error), mqtt_probe.CURE)
                    waits = refused
                except MqttRefusedError as error:
                    self._teller.failed(
                        "refused", str(error), "check mqtt.username, mqtt.password and the broker's rights"
                    )
                    waits = refused
                except MqttCertificateError as error:
                    self._teller.failed("unreachable", str(error), CERTIFICATE_CURE)
                except MqttTlsError as error:
                    self._teller.failed("unreachable", str(error), "check mqtt.tls, mqtt.ca_file and mqtt.host")
                except MqttError as error:
                    self._teller.failed(
                        "unreachable", str(error), "check mqtt.host and mqtt.port, and that the broker runs"
                    )
                if self._teller.was_stable:
                    backoff.reset()
                if waits is backoff:
                    refused.reset()
                self._forget()
                await self._pause(waits.next_s())
        finally:
            self._ended.set()

    async def stop(self, within_s: float) -> None:
        """Tell what there is still to tell and that we go, within so many seconds. A broker that is away is not waited for."""
        self._stopping = True
        self._wake.set()
        if not self.is_connected:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._ended.wait()

    async def _pause(self, seconds: float) -> None:
        self._wake.clear()
        until = clock.monotonic() + seconds
        while not self._stopping and (left := until - clock.monotonic()) > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._wake.wait()
            self._wake.clear()

    def _stored(self) -> None:
        self._has_stored = True
        self._wake.set()

    def _forget(self) -> None:
        """The connection is over: states will be told anew, and what was not acknowledged again."""
        self._states.forget()
        self._discovery.forget()
        self.dropped["away"] += len(self._events)
        self._events.clear()
        self._messages.clear()
        self._outbox.again()
        self._has_stored = True

    async def _serve(self, session: MqttSession) -> None:
        """One connection: all states, that we are here, then what happens, until it is lost or we stop."""
        if (first := self._states.next()) is not None:
            await self._probe.prove(session, self._to.root + first.topic, first.body)
        self._teller.connected()
        await self._look_back(session)
        await self._announce(session)
        while True:
            if session.is_lost:
                raise MqttError("the broker closed the connection")
            self._wake.clear()
            self._teller.settle()
            if await self._tell_next(session):
                continue
            if self._stopping:
                await self._publish(session, BRIDGE_STATE, OFFLINE, qos=1, retain=True)
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, self._states.due_at - clock.monotonic())):
                    await self._wake.wait()

    async def _look_back(self, session: MqttSession) -> None:
        """See what states an earlier run may have left.

        The broker hands out what it has retained before it acknowledges what it is told next.
        """
        pattern = f"{self._to.root}+/+/state"
        self._found.clear()
        await session.subscribe(pattern)
        await self._tell_state(session)
        await session.unsubscribe(pattern)
        if self._contacts is not None:
            await session.subscribe(f"{self._to.root}{CONTACT_IN}", qos=1)
        for topic in self._discovery.listens_to:
            await session.subscribe(topic, qos=1)

    async def _announce(self, session: MqttSession) -> None:
        """Tell all states, clear what is no more, and then say that we are here: who reads `online` may believe what he finds."""
        while not self._stopping and self._states.lack() and await self._tell_state(session):
            pass
        while not self._stopping and await self._clear_removed(session):
            pass
        while not self._stopping and await self._tell_discovery(session):
            pass
        if not self._stopping:
            await self._publish(session, BRIDGE_STATE, ONLINE, qos=1, retain=True)

    def _lost(self) -> None:
        self._probe.lost()
        self._wake.set()

    def _heard(self, topic: str, payload: bytes, retained: bool) -> None:
        if self._probe.heard(topic, retained):
            return
        if self._discovery.heard(topic, payload, retained):
            self._wake.set()
            return
        below = topic.removeprefix(self._to.root)
        if below == CONTACT_IN:
            if self._contacts is not None and not retained:  # a retained one would come anew with each connection
                self._contacts(payload)
        elif retained and payload and below.partition("/")[0] in _KINDS:
            self._found.add(below)

    async def _tell_next(self, session: MqttSession) -> bool:
        """Tell some of what there is to tell; False: nothing more now."""
        if self._events:
            event, at = self._events.popleft()
            body = encoded(event.payload(self._render, self._to.full, at))
            await self._publish(session, EVENT_CALL, body, qos=1)
            return True
        if self._stopping:
            return await self._tell_stored(session)
        self._is_states_turn = not self._is_states_turn
        if self._is_states_turn and await self._tell_state(session):
            return True
        return (
            await self._tell_stored(session)
            or await self._tell_state(session)
            or await self._clear_removed(session)
            or await self._tell_discovery(session)
        )

    async def _tell_stored(self, session: MqttSession) -> bool:
        if not self._messages and self._has_stored and clock.monotonic() >= self._store_at:
            self._has_stored = False
            try:
                self._messages.extend(await self._outbox.next(READ_AT_ONCE))
                self._has_stored |= len(self._messages) == READ_AT_ONCE
            except StorageError:  # the writer tells of it
                self._has_stored = True
                self._store_at = clock.monotonic() + _STORE_RETRY_S
        if not self._messages:
            return False
        message = self._messages[0]
        await self._publish(session, message.topic, message.payload.encode(), qos=1)
        if self._messages and self._messages[0] is message:  # else they are read anew
            self._messages.popleft()
        self._outbox.acknowledge(message.id)
        return True

    async def _tell_state(self, session: MqttSession) -> bool:
        state = self._states.next()
        if state is None:
            return False
        await self._publish(session, state.topic, state.body, qos=state.qos, retain=True)
        return True

    async def _clear_removed(self, session: MqttSession) -> bool:
        """Clear a retained state of something that is there no more, once the PBX has said what is."""
        if not self._found or not self._is_complete():
            return False
        self._found -= self._board.topics().keys()
        if not self._found:
            return False
        await self._publish(session, self._found.pop(), b"", qos=1, retain=True)
        return True

    async def _tell_discovery(self, session: MqttSession) -> bool:
        """Tell Home Assistant something of us. A broker that does not let us gets all the rest."""
        announcement = self._discovery.next()
        if announcement is None:
            return False
        try:
            await session.publish(announcement.topic, announcement.body, qos=1, retain=True)
        except MqttDeniedError as error:
            self._discovery.is_refused = True
            self._teller.refused_beside(announcement.topic, str(error))
        return True

    async def _publish(self, session: MqttSession, topic: str, body: bytes, *, qos: int, retain: bool = False) -> None:
        if session.is_lost:
            raise MqttError("the broker closed the connection")
        await session.publish(self._to.root + topic, body, qos=qos, retain=retain)

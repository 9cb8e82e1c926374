"""Server-sent events: the state at once on connecting, then what changes. Same topics and payloads as on MQTT (contract, section 8)."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from daemon import clock
from daemon.board.board import Board
from daemon.board.call_events import EVENT_CALL, CallEvents, Render
from daemon.board.encoding import encoded
from daemon.board.missed import EVENT_MISSED, CaseEvents
from daemon.board.states import State, States
from handlers.facts import Fact

CLIENTS_LIMIT = 100
BACKLOG = 1000
_STILL_HERE = b": still here\n\n"


class Subscriber:
    """One listening client: events in order, state only as its latest. A client too slow for its backlog is let go."""

    def __init__(self, states: States) -> None:
        self._states = states
        self._shown: dict[str, State] = {}
        self._events: list[bytes] = []
        self._wake = asyncio.Event()
        self.gone = False

    def event(self, frame: bytes) -> None:
        """Something happened."""
        if len(self._events) >= BACKLOG:
            self.gone = True
        if self.gone:
            self._events.clear()
        else:
            self._events.append(frame)
        self._wake.set()

    def wake(self) -> None:
        """The state may have changed."""
        self._wake.set()

    def leave(self) -> None:
        """Nothing more comes; what came is still handed out."""
        self.gone = True
        self._wake.set()

    async def next_frames(self, at_most_s: float) -> bytes:
        """What came since the last time; a comment that keeps the line alive if nothing does; empty: no more will come."""
        until = clock.monotonic() + at_most_s
        while True:
            frames, self._events = self._events, []
            frames += self._news(self._states.look())
            if frames:
                return b"".join(frames)
            if self.gone:
                return b""
            now = clock.monotonic()
            if now >= until:
                return _STILL_HERE
            self._wake.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(min(until, self._states.due_at) - now):
                    await self._wake.wait()

    def _news(self, latest: Mapping[str, State]) -> list[bytes]:
        """The topics that say something else than this client was last shown; those that are there no more, empty."""
        shown = self._shown
        gone = sorted(shown.keys() - latest.keys())
        for topic in gone:
            del shown[topic]
        changed = {topic: state for topic, state in latest.items() if shown.get(topic) is not state}
        shown |= changed
        return [frame(topic, b"") for topic in gone] + [frame(topic, state.body) for topic, state in changed.items()]


class StreamSink:
    """Hands events and states to the clients that listen; costs next to nothing while nobody does.

    However many listen and however much happens, a state is told as often as its topic may be at most, and rendered only when a
    client is there to take it; the first change after a quiet time goes out at once. The board takes each fact before this does.
    """

    def __init__(self, board: Board, render: Render) -> None:
        self._board = board
        self._render = render
        self._events = CallEvents()
        self._case_events = CaseEvents()
        self._subscribers: dict[Subscriber, bool] = {}
        self._states = {full: States(board, full) for full in (False, True)}
        self._changes = 0

    @property
    def listeners(self) -> int:
        """How many clients listen."""
        return len(self._subscribers)

    def subscribe(self, full: bool) -> Subscriber | None:
        """A new client, or None where there are too many; `full` shows numbers and names unmasked."""
        if len(self._subscribers) >= CLIENTS_LIMIT:
            return None
        subscriber = Subscriber(self._states[full])
        self._subscribers[subscriber] = full
        return subscriber

    def unsubscribe(self, subscriber: Subscriber) -> None:
        """The client is gone."""
        self._subscribers.pop(subscriber, None)

    def close(self) -> None:
        """Let all clients go."""
        for subscriber in self._subscribers:
            subscriber.leave()

    def take(self, facts: Sequence[Fact]) -> None:
        """Hand the facts on."""
        for event in self._events.of(facts):  # counted while nobody listens too: who comes back sees what was missed
            self._send_event(EVENT_CALL, partial(event.payload, self._render))
        for case_event in self._case_events.of(facts):
            self._send_event(EVENT_MISSED, partial(case_event.payload, render=self._board.render_case))
        if self._changes != self._board.changes:
            self._changes = self._board.changes
            for subscriber in self._subscribers:
                subscriber.wake()

    def _send_event(self, topic: str, payload: Callable[[bool, float], dict[str, Any]]) -> None:
        frames: dict[bool, bytes] = {}
        for subscriber, full in self._subscribers.items():
            if full not in frames:
                frames[full] = frame(topic, encoded(payload(full, clock.now())))
            subscriber.event(frames[full])


def frame(topic: str, body: bytes) -> bytes:
    """One event of the stream: JSON has no line ends of its own, so nothing a caller wrote can begin another."""
    return b"event: " + topic.encode() + b"\ndata: " + body + b"\n\n"

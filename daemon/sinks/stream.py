"""Server-sent events: the state at once on connecting, then what changes. Same topics and payloads as on MQTT (contract, section 8)."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import orjson

from daemon import clock
from handlers.facts import Call, CallAnswered, CallEnded, CallRang, CallStarted, Fact

CLIENTS_LIMIT = 100
BACKLOG = 1000
_TYPES = {CallStarted: "started", CallRang: "ringing", CallAnswered: "answered", CallEnded: "ended"}


class Subscriber:
    """One listening client: events in order, state only as its latest. A client too slow for its backlog is let go."""

    def __init__(self) -> None:
        self._events: list[bytes] = []
        self._state: dict[str, bytes] = {}
        self._wake = asyncio.Event()
        self.gone = False

    def event(self, frame: bytes) -> None:
        """Something happened."""
        if len(self._events) >= BACKLOG:
            self.gone = True
        else:
            self._events.append(frame)
        self._wake.set()

    def state(self, topic: str, frame: bytes) -> None:
        """The newest state of a topic."""
        self._state[topic] = frame
        self._wake.set()

    async def next_frames(self, at_most_s: float) -> bytes:
        """What came since the last time; a comment that keeps the line alive if nothing does."""
        try:
            async with asyncio.timeout(at_most_s):
                await self._wake.wait()
        except TimeoutError:
            return b": still here\n\n"
        self._wake.clear()
        frames = [*self._events, *self._state.values()]
        self._events.clear()
        self._state.clear()
        return b"".join(frames)


class StreamSink:
    """Hands facts to the clients that listen; costs nothing while nobody does.

    `render` makes a call's JSON, masked or in full.
    """

    def __init__(self, render: Callable[[Call, bool], dict[str, Any]], live: Callable[[], Iterable[Call]]) -> None:
        self._render = render
        self._live = live
        self._subscribers: dict[Subscriber, bool] = {}
        self._serial = 0

    def subscribe(self, full: bool) -> Subscriber | None:
        """A new client, or None where there are too many; `full` shows numbers and names unmasked."""
        if len(self._subscribers) >= CLIENTS_LIMIT:
            return None
        subscriber = Subscriber()
        self._subscribers[subscriber] = full
        subscriber.state("calls/active", self._active(full))
        return subscriber

    def unsubscribe(self, subscriber: Subscriber) -> None:
        """The client is gone."""
        self._subscribers.pop(subscriber, None)

    def take(self, facts: Sequence[Fact]) -> None:
        """Hand the facts on."""
        if not self._subscribers:
            return
        for fact in facts:
            kind = _TYPES.get(type(fact))
            if kind is not None and isinstance(fact, CallStarted | CallRang | CallAnswered | CallEnded):
                self._serial += 1
                self._send_event(kind, fact.call)
        frames: dict[bool, bytes] = {}
        for subscriber, full in self._subscribers.items():
            if full not in frames:
                frames[full] = self._active(full)
            subscriber.state("calls/active", frames[full])

    def _send_event(self, kind: str, call: Call) -> None:
        frames: dict[bool, bytes] = {}
        for subscriber, full in self._subscribers.items():
            if full not in frames:
                payload = {
                    "v": 1,
                    "ts": clock.now(),
                    "type": kind,
                    "seq": self._serial,
                    "call": self._render(call, full),
                }
                frames[full] = frame("event/call", payload)
            subscriber.event(frames[full])

    def _active(self, full: bool) -> bytes:
        calls = [self._render(call, full) for call in self._live()]
        return frame("calls/active", {"v": 1, "ts": clock.now(), "total": len(calls), "calls": calls[:200]})


def frame(topic: str, payload: object) -> bytes:
    """One event of the stream: JSON has no line ends of its own, so nothing a caller wrote can begin another."""
    return b"event: " + topic.encode() + b"\ndata: " + orjson.dumps(payload) + b"\n\n"

"""Server-sent events: the state at once on connecting, then what changes. Same topics and payloads as on MQTT (contract, section 8)."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import orjson

from daemon import clock
from handlers.facts import Call, CallAnswered, CallEnded, CallQueued, CallRang, CallStarted, Fact
from storage.call_json import iso

CLIENTS_LIMIT = 100
BACKLOG = 1000
LISTED = 200
SNAPSHOT_EVERY_S = 1.0
_TYPES = {CallStarted: "started", CallRang: "ringing", CallAnswered: "answered", CallEnded: "ended"}
_STILL_HERE = b": still here\n\n"

Render = Callable[[Call, bool], dict[str, Any]]
"""A call's JSON, in full or masked."""


def calls_active(calls: Iterable[Call], render: Render, full: bool) -> dict[str, Any]:
    """The payload of `calls/active` as of now: how many calls live, and the oldest of them."""
    listed: list[dict[str, Any]] = []
    total = 0
    for call in calls:
        total += 1
        if total <= LISTED:
            listed.append(render(call, full))
    return {"v": 1, "ts": iso(clock.now()), "total": total, "calls": listed}


@dataclass(slots=True)
class _Snapshot:
    """The live calls as told after so many `changes`; `looked_at`: they still were so. Look again at `due_at`.

    A change is looked for `every_s` after `made_at`, and what is no fact (a hold is none) `every_s` after `looked_at`.
    """

    made_at: float
    looked_at: float
    changes: int
    payload: dict[str, Any]
    frame: bytes
    due_at: float = 0.0


class Subscriber:
    """One listening client: events in order, state only as its latest. A client too slow for its backlog is let go."""

    def __init__(self, latest: Callable[[], _Snapshot]) -> None:
        self._latest = latest
        self._shown: bytes | None = None
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
            snapshot = self._latest()
            if snapshot.frame is not self._shown:
                self._shown = snapshot.frame
                frames.append(snapshot.frame)
            if frames:
                return b"".join(frames)
            if self.gone:
                return b""
            now = clock.monotonic()
            if now >= until:
                return _STILL_HERE
            self._wake.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(min(until, snapshot.due_at) - now):
                    await self._wake.wait()


class StreamSink:
    """Hands facts to the clients that listen; costs next to nothing while nobody does.

    However many listen and however much happens, the live calls are told once in `every_s` seconds at most, and rendered only
    when a client is there to take them; the first change after a quiet time goes out at once.
    """

    def __init__(self, render: Render, live: Callable[[], Iterable[Call]], every_s: float = SNAPSHOT_EVERY_S) -> None:
        self._render = render
        self._live = live
        self._every_s = every_s
        self._subscribers: dict[Subscriber, bool] = {}
        self._snapshots: dict[bool, _Snapshot] = {}
        self._serial = 0
        self._changes = 0

    @property
    def listeners(self) -> int:
        """How many clients listen."""
        return len(self._subscribers)

    def subscribe(self, full: bool) -> Subscriber | None:
        """A new client, or None where there are too many; `full` shows numbers and names unmasked."""
        if len(self._subscribers) >= CLIENTS_LIMIT:
            return None
        subscriber = Subscriber(lambda: self._snapshot(full))
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
        changes = self._changes
        for fact in facts:
            if isinstance(fact, (CallStarted, CallRang, CallAnswered, CallEnded)):
                self._serial += 1  # counted while nobody listens too: who comes back sees what was missed
                self._changes += 1
                self._send_event(_TYPES[type(fact)], fact.call)
            elif isinstance(fact, CallQueued):
                self._changes += 1
        if self._changes != changes:
            for subscriber in self._subscribers:
                subscriber.wake()

    def _send_event(self, kind: str, call: Call) -> None:
        frames: dict[bool, bytes] = {}
        for subscriber, full in self._subscribers.items():
            if full not in frames:
                payload = {
                    "v": 1,
                    "ts": iso(clock.now()),
                    "type": kind,
                    "seq": self._serial,
                    "call": self._render(call, full),
                }
                frames[full] = frame("event/call", payload)
            subscriber.event(frames[full])

    def _snapshot(self, full: bool) -> _Snapshot:
        """The live calls as of now, or of less than `every_s` ago."""
        kept, now = self._snapshots.get(full), clock.monotonic()
        if kept is not None:
            kept.due_at = (kept.looked_at if kept.changes == self._changes else kept.made_at) + self._every_s
            if now < kept.due_at:
                return kept
        payload = calls_active(self._live(), self._render, full)
        if kept is not None and payload | {"ts": None} == kept.payload | {"ts": None}:
            if kept.changes != self._changes:  # started and ended since: a look for a change's sake counts as one
                kept.made_at, kept.changes = now, self._changes
            kept.looked_at, kept.due_at = now, now + self._every_s
            return kept
        made = _Snapshot(now, now, self._changes, payload, frame("calls/active", payload), now + self._every_s)
        self._snapshots[full] = made
        return made


def frame(topic: str, payload: object) -> bytes:
    """One event of the stream: JSON has no line ends of its own, so nothing a caller wrote can begin another."""
    return b"event: " + topic.encode() + b"\ndata: " + orjson.dumps(payload) + b"\n\n"

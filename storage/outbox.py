"""What is still to be published: messages kept in order, with the facts they tell of, until a broker has acknowledged them.

The writer stores a message in the transaction of its call, removes what was acknowledged in its next one, and keeps to the
bounds. Nothing else writes here, and one publisher reads.
"""

import math
import sqlite3
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import orjson
import structlog

from storage.errors import DamagedError

MOST_AT_ONCE = 512
_PRUNED_EVERY_S = 60.0
_LAST_ID = 2**63 - 1

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Message:
    """One message: `topic` below the root, `at` in epoch seconds, `payload` as JSON."""

    event_id: str
    topic: str
    at: float
    payload: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message as it is read back; a later one has a higher id."""

    id: int
    topic: str
    payload: str


@dataclass(frozen=True, slots=True)
class Limits:
    """How old a message may become, in seconds, and how many may wait; beyond either the oldest are dropped."""

    age_s: float
    messages: int


@dataclass(frozen=True, slots=True)
class Change:
    """What one transaction does to the outbox: first removes up to an id, then adds, then keeps to the bounds, if any."""

    messages: Sequence[Message] = ()
    remove_up_to: int = 0
    oldest_at: float | None = None
    most: int = 0


@dataclass(frozen=True, slots=True)
class Changed:
    """How many messages left the outbox, and why."""

    removed: int = 0
    too_old: int = 0
    too_many: int = 0


def change_outbox(connection: sqlite3.Connection, change: Change) -> Changed:
    """Do it, within the transaction that the connection is in."""
    removed = too_old = too_many = 0
    if change.remove_up_to:
        removed = connection.execute("DELETE FROM outbox WHERE id <= ?", (change.remove_up_to,)).rowcount
    for start in range(0, len(change.messages), MOST_AT_ONCE):
        some = change.messages[start : start + MOST_AT_ONCE]
        marks = ", ".join(["(?, ?, ?, ?)"] * len(some))
        values = [value for m in some for value in (m.event_id, m.topic, _milliseconds(m.at), m.payload)]
        connection.execute(f"INSERT INTO outbox (event_id, topic, at, payload) VALUES {marks}", values)  # noqa: S608 - marks only
    if change.oldest_at is not None:
        # They lie in order of time, so the old ones are those before the first that is not.
        too_old = connection.execute(
            "DELETE FROM outbox WHERE id < coalesce((SELECT id FROM outbox WHERE at >= ? ORDER BY id LIMIT 1), ?)",
            (_milliseconds(change.oldest_at), _LAST_ID),
        ).rowcount
        # Ids have no gaps: rows leave at the front only.
        too_many = connection.execute(
            "DELETE FROM outbox WHERE id <= (SELECT max(id) FROM outbox) - ?", (change.most,)
        ).rowcount
    return Changed(removed, too_old, too_many)


def read_statement(after: int, oldest_at: float, limit: int) -> tuple[str, tuple[int, ...]]:
    """The question for the next messages, one row with all of them, and its values."""
    return (
        "SELECT json_group_array(json_array(id, topic, payload)) FROM "
        "(SELECT id, topic, payload FROM outbox WHERE id > ? AND at >= ? ORDER BY id LIMIT ?)",
        (after, _milliseconds(oldest_at), limit),
    )


def messages_of(array: str) -> list[Waiting]:
    """The messages in the answer to `read_statement`, oldest first."""
    return sorted((Waiting(*columns) for columns in orjson.loads(array)), key=lambda message: message.id)


def _milliseconds(at: float) -> int:
    return round(at * 1000)


class Store(Protocol):
    """The part of the database that the outbox needs."""

    async def write(self, facts: tuple[()], outbox: Change | None = None) -> Changed:
        """Change the outbox in one transaction."""

    async def read_outbox(self, after: int, oldest_at: float, limit: int) -> list[Waiting]:
        """The next messages after an id."""

    async def count_outbox(self) -> int:
        """How many there are."""


class Outbox:
    """The state of the outbox between its writer and its publisher; everything is called in the event loop's thread.

    `waiting`: messages stored and not yet acknowledged. `dropped` counts, by reason, those that a bound cost.
    """

    def __init__(self, database: Store, limits: Limits, now: Callable[[], float]) -> None:
        self._database = database
        self._limits = limits
        self._now = now
        self._read_up_to = self._acknowledged = self._removed = 0
        self._pruned_at = now()
        self._told = False
        self._on_stored: Callable[[], None] = lambda: None
        self._on_acknowledged: Callable[[], None] = lambda: None
        self._on_damage: Callable[[DamagedError], None] = lambda _error: None
        self.waiting = 0
        self.dropped: Counter[str] = Counter(age=0, size=0)

    def when_stored(self, call: Callable[[], None]) -> None:
        """Whom to wake when messages have come in: the publisher."""
        self._on_stored = call

    def when_acknowledged(self, call: Callable[[], None]) -> None:
        """Whom to wake when messages are to be removed: the writer."""
        self._on_acknowledged = call

    def when_damaged(self, call: Callable[[DamagedError], None]) -> None:
        """Whom to tell when the outbox cannot be read because the database is damaged: the writer."""
        self._on_damage = call

    async def open(self) -> None:
        """Count what an earlier run left, and drop what is over the bounds by now. Before anything else.

        A disk that takes nothing just now is no reason not to start: then the first transaction does it. Raises StorageError.
        """
        self.waiting = await self._database.count_outbox()
        if self.waiting:
            change = Change(oldest_at=self._oldest_at, most=self._limits.messages)
            try:
                self.changed(change, await self._database.write((), change))
            except sqlite3.Error:
                self._pruned_at = -math.inf

    async def recount(self) -> None:
        """The database is another one: what of the outbox is in there. Raises StorageError."""
        self.waiting = await self._database.count_outbox()
        self._on_stored()

    async def next(self, limit: int) -> list[Waiting]:
        """The next messages in order, each handed out once unless `again` is called. Raises StorageError."""
        try:
            found = await self._database.read_outbox(self._read_up_to, self._oldest_at, limit)
        except DamagedError as error:
            self._on_damage(error)
            raise
        if found:
            self._read_up_to = found[-1].id
        return found

    def again(self) -> None:
        """The broker is gone: what it did not acknowledge will be handed out again."""
        self._read_up_to = self._acknowledged

    def acknowledge(self, message_id: int) -> None:
        """The broker has this message, and all before it."""
        self._acknowledged = max(self._acknowledged, message_id)
        self._on_acknowledged()

    @property
    def has_work(self) -> bool:
        """Is there something to remove?"""
        return self._acknowledged > self._removed

    def change(self, messages: Sequence[Message]) -> Change:
        """What the writer's next transaction is to do, with these messages coming in."""
        due = self._now() - self._pruned_at >= _PRUNED_EVERY_S and self.waiting > 0
        if not due and self.waiting + len(messages) <= self._limits.messages:
            return Change(messages, self._to_remove)
        return Change(messages, self._to_remove, self._oldest_at, self._limits.messages)

    def changed(self, change: Change, result: Changed) -> None:
        """The transaction is done."""
        self._removed = max(self._removed, change.remove_up_to)
        self.waiting += len(change.messages) - result.removed - result.too_old - result.too_many
        if change.oldest_at is not None:
            self._pruned_at = self._now()
            self._dropped(result)
        if not self.waiting:
            self._told = False
        if change.messages:
            self._on_stored()

    def _dropped(self, result: Changed) -> None:
        self.dropped["age"] += result.too_old
        self.dropped["size"] += result.too_many
        if (result.too_old or result.too_many) and not self._told:
            self._told = True
            log.error("messages_dropped", limit=self._limits.messages, older_than_s=self._limits.age_s)

    @property
    def _to_remove(self) -> int:
        return self._acknowledged if self.has_work else 0

    @property
    def _oldest_at(self) -> float:
        return max(0.0, self._now() - self._limits.age_s)

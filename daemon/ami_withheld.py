"""Which classes of events does the PBX withhold? No answer says what an account may read: lists of what no event told of give it away."""

import math
from collections.abc import Collection, Iterable, Sequence

from handlers.ami.decode import WANTED
from handlers.ami.message import Message
from handlers.ami.privileges import privilege_of
from handlers.ami.snapshot import live_channel

CLASSES = ("agent", "call", "dialplan")
# Lists say whole seconds, and the answer to a login is a moment on its way: younger by so much is younger for sure.
YOUNGER_BY_S = 5.0
# An event may come behind a list that shows already what it tells, on a busy PBX by a second.
APART_S = 30.0
# What is counted when a caller leaves shows nothing of when he came: nobody waits and talks so long unheard.
COUNTED_AFTER_S = 3600.0
# The only application of which the shipped account is told by its first step: it empties DIALSTATUS (app_dial.c, 13 to 23).
_DIAL = b"\r\nApplication: Dial\r\n"


def _of_class(name: str) -> frozenset[str]:
    line = f"Privilege: {name},all".encode()
    return frozenset(each.decode() for each in WANTED | {b"VarSet", b"Newexten"} if privilege_of(each) == line)


_EVENTS = {name: _of_class(name) for name in CLASSES}


class Withheld:
    """What the lists of one connection give away, compared with the events heard on it.

    Moments are seconds of any one clock. `heard` are the names of the events that came since the log-in: one of a class is proof that
    it is read. A class counts as withheld when two lists in a row, `APART_S` apart at least, show what an event of it must have told.
    """

    def __init__(self) -> None:
        self._logged_in_at = math.inf
        self._hinted_at: dict[str, float] = {}
        self._given_away: set[str] = set()
        self._least: dict[str, int] = {}

    def logged_in(self, at: float) -> None:
        """From here on events come, those of the classes that the account may read."""
        self._logged_in_at = at

    def among(self, heard: Collection[str]) -> frozenset[str]:
        """The classes that the PBX seems to withhold, by the lists so far."""
        return frozenset(name for name in self._given_away if _is_silent(name, heard))

    def queues_listed(self, asked_at: float, blocks: Sequence[bytes], heard: Collection[str]) -> None:
        """The answer to `QueueStatus`, and what was heard by then."""
        if not _is_silent("agent", heard):
            return
        logged_in_s = asked_at - self._logged_in_at
        is_counted = self._have_counts_grown(blocks) and logged_in_s > COUNTED_AFTER_S
        has_joined = any(wait < logged_in_s - YOUNGER_BY_S for wait in _waits(blocks))
        self._note("agent", asked_at, is_counted or has_joined)

    def channels_listed(self, asked_at: float, blocks: Sequence[bytes], heard: Collection[str]) -> None:
        """The answer to `CoreShowChannels`, and what was heard by then."""
        if _is_silent("call", heard):
            self._note("call", asked_at, self._has_young(asked_at, blocks))
        elif _is_silent("dialplan", heard):
            self._note(
                "dialplan", asked_at, self._has_young(asked_at, (each for each in blocks if _DIAL in each), "Dial")
            )

    def _has_young(self, asked_at: float, blocks: Iterable[bytes], application: str = "") -> bool:
        """Is there a channel that was born since the log-in, in this application if any is named?"""
        return any(
            channel.created_at is not None
            and channel.created_at > self._logged_in_at + YOUNGER_BY_S
            and application in ("", channel.application)
            for block in blocks
            if (channel := live_channel(block, asked_at)) is not None
        )

    def _have_counts_grown(self, blocks: Sequence[bytes]) -> bool:
        """Has a queue more of whom it took leave than it once had? A reload may set that back."""
        has_grown = False
        for message in _named(b"QueueParams", blocks):
            queue, done = message.get("Queue") or "", _count(message, "Completed") + _count(message, "Abandoned")
            least = self._least[queue] = min(done, self._least.get(queue, done))
            has_grown |= done > least
        return has_grown

    def _note(self, name: str, at: float, is_hint: bool) -> None:
        if not is_hint:
            self._hinted_at.pop(name, None)
        elif at - self._hinted_at.setdefault(name, at) >= APART_S:
            self._given_away.add(name)


def _is_silent(name: str, heard: Collection[str]) -> bool:
    return _EVENTS[name].isdisjoint(heard)


def _named(name: bytes, blocks: Sequence[bytes]) -> Iterable[Message]:
    return (Message(block) for block in blocks if block.startswith(b"Event: " + name + b"\r\n"))


def _waits(blocks: Sequence[bytes]) -> Iterable[int]:
    # The last one: before it stands a caller's number, into which he may have written another. A clock set back makes it negative.
    waits = (message.all("Wait")[-1:] for message in _named(b"QueueEntry", blocks))
    return (int(wait) for (wait,) in filter(None, waits) if wait.isascii() and wait.isdigit())


def _count(message: Message, header: str) -> int:
    text = message.get(header) or ""
    return int(text) if text.isascii() and text.isdigit() else 0

"""The lines of a recording as the live client would have told them: events, what broke the stream, and what resumed it.

Our own recorder writes each action that it sends, with the monotonic clock, which tells its lines from those of others. From its
login on a connection's events are held until the four answers of its snapshot are complete, as the client holds them; a
connection that never got so far is told nothing of, and one that was lost while a later snapshot was asked for tells what it held.
Recordings without such lines are events and nothing else, but for the break that a note `EOF` is.
"""

import re
from dataclasses import dataclass, field

from handlers.ami.cdr_times import DIALLED, GETVAR, VARIABLES, answer_told
from handlers.ami.decode import WANTED, Decoder
from handlers.ami.events import ChannelsListed, Event, StreamBroken, StreamResumed
from handlers.ami.framing import Framer
from handlers.ami.gathered import (
    CHANNELS_ACTION,
    MEMBERS_ACTION,
    SNAPSHOT_ACTIONS,
    Answer,
    Gathering,
    action_id_of,
    is_success,
    members_of,
    resumed,
)
from handlers.ami.message import Message
from handlers.ami.recording import Entry
from handlers.ami.snapshot import up_since_of

LOST = "EOF"
"""The note of a connection that was lost."""
_OWN = re.compile(rb"([a-z]{20}-)[0-9]+")
_LOGINS = frozenset({"Login", "Challenge"})


@dataclass(slots=True)
class _Asked:
    """An action on its way."""

    action: str
    at: float
    channel: str = ""
    variable: str = ""
    answer: Answer = field(default_factory=Answer)


class Retold:
    """One recording, line by line. `take` gives the events that a line means; `close` those that its end means."""

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        """Nothing is heard yet of a connection."""
        self._framer, self._decoder = Framer(WANTED, banner=False), Decoder()
        self._asked: dict[bytes, _Asked] = {}
        self._told_of: dict[str, list[bytes]] = {}
        self._gathering: Gathering | None = None
        self._held: list[Event] | None = None
        self._up_since: float | None = None
        self._is_heard = False
        self._is_resumed = False

    def take(self, entry: Entry, at: float) -> list[Event]:
        """One line, of the moment `at`. Never raises, whatever is in it."""
        if entry.raw is not None:
            return self._received(entry.raw, at)
        if entry.note == LOST:
            return self._lost(at)
        if entry.sent is not None and entry.mono is not None:
            return self._sent(entry.sent, at)
        return []

    def close(self) -> list[Event]:
        """The recording is over. What then lives goes on living: nothing broke."""
        held, self._held = self._held, None
        return held if held is not None and self._is_resumed else []

    def _lost(self, at: float) -> list[Event]:
        means_something = self._is_heard and (self._held is None or self._is_resumed)
        events = self.close()
        if means_something:
            events.append(StreamBroken(at))
        self._begin()
        return events

    def _sent(self, text: str, at: float) -> list[Event]:
        message = Message(text)
        action, key = message.get("Action") or "", (message.get("ActionID") or "").encode()
        events: list[Event] = []
        if action in _LOGINS:
            # The connection before is over. Its loss was said already, unless recordings were joined into one.
            events = self._lost(at)
            self._held = []
            own = _OWN.fullmatch(key)
            if own is not None:  # by the client that makes ActionIDs which nobody can guess
                self._framer.token = own[1]
        elif action == MEMBERS_ACTION and self._gathering is None and self._is_resumed:
            self._held = [] if self._held is None else self._held
        elif action == SNAPSHOT_ACTIONS[0] or (action == SNAPSHOT_ACTIONS[1] and self._gathering is None):
            self._gathering = Gathering()
            self._held = [] if self._held is None else self._held
        if key:
            self._asked[key] = _Asked(action, at, message.get("Channel") or "", message.get("Variable") or "")
            self._framer.is_asked = True
        return events

    def _received(self, raw: bytes, at: float) -> list[Event]:
        self._is_heard = True
        events: list[Event] = []
        for block in self._framer.feed(raw):
            key = action_id_of(block, self._asked) if self._asked else None
            if key is not None:
                events += self._answered(key, block, at)
                continue
            if self._held is None and b"\r\nPing: Pong" in block:
                self._decoder.clock.told(block, at, at)
            if block.startswith(b"Event: FullyBooted\r\n"):
                self._up_since = up_since_of(block, at)
            event = self._decoder.decode(block, at)
            if event is not None:
                (events if self._held is None else self._held).append(event)
        return events

    def _answered(self, key: bytes, block: bytes, at: float) -> list[Event]:
        asked = self._asked[key]
        if not asked.answer.take(block):
            return []
        del self._asked[key]
        self._framer.is_asked = bool(self._asked)
        if asked.action == "Ping":
            self._decoder.clock.told(block, asked.at, at)
        if asked.action == GETVAR:
            return self._cdr_told(asked, at)
        if self._gathering is None and asked.action == MEMBERS_ACTION and self._is_resumed:
            held, self._held = self._held, None
            members = members_of(asked.answer.blocks, asked.at)
            return [*([StreamResumed(asked.at, members)] if members is not None else []), *(held or ())]
        if self._gathering is None and asked.action == CHANNELS_ACTION and self._is_resumed:
            return [ChannelsListed(at, asked.at, asked.answer.blocks)] if is_success(asked.answer.blocks) else []
        if self._gathering is None or asked.action not in SNAPSHOT_ACTIONS:
            return []
        self._gathering.answered(asked.action, asked.answer.blocks, at)
        if not self._gathering.is_complete:
            return []
        events = resumed(at, self._gathering.snapshot()._replace(up_since=self._up_since), self._held or ())
        self._gathering = self._held = None
        self._is_resumed = True
        return events

    def _cdr_told(self, asked: _Asked, at: float) -> list[Event]:
        """One of those that are asked of a channel: the last one tells. Older recordings asked for its CDR alone."""
        if asked.variable == VARIABLES[0]:
            self._told_of[asked.channel] = []
        told = self._told_of.get(asked.channel)
        if told is None or asked.variable not in VARIABLES:
            return []
        told.append(asked.answer.blocks[0])
        is_last = asked.variable == DIALLED or not any(
            each.channel == asked.channel and each.variable == DIALLED for each in self._asked.values()
        )
        if asked.variable == VARIABLES[0] or not is_last:
            return []
        del self._told_of[asked.channel]
        return [answer_told(asked.channel, told, self._decoder.clock, at)]

"""The recordings as the core and the tests of the core want them, each read and decoded once."""

from collections.abc import Iterable, Iterator
from functools import cache

import daemon.replay
from config.ami_account import passes_filter
from handlers.ami.decode import WANTED, Decoder
from handlers.ami.events import Event
from handlers.ami.framing import END, Framer
from handlers.ami.recording import Entry
from handlers.ami.torn import breaks_off, is_whole
from handlers.core import Core
from handlers.facts import CallEnded, Fact
from handlers.rules import Rules
from tests import recordings

EMPTY = dict.fromkeys(
    ("channels", "bridges", "calls", "linkedids", "phones", "agent_channels", "agent_callers", "holders"), 0
)
TRANSFERS = ("12-blind-transfer-answered", "14-attended-transfer-replaces", "15-pickup", "16-park-and-retrieve")


@cache
def messages(name: str) -> tuple[Entry, ...]:
    """The messages of a recording, as they were read off the socket."""
    return tuple(recordings.messages(name))


@cache
def messages_of(name: str, file: str) -> tuple[bytes, ...]:
    """The messages of another connection of a recording, without their ends."""
    entries = daemon.replay.entries(recordings.FOLDER / name / file)
    return tuple(entry.raw.removesuffix(END) for entry in entries if entry.raw is not None)


@cache
def events(name: str) -> tuple[Event, ...]:
    """The events of a recording."""
    return tuple(decoded(messages(name)))


@cache
def blocks(name: str) -> tuple[bytes, ...]:
    """The wanted blocks of a recording."""
    framer = Framer(WANTED, banner=False)
    return tuple(block for entry in messages(name) for block in framer.feed(entry.raw or b""))


def decoded(entries: Iterable[Entry]) -> Iterator[Event]:
    """The events of some messages, at the moments at which they came."""
    framer, decoder = Framer(WANTED, banner=False), Decoder()
    for entry in entries:
        for block in framer.feed(entry.raw or b""):
            event = decoder.decode(block, entry.t)
            if event is not None:
                yield event


def seen_by_the_shipped_account(entries: Iterable[Entry]) -> Iterator[Entry]:
    """What the account that ringtally ships would have been sent.

    Asterisk filters whole events, and a caller's number may have torn one into several messages: they are put together
    again, and pass or stay out together.
    """
    for event in _whole_events(entries):
        raw = b"".join(entry.raw or b"" for entry in event)
        if passes_filter(raw.decode("utf-8", "replace")):
            yield from event


def _whole_events(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    torn: list[Entry] = []
    for entry in entries:
        raw = (entry.raw or b"").removesuffix(END)
        if not torn and (not raw.startswith(b"Event: ") or not breaks_off(raw)):
            yield [entry]
            continue
        torn.append(entry)
        if is_whole(b"".join(each.raw or b"" for each in torn)):
            yield torn
            torn = []
    assert not torn, "an event that never ends"


def told(stream: Iterable[Event], core: Core | None = None) -> list[Fact]:
    """What a core says of these events."""
    core = core or Core(Rules())
    return [fact for event in stream for fact in core.handle(event)]


def finished(facts: Iterable[Fact]) -> list[CallEnded]:
    """The calls that ended."""
    return [fact for fact in facts if isinstance(fact, CallEnded)]


def assert_nothing_impossible(ended: Iterable[CallEnded]) -> None:
    """Each call ends once, no duration is below zero, no part is longer than its whole, and nothing lasts for ever."""
    seen = list(ended)
    ids = [each.call.id for each in seen]
    assert len(ids) == len(set(ids))
    for each in seen:
        call = each.call
        for seconds in (call.wait_s, call.ivr_s, call.queue_s, call.ring_s, call.talk_s, call.hold_s, call.total_s):
            assert seconds is None or seconds >= 0
        assert _fits(call.hold_s, call.talk_s)
        assert _fits(call.talk_s, call.total_s)
        assert _fits(call.wait_s, call.total_s)
        assert _fits(call.ring_s, call.wait_s)
        assert _fits((call.ivr_s or 0) + (call.queue_s or 0), call.wait_s)
        periods = [(talk.started_at, talk.ended_at) for talk in each.talks]
        periods += [(hold.started_at, hold.ended_at) for hold in each.holds]
        assert all(ended_at is None or ended_at >= started_at for started_at, ended_at in periods)
        assert call.incomplete or all(ended_at is not None for _, ended_at in periods)
        assert all(stay.outcome is not None for stay in each.stays)


def _fits(part: float | None, whole: float | None) -> bool:
    # Each is rounded to a millisecond by itself.
    return part is None or whole is None or part <= whole + 0.002

"""A text that somebody chose is bounded before anybody keeps it, wherever in an event or an answer it stands."""

from collections.abc import Iterator
from typing import Any

import pytest

from handlers.ami.cdr_times import answer_told
from handlers.ami.decode import Decoder
from handlers.ami.headers import header
from handlers.ami.pbx_clock import PbxClock
from handlers.ami.snapshot import snapshot_of
from handlers.ami.texts import TEXT_LIMIT, bounded
from tests.handlers.ami.test_plain_runs import BLOCKS
from tests.handlers.ami.wire import block, snapshot

LONG = b"x" * 40_000
# Ids are the PBX's own.
IDS = (b"uniqueid", b"linkedid", b"bridgeid", b"event", b"privilege", b"timestamp", b"actionid")


def by_kind() -> dict[bytes, bytes]:
    """The longest event of each kind, which has all headers that it may have."""
    found: dict[bytes, bytes] = {}
    for each in BLOCKS:
        name = each.partition(b"\r\n")[0]
        found[name] = max(found.get(name, b""), each, key=len)
    return found


KINDS = by_kind()


def stretched(event: bytes) -> Iterator[bytes]:
    """The event with each of its headers in turn made longer than anything that Asterisk has room for."""
    lines = event.split(b"\r\n")
    for place, line in enumerate(lines):
        name, colon, value = line.partition(b":")
        if colon and not name.lower().endswith(IDS):
            yield b"\r\n".join([*lines[:place], name + b": " + value.strip() + LONG, *lines[place + 1 :]])


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from texts(each)


@pytest.mark.parametrize("name", KINDS, ids=lambda name: name[7:].decode())
def test_no_text_of_an_event_is_longer_than_the_bound(name: bytes) -> None:
    decoder, told = Decoder(), 0
    for each in stretched(KINDS[name]):
        event = decoder.decode(each, 1.0)
        if event is not None:
            told += 1
            assert all(len(text) <= TEXT_LIMIT for text in texts(event)), event
    assert told or decoder.decode(KINDS[name], 1.0) is None


@pytest.mark.parametrize("wide", ["x", "Щ", "\U0001f600", "\\n", "\u202e"])
def test_what_is_cut_says_so_and_what_fits_stays_whole(wide: str) -> None:
    decoder = Decoder()
    name, number = wide * 30_000, "7" * 30_000
    event: Any = decoder.decode(block("Newchannel", snapshot(number=number, name=name)), 1.0)
    assert event.name.endswith("…")
    assert event.number == "7" * (TEXT_LIMIT - 1) + "…"
    fits: Any = decoder.decode(block("Newchannel", snapshot(number="7" * TEXT_LIMIT, name="x" * TEXT_LIMIT)), 1.0)
    assert (fits.number, fits.name) == ("7" * TEXT_LIMIT, "x" * TEXT_LIMIT)
    assert decoder.bad == {}


def test_a_text_behind_a_run_is_bounded() -> None:
    assert header("\r\nQueue: " + "q" * 5000, "Queue") == bounded("q" * 5000)
    assert bounded("q" * TEXT_LIMIT) == "q" * TEXT_LIMIT


def test_a_snapshot_is_bounded_too() -> None:
    long = LONG.decode()
    channel = (
        f"Event: CoreShowChannel\r\nChannel: PJSIP/{long}-00000001\r\nChannelState: 6\r\nCallerIDNum: {long}\r\n"
        f"CallerIDName: {long}\r\nConnectedLineNum: {long}\r\nContext: {long}\r\nExten: {long}\r\nUniqueid: 1795450254.1\r\n"
        f"Linkedid: 1795450254.1\r\nApplication: {long}\r\nApplicationData: {long}\r\nDuration: 00:00:05\r\nBridgeId: "
    ).encode()
    queues = (
        f"Event: QueueParams\r\nQueue: {long}",
        f"Event: QueueEntry\r\nQueue: {long}\r\nUniqueid: 1795450254.1\r\nPosition: 1\r\nWait: 3",
        f"Event: QueueMember\r\nQueue: {long}\r\nName: {long}\r\nLocation: {long}\r\nStateInterface: {long}\r\nMembership: static\r\n"
        f"Status: 1\r\nPaused: 1\r\nPausedReason: {long}",
    )
    device = f"Event: DeviceStateChange\r\nDevice: PJSIP/{long}\r\nState: INUSE".encode()
    found = snapshot_of(None, [channel], [], [each.encode() for each in queues], 1.0, [device])
    assert found.channels
    assert found.queues
    assert found.entries
    assert found.members
    assert found.devices
    assert all(len(text) <= TEXT_LIMIT for text in texts(tuple(found)[1:]))
    # One name, however it is told, stays one.
    assert found.queues[0] == found.entries[0].queue == found.members[0].queue


def test_what_the_pbx_says_was_dialled_is_bounded() -> None:
    answers = [b"Response: Success\r\nValue: "] * 2 + [b"Response: Success\r\nValue: " + LONG]
    told = answer_told("1.1", answers, PbxClock(), 1.0)
    assert told.dialled == bounded(LONG.decode())

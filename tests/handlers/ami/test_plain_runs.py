"""The quick pattern for runs as they nearly always are says what the one for hostile runs says, or nothing."""

import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.ami import decode, runs, states
from handlers.ami.decode import WANTED, Decoder
from handlers.ami.events import Event
from handlers.ami.framing import Framer
from tests.handlers.recorded import messages
from tests.recordings import NAMES

NEVER = re.compile("(?!)")
BLOCKS = sorted(
    {
        block
        for name in NAMES
        for block in Framer(WANTED, banner=False).feed(b"".join(entry.raw or b"" for entry in messages(name)))
    }
)
PIECES = [
    b"\r\n",
    b"\r",
    b"\n",
    b"\xcf",
    "№".encode(),
    b"\r\nChannel: x",
    b"\r\nDestChannel: PJSIP/1-2",
    b"\r\nCallerIDName: ",
    b"\r\nContext: q",
    b"\r\nExten: 9",
    b"\r\nPriority: 1",
    b"\r\nUniqueid: 1.1",
    b"\r\nUniqueid: 1.1\r\nLinkedid: 2.2",
    b"\r\nDestUniqueid: 1.1\r\nDestLinkedid: 2.2",
    b"\r\nQueue: zz",
    b"\r\nMembership: static",
    b"\r\nStatus: 3",
    b"\r\nStatus: 3\r\nPaused: 1",
]


def decoded(blocks: list[bytes]) -> tuple[list[Event | None], Counter[str]]:
    decoder = Decoder()
    return [decoder.decode(block, 1.0) for block in blocks], decoder.bad


def decoded_slowly(blocks: list[bytes]) -> tuple[list[Event | None], Counter[str]]:
    with pytest.MonkeyPatch.context() as patch:
        for name, prefix in (("channel_run", ""), ("dest_run", "Dest")):
            run = runs.Run(prefix)
            run._plain = NEVER
            patch.setattr(decode, name, run.find)
        patch.setattr(states, "_PLAIN_MEMBER", NEVER)
        return decoded(blocks)


def test_the_quick_way_reads_every_recorded_event_as_the_slow_one() -> None:
    events, _ = decoded(BLOCKS)
    assert decoded_slowly(BLOCKS)[0] == events
    assert sum(event is not None for event in events) > 800


@pytest.mark.parametrize("prefix", [b"", b"Dest"])
def test_a_whole_run_in_a_number_is_left_to_the_slow_way(prefix: bytes) -> None:
    headers = (
        b"CallerIDName",
        b"ConnectedLineNum",
        b"ConnectedLineName",
        b"Language",
        b"AccountCode",
        b"Context",
        b"Exten",
    )
    forged = b"".join(b"\r\n%s%s: x" % (prefix, header) for header in headers)
    forged += b"\r\n%sPriority: 1\r\n%sUniqueid: 1.1\r\n%sLinkedid: 2.2" % (prefix, prefix, prefix)
    number = b"\r\n%sCallerIDNum: " % prefix
    blocks = [block.replace(number, number + b"5" + forged, 1) for block in BLOCKS if number in block]
    events, bad = decoded(blocks)
    assert decoded_slowly(blocks) == (events, bad)
    assert sum(event is not None for event in events) > 100
    assert not [event for event in events if "1.1" in (event or ())]


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_whatever_a_caller_writes_both_ways_read_the_same(data: st.DataObject) -> None:
    block = data.draw(st.sampled_from(BLOCKS))
    for piece in data.draw(st.lists(st.sampled_from(PIECES), max_size=3)):
        # Mostly at the end of a line, where a value could seem to end.
        ends = [match.start() for match in re.finditer(b"\r\n", block)]
        place = data.draw(st.sampled_from(ends) | st.integers(0, len(block)))
        block = block[:place] + piece + block[place:]
    assert decoded([block]) == decoded_slowly([block])

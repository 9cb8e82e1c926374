"""Events that a caller's number tears apart: what he forges is not believed, and nobody else's events are lost by it."""

import pytest

from handlers.ami.decode import WANTED, Decoder
from handlers.ami.events import ChannelCreated, ChannelHungUp, ChannelStateChanged, Event
from handlers.ami.framing import END, HELD_BLOCKS, Framer, breaks_off, is_whole
from tests.handlers.ami.wire import UNIQUEID, event, framed, snapshot

FORGED_HANGUP = event("Hangup", snapshot(uniqueid="1.1") + "Cause: 16\r\n").decode()
HANGUP = event("Hangup", snapshot() + "Cause: 16\r\nCause-txt: x\r\n")
OTHERS = [event("Newchannel", snapshot(uniqueid=f"1795450255.{number}")) for number in range(HELD_BLOCKS)]


def decoded(blocks: list[bytes]) -> list[Event | None]:
    decoder = Decoder()
    return [decoder.decode(block, 5.0) for block in blocks]


def test_a_second_event_header_is_only_a_line_of_a_hostile_number() -> None:
    (found,) = decoded(framed(event("Newchannel", snapshot("79\r\nEvent: Hangup\r\nX: 1"))))
    assert isinstance(found, ChannelCreated)
    assert found.uniqueid == UNIQUEID


def test_a_forged_message_within_a_torn_event_is_never_seen() -> None:
    """28b-injected-numbers."""
    torn = event("Newstate", snapshot(f"79\r\n\r\n{FORGED_HANGUP}Event: Z", state=6))
    framer = Framer(WANTED, banner=False)
    assert [type(each) for each in decoded(framer.feed(torn + HANGUP))] == [ChannelStateChanged, ChannelHungUp]
    assert framer.bad == {"torn": 1, "forged": 1}


@pytest.mark.parametrize(
    "skipped",
    [
        event("Newexten", snapshot(f"79\r\n\r\n{FORGED_HANGUP}Event: Z")),
        event("LocalOptimizationBegin", snapshot(f"79\r\n\r\n{FORGED_HANGUP}Event: Z", prefix="LocalOne")),
    ],
    ids=["Newexten", "LocalOptimizationBegin"],
)
def test_a_forged_message_within_a_skipped_event_is_never_seen(skipped: bytes) -> None:
    framer = Framer(WANTED, banner=False)
    assert framer.feed(skipped) == []
    assert framer.bad == {"torn": 1, "forged": 1}
    assert len(framer.feed(HANGUP)) == 1


def test_an_event_of_two_channels_is_whole_when_both_runs_are() -> None:
    number = f"79\r\n\r\n{FORGED_HANGUP}Event: Z"
    torn = event(
        "DialBegin", snapshot(number) + snapshot("101", prefix="Dest", connected=number) + "DialString: 101\r\n"
    )
    framer = Framer(WANTED, banner=False)
    blocks = framer.feed(torn + HANGUP)
    assert [block.split(b"\r\n")[0] for block in blocks] == [b"Event: DialBegin", b"Event: Hangup"]
    pieces = torn.removesuffix(END).split(END)
    assert breaks_off(pieces[0])
    assert [is_whole(END.join(pieces[:count])) for count in range(1, len(pieces) + 1)] == [False] * 4 + [True]


@pytest.mark.parametrize(
    "text", ["CallerIDNum: ", "DestCallerIDNum: 1", "Linkedid: ", "ChannelStateDesc: X", "Event: Hangup"]
)
def test_a_name_that_reads_like_a_header_holds_up_nothing(text: str) -> None:
    stream = event("Newchannel", snapshot(text, name=text, connected=text)) + event(
        "DialBegin",
        snapshot(text, name=text) + snapshot("101", prefix="Dest", connected=text) + f"DialString: {text}\r\n",
    )
    framer = Framer(WANTED, banner=False)
    assert len(framer.feed(stream)) == 2
    assert framer.bad == {}


@pytest.mark.parametrize(
    "number",
    ["79\r\nCallerIDNum: 1", "79\r\nChannelStateDesc: Up\r\nCallerIDNum: 1", "79\r\nDestCallerIDNum: 1\r\nX: "],
)
def test_a_number_that_begins_runs_and_ends_none_holds_up_nothing(number: str) -> None:
    framer = Framer(WANTED, banner=False)
    (found,) = decoded(framer.feed(event("Newchannel", snapshot(number))))
    assert isinstance(found, ChannelCreated)
    assert found.uniqueid == UNIQUEID
    assert framer.bad == {}


def test_a_torn_event_whose_rest_never_comes_is_dropped_alone() -> None:
    """What came after it are the calls of others."""
    framer = Framer(WANTED, banner=False)
    head = event("Newchannel", snapshot()).partition(b"CallerIDName")[0]
    given = framer.feed(head + b"\r\n" + OTHERS[0])
    for other in OTHERS[1:]:
        given += framer.feed(other)
    assert [each.uniqueid for each in decoded(given) if isinstance(each, ChannelCreated)] == [
        f"1795450255.{number}" for number in range(HELD_BLOCKS)
    ]
    assert framer.bad == {"torn": 1, "torn_lost": 1}


def test_a_number_that_opens_a_run_too_many_in_a_torn_event_costs_that_event_alone() -> None:
    framer = Framer(WANTED, banner=False)
    number = "79\r\n\r\nEvent: Z\r\nChannelStateDesc: Up\r\nCallerIDNum: 1"
    given = framer.feed(event("Newchannel", snapshot(number)) + b"".join(OTHERS))
    uniqueids = [each.uniqueid for each in decoded(given) if isinstance(each, ChannelCreated)]
    assert uniqueids == [f"1795450255.{number}" for number in range(HELD_BLOCKS)]
    assert framer.bad["torn_lost"] == 1

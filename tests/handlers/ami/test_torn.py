"""Events that a caller's number tears apart: what he forges is not believed, and nobody else's events are lost by it."""

import re

import pytest

from handlers.ami.decode import WANTED, Decoder
from handlers.ami.events import ChannelCreated, ChannelHungUp, ChannelStateChanged, DialBegun, Event
from handlers.ami.framing import END, HELD_BLOCKS, Framer
from handlers.ami.torn import RUN_LEAST, breaks_off, is_whole
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


@pytest.mark.parametrize("begun", ["", "Event: Z\r\n", "Event: Hold\r\nPrivilege: call,all\r\n"])
def test_a_number_that_opens_a_run_too_many_in_a_torn_event_keeps_nobody_waiting(begun: str) -> None:
    framer = Framer(WANTED, banner=False)
    number = f"79\r\n\r\n{begun}ChannelStateDesc: Up\r\nCallerIDNum: 1"
    (created,) = decoded(framer.feed(event("Newchannel", snapshot(number))))
    assert isinstance(created, ChannelCreated)
    assert created.uniqueid == UNIQUEID
    assert framer.bad == {"torn": 1, "forged": 0}


def test_a_torn_event_whose_forged_message_never_ends_costs_that_event_alone() -> None:
    """There is room for it where numbers may be of any length (chan_sip)."""
    framer = Framer(WANTED, banner=False)
    number = "79\r\n\r\n" + event("Hold", snapshot()).decode().partition("\r\nCallerIDName")[0]
    given = framer.feed(event("Newchannel", snapshot(number)) + b"".join(OTHERS))
    uniqueids = [each.uniqueid for each in decoded(given) if isinstance(each, ChannelCreated)]
    assert uniqueids == [f"1795450255.{number}" for number in range(HELD_BLOCKS)]
    assert framer.bad["torn_lost"] == 1


VICTIM = "1795450254.7"
# What a caller has room for (PJSIP, Asterisk 16 and 22).
ROOM = 79
HANGUP_OF_ANOTHER = event("Hangup", snapshot(uniqueid=VICTIM) + "Cause: 16\r\nCause-txt: x\r\n").decode()


def test_a_number_has_no_room_for_the_end_of_a_run() -> None:
    """The shortest there is: every value empty, the shortest uniqueid."""
    least = snapshot(number="", name="", uniqueid="1.1", connected="").partition("CallerIDNum: ")[2]
    least = re.sub(r": [a-zA-Z0-9-]+(?=\r\n)", ": ", least.replace("<unknown>", ""))
    assert len(least.encode()) > ROOM
    assert len(least.partition("ConnectedLineNum: ")[2].encode()) > ROOM
    assert RUN_LEAST > ROOM
    assert len(least.partition("ConnectedLineNum: ")[2].partition("Linkedid: ")[0]) <= RUN_LEAST
    behind_the_extension = least.partition("Exten: ")[2] + "\r\nEvent: Hold\r\nPrivilege: call,all\r\n"
    assert len(behind_the_extension.encode()) > ROOM


@pytest.mark.parametrize(
    "number",
    [
        "7\r\nLinkedid: 1.1\r\n\r\nEvent: Shutdown\r\nPrivilege: system,all\r\nX: ",
        "7\r\nUniqueid: 1.1\r\nLinkedid: 1.1\r\n\r\nEvent: Reload\r\n",
        "7\r\nCallerIDName: \r\nUniqueid: 1.1\r\nLinkedid: 1.1\r\n\r\n",
    ],
)
@pytest.mark.parametrize("where", ["number", "connected"])
def test_a_run_that_lacks_any_of_its_headers_has_not_ended(number: str, where: str) -> None:
    torn = event("Newstate", snapshot(**{where: number}, state=6))
    framer = Framer(WANTED, banner=False)
    changed, ended = decoded(framer.feed(torn + HANGUP))
    assert isinstance(changed, ChannelStateChanged)
    assert changed.uniqueid == UNIQUEID
    assert isinstance(ended, ChannelHungUp)
    assert framer.bad["torn"] == 1


def extension(text: str) -> str:
    """The run of a channel that dialled this."""
    return snapshot().replace("Exten: 7001", f"Exten: {text}")


@pytest.mark.parametrize(
    "rest",
    [
        "",
        "Event: Hangup\r\nX: ",
        "Event: X",
        "Event: Hold\r\nPrivilege: call,all",
        "Response: Success\r\nX: ",
        "\r\n\r\nX: ",
    ],
)
def test_an_extension_that_ends_its_run_itself_ends_no_event(rest: str) -> None:
    """What follows has no room for a class, and so is the rest of the event: its true end tells whose it is."""
    forged = f"7\r\nPriority: 1\r\nUniqueid: {VICTIM}\r\nLinkedid: 1\r\n\r\n{rest}"
    framer = Framer(WANTED, banner=False, token=b"t-")
    found, ended = decoded(framer.feed(event("Newstate", extension(forged)) + HANGUP))
    assert isinstance(found, ChannelStateChanged)
    assert found.uniqueid == UNIQUEID
    assert isinstance(ended, ChannelHungUp)
    assert framer.bad["orphan"] == 1


def test_an_extension_that_ends_the_run_of_him_who_dials_does_not_hide_the_number_of_the_other() -> None:
    forged = "7\r\nPriority: 1\r\nUniqueid: 1.1\r\nLinkedid: 1.1\r\n\r\nEvent: X"
    number = f"7\r\n\r\n{HANGUP_OF_ANOTHER}Event: Z"
    begun = event(
        "DialBegin",
        extension(forged) + snapshot("101", uniqueid="2.2", prefix="Dest", connected=number) + "DialString: 1\r\n",
    )
    framer = Framer(WANTED, banner=False)
    assert [type(each) for each in decoded(framer.feed(begun + HANGUP))] == [DialBegun, ChannelHungUp]


def test_a_wanted_event_of_another_class_is_no_event() -> None:
    framer = Framer(WANTED, banner=False)
    assert framer.feed(event("Hangup", snapshot() + "Cause: 16\r\n", "call")) == []
    assert framer.feed(event("Shutdown", "Shutdown: Cleanly\r\nRestart: False\r\n", "call,all")) == []
    assert framer.bad == {"unprivileged": 2}


def test_an_answer_is_ours_by_an_actionid_that_nobody_can_guess() -> None:
    framer = Framer(WANTED, banner=False, token=b"5ecret-")
    given = framer.feed(
        b"Response: Success\r\nActionID: 5ecret-1\r\n\r\nResponse: Error\r\nActionID: 1\r\n\r\n"
        b"Event: CoreShowChannel\r\nActionID: 1\r\nChannel: SIP/1\r\n\r\n"
    )
    assert given == [b"Response: Success\r\nActionID: 5ecret-1"]
    assert framer.bad == {"orphan": 2}


def test_a_listed_channel_whose_number_is_torn_is_one_item_of_the_list() -> None:
    number = "7\r\n\r\nEvent: CoreShowChannel\r\nActionID: 1\r\nChannel: SIP/1"
    item = f"Event: CoreShowChannel\r\nActionID: 5ecret-1\r\n{snapshot(number)}Application: Dial\r\n\r\n"
    framer = Framer(WANTED, banner=False, token=b"5ecret-")
    (given,) = framer.feed(item.encode())
    assert given == item.removesuffix("\r\n\r\n").encode()


def test_a_queues_entry_whose_number_is_torn_is_one_item_of_the_list() -> None:
    """It bears its ActionID last."""
    number = "7\r\n\r\nEvent: QueueEntry\r\nQueue: support\r\nUniqueid: 1.1\r\nActionID: 5ecre"
    item = f"Event: QueueEntry\r\nQueue: support\r\nPosition: 1\r\nUniqueid: 1.2\r\nCallerIDNum: {number}\r\nWait: 3\r\nActionID: 5ecret-1"
    framer = Framer(WANTED, banner=False, token=b"5ecret-")
    framer.is_asked = True
    assert framer.feed(item.encode() + END + HANGUP) == [item.encode(), HANGUP.removesuffix(END)]
    assert framer.bad == {"torn": 1, "forged": 0}


def test_an_answer_of_ours_ends_the_wait_for_the_rest_of_a_torn_event() -> None:
    """Else a caller could hold up what we asked for, and with it everything."""
    number = "79\r\n\r\n" + event("Hold", snapshot()).decode().partition("\r\nCallerIDName")[0]
    framer = Framer(WANTED, banner=False, token=b"5ecret-")
    assert framer.feed(event("Newchannel", snapshot(number)) + OTHERS[0]) == []
    answer = b"Response: Success\r\nActionID: 5ecret-1"
    assert framer.feed(answer + END)[-2:] == [OTHERS[0].removesuffix(END), answer]


def test_rests_without_end_cost_neither_time_nor_memory() -> None:
    framer = Framer(WANTED, banner=False)
    framer.feed(event("Newchannel", snapshot()) + b"X\r\n\r\n" * 100_000)
    assert framer.bad["orphan"] == 100_000
    assert len(framer.feed(event("Newchannel", snapshot()))) == 1

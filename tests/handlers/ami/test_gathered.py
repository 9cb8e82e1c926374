"""Which blocks are one answer, and to what."""

from itertools import permutations

import pytest

from handlers.ami import events as ev
from handlers.ami.events import DeviceStateTold
from handlers.ami.gathered import SNAPSHOT_ACTIONS, Answer, Gathering, action_id_of, resumed
from handlers.ami.snapshot import snapshot_of
from tests.handlers.ami.test_snapshot import AT, STATUS, entry, shown

BEGIN = b"Response: Success\r\nActionID: 1\r\nEventList: start\r\nMessage: list will follow"
END = b"Event: CoreShowChannelsComplete\r\nActionID: 1\r\nEventList: Complete\r\nListItems: 1"
DENIED = b"Response: Error\r\nActionID: 1\r\nMessage: Permission denied"
UNKNOWN = b"Response: Error\r\nActionID: 1\r\nMessage: Invalid/unknown command: QueueStatus. Use Action: ListCommands"


@pytest.mark.parametrize("block", [STATUS, DENIED, UNKNOWN])
def test_what_begins_no_list_is_whole_at_once(block: bytes) -> None:
    answer = Answer()
    assert answer.take(block)
    assert answer.blocks == [block]


def test_a_list_is_whole_with_its_end_and_no_caller_can_end_it() -> None:
    answer = Answer()
    blocks = [BEGIN, shown(), shown(number="7\r\nEventList: Complete"), END]
    assert [answer.take(block) for block in blocks] == [False, False, False, True]
    assert answer.blocks == blocks


def test_any_action_id_of_a_block_may_be_the_one() -> None:
    assert action_id_of(entry(number="7900\r\nActionID: forged"), {b"3"}) == b"3"
    assert action_id_of(b"Response: Success\r\nActionID: last", {b"last"}) == b"last"
    assert action_id_of(entry(), {b"4"}) is None
    assert action_id_of(b"Response: Goodbye", {b""}) is None


ALWAYS_ASKED = SNAPSHOT_ACTIONS[1:]


@pytest.mark.parametrize("order", list(permutations(ALWAYS_ASKED)))
def test_the_answers_make_one_snapshot_in_whatever_order(order: tuple[str, ...]) -> None:
    answers = {"CoreStatus": [STATUS], "CoreShowChannels": [BEGIN, shown(), END], "BridgeList": [BEGIN, END]}
    gathering = Gathering()
    for action in order:
        assert not gathering.is_complete
        blocks = answers.get(action, [BEGIN, entry(), END])
        gathering.answered(action, blocks, AT if action == "CoreShowChannels" else AT + 9)
    assert gathering.is_complete
    assert gathering.snapshot() == snapshot_of(
        STATUS, answers["CoreShowChannels"], answers["BridgeList"], [BEGIN, entry(), END], AT
    )


def test_the_states_of_devices_are_part_of_it_where_they_were_asked_for() -> None:
    state = b"Event: DeviceStateChange\r\nActionID: 1\r\nDevice: PJSIP/101\r\nState: UNAVAILABLE"
    others = [state.replace(b"PJSIP/101", each) for each in (b"Queue:support_avail", b"MWI:101@default", b"Local/1@x")]
    gathering = Gathering()
    gathering.answered("DeviceStateList", [BEGIN, state, *others, state.replace(b"UNAVAILABLE", b"?"), END], AT)
    for action in ALWAYS_ASKED:
        assert not gathering.is_complete
        gathering.answered(action, [BEGIN, END], AT)
    assert gathering.snapshot().devices == (DeviceStateTold(AT, "PJSIP/101", 5),)


def test_what_was_refused_is_none_and_told_apart_from_what_is_not_known() -> None:
    gathering = Gathering()
    for action, block in zip(SNAPSHOT_ACTIONS, (DENIED, DENIED, DENIED, DENIED, UNKNOWN), strict=True):
        gathering.answered(action, [block], AT)
    found = gathering.snapshot()
    assert (found.boot, found.channels, found.bridges, found.entries, found.queues) == ("", None, None, None, None)
    assert found.devices is None
    assert (gathering.denied, gathering.unknown) == (list(SNAPSHOT_ACTIONS[:4]), ["QueueStatus"])


def born(uniqueid: str) -> ev.ChannelCreated:
    return ev.ChannelCreated(1.0, uniqueid, uniqueid, "PJSIP/trunk-1", 4, None, None, "from-trunk", "7001", "")


def test_a_channel_born_while_the_snapshot_was_gathered_is_told_by_its_events_alone() -> None:
    old, new = (
        ev.LiveChannel(uniqueid, uniqueid, "PJSIP/trunk-1", 4, None, None, None, "from-trunk", "7001", "", None, 0.0)
        for uniqueid in ("1.1", "1.2")
    )
    entries = tuple(ev.LiveQueueEntry("support", uniqueid, 1, 0.0) for uniqueid in ("1.1", "1.2"))
    snapshot = ev.Snapshot("", (old, new), (), entries, None, None, {})
    event, *behind = resumed(2.0, snapshot, [born("1.2")])
    assert isinstance(event, ev.StreamResumed)
    assert (event.snapshot.channels, event.snapshot.entries) == ((old,), entries[:1])
    assert behind == [born("1.2")]


def test_who_may_see_no_channels_sees_none_for_all_that_is_born() -> None:
    snapshot = ev.Snapshot("", None, None, None, None, None, {})
    assert resumed(2.0, snapshot, [born("1.2")]) == [ev.StreamResumed(2.0, snapshot), born("1.2")]


def test_who_joined_a_queue_while_the_snapshot_was_gathered_is_told_of_by_that_event_alone() -> None:
    entries = tuple(ev.LiveQueueEntry(queue, "1.1", 1, 0.0) for queue in ("support", "sales"))
    joined = ev.QueueJoined(1.9, "1.1", "PJSIP/trunk-1", "sales", 1)
    event, *_ = resumed(2.0, ev.Snapshot("", (), (), entries, None, None, {}), [joined])
    assert isinstance(event, ev.StreamResumed)
    assert event.snapshot.entries == entries[:1]

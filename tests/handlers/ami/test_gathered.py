"""Which blocks are one answer, and to what."""

from itertools import permutations

import pytest

from handlers.ami.gathered import SNAPSHOT_ACTIONS, Answer, Gathering, action_id_of
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


@pytest.mark.parametrize("order", list(permutations(SNAPSHOT_ACTIONS)))
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


def test_what_was_refused_is_none_and_told_apart_from_what_is_not_known() -> None:
    gathering = Gathering()
    for action, block in zip(SNAPSHOT_ACTIONS, (DENIED, DENIED, DENIED, UNKNOWN), strict=True):
        gathering.answered(action, [block], AT)
    found = gathering.snapshot()
    assert (found.boot, found.channels, found.bridges, found.entries, found.queues) == ("", None, None, None, None)
    assert (gathering.denied, gathering.unknown) == (list(SNAPSHOT_ACTIONS[:3]), ["QueueStatus"])

"""The switchboard knows what lives from the PBX's own events: what it answers is what its events said."""

import pytest

from daemon.demo.answers import Answers
from daemon.demo.cast import DEPARTMENTS
from daemon.demo.switchboard import Switchboard
from handlers.ami.message import Message
from handlers.ami.snapshot import snapshot_of
from handlers.core import Core
from tests.daemon.demo.traffic import RULES, START, told, traffic
from tests.daemon.demo.traffic import Message as Told

pytestmark = pytest.mark.slow

END = b"\r\n\r\n"


def asked(board: Switchboard, action: str, at: float, **more: str) -> list[bytes]:
    lines = [f"Action: {action}", "ActionID: 7", *(f"{name}: {value}" for name, value in more.items())]
    answer = Answers(board).answer(Message("\r\n".join(lines).encode()), at)
    assert answer.endswith(END)
    return answer.split(END)[:-1]


def board_after(messages: list[Told]) -> Switchboard:
    board = Switchboard(DEPARTMENTS, START)
    for message in messages:
        board.take(message.raw, message.at)
    return board


def test_the_channels_it_lists_are_those_that_the_core_knows_by_the_events() -> None:
    messages = traffic(300)
    for count in range(500, len(messages), 700):
        board = board_after(messages[:count])
        core = Core(RULES)
        told(messages[:count], core)
        at = messages[count - 1].at
        snapshot = snapshot_of(
            asked(board, "CoreStatus", at)[0],
            asked(board, "CoreShowChannels", at),
            asked(board, "BridgeList", at),
            asked(board, "QueueStatus", at),
            at,
        )
        assert snapshot.channels is not None
        assert snapshot.bridges is not None
        assert snapshot.entries is not None
        assert len(snapshot.channels) == core.sizes()["channels"] > 0
        assert {c.uniqueid: c.bridge for c in snapshot.channels} == {
            c.uniqueid: core.bridge_of(c.uniqueid) for c in snapshot.channels
        }
        waiting = [call for call in core.live_calls() if call.state in {"queued", "ringing"} and call.queue]
        assert {entry.uniqueid for entry in snapshot.entries} <= {call.id for call in waiting}
        assert set(snapshot.queues or ()) == {department.queue for department in DEPARTMENTS} | {"partners"}


def test_a_list_says_how_many_items_it_has_and_each_bears_the_action_id() -> None:
    board = board_after(traffic(60)[:600])
    for action in ("CoreShowChannels", "Status", "BridgeList", "QueueStatus", "ParkedCalls", "DeviceStateList"):
        start, *items, end = map(Message, asked(board, action, START + 60))
        assert (start.get("Response"), start.get("EventList")) == ("Success", "start")
        assert (end.get("EventList"), end.get("ListItems")) == ("Complete", str(len(items)))
        assert {message.get("ActionID") for message in (start, *items, end)} == {"7"}


def test_what_it_does_not_know_it_refuses_in_asterisks_words() -> None:
    board = board_after([])
    (answer,) = map(Message, asked(board, "Originate", START))
    assert (answer.get("Response"), answer.get("ActionID")) == ("Error", "7")
    assert (answer.get("Message") or "").startswith("Invalid/unknown command: Originate.")
    (answer,) = map(Message, asked(board, "BridgeInfo", START, BridgeUniqueid="none"))
    assert answer.get("Message") == "Specified BridgeUniqueid not found"


def test_a_bridge_tells_who_is_in_it() -> None:
    messages = traffic(60)
    board = board_after(messages)
    bridge = next(each for each in board.bridges.values() if each.is_talk)
    uniqueid = bridge.headers["BridgeUniqueid"]
    _, *items, end = map(Message, asked(board, "BridgeInfo", messages[-1].at, BridgeUniqueid=uniqueid))
    assert [item.get("Uniqueid") for item in items] == bridge.members
    assert end.get("BridgeUniqueid") == uniqueid


def test_a_waiting_caller_waits_since_joining() -> None:
    messages = traffic(120)
    joined = next(i for i, message in enumerate(messages) if message.raw.startswith(b"Event: QueueCallerJoin"))
    board = board_after(messages[: joined + 1])
    entries = [
        m for m in map(Message, asked(board, "QueueStatus", messages[joined].at + 12.5)) if m.name == "QueueEntry"
    ]
    assert [(entry.get("Position"), entry.get("Wait")) for entry in entries] == [("1", "12")]

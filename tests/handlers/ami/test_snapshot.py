"""The PBX's answers to what it is doing."""

from handlers.ami.events import LiveBridge, LiveChannel, LiveQueueEntry, MemberSeen
from handlers.ami.snapshot import snapshot_of
from tests.handlers.ami.wire import UNIQUEID, snapshot
from tests.handlers.recorded import messages_of

AT = 1_795_450_300.0
STATUS = (
    b"Response: Success\r\nActionID: 7\r\nCoreStartupDate: 2026-11-23\r\nCoreStartupTime: 16:12:05\r\n"
    b"CoreReloadDate: 2026-11-23\r\nCoreReloadTime: 16:12:05\r\nCoreCurrentCalls: 0"
)


def shown(duration: str = "00:00:46", bridge: str = "b-1", number: str = "79001112233") -> bytes:
    """One item of CoreShowChannels."""
    return (
        f"Event: CoreShowChannel\r\nActionID: 1\r\n{snapshot(number)}Application: Queue\r\nApplicationData: support,,,,30\r\n"
        f"Duration: {duration}\r\nBridgeId: {bridge}"
    ).encode()


def entry(wait: str = "21", number: str = "79001112233", position: str = "2") -> bytes:
    """One waiting caller of QueueStatus."""
    return (
        f"Event: QueueEntry\r\nQueue: support\r\nPosition: {position}\r\nChannel: PJSIP/trunk-00000000\r\nUniqueid: {UNIQUEID}\r\n"
        f"CallerIDNum: {number}\r\nCallerIDName: unknown\r\nConnectedLineNum: unknown\r\nConnectedLineName: unknown\r\n"
        f"Wait: {wait}\r\nPriority: 0\r\nActionID: 3"
    ).encode()


def channel_of(*blocks: bytes) -> LiveChannel:
    channels = snapshot_of(None, blocks, [], [], AT).channels
    assert channels is not None
    (channel,) = channels
    return channel


def test_an_idle_pbx_answers_with_its_queues_and_their_members() -> None:
    """00-idle-snapshot, the connection that asks."""
    answers = messages_of("00-idle-snapshot", "events2.jsonl.gz")
    told = [block for block in answers if block.startswith((b"Event: Queue", b"Response: "))]
    (status,) = [block for block in answers if b"CoreStartupDate" in block]
    found = snapshot_of(status, [], [], told, AT)
    assert found.boot == "2026-11-23T16:12:04"
    assert (found.channels, found.bridges, found.entries) == ((), (), ())
    assert found.queues is not None
    assert found.members is not None
    assert "support" in found.queues
    assert MemberSeen(AT, "support", "PJSIP/101", "PJSIP/101", "Anna", 1, False, None) in found.members
    assert MemberSeen(AT, "suplocal", "Local/101@from-queue", "PJSIP/101", "Anna", 1, False, None) in found.members
    assert {member.queue for member in found.members} <= set(found.queues)


def test_a_channel_is_as_old_as_the_pbx_says_to_the_second() -> None:
    assert channel_of(shown()) == LiveChannel(
        UNIQUEID,
        UNIQUEID,
        "PJSIP/trunk-00000000",
        4,
        "79001112233",
        None,
        None,
        "from-trunk",
        "7001",
        "Queue",
        "b-1",
        AT - 46,
        "support,,,,30",
    )
    assert channel_of(shown("27:46:40")).created_at == AT - 100_000


def test_an_age_that_is_none_is_not_known() -> None:
    for age in ("", "46", "1:2:3:4", "aa:bb:cc", "-1:00:00", "00:00:4²"):
        assert channel_of(shown(age)).created_at is None


def test_a_channel_in_no_bridge_has_none() -> None:
    assert channel_of(shown(bridge="")).bridge is None


def test_what_is_no_channel_is_left_out() -> None:
    answers = [b"Response: Success\r\nEventList: start", b"Event: CoreShowChannelsComplete\r\nListItems: 1", b""]
    half = shown().partition(b"\r\nPriority")[0]
    assert channel_of(*answers, half, shown()).uniqueid == UNIQUEID


def test_a_number_with_line_ends_makes_no_other_channel_of_it() -> None:
    """28b-injected-numbers: else his own channel would seem gone, and another one there."""
    hostile = (
        "79\r\nUniqueid: 1.1\r\nLinkedid: 1.1\r\nExten: 9\r\nBridgeId: b-9\r\nDuration: 99:00:00\r\nApplication: X"
    )
    channel = channel_of(shown(number=hostile))
    assert channel == channel_of(shown(number="79"))


def test_bridges_come_with_their_technology_and_kind() -> None:
    items = [
        b"Response: Success\r\nEventList: start",
        b"Event: BridgeListItem\r\nBridgeUniqueid: b-1\r\nBridgeType: basic\r\nBridgeTechnology: simple_bridge\r\nBridgeNumChannels: 2",
        b"Event: BridgeListItem\r\nBridgeUniqueid: b-2\r\nBridgeType: \r\nBridgeTechnology: holding_bridge\r\nBridgeNumChannels: 1",
    ]
    found = snapshot_of(None, [], items, [], AT)
    assert found.bridges == (
        LiveBridge("b-1", "simple_bridge", "basic"),
        LiveBridge("b-2", "holding_bridge", ""),
    )


def test_a_waiting_caller_has_waited_whole_seconds() -> None:
    assert snapshot_of(None, [], [], [entry()], AT).entries == (LiveQueueEntry("support", UNIQUEID, 2, 21.0),)


def test_a_waiting_caller_cannot_set_his_own_wait() -> None:
    assert snapshot_of(None, [], [], [entry(number="79\r\nWait: 9999")], AT).entries == (
        LiveQueueEntry("support", UNIQUEID, 2, 21.0),
    )


def test_values_that_are_none_are_zero_or_none() -> None:
    for value in ("", "-1", "²", "1e9", "9" * 30):
        assert snapshot_of(None, [], [], [entry(wait=value, position=value)], AT).entries == (
            LiveQueueEntry("support", UNIQUEID, None, 0.0),
        )


def test_a_part_that_the_account_may_not_see_is_none() -> None:
    found = snapshot_of(None, None, None, None, AT)
    assert (found.channels, found.bridges, found.entries, found.members, found.queues) == (None, None, None, None, None)
    assert found.boot == ""


def test_a_member_that_makes_no_sense_is_left_out() -> None:
    found = snapshot_of(None, [], [], [b"Event: QueueMember\r\nQueue: support\r\nName: Anna"], AT)
    assert found.members == ()


def test_equal_runs_of_the_pbx_have_equal_names() -> None:
    boots = [
        snapshot_of(status, [], [], [], AT).boot
        for status in (STATUS, STATUS, STATUS.replace(b"16:12:05", b"16:12:09"))
    ]
    assert boots[0] == boots[1] == "2026-11-23T16:12:05"
    assert boots[2] != boots[0]

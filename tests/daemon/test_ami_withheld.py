"""Lists that show what no event has told: which classes of events a PBX withholds, and when it must not be accused of it."""

from collections.abc import Collection

import pytest

from daemon.ami_withheld import Withheld

LOGGED_IN_AT = 10_000.0
# What an account without `agent` hears of a caller in a queue, and one with all of it.
OF_CALLS = ("FullyBooted", "Newchannel", "Newstate", "DeviceStateChange", "Hangup")
OF_ALL = (*OF_CALLS, "VarSet", "QueueCallerJoin")


def caller(wait: object, number: str = "79001112233") -> bytes:
    """As Asterisk 22 lists one (app_queue.c)."""
    return (
        "Event: QueueEntry\r\nQueue: support\r\nPosition: 1\r\nChannel: PJSIP/trunk-00000001\r\nUniqueid: 1795450254.1\r\n"
        f"CallerIDNum: {number}\r\nCallerIDName: unknown\r\nConnectedLineNum: unknown\r\nConnectedLineName: unknown\r\n"
        f"Wait: {wait}\r\nPriority: 0\r\nActionID: ours-7"
    ).encode()


def queue(completed: object, abandoned: object = 0, name: str = "support") -> bytes:
    return (
        f"Event: QueueParams\r\nQueue: {name}\r\nMax: 0\r\nStrategy: linear\r\nCalls: 0\r\nHoldtime: 3\r\nTalkTime: 5\r\n"
        f"Completed: {completed}\r\nAbandoned: {abandoned}\r\nServiceLevel: 0\r\nServicelevelPerf: 0.0\r\nActionID: ours-7"
    ).encode()


def channel(duration: str, application: str = "Queue", number: str = "79001112233") -> bytes:
    return (
        "Event: CoreShowChannel\r\nActionID: ours-8\r\nChannel: PJSIP/trunk-00000001\r\nChannelState: 6\r\nChannelStateDesc: Up\r\n"
        f"CallerIDNum: {number}\r\nCallerIDName: <unknown>\r\nConnectedLineNum: <unknown>\r\nConnectedLineName: <unknown>\r\n"
        "Language: en\r\nAccountCode: \r\nContext: from-trunk\r\nExten: 7003\r\nPriority: 1\r\nUniqueid: 1795450254.1\r\n"
        f"Linkedid: 1795450254.1\r\nApplication: {application}\r\nApplicationData: support\r\nDuration: {duration}\r\nBridgeId: "
    ).encode()


class Minutes:
    """A connection: what is listed so many minutes after its log-in."""

    def __init__(self) -> None:
        self.judge = Withheld()
        self.judge.logged_in(LOGGED_IN_AT)

    def queues(self, minute: float, *blocks: bytes, heard: Collection[str] = OF_CALLS) -> set[str]:
        self.judge.queues_listed(LOGGED_IN_AT + 60 * minute, blocks, heard)
        return set(self.judge.among(heard))

    def channels(self, minute: float, *blocks: bytes, heard: Collection[str] = ()) -> set[str]:
        self.judge.channels_listed(LOGGED_IN_AT + 60 * minute, blocks, heard)
        return set(self.judge.among(heard))


def test_callers_of_whom_no_event_told_in_two_lists_in_a_row_give_the_class_agent_away() -> None:
    pbx = Minutes()
    assert pbx.queues(3, caller(20)) == set()
    assert pbx.queues(4, caller(7), caller(3000)) == {"agent"}
    assert pbx.queues(5) == {"agent"}  # nobody waits now; nothing was heard for all that


def test_a_minute_without_a_caller_between_them_is_no_row() -> None:
    pbx = Minutes()
    assert pbx.queues(3, caller(20)) == pbx.queues(4) == pbx.queues(5, caller(20)) == set()
    assert pbx.queues(6, caller(80)) == {"agent"}


def test_two_lists_at_once_are_as_good_as_one() -> None:
    pbx = Minutes()
    pbx.queues(3, caller(0))
    assert pbx.queues(3.01, caller(1)) == set()
    assert pbx.queues(4, caller(60)) == {"agent"}


@pytest.mark.parametrize("before_s", [-5, 0, 1, 600])
def test_a_caller_who_may_have_come_before_the_log_in_gives_nothing_away(before_s: int) -> None:
    pbx = Minutes()
    for minute in range(1, 30):
        assert pbx.queues(minute, queue(4, 1), caller(60 * minute + before_s)) == set()


@pytest.mark.parametrize("wait", ["-3590", "", "soon", "²"])
def test_a_wait_that_is_none_gives_nothing_away(wait: str) -> None:
    pbx = Minutes()
    assert pbx.queues(3, caller(wait)) == pbx.queues(4, caller(wait)) == set()


def test_a_caller_cannot_write_his_own_wait() -> None:
    pbx = Minutes()
    for minute in (3, 4, 5):
        assert pbx.queues(minute, caller(6000, number="1\r\nWait: 3")) == set()
        assert pbx.channels(minute, channel("01:40:00", number="1\r\nDuration: 00:00:03")) == set()


@pytest.mark.parametrize("event", ["QueueCallerJoin", "QueueMemberStatus", "AgentConnect"])
def test_one_event_of_a_class_ends_the_verdict_at_once_and_for_good(event: str) -> None:
    pbx = Minutes()
    pbx.queues(3, caller(20))
    assert pbx.queues(4, caller(20)) == {"agent"}
    heard = (*OF_CALLS, event)
    assert pbx.judge.among(heard) == set()
    assert pbx.queues(5, caller(20), heard=heard) == pbx.queues(6, caller(20), heard=heard) == set()


def test_an_idle_pbx_is_never_accused() -> None:
    pbx = Minutes()
    for minute in range(1, 200):
        assert pbx.queues(minute, queue(40, 2), queue(0, name="sales"), heard=("FullyBooted",)) == set()
        assert pbx.channels(minute) == set()


def test_one_that_tells_of_everything_is_never_accused() -> None:
    pbx = Minutes()
    for minute in range(1, 200):
        assert pbx.queues(minute, queue(minute), caller(3), heard=OF_ALL) == set()
        assert pbx.channels(minute, channel("00:00:03", "Dial"), heard=OF_ALL) == set()


@pytest.mark.parametrize("grown", [queue(41, 2), queue(40, 3)], ids=["completed", "abandoned"])
def test_a_queue_that_counts_callers_unheard_gives_it_away_after_an_hour(grown: bytes) -> None:
    pbx = Minutes()
    for minute in range(1, 30):
        assert pbx.queues(minute, queue(40, 2)) == set()
    for minute in range(30, 61):
        assert pbx.queues(minute, grown) == set()
    assert pbx.queues(61, grown) == set()
    assert pbx.queues(62, grown) == {"agent"}


def test_a_reload_that_sets_the_counts_back_gives_nothing_away_and_what_follows_does() -> None:
    pbx = Minutes()
    for minute in range(60, 120):
        assert pbx.queues(minute, queue(40 if minute < 90 else 0, 2 if minute < 90 else 0)) == set()
    assert pbx.queues(120, queue(1)) == set()
    assert pbx.queues(121, queue(1)) == {"agent"}


def test_a_queue_that_comes_later_with_its_counts_gives_nothing_away() -> None:
    pbx = Minutes()
    for minute in range(60, 120):
        assert pbx.queues(minute, queue(0), *([queue(7, name="new")] if minute > 80 else [])) == set()


@pytest.mark.parametrize("count", ["", "many", "²"])
def test_a_count_that_is_none_counts_nothing(count: str) -> None:
    pbx = Minutes()
    for minute in range(60, 120):
        assert pbx.queues(minute, queue(0 if minute == 60 else count)) == set()


def test_channels_of_which_no_event_told_in_two_lists_in_a_row_give_the_class_call_away() -> None:
    pbx = Minutes()
    assert pbx.channels(3, channel("00:00:20"), heard=("QueueMemberStatus", "VarSet")) == set()
    assert pbx.channels(4, channel("00:00:05"), heard=("QueueMemberStatus", "VarSet")) == {"call"}
    assert pbx.judge.among(("QueueMemberStatus", "Newchannel")) == set()


def test_a_channel_that_may_be_older_than_the_log_in_gives_nothing_away() -> None:
    pbx = Minutes()
    for minute in range(1, 59):
        as_old, hardly_younger = channel(f"00:{minute:02}:00"), channel(f"00:{minute - 1:02}:55")
        assert pbx.channels(minute, as_old, hardly_younger, channel("99:00:00"), channel("")) == set()


def test_a_channel_that_dials_without_a_word_of_it_gives_the_class_dialplan_away() -> None:
    pbx = Minutes()
    assert pbx.channels(3, channel("00:00:20", "Dial"), heard=OF_CALLS) == set()
    assert pbx.channels(4, channel("00:01:20", "Dial"), heard=OF_CALLS) == {"dialplan"}
    assert pbx.judge.among((*OF_CALLS, "VarSet")) == set()
    assert pbx.judge.among((*OF_CALLS, "Newexten")) == set()


@pytest.mark.parametrize("application", ["Queue", "AppDial", "Playback", ""])
def test_other_applications_tell_the_shipped_account_nothing_and_give_nothing_away(application: str) -> None:
    pbx = Minutes()
    for minute in (3, 4, 5):
        forged = channel("00:00:20", application, number="1\r\nApplication: Dial")
        listed = channel("00:00:20", application), forged, channel("01:00:20", "Dial")
        assert pbx.channels(minute, *listed, heard=OF_CALLS) == set()


def test_without_the_class_call_nothing_is_said_of_the_dialplan() -> None:
    pbx = Minutes()
    for minute in (3, 4, 5):
        told = pbx.channels(minute, channel("00:00:20", "Dial"))
    assert told == {"call"}


def test_both_lists_are_judged_each_by_itself() -> None:
    pbx = Minutes()
    for minute in (3, 4):
        pbx.queues(minute, caller(20), heard=())
        pbx.channels(minute, channel("00:00:20"))
    assert pbx.judge.among(()) == {"agent", "call"}

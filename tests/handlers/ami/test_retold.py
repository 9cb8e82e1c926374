"""A recording's lines as the live client would have told them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.ami import events as ev
from handlers.ami.cdr_times import VARIABLES
from handlers.ami.gathered import SNAPSHOT_ACTIONS
from handlers.ami.recording import Entry
from handlers.ami.retold import Retold
from handlers.core import Core
from handlers.rules import Rules
from tests.daemon.fake_asterisk import hangup, new_channel
from tests.handlers.ami.test_snapshot import entry as waiting
from tests.handlers.ami.test_snapshot import shown
from tests.recordings import messages

FIRST, SECOND, THIRD = (f"1795450254.{n}" for n in (1, 2, 3))


class Lines:
    """A recording in the making, each line a second after the one before."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def add(self, **what: Any) -> None:
        at = 1_795_450_000.0 + len(self.entries)
        self.entries.append(Entry(at, what.pop("mono", at), **what))

    def hears(self, *raws: bytes) -> None:
        for raw in raws:
            self.add(raw=raw)

    def asks(self, action: str, key: str) -> None:
        self.add(sent=f"Action: {action}\r\nActionID: {key}\r\n\r\n")

    def logs_in(self) -> None:
        self.asks("Login", "login")
        self.hears(answered("login"))

    def takes_snapshot(
        self,
        *meanwhile: bytes,
        channels: Iterable[bytes] = (),
        denied: Iterable[str] = (),
        actions: Sequence[str] = SNAPSHOT_ACTIONS,
    ) -> None:
        """Our actions, one after the other; what happens meanwhile comes before the last answer."""
        for action in actions:
            key = f"s-{action}-{len(self.entries)}"
            self.asks(action, key)
            if action == SNAPSHOT_ACTIONS[-1]:
                self.hears(*meanwhile)
            if action in denied:
                self.hears(answered(key, "Error", "Message: Permission denied"))
            elif action == "CoreStatus":
                self.hears(answered(key, "Success", "CoreStartupDate: 2026-11-24", "CoreStartupTime: 08:00:00"))
            else:
                items = [
                    item + f"\r\nActionID: {key}\r\n\r\n".encode() for item in channels if action == "CoreShowChannels"
                ]
                end = f"Event: {action}Complete\r\nActionID: {key}\r\nEventList: Complete\r\n\r\n".encode()
                self.hears(answered(key, "Success", "EventList: start"), *items, end)

    @property
    def told(self) -> list[ev.Event]:
        retold = Retold()
        events = [event for entry in self.entries for event in retold.take(entry, entry.t)]
        return events + retold.close()

    @property
    def kinds(self) -> list[str]:
        return [type(event).__name__ for event in self.told]


def answered(key: str, response: str = "Success", *headers: str) -> bytes:
    return "".join(f"{line}\r\n" for line in (f"Response: {response}", f"ActionID: {key}", *headers, "")).encode()


def test_the_answers_resume_the_stream_and_what_came_meanwhile_follows() -> None:
    lines = Lines()
    lines.logs_in()
    lines.hears(new_channel(FIRST))
    lines.takes_snapshot(new_channel(SECOND), channels=[shown()])
    lines.hears(hangup(FIRST))
    resumed, *rest = lines.told
    assert isinstance(resumed, ev.StreamResumed)
    assert resumed.snapshot.boot == "2026-11-24T08:00:00"
    assert [(type(each).__name__, each.uniqueid) for each in rest] == [  # type: ignore[union-attr]  # channels' all
        ("ChannelCreated", FIRST),
        ("ChannelCreated", SECOND),
        ("ChannelHungUp", FIRST),
    ]


MEMBER = (
    b"Event: QueueMember\r\nQueue: support\r\nName: Anna\r\nLocation: PJSIP/101\r\nStateInterface: PJSIP/101\r\n"
    b"Membership: static\r\nStatus: 1\r\nPaused: 0\r\nActionID: m\r\n\r\n"
)
MEMBERS_END = b"Event: QueueStatusComplete\r\nActionID: m\r\nEventList: Complete\r\n\r\n"


def test_members_asked_for_alone_are_told_as_of_the_question_with_what_came_meanwhile_behind() -> None:
    lines = Lines()
    lines.logs_in()
    lines.takes_snapshot()
    lines.asks("QueueStatus", "m")
    asked_at = lines.entries[-1].t
    lines.hears(new_channel(FIRST))
    lines.hears(answered("m", "Success", "EventList: start"), MEMBER, MEMBERS_END)
    _, members, channel = lines.told
    assert isinstance(members, ev.StreamResumed)
    assert members.at == asked_at
    assert [each.name for each in members.snapshot.members or ()] == ["Anna"]
    assert (members.snapshot.channels, members.snapshot.entries) == (None, None)
    assert isinstance(channel, ev.ChannelCreated)


def test_members_that_were_refused_hold_nothing_up() -> None:
    lines = Lines()
    lines.logs_in()
    lines.takes_snapshot()
    lines.asks("QueueStatus", "m")
    lines.hears(new_channel(FIRST))
    lines.hears(answered("m", "Error", "Message: Permission denied"))
    assert lines.kinds == ["StreamResumed", "ChannelCreated"]


def test_a_recording_of_before_device_states_were_asked_for_is_understood() -> None:
    lines = Lines()
    lines.logs_in()
    lines.takes_snapshot(actions=SNAPSHOT_ACTIONS[1:])
    (resumed,) = lines.told
    assert isinstance(resumed, ev.StreamResumed)
    assert resumed.snapshot.devices is None


def test_the_age_of_a_channel_is_of_the_moment_at_which_the_list_was_whole() -> None:
    lines = Lines()
    lines.logs_in()
    lines.takes_snapshot(channels=[shown(duration="00:00:05")])
    (resumed,) = lines.told
    assert isinstance(resumed, ev.StreamResumed)
    whole = next(each.t for each in lines.entries if b"CoreShowChannelsComplete" in (each.raw or b""))
    assert [channel.created_at for channel in resumed.snapshot.channels or ()] == [whole - 5]
    assert resumed.at == lines.entries[-1].t


@pytest.mark.parametrize(("action", "part"), [("CoreShowChannels", "channels"), ("BridgeList", "bridges")])
def test_a_part_that_was_refused_is_none(action: str, part: str) -> None:
    lines = Lines()
    lines.logs_in()
    lines.takes_snapshot(denied=[action])
    (resumed,) = lines.told
    assert isinstance(resumed, ev.StreamResumed)
    assert getattr(resumed.snapshot, part) is None
    assert resumed.snapshot.queues == ()


def test_a_lost_connection_is_a_break_and_the_next_snapshot_resumes_it() -> None:
    lines = Lines()
    for _ in range(2):
        lines.logs_in()
        lines.takes_snapshot()
        lines.add(note="connected")
        lines.hears(new_channel(FIRST))
        lines.add(note="EOF")
    assert lines.kinds == ["StreamResumed", "ChannelCreated", "StreamBroken"] * 2
    assert lines.told[2].at == next(each.t for each in lines.entries if each.note == "EOF")


def test_a_connection_that_never_got_to_its_snapshot_means_nothing() -> None:
    lines = Lines()
    lines.logs_in()
    lines.hears(new_channel(FIRST))
    lines.add(note="unreachable")
    lines.logs_in()
    lines.takes_snapshot(new_channel(SECOND))
    resumed, created = lines.told
    assert isinstance(resumed, ev.StreamResumed)
    assert isinstance(created, ev.ChannelCreated)
    assert created.uniqueid == SECOND


def test_a_second_snapshot_of_one_connection_breaks_nothing() -> None:
    lines = Lines()
    lines.logs_in()
    lines.takes_snapshot()
    lines.hears(new_channel(FIRST))
    lines.takes_snapshot(new_channel(SECOND))
    assert lines.kinds == ["StreamResumed", "ChannelCreated", "StreamResumed", "ChannelCreated"]


@pytest.mark.parametrize("end", ["EOF", None])
def test_what_waited_for_a_second_snapshot_is_told_where_none_came(end: str | None) -> None:
    lines = Lines()
    lines.logs_in()
    lines.takes_snapshot()
    lines.asks("CoreStatus", "again")
    lines.hears(new_channel(FIRST))
    if end:
        lines.add(note=end)
    assert lines.kinds == ["StreamResumed", "ChannelCreated", *(["StreamBroken"] if end else [])]


def test_recordings_joined_into_one_file_have_the_break_between_them() -> None:
    lines = Lines()
    for _ in range(2):
        lines.logs_in()
        lines.takes_snapshot()
    assert lines.kinds == ["StreamResumed", "StreamBroken", "StreamResumed"]


def test_a_question_whether_the_queues_have_come_is_no_snapshot() -> None:
    lines = Lines()
    lines.logs_in()
    lines.takes_snapshot()
    lines.asks("QueueStatus", "q")
    lines.hears(answered("q", "Error", "Message: Invalid/unknown command"), new_channel(FIRST))
    assert lines.kinds == ["StreamResumed", "ChannelCreated"]


def asks_of_cdr(lines: Lines, channel: str, variable: str, value: str | None) -> None:
    """One of the two questions about a channel, and its answer; None: the PBX refuses."""
    key = f"g-{len(lines.entries)}"
    lines.add(sent=f"Action: Getvar\r\nActionID: {key}\r\nChannel: {channel}\r\nVariable: {variable}\r\n\r\n")
    if value is None:
        lines.hears(answered(key, "Error", "Message: No such channel"))
    else:
        lines.hears(answered(key, "Success", f"Variable: {variable}", f"Value: {value}"))


def test_what_the_pbx_said_of_a_cdr_is_told_when_both_its_moments_are() -> None:
    lines = Lines()
    lines.logs_in()
    lines.takes_snapshot()
    asks_of_cdr(lines, FIRST, "CDR(start,u)", "1795449990.250000")
    asks_of_cdr(lines, FIRST, "CDR(answer,u)", "1795449995.500000")
    asks_of_cdr(lines, SECOND, "CDR(start,u)", "1795449990.250000")
    asks_of_cdr(lines, SECOND, "CDR(answer,u)", "0.000000")
    asks_of_cdr(lines, THIRD, "CDR(start,u)", None)
    asks_of_cdr(lines, THIRD, "CDR(answer,u)", None)
    told = [event for event in lines.told if isinstance(event, ev.AnswerTold)]
    assert [event[1:] for event in told] == [
        (FIRST, 1795449990.25, 1795449995.5, None, False),
        (SECOND, 1795449990.25, None, None, False),
        (THIRD, None, None, None, True),
    ]


def test_a_recorder_that_asks_for_the_number_dialled_too_is_told_all_three_at_once() -> None:
    lines = Lines()
    lines.logs_in()
    lines.takes_snapshot()
    keys = {}
    for variable in VARIABLES:
        keys[variable] = key = f"g-{variable}"
        lines.add(sent=f"Action: Getvar\r\nActionID: {key}\r\nChannel: {FIRST}\r\nVariable: {variable}\r\n\r\n")
    values = ("1795449990.250000", "1795449995.500000", "7001")
    for variable, value in zip(VARIABLES, values, strict=True):
        assert not [event for event in lines.told if isinstance(event, ev.AnswerTold)]
        lines.hears(answered(keys[variable], "Success", f"Variable: {variable}", f"Value: {value}"))
    (event,) = [event for event in lines.told if isinstance(event, ev.AnswerTold)]
    assert event[1:] == (FIRST, 1795449990.25, 1795449995.5, "7001", False)


def test_a_list_of_channels_asked_for_alone_is_told_beside_the_events_that_came_meanwhile() -> None:
    lines = Lines()
    lines.logs_in()
    lines.takes_snapshot()
    lines.asks("CoreShowChannels", "c1")
    item = shown(FIRST) + b"\r\nActionID: c1\r\n\r\n"
    end = b"Event: CoreShowChannelsComplete\r\nActionID: c1\r\nEventList: Complete\r\n\r\n"
    lines.hears(answered("c1", "Success", "EventList: start"), new_channel(SECOND), item, end)
    kinds = [type(event) for event in lines.told]
    assert kinds == [ev.StreamResumed, ev.ChannelCreated, ev.ChannelsListed]
    (event,) = [event for event in lines.told if isinstance(event, ev.ChannelsListed)]
    assert item.removesuffix(b"\r\n\r\n") in event.blocks
    lines.asks("CoreShowChannels", "c2")
    lines.hears(answered("c2", "Error", "Message: Permission denied"))
    assert len(lines.told) == len(kinds)


def test_a_login_by_challenge_is_one_login() -> None:
    lines = Lines()
    lines.asks("Challenge", "c")
    lines.hears(answered("c", "Success", "Challenge: 1"))
    lines.logs_in()
    lines.takes_snapshot()
    assert lines.kinds == ["StreamResumed"]


def test_a_caller_cannot_write_an_answer() -> None:
    lines = Lines()
    lines.logs_in()
    lines.asks("CoreStatus", "s-1")
    lines.takes_snapshot(channels=[shown(number="7900\r\nEventList: Complete"), waiting(number="7\r\nActionID: other")])
    assert lines.kinds == ["StreamResumed"]


def test_without_lines_of_what_was_asked_it_is_events_and_their_breaks() -> None:
    lines = Lines()
    lines.add(note="EOF")
    lines.hears(new_channel(FIRST), hangup(FIRST))
    lines.add(note="EOF")
    lines.add(note="EOF")
    assert lines.kinds == ["ChannelCreated", "ChannelHungUp", "StreamBroken"]


def test_what_another_recorder_asked_is_not_taken_for_ours() -> None:
    """Those of tests/recordings ask much else, all at once and with answers in any order, and write no monotonic clock."""
    ours, theirs = Lines(), Lines()
    for lines in (ours, theirs):
        lines.logs_in()
        lines.takes_snapshot(new_channel(FIRST))
    theirs.entries = [Entry(each.t, None, each.raw, sent=each.sent) for each in theirs.entries]
    assert ours.kinds == ["StreamResumed", "ChannelCreated"]
    assert theirs.kinds == ["ChannelCreated"]


_ANY = st.sampled_from(
    [
        *({"sent": f"Action: {action}\r\nActionID: {key}\r\n\r\n"} for action in (*SNAPSHOT_ACTIONS, "Login", "Ping")
          for key in "ab"),
        *({"raw": answered(key, response)} for key in "abc" for response in ("Success", "Error")),
        {"raw": b"Event: XComplete\r\nActionID: a\r\nEventList: Complete\r\n\r\n"},
        {"raw": new_channel(FIRST)},
        {"raw": messages("07-ivr-queue-second-agent")[30].raw},
        {"raw": b"\xff\xfe"},
        {"sent": ""},
        {"note": "EOF"},
        {"note": "connected"},
        {"banner": "Asterisk Call Manager/11.0.0"},
    ]
)  # fmt: skip


@given(st.lists(_ANY, max_size=40))
def test_whatever_lines_come_nothing_raises_and_nothing_is_told_twice(entries: list[dict[str, Any]]) -> None:
    lines = Lines()
    for each in entries:
        lines.add(**each)
    told = lines.told
    kinds = Counter(type(event) for event in told)
    notes = Counter(each.note for each in lines.entries)
    logins = sum("Action: Login" in (each.sent or "") for each in lines.entries)
    snapshots = sum("Action: CoreStatus" in (each.sent or "") for each in lines.entries)
    assert kinds[ev.StreamBroken] <= notes["EOF"] + logins
    assert kinds[ev.StreamResumed] <= snapshots
    assert kinds[ev.ChannelCreated] <= sum(each.raw == new_channel(FIRST) for each in lines.entries)
    core = Core(Rules())
    for event in told:
        core.handle(event)

"""Which classes of events come, from the bytes of a connection."""

import pytest

from daemon.seen_events import SeenEvents
from tests.recordings import NAMES, messages


def seen(*parts: bytes) -> SeenEvents:
    events = SeenEvents()
    for part in parts:
        events.feed(part)
    return events


def test_a_class_is_seen_wherever_the_stream_is_cut() -> None:
    whole = b"Asterisk Call Manager/11.0.0\r\nResponse: Success\r\n\r\nEvent: Hangup\r\nPrivilege: call,all\r\nCause: 16\r\n\r\n"
    for cut in range(len(whole) + 1):
        events = seen(whole[:cut], whole[cut:])
        assert (events.classes, events.names) == ({"call"}, {"Hangup"})


def test_an_answer_proves_nothing() -> None:
    assert not seen(b"Event: Status\r\nPrivilege: Call\r\nActionID: 1\r\n\r\n").classes
    assert not seen(b"Event: DeviceStateChange\r\nPrivilege: call,all\r\nActionID: 1\r\n\r\n").classes


def test_an_event_of_two_classes_proves_neither() -> None:
    assert not seen(b"Event: X\r\nPrivilege: call,reporting,all\r\n\r\n").classes


@pytest.mark.parametrize(
    ("told", "is_stamped"),
    [
        (b"Event: Hangup\r\nPrivilege: call,all\r\nTimestamp: 1795450254.5\r\nCause: 16\r\n\r\n", True),
        (b"Event: Hangup\r\nPrivilege: call,all\r\nCause: 16\r\nTimestamp: 1795450254.5\r\n\r\n", False),
        (b"Event: FullyBooted\r\nPrivilege: system,all\r\nUptime: 60\r\n\r\n", None),
        (b"Response: Success\r\nTimestamp: 1795450254.5\r\n\r\n", None),
    ],
    ids=["stamped", "a header of that name elsewhere", "a greeting, which never is", "an answer"],
)
def test_whether_the_pbx_stamps_its_events_shows_in_an_event_alone(told: bytes, is_stamped: bool | None) -> None:
    assert seen(told).stamped is is_stamped


def test_half_an_event_is_not_seen_yet() -> None:
    assert not seen(b"Event: Hangup\r\nPrivilege: call,all\r\n").classes


def test_only_a_variable_of_no_channel_is_a_provoked_one() -> None:
    head = b"Event: VarSet\r\nPrivilege: dialplan,all\r\n"
    assert seen(head + b"Channel: none\r\nUniqueid: none\r\nVariable: VMSTATUS\r\nValue: \r\n\r\n").provoked == {
        "VMSTATUS"
    }
    assert not seen(head + b"Channel: PJSIP/1-1\r\nUniqueid: 1.1\r\nVariable: VMSTATUS\r\nValue: \r\n\r\n").provoked


def test_news_wakes_and_repetition_does_not() -> None:
    events = seen(b"Event: Hangup\r\nPrivilege: call,all\r\n\r\n")
    assert events.changed.is_set()
    events.changed.clear()
    events.feed(b"Event: Hangup\r\nPrivilege: call,all\r\n\r\n")
    assert not events.changed.is_set()


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith(("07", "09"))])
def test_a_queue_call_shows_every_class(name: str) -> None:
    events = seen(*(entry.raw or b"" for entry in messages(name)))
    assert events.classes >= {"system", "call", "agent", "dialplan"}

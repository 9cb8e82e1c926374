"""The difference between the PBX's clock and ours is found, and taken out of what the PBX stamps."""

import pytest

from handlers.ami.decode import Decoder
from handlers.ami.pbx_clock import PbxClock

NOW = 1_795_450_325.5
STAMPED = (
    "Event: QueueCallerLeave\r\nPrivilege: agent,all\r\nTimestamp: {}\r\nChannel: PJSIP/trunk-00000000\r\nChannelState: 6\r\n"
    "ChannelStateDesc: Up\r\nCallerIDNum: 79001112233\r\nCallerIDName: <unknown>\r\nConnectedLineNum: <unknown>\r\n"
    "ConnectedLineName: <unknown>\r\nLanguage: en\r\nAccountCode: \r\nContext: from-trunk\r\nExten: 7003\r\nPriority: 1\r\n"
    "Uniqueid: 1795450260.0\r\nLinkedid: 1795450260.0\r\nQueue: support\r\nCount: 0\r\nPosition: 1"
)


def pong(at: object) -> bytes:
    return f"Response: Success\r\nActionID: 1\r\nPing: Pong\r\nTimestamp: {at}".encode()


def decoded_at(decoder: Decoder, stamp: float, arrival: float) -> float:
    event = decoder.decode(STAMPED.format(f"{stamp:.6f}").encode(), arrival)
    assert event is not None
    return event.at


@pytest.mark.parametrize("ahead", [0.0, 0.4, -0.9])
def test_a_small_difference_is_none(ahead: float) -> None:
    clock = PbxClock()
    assert not clock.told(pong(NOW + ahead), NOW, NOW + 0.01)
    assert clock.ahead_s == 0.0


@pytest.mark.parametrize("ahead", [3600.0, -3600.0, 2.5, -2.5])
def test_a_difference_is_found_once_and_again_when_it_is_gone(ahead: float) -> None:
    clock = PbxClock()
    assert clock.told(pong(NOW + ahead), NOW - 0.01, NOW + 0.01)
    assert clock.ahead_s == pytest.approx(ahead)
    assert not clock.told(pong(NOW + 10 + ahead), NOW + 9.99, NOW + 10.01)
    assert clock.told(pong(NOW + 20), NOW + 19.99, NOW + 20.01)
    assert clock.ahead_s == 0.0


def test_a_slow_answer_proves_no_difference() -> None:
    clock = PbxClock()
    assert not clock.told(pong(NOW), NOW - 0.1, NOW + 8)
    assert not clock.told(pong(NOW), NOW - 8, NOW + 0.1)


@pytest.mark.parametrize("stamp", ["", "soon", "nan", "inf", "-inf", "1e999"])
def test_an_answer_without_a_time_tells_nothing(stamp: str) -> None:
    clock = PbxClock()
    assert not clock.told(pong(stamp), NOW, NOW)
    assert not clock.told(b"Response: Success\r\nPing: Pong", NOW, NOW)
    assert clock.ahead_s == 0.0


def test_what_a_pbx_that_is_behind_stamps_happens_by_our_clock() -> None:
    decoder = Decoder()
    decoder.clock.told(pong(NOW - 3600), NOW, NOW)
    assert decoded_at(decoder, NOW - 3600, NOW + 0.003) == pytest.approx(NOW)


def test_nothing_happens_after_it_arrived_even_before_the_difference_is_known() -> None:
    assert decoded_at(Decoder(), NOW + 3600, NOW) == NOW


@pytest.mark.parametrize("stamp", [NOW - 3600, NOW + 3600, 100_000_000.0, 2_147_483_648.0, 9_999_999_999.9])
def test_a_stamp_that_cannot_be_is_not_taken_and_the_event_is_as_of_its_arrival(stamp: float) -> None:
    decoder = Decoder()
    assert decoded_at(decoder, stamp, NOW) == NOW
    assert decoded_at(decoder, NOW + 0.5, NOW + 1) == NOW + 0.5, "the next one that can be is"


def test_an_event_that_was_on_its_way_for_long_is_as_of_its_stamp() -> None:
    """A stalled line, or a stalled reader: the PBX's own moment is better than the arrival."""
    assert decoded_at(Decoder(), NOW - 14.5, NOW) == NOW - 14.5


def test_the_stamp_of_a_pbx_that_goes_right_is_better_than_the_arrival() -> None:
    assert decoded_at(Decoder(), NOW - 0.25, NOW) == pytest.approx(NOW - 0.25)

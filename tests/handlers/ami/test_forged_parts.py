"""A caller whose number holds line ends writes headers of his own into events that name several channels.

What he writes is never believed: where the true headers cannot be told from his, there is no event.
"""

import pytest

from handlers.ami import events as ev
from handlers.ami.decode import Decoder
from tests.handlers.ami.wire import block, snapshot

AT = 5.0
CALLER, AGENT, SECOND, TARGET = "1795450254.0", "1795450254.1", "1795450254.2", "1795450254.3"
PARTS = (
    "Transferer",
    "Transferee",
    "OrigTransferer",
    "SecondTransferer",
    "TransferTarget",
    "Parkee",
    "Retriever",
    "Target",
)
OTHERS = "".join(f"{part}Uniqueid: 1.1\r\n" for part in PARTS)
HEADERS = (
    "Result: Fail\r\nDestType: App\r\nExtension: 666\r\nContext: hell\r\nParkinglot: no\r\nParkingSpace: 666\r\n"
    "Queue: theirs\r\nInterface: PJSIP/666\r\nMemberName: Eve\r\nReason: forged\r\nAgent: 666\r\n"
)
FORGED = [
    pytest.param("79001112233", id="an honest caller"),
    pytest.param(f"79\r\n{HEADERS}{OTHERS}X: 1", id="single headers"),
    pytest.param(
        "79\r\n" + "".join(snapshot(uniqueid="1.1", prefix=part) for part in PARTS) + HEADERS + "X: 1", id="whole runs"
    ),
]


def decoded(name: str, body: str, privilege: str = "") -> ev.Event | None:
    return Decoder().decode(block(name, body, privilege), AT)


def believed(found: ev.Event | None, true: ev.Event, number: str) -> bool:
    """Is it the true event, or, of a forger, none?"""
    return found == true or (found is None and "\r" in number)


def part(prefix: str, uniqueid: str, number: str) -> str:
    """The run of a channel that shows the caller's number: his own, or one that is connected with him."""
    if uniqueid == CALLER:
        return snapshot(number, uniqueid=uniqueid, prefix=prefix)
    return snapshot("101", uniqueid=uniqueid, prefix=prefix, channel="PJSIP/101-00000001", connected=number)


@pytest.mark.parametrize("number", FORGED)
def test_a_blind_transfer(number: str) -> None:
    body = "Result: Success\r\n" + part("Transferer", AGENT, number) + part("Transferee", CALLER, number)
    body += "BridgeUniqueid: b-1\r\nIsExternal: No\r\nContext: from-internal\r\nExtension: 102\r\n"
    true = ev.BlindTransferred(AT, AGENT, CALLER, "Success", "from-internal", "102")
    assert believed(decoded("BlindTransfer", body), true, number)


@pytest.mark.parametrize("number", FORGED)
def test_an_attended_transfer(number: str) -> None:
    body = "Result: Success\r\n" + part("OrigTransferer", AGENT, number) + part("SecondTransferer", SECOND, number)
    body += part("Transferee", CALLER, number) + part("TransferTarget", TARGET, number)
    body += "IsExternal: No\r\nDestType: Bridge\r\nDestBridgeUniqueid: b-1\r\n"
    true = ev.AttendedTransferred(AT, AGENT, SECOND, CALLER, TARGET, "Success", "Bridge")
    assert believed(decoded("AttendedTransfer", body), true, number)


@pytest.mark.parametrize("number", FORGED)
def test_an_attended_transfer_without_a_target_has_none_of_the_callers_making(number: str) -> None:
    body = "Result: Success\r\n" + part("OrigTransferer", AGENT, number) + part("SecondTransferer", SECOND, number)
    body += part("Transferee", CALLER, number) + "IsExternal: No\r\nDestType: App\r\nDestApp: Dial\r\n"
    true = ev.AttendedTransferred(AT, AGENT, SECOND, CALLER, None, "Success", "App")
    assert believed(decoded("AttendedTransfer", body), true, number)


@pytest.mark.parametrize("number", FORGED)
def test_a_pickup(number: str) -> None:
    body = part("", SECOND, number) + part("Target", AGENT, number)
    assert believed(decoded("Pickup", body), ev.PickedUp(AT, SECOND, AGENT), number)


@pytest.mark.parametrize("number", FORGED)
def test_parking_and_fetching(number: str) -> None:
    lot = "ParkerDialString: PJSIP/101\r\nParkinglot: default\r\nParkingSpace: 701\r\nParkingTimeout: 8\r\n"
    both = part("Parkee", CALLER, number) + part("Retriever", SECOND, number)
    true = ev.Parked(AT, "UnParkedCall", CALLER, "default", "701", SECOND)
    assert believed(decoded("UnParkedCall", both + lot), true, number)
    alone = part("Parkee", CALLER, number) + lot
    assert believed(decoded("ParkedCall", alone), ev.Parked(AT, "ParkedCall", CALLER, "default", "701", None), number)


@pytest.mark.parametrize("number", FORGED)
def test_the_end_of_an_agents_call(number: str) -> None:
    told = "Queue: support\r\nInterface: PJSIP/101\r\nMemberName: Anna\r\nTalkTime: 3\r\nReason: caller\r\n"
    for body in (part("", CALLER, number) + part("Dest", AGENT, number), part("", CALLER, number)):
        found = decoded("AgentComplete", body + told)
        assert found == ev.AgentCompleted(AT, CALLER, "support", "PJSIP/101", "Anna", "caller")


@pytest.mark.parametrize("number", FORGED)
def test_an_agents_leave(number: str) -> None:
    found = decoded("AgentLogoff", part("", AGENT, number) + "Agent: 1001\r\nLogintime: 7\r\n")
    assert found == ev.AgentLoggedOff(AT, "1001")


def test_the_end_of_an_agents_call_whose_channels_are_gone_is_nothing_and_no_fault() -> None:
    """A queue within a queue: the Local half that waited is gone before app_queue tells of it."""
    decoder = Decoder()
    body = "Queue: support\r\nInterface: PJSIP/101\r\nMemberName: Anna\r\nReason: caller\r\n"
    assert decoder.decode(block("AgentComplete", body), AT) is None
    assert not decoder.bad

"""Messages that are not what they say: counted by reason, believed by nobody, and never an exception."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.ami import events as ev
from handlers.ami.decode import WANTED, Decoder
from tests.handlers.ami.wire import UNIQUEID, block, snapshot
from tests.handlers.recorded import blocks
from tests.recordings import NAMES

AT = 5.0


def first_line(raw: bytes) -> bytes:
    return raw.partition(b"\r\n")[0]


REAL = {first_line(raw): raw for name in NAMES for raw in blocks(name)}
EVENTS = sorted(raw for raw in REAL.values() if Decoder().decode(raw, AT) is not None)
MANDATORY = (
    rb"\r\n(?:Uniqueid|DestUniqueid|BridgeUniqueid|LocalOneUniqueid|TransfererUniqueid|OrigTransfererUniqueid"
    rb"|ParkeeUniqueid|StateInterface|Device): [^\r\n]*"
)


def refused(raw: bytes) -> dict[str, int]:
    """Why a block is no event."""
    decoder = Decoder()
    assert decoder.decode(raw, AT) is None
    return dict(decoder.bad)


def name_of(raw: bytes) -> str:
    return first_line(raw).decode().removeprefix("Event: ")


def test_nearly_every_wanted_event_is_here() -> None:
    rare = {"AgentLogin", "AgentLogoff", "BridgeMerge", "ParkedCallGiveUp", "ParkedCallSwap", "ParkedCallTimeOut"}
    rare |= {"QueueMemberRinginuse", "Shutdown", "FullyBooted", "Reload"}
    assert {name.decode() for name in WANTED} - rare == {name_of(raw) for raw in EVENTS} - {"VarSet"}


@pytest.mark.parametrize("raw", EVENTS, ids=name_of)
def test_an_event_without_its_channel_or_object_is_malformed(raw: bytes) -> None:
    without, found = re.subn(MANDATORY, b"", raw)
    assert found
    assert refused(without) == {"malformed": 1}


@pytest.mark.parametrize("raw", EVENTS, ids=name_of)
def test_an_event_that_ends_after_its_first_lines_is_malformed(raw: bytes) -> None:
    assert refused(b"\r\n".join(raw.split(b"\r\n")[:2])) == {"malformed": 1}


@pytest.mark.parametrize("raw", EVENTS, ids=name_of)
def test_an_event_without_privilege_is_not_believed(raw: bytes) -> None:
    """28b-injected-numbers: a forger may not think of it, and Asterisk never forgets."""
    assert refused(re.sub(rb"\r\nPrivilege: [^\r\n]*", b"", raw)) == {"unprivileged": 1}
    assert refused(re.sub(rb"(Privilege: [^\r\n]*)\r\n([^\r\n]*)", rb"\2\r\n\1", raw)) == {"unprivileged": 1}


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("Hangup", snapshot()),
        ("DialState", snapshot(prefix="Dest")),
        ("DialEnd", snapshot() + snapshot(prefix="Dest")),
        ("QueueCallerJoin", snapshot() + "Position: 1\r\n"),
        ("QueueCallerLeave", snapshot()),
        ("QueueCallerAbandon", snapshot()),
        ("AgentCalled", snapshot() + snapshot(prefix="Dest") + "Queue: q\r\n"),
        ("AgentConnect", snapshot() + snapshot(prefix="Dest") + "Interface: PJSIP/101\r\n"),
        ("AgentLogin", snapshot()),
        ("AgentLogoff", "Logintime: 1\r\n"),
        ("BridgeMerge", "ToBridgeUniqueid: b-1\r\n"),
        ("LocalBridge", snapshot(prefix="LocalOne")),
        ("Pickup", snapshot()),
        ("ParkedCallTimeOut", "Parkinglot: default\r\n"),
        ("QueueMemberStatus", "Queue: q\r\nMemberName: A\r\n"),
        ("Newchannel", snapshot(uniqueid="one")),
        ("Newchannel", snapshot(uniqueid="1.1; DROP")),
        ("Newchannel", snapshot(uniqueid="")),
        ("Newchannel", snapshot().replace("ChannelState: 4", "ChannelState: four")),
        ("DialBegin", snapshot() + snapshot(prefix="Dest", uniqueid="x")),
    ],
)
def test_an_event_without_what_it_is_about_is_malformed(name: str, body: str) -> None:
    assert refused(block(name, body)) == {"malformed": 1}


@pytest.mark.parametrize(
    "raw", [b"", b"\r\n", b"Response: Success\r\nActionID: 1", b"Event: Unheard\r\nPrivilege: x,all"]
)
def test_what_is_no_wanted_event_is_none_and_no_fault(raw: bytes) -> None:
    assert refused(raw) == {}


def test_absurd_values_are_no_values() -> None:
    decoder = Decoder()
    body = snapshot().replace("ChannelState: 4", "ChannelState: 444444")
    assert isinstance(created := decoder.decode(block("Newchannel", body), AT), ev.ChannelCreated)
    assert created.state == 0
    for cause in ("many", "-1", "1e3", "9" * 20, "²", ""):
        ended = decoder.decode(block("Hangup", f"{snapshot()}Cause: {cause}\r\n"), AT)
        assert isinstance(ended, ev.ChannelHungUp)
        assert ended.cause is None
    assert decoder.bad == {}


def test_a_caller_cannot_set_the_clock() -> None:
    """A moment in the far future would be the last one for everybody: time never runs backwards."""
    created = Decoder().decode(block("Newchannel", snapshot("7\r\nTimestamp: 9999999999.5\r\nX: 1")), AT)
    assert isinstance(created, ev.ChannelCreated)
    assert created.at == AT


def test_a_run_forged_into_a_number_is_not_the_channel() -> None:
    forged = "7\r\nContext: \r\nExten: x\r\nPriority: 1\r\nUniqueid: 1.1\r\nLinkedid: 1.1"
    full = snapshot("7", uniqueid="1.1").partition("CallerIDNum: ")[2].removesuffix("\r\n")
    for number in (forged, full):
        created = Decoder().decode(block("Newchannel", snapshot(number)), AT)
        assert isinstance(created, ev.ChannelCreated)
        assert (created.uniqueid, created.linkedid, created.context, created.exten) == (
            UNIQUEID,
            UNIQUEID,
            "from-trunk",
            "7001",
        )
        ended = Decoder().decode(block("Hangup", snapshot(number + "\r\nCause: 3") + "Cause: 16\r\n"), AT)
        assert isinstance(ended, ev.ChannelHungUp)
        assert (ended.uniqueid, ended.cause) == (UNIQUEID, 16)


def test_a_dialled_run_forged_into_a_callers_number_is_not_the_leg() -> None:
    forged = "7\r\n" + snapshot("7", uniqueid="1.1", prefix="Dest").removesuffix("\r\n")
    begun = Decoder().decode(block("DialBegin", snapshot(forged) + snapshot("101", uniqueid="2.2", prefix="Dest")), AT)
    assert isinstance(begun, ev.DialBegun)
    assert (begun.uniqueid, begun.dest_uniqueid) == (UNIQUEID, "2.2")


@pytest.mark.parametrize("name", ["Newchannel", "DialBegin", "QueueMemberStatus"])
def test_a_forged_message_that_never_ends_its_run_costs_no_time(name: str) -> None:
    """Trying all the ends that a value may have would take this test for ever, and the reader has 100 ms."""
    repeated = (
        snapshot("7", prefix="Dest" if name == "DialBegin" else "").partition("Priority")[0].partition("CallerIDNum")
    )
    body = "".join(repeated) + ("CallerIDNum" + repeated[2]) * 300
    body += "Queue: q\r\nMemberName: a\r\nInterface: b\r\nStateInterface: c\r\nMembership: d\r\n" * 300
    raw = block(name, body.replace("CallerIDNum", "DestCallerIDNum") if name == "DialBegin" else body)
    assert refused(raw) == {"malformed": 1}


@given(st.sampled_from(EVENTS), st.data())
@settings(max_examples=300, deadline=None)
def test_no_change_of_a_real_message_raises(raw: bytes, data: st.DataObject) -> None:
    lines = raw.split(b"\r\n")
    for _ in range(data.draw(st.integers(1, 4))):
        where = data.draw(st.integers(0, len(lines) - 1))
        change = data.draw(st.sampled_from(["cut", "double", "swap", "garble", "insert"]))
        if change == "cut":
            lines = lines[:where] + lines[where + 1 :] or [b""]
        elif change == "double":
            lines.insert(where, lines[where])
        elif change == "swap":
            lines[where], lines[0] = lines[0], lines[where]
        elif change == "garble":
            lines[where] = lines[where][: data.draw(st.integers(0, 12))] + data.draw(st.binary(max_size=12))
        else:
            lines.insert(where, data.draw(st.binary(max_size=20)))
    decoder = Decoder()
    event = decoder.decode(b"\r\n".join(lines), AT)
    assert event is None or (event.at == AT and not decoder.bad)


@given(st.sampled_from(sorted(WANTED | {b"VarSet"})), st.binary(max_size=300))
def test_no_garbage_raises(name: bytes, garbage: bytes) -> None:
    decoder = Decoder()
    decoder.decode(garbage, AT)
    decoder.decode(b"Event: " + name + b"\r\nPrivilege: call,all\r\n" + garbage, AT)

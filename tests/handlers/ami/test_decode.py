"""What each typed event takes from its message: real ones of Asterisk 22 (tests/recordings), and where 16 differs."""

import pytest

from handlers.ami import events as ev
from handlers.ami.decode import WANTED, Decoder
from handlers.ami.message import Message
from tests.handlers.ami.wire import UNIQUEID, block, bridge, snapshot
from tests.handlers.recorded import blocks

AT = 1_795_450_254.5
BRIDGE = "c64065c7-1eae-45c3-9926-5d058c0ce60f"
TRUNK, PHONE = "PJSIP/trunk-00000000", "PJSIP/101-00000001"

DIRECT = "01-direct-caller-hangs-up"
QUEUE = "07-ivr-queue-second-agent"
ACTIONS = "30-queue-agent-actions"
FIRST_OF_ITS_KIND = [
    (
        DIRECT,
        ev.ChannelCreated(AT, "1795450254.0", "1795450254.0", TRUNK, 4, "79001112233", None, "from-trunk", "7001", ""),
    ),
    (DIRECT, ev.ChannelStateChanged(AT, "1795450254.1", PHONE, 5, "7001", "79001112233")),
    (DIRECT, ev.DialBegun(AT, "1795450254.0", "1795450254.1", PHONE, "101", "7001", "101")),
    (DIRECT, ev.DialProgressed(AT, "1795450254.1", "RINGING")),
    (DIRECT, ev.DialEnded(AT, "1795450254.0", "1795450254.1", PHONE, "ANSWER", None)),
    (DIRECT, ev.BridgeEntered(AT, BRIDGE, "simple_bridge", "1795450254.1", "1795450254.0", PHONE, None)),
    (DIRECT, ev.HangupRequested(AT, "1795450254.0", TRUNK, 16, False)),
    (DIRECT, ev.BridgeLeft(AT, BRIDGE, "1795450254.0", TRUNK)),
    (DIRECT, ev.BridgeDestroyed(AT, BRIDGE)),
    (DIRECT, ev.ChannelHungUp(AT, "1795450254.1", PHONE, 16, None)),
    (DIRECT, ev.VariableSet(AT, "1795450254.0", TRUNK, "DIALSTATUS", "")),
    (DIRECT, ev.MemberSeen(AT, "support", "PJSIP/101", "PJSIP/101", "Anna", 3, False, None)),
    ("17-outgoing-answered", ev.CallerIdChanged(AT, "1795450293.1", "PJSIP/trunk-00000001", "989161234567", None)),
    (QUEUE, ev.QueueJoined(AT, "1795450260.0", TRUNK, "support", 1)),
    (QUEUE, ev.AgentCalled(AT, "1795450260.0", "1795450262.1", "support", "PJSIP/101", "Anna")),
    (QUEUE, ev.AgentRingNoAnswer(AT, "1795450260.0", "1795450262.1", "support", "PJSIP/101", "Anna", 4.0)),
    (QUEUE, ev.QueueLeft(AT, "1795450260.0", TRUNK, "support")),
    (QUEUE, ev.AgentConnected(AT, "1795450260.0", "1795450267.2", "support", "PJSIP/102", "Boris")),
    (QUEUE, ev.AgentCompleted(AT, "1795450260.0", "support", "PJSIP/102", "Boris", "caller")),
    ("08-queue-abandon", ev.QueueAbandoned(AT, "1795450262.0", TRUNK, "support")),
    ("14-attended-transfer-replaces", ev.HoldStarted(AT, "1795450681.1", PHONE)),
    ("12-blind-transfer-answered", ev.HoldEnded(AT, "1795450270.1", PHONE)),
    (
        "12-blind-transfer-answered",
        ev.BlindTransferred(AT, "1795450270.1", "1795450270.0", "Success", "from-internal", "102"),
    ),
    (
        "14-attended-transfer-replaces",
        ev.AttendedTransferred(AT, "1795450681.1", "1795450684.2", "1795450681.0", "1795450684.3", "Success", "Bridge"),
    ),
    ("15-pickup", ev.PickedUp(AT, "1795450286.2", "1795450284.1")),
    ("16-park-and-retrieve", ev.Parked(AT, "ParkedCall", "1795450289.0", "default", "701", None)),
    ("22-queue-local-n", ev.LocalBridged(AT, "1795450311.1", "1795450311.2", False)),
    (ACTIONS, ev.MemberRemoved(AT, "support", "PJSIP/104")),
    (ACTIONS, ev.DeviceStateTold(AT, "PJSIP/103", 3)),
]


@pytest.mark.parametrize(("name", "expected"), FIRST_OF_ITS_KIND, ids=lambda value: type(value).__name__)
def test_the_first_event_of_its_kind_reads_as_it_was_written(name: str, expected: ev.Event) -> None:
    found = [
        event
        for event in map(Decoder().decode, blocks(name), [AT] * len(blocks(name)))
        if type(event) is type(expected)
    ]
    assert found[0] == expected


def one(name: str, body: str, privilege: str = "") -> ev.Event:
    decoder = Decoder()
    event = decoder.decode(block(name, body, privilege), AT)
    assert event is not None, decoder.bad
    return event


def test_every_event_that_is_wanted_is_decoded_or_an_answer() -> None:
    """FullyBooted tells that the PBX is up; it says nothing of calls."""
    told = {type(expected) for _, expected in FIRST_OF_ITS_KIND}
    told |= {ev.AgentLoggedIn, ev.AgentLoggedOff, ev.BridgeMerged, ev.PbxStopped, ev.ConnectedLineChanged}
    answers = {ev.StreamResumed, ev.AnswerTold, ev.ChannelsListed}
    assert told == set(ev.Event.__args__) - answers - {ev.StreamBroken, ev.Tick}
    assert b"FullyBooted" in WANTED


def test_what_the_recordings_lack_reads_as_the_sources_say() -> None:
    pool = one("AgentLogin", snapshot() + "Agent: 1001\r\n")
    assert pool == ev.AgentLoggedIn(AT, UNIQUEID, TRUNK, "1001")
    assert one("AgentLogoff", snapshot() + "Agent: 1001\r\nLogintime: 7\r\n") == ev.AgentLoggedOff(AT, "1001")
    merged = one("BridgeMerge", bridge("b-1", "To") + bridge("b-2", "From"))
    assert merged == ev.BridgeMerged(AT, "b-1", "b-2")
    assert one("Shutdown", "Shutdown: Cleanly\r\nRestart: True\r\n", "system,all") == ev.PbxStopped(AT, True)
    assert one("Shutdown", "Shutdown: Cleanly\r\nRestart: False\r\n", "system,all") == ev.PbxStopped(AT, False)


def test_soft_hangup_requests_are_told_from_those_of_the_far_end() -> None:
    for name, soft in (("HangupRequest", False), ("SoftHangupRequest", True)):
        assert one(name, snapshot() + "Cause: 32\r\n") == ev.HangupRequested(AT, UNIQUEID, TRUNK, 32, soft)
    assert one("SoftHangupRequest", snapshot()) == ev.HangupRequested(AT, UNIQUEID, TRUNK, None, True)


def test_nobody_dials_an_originated_leg() -> None:
    begun = one("DialBegin", snapshot("101", prefix="Dest", channel=PHONE) + "DialString: 101@x\r\n")
    assert begun == ev.DialBegun(AT, None, UNIQUEID, PHONE, "101", None, "101@x")


def test_a_302_names_its_target() -> None:
    ended = one(
        "DialEnd", snapshot() + snapshot(prefix="Dest", channel=PHONE) + "DialStatus: CANCEL\r\nForward: 105\r\n"
    )
    assert isinstance(ended, ev.DialEnded)
    assert (ended.status, ended.forward) == ("CANCEL", "105")


def test_a_swap_names_the_channel_whose_place_is_taken() -> None:
    bridge = "BridgeUniqueid: b-1\r\nBridgeType: basic\r\nBridgeTechnology: simple_bridge\r\nBridgeNumChannels: 2\r\n"
    entered = one("BridgeEnter", bridge + snapshot() + "SwapUniqueid: 1795450254.7\r\n")
    assert isinstance(entered, ev.BridgeEntered)
    assert entered.swap == "1795450254.7"


def test_only_asterisk_20_and_later_tell_the_sip_code() -> None:
    body = snapshot() + "Cause: 17\r\nCause-txt: User busy\r\n"
    assert one("Hangup", body) == ev.ChannelHungUp(AT, UNIQUEID, TRUNK, 17, None)
    assert one("Hangup", body + "TechCause: 486\r\n") == ev.ChannelHungUp(AT, UNIQUEID, TRUNK, 17, "486")


def test_asterisk_16_passes_a_name_in_its_old_code_page() -> None:
    raw = block("Newchannel", snapshot(name="NAME")).replace(b"NAME", "Иван Петров".encode("cp1251"))
    created = Decoder().decode(raw, AT)
    assert isinstance(created, ev.ChannelCreated)
    assert (created.name, created.uniqueid) == ("Иван Петров", UNIQUEID)


def test_asterisk_16_repeats_the_reason_of_a_pause() -> None:
    body = (
        "Queue: support\r\nMemberName: Anna\r\nInterface: PJSIP/101\r\nStateInterface: PJSIP/101\r\nMembership: static\r\n"
        "Penalty: 0\r\nCallsTaken: 0\r\nLastCall: 0\r\nLastPause: 1\r\nInCall: 0\r\nStatus: 1\r\nPaused: 1\r\n"
        "PausedReason: lunch: long\r\nRinginuse: 1\r\nWrapuptime: 0\r\nReason: lunch: long\r\n"
    )
    expected = ev.MemberSeen(AT, "support", "PJSIP/101", "PJSIP/101", "Anna", 1, True, "lunch: long", 1.0)
    assert one("QueueMemberPause", body, "agent,all") == expected
    assert one(
        "QueueMemberRinginuse", body.replace("PausedReason: lunch: long\r\n", ""), "agent,all"
    ) == expected._replace(paused_reason=None)


def test_a_system_name_is_part_of_the_id() -> None:
    created = one("Newchannel", "SystemName: pbx-1.office\r\n" + snapshot(uniqueid="pbx-1.office-1795450254.0"))
    assert isinstance(created, ev.ChannelCreated)
    assert (created.uniqueid, created.linkedid) == ("pbx-1.office-1795450254.0", "pbx-1.office-1795450254.0")


def test_headers_that_some_installations_add_change_nothing() -> None:
    """Tenantid (22), ChanVariable (manager.conf: channelvars), which repeats."""
    extra = "Tenantid: one\r\nChanVariable: A=1\r\nChanVariable: Cause=9\r\nChanVariable: B=x\\r\\nCause: 8\r\n"
    assert one("Hangup", snapshot() + extra + "Cause: 16\r\n") == ev.ChannelHungUp(AT, UNIQUEID, TRUNK, 16, None)
    body = snapshot() + extra + snapshot(uniqueid="1.1", prefix="Dest", channel=PHONE) + extra.replace("Ten", "DestTen")
    assert one("DialState", body + "DialStatus: RINGING\r\n") == ev.DialProgressed(AT, "1.1", "RINGING")
    assert Message(block("Hangup", snapshot() + extra)).all("ChanVariable") == ("A=1", "Cause=9", "B=x\r\nCause: 8")


def test_what_is_not_known_is_none_and_what_is_empty_is_empty() -> None:
    created = one("Newchannel", snapshot("<unknown>", name=""))
    assert isinstance(created, ev.ChannelCreated)
    assert (created.number, created.name) == (None, "")
    created = one("Newchannel", snapshot("", name="<unknown>"))
    assert isinstance(created, ev.ChannelCreated)
    assert (created.number, created.name) == ("", None)


def test_names_are_unescaped_and_numbers_are_not() -> None:
    created = one("Newchannel", snapshot(r"79\r\n", name=r"O\'Brien \"x\" \\ \? a\r\nb"))
    assert isinstance(created, ev.ChannelCreated)
    assert (created.number, created.name) == (r"79\r\n", 'O\'Brien "x" \\ ? a\r\nb')


@pytest.mark.parametrize(
    ("stamp", "at"),
    [
        ("1795450254.250000", 1_795_450_254.25),
        ("1795450254", AT),
        ("", AT),
        ("yesterday", AT),
        ("-1795450254.250000", AT),
        ("99999999999.250000", AT),
        ("1" * 400 + ".5", AT),
        ("1795450254.25e3", AT),
    ],
)
def test_the_pbx_own_time_is_taken_where_it_is_told_and_can_be_one(stamp: str, at: float) -> None:
    assert one("Newchannel", f"Timestamp: {stamp}\r\n{snapshot()}").at == at

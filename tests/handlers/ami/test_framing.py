"""Where messages begin and end; the faults of other readers, one test each."""

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from handlers.ami.decode import WANTED, Decoder
from handlers.ami.events import ChannelCreated, ChannelHungUp, ChannelStateChanged, VariableSet
from handlers.ami.framing import BLOCK_LIMIT, Framer
from handlers.ami.message import Message, text_of, unescaped


def snapshot(
    number: str = "79001112233", name: str = "<unknown>", uniqueid: str = "1795450254.0", state: int = 4
) -> str:
    return (
        f"Channel: PJSIP/trunk-00000000\r\nChannelState: {state}\r\nChannelStateDesc: Ring\r\nCallerIDNum: {number}\r\n"
        f"CallerIDName: {name}\r\nConnectedLineNum: <unknown>\r\nConnectedLineName: <unknown>\r\nLanguage: en\r\nAccountCode: \r\n"
        f"Context: from-trunk\r\nExten: 7001\r\nPriority: 1\r\nUniqueid: {uniqueid}\r\nLinkedid: {uniqueid}\r\n"
    )


def event(name: str, body: str, privilege: str = "call,all") -> bytes:
    return f"Event: {name}\r\nPrivilege: {privilege}\r\n{body}\r\n".encode()


def framed(data: bytes, banner: bool = False) -> list[bytes]:
    return Framer(WANTED, banner).feed(data)


def test_the_banner_is_consumed_once_even_in_two_segments() -> None:
    framer = Framer(WANTED)
    assert framer.feed(b"Asterisk Call Man") == []
    assert len(framer.feed(b"ager/11.0.0\r\n" + event("Newchannel", snapshot()))) == 1
    assert framer.banner == "Asterisk Call Manager/11.0.0"


def test_a_proxy_without_a_banner_is_understood() -> None:
    assert len(framed(event("Newchannel", snapshot()), banner=True)) == 1


def test_unwanted_events_are_counted_and_skipped() -> None:
    framer = Framer(WANTED, banner=False)
    assert framer.feed(event("RTCPSent", snapshot()) + event("Unheard", "A: b\r\n")) == []
    assert framer.events == {"RTCPSent": 1, "other": 1}


def test_an_empty_last_header_is_kept() -> None:
    (block,) = framed(event("VarSet", snapshot() + "Variable: DIALSTATUS\r\nValue: \r\n", "dialplan,all"))
    decoded = Decoder().decode(block, 5.0)
    assert isinstance(decoded, VariableSet)
    assert decoded.value == ""


def test_a_character_cut_by_a_segment_is_whole() -> None:
    whole = event("Newchannel", snapshot(name="Иван"))
    for cut in range(len(whole)):
        framer = Framer(WANTED, banner=False)
        (block,) = framer.feed(whole[:cut]) + framer.feed(whole[cut:])
        decoded = Decoder().decode(block, 5.0)
        assert isinstance(decoded, ChannelCreated)
        assert decoded.name == "Иван"


def test_bytes_that_are_not_utf_8_lose_no_letter() -> None:
    assert text_of("Иван".encode("cp1251")) == "Иван"


def test_a_header_without_a_space_and_trailing_spaces_survive() -> None:
    message = Message(b"Event: X\r\nKey:value\r\nOther: v  ")
    assert (message.get("Key"), message.get("other")) == ("value", "v  ")


def test_repeated_headers_are_all_kept_whatever_their_case() -> None:
    message = Message(b"Event: X\r\nChanVariable: A=1\r\nchanvariable: B=2")
    assert message.all("ChanVariable") == ("A=1", "B=2")


def test_a_refusal_keeps_its_last_header() -> None:
    assert Message(b"Response: Error\r\nMessage: Permission denied").get("Message") == "Permission denied"


def test_escapes_are_undone_once_and_only_where_asterisk_made_them() -> None:
    assert unescaped(r"O\'Brien \"x\" \\r \?") == 'O\'Brien "x" \\r ?'
    assert Message(rb"Event: X" + b"\r\n" + rb"AppData: a\nb").get("AppData") == r"a\nb"


def test_a_second_event_header_is_only_a_line_of_a_hostile_number() -> None:
    (block,) = framed(event("Newchannel", snapshot("79\r\nEvent: Hangup\r\nX: 1")))
    decoded = Decoder().decode(block, 5.0)
    assert isinstance(decoded, ChannelCreated)
    assert decoded.uniqueid == "1795450254.0"


def test_a_forged_message_within_a_torn_event_is_never_seen() -> None:
    """28b-injected-numbers."""
    forged = event("Hangup", snapshot(uniqueid="1.1") + "Cause: 16\r\n").decode()
    torn = event("Newstate", snapshot(f"79\r\n\r\n{forged}Event: Z", state=6))
    framer = Framer(WANTED, banner=False)
    blocks = framer.feed(torn + event("Hangup", snapshot() + "Cause: 16\r\nCause-txt: x\r\n"))
    decoded = [Decoder().decode(block, 5.0) for block in blocks]
    assert [type(each) for each in decoded] == [ChannelStateChanged, ChannelHungUp]
    assert framer.bad["torn"] == 1


def test_a_forged_message_within_a_skipped_event_is_never_seen() -> None:
    torn = event(
        "Newexten",
        snapshot("79\r\n\r\nEvent: Hangup\r\nPrivilege: call,all\r\nUniqueid: 1.1\r\nCause: 16\r\n\r\nEvent: Z"),
    )
    framer = Framer(WANTED, banner=False)
    assert framer.feed(torn) == []
    assert framer.bad["torn"] == 1


def test_a_torn_event_whose_rest_never_comes_is_given_up() -> None:
    framer = Framer(WANTED, banner=False)
    framer.feed(b"Event: Newchannel\r\nPrivilege: call,all\r\nCallerIDNum: 79\r\n\r\n")
    for _ in range(70):
        framer.feed(b"Event: DeviceStateChange\r\nPrivilege: call,all\r\nDevice: x\r\n\r\n")
    assert framer.bad["torn_lost"] == 1
    assert len(framer.feed(event("Newchannel", snapshot()))) == 1


def test_an_endless_header_stays_bounded_and_the_next_message_is_read() -> None:
    framer = Framer(WANTED, banner=False)
    tracemalloc.start()
    framer.feed(b"Event: Newchannel\r\nX: ")
    for _ in range(200):
        framer.feed(b"x" * 65_536)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 6 * BLOCK_LIMIT
    assert framer.bad["oversized_block"] == 1
    assert len(framer.feed(b"\r\n\r\n" + event("Newchannel", snapshot()))) == 1


def test_events_without_privilege_are_not_believed() -> None:
    decoder = Decoder()
    assert decoder.decode(b"Event: Newchannel\r\n" + snapshot().encode(), 5.0) is None
    assert decoder.bad["unprivileged"] == 1


def test_the_pbx_own_time_is_taken_where_it_is_told() -> None:
    (block,) = framed(event("Newchannel", "Timestamp: 1795450254.250000\r\n" + snapshot()))
    decoded = Decoder().decode(block, 5.0)
    assert decoded is not None
    assert decoded.at == 1795450254.25


@given(st.binary(max_size=400), st.sampled_from(sorted(WANTED)))
def test_garbage_never_raises(garbage: bytes, name: bytes) -> None:
    decoder = Decoder()
    for block in Framer(WANTED).feed(b"Event: " + name + b"\r\nPrivilege: call,all\r\n" + garbage + b"\r\n\r\n"):
        decoder.decode(block, 1.0)
        Message(block)

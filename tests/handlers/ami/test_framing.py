"""Where messages begin and end; the faults of other readers, one test each."""

from handlers.ami.decode import WANTED, Decoder
from handlers.ami.events import ChannelCreated, VariableSet
from handlers.ami.framing import Framer
from tests.handlers.ami.wire import event, framed, snapshot


def test_the_banner_is_consumed_once_even_in_two_segments() -> None:
    framer = Framer(WANTED)
    assert framer.feed(b"Asterisk Call Man") == []
    assert len(framer.feed(b"ager/11.0.0\r\n" + event("Newchannel", snapshot()))) == 1
    assert framer.banner == "Asterisk Call Manager/11.0.0"


def test_a_proxy_without_a_banner_is_understood() -> None:
    assert len(framed(event("Newchannel", snapshot()), banner=True)) == 1


def test_the_banner_may_come_byte_by_byte_with_the_first_message_behind_it() -> None:
    framer = Framer(WANTED)
    stream = b"Asterisk Call Manager/5.0.4\r\n" + event("Newchannel", snapshot())
    assert len([block for byte in stream for block in framer.feed(bytes([byte]))]) == 1
    assert framer.banner == "Asterisk Call Manager/5.0.4"


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


def test_lines_end_at_cr_lf_only() -> None:
    """28b-injected-numbers: a bare LF, and a bare CR, are part of a number."""
    (block,) = framed(event("Newchannel", snapshot("79000\n\n000001\r2")))
    decoded = Decoder().decode(block, 5.0)
    assert isinstance(decoded, ChannelCreated)
    assert decoded.number == "79000\n\n000001\r2"


def test_an_empty_line_too_many_costs_no_message() -> None:
    """07-ivr-queue-second-agent: TestEvent ends with two."""
    framer = Framer(WANTED, banner=False)
    stream = event("TestEvent", "State: X\r\n") + b"\r\n" + event("Newchannel", snapshot())
    assert len(framer.feed(stream)) == 1
    assert framer.events == {"TestEvent": 1, "Newchannel": 1}


def test_answers_are_given_whatever_they_are_called() -> None:
    """Also such as come for the actions of others, and list items that have a number but no channel's run."""
    answers = [
        b"Response: Success\r\nActionID: 1\r\nPing: Pong\r\n\r\n",
        b"Event: CoreShowChannelsComplete\r\nActionID: 2\r\nListItems: 0\r\n\r\n",
        b"Event: QueueEntry\r\nQueue: support\r\nUniqueid: 1.1\r\nCallerIDNum: 79\r\nActionID: 3\r\n\r\n",
        b"Event: OriginateResponse\r\nPrivilege: call,all\r\nActionID: 4\r\nUniqueid: 1.1\r\nCallerIDNum: 7\r\nCallerIDName: a\r\n\r\n",
    ]
    assert framed(b"".join(answers)) == [answer[:-4] for answer in answers]


def test_of_all_variables_only_the_three_that_tell_are_given() -> None:
    told = ("QUEUESTATUS", "DIALSTATUS", "VMSTATUS")
    framer, decoder = Framer(WANTED, banner=False), Decoder()
    variables = [
        decoder.decode(block, 5.0)
        for name in (*told, "DIALEDPEERNUMBER", "HASHSTATUS", "MACRO_DEPTH")
        for block in framer.feed(event("VarSet", f"{snapshot()}Variable: {name}\r\nValue: X\r\n", "dialplan,all"))
    ]
    assert [each.variable for each in variables if isinstance(each, VariableSet)] == list(told)
    assert framer.events == {"VarSet": 6}


def test_an_orphan_is_counted_and_not_given() -> None:
    framer = Framer(WANTED, banner=False)
    assert framer.feed(b"CallerIDName: x\r\nLinkedid: 1.1\r\n\r\n" + event("Newchannel", snapshot())) != []
    assert framer.bad == {"orphan": 1}

"""An anonymised recording tells of the same calls, and of nobody."""

import re
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.ami.anonymise import HIDDEN, Anonymiser
from handlers.ami.decode import WANTED, Decoder
from handlers.ami.framing import Framer
from handlers.ami.message import text_of, unescaped
from handlers.core import Core
from handlers.facts import CallEnded
from handlers.numbers import NumberPlan
from handlers.rules import Rules
from tests.hostile import HOSTILE
from tests.recordings import NAMES, messages

KEY = b"a key that is forgotten"
PERSONAL = re.compile(rb"(?:CallerIDN|ConnectedLineN)(?:um|ame): ([^\r\n]*)|MemberName: ([^\r\n]*)")
NOBODY = {"<unknown>", "Anonymous", "anonymous", ""}
NAMED = {"name", "caller_name", "member"}
# Not the end of a channel's name, not an id.
NUMBERS = re.compile(r"(?<![\w./-])\+?\d[\d ()-]{4,}\d(?![\d.])")
LONG = 4
"""A shorter name may stand in anything (`N`, `7`)."""


def calls_of(raws: list[tuple[float, bytes]]) -> tuple[list[dict[str, Any]], Framer, Decoder]:
    framer, decoder, core = Framer(WANTED, banner=False), Decoder(), Core(Rules())
    found = []
    for at, raw in raws:
        for block in framer.feed(raw):
            event = decoder.decode(block, at)
            for fact in core.handle(event) if event is not None else ():
                if isinstance(fact, CallEnded):
                    found.append(asdict(fact))
    return found, framer, decoder


def without_people(told: Any, people: list[str | None]) -> Any:
    """What is told with every number of six digits and more, and every name, taken out into `people`."""
    if isinstance(told, dict):
        return {key: without_people(value, people) for key, value in told.items() if key not in NAMED}
    if isinstance(told, list | tuple):
        return [without_people(each, people) for each in told]
    if isinstance(told, str):
        people += NUMBERS.findall(told)
        return NUMBERS.sub("#", told)
    return told


@pytest.mark.parametrize("name", NAMES)
def test_a_replay_gives_the_same_calls_but_for_numbers_and_names(name: str) -> None:
    anonymiser = Anonymiser(KEY)
    raws = [(entry.t, entry.raw or b"") for entry in messages(name)]
    true, true_framer, true_decoder = calls_of(raws)
    told, framer, decoder = calls_of([(at, anonymiser.message(raw)) for at, raw in raws])
    before: list[str | None] = []
    after: list[str | None] = []
    assert without_people(told, after) == without_people(true, before)
    assert len(set(zip(before, after, strict=True))) == len(set(before)) == len(set(after))
    assert not set(before) & set(after)
    assert framer.events == true_framer.events
    assert (framer.bad, decoder.bad) == (true_framer.bad, true_decoder.bad)


@pytest.mark.parametrize("name", NAMES)
def test_no_number_and_no_name_stays_behind_anywhere(name: str) -> None:
    anonymiser = Anonymiser(KEY)
    raws = [entry.raw or b"" for entry in messages(name)]
    people = {
        unescaped(text_of(found)) for raw in raws for groups in PERSONAL.findall(raw) for found in groups if found
    } - NOBODY
    told = b"\n".join(map(anonymiser.message, raws)).decode("utf-8", "replace")
    secret = {one for one in people if len(one) >= LONG and not re.fullmatch(r"[\d+]{1,5}", one)}
    assert not {one for one in secret if one in told or repr(one)[1:-1] in told}
    assert not {one for one in secret if one.isdigit() and one[1:] in told}


# The others are words that a dialplan might have.
@pytest.mark.parametrize(
    "text", [each for each in HOSTILE.values() if not re.fullmatch(r"[\w \r<>+*#.-]*", each, re.ASCII)]
)
def test_nothing_that_is_no_number_or_plain_word_stays_behind_of_what_a_caller_may_have_written(text: str) -> None:
    said = re.sub("[\r\n]", " ", text[:2000])
    headers = (
        *(
            "CallerIDNum: {}",
            "DestCallerIDName: {}",
            "ConnectedLineNum: {}",
            "Exten: {}",
            "Extension: {}",
            "AccountCode: {}",
        ),
        *(
            "DialString: {}",
            "DialString: {}@trunk",
            "DialString: trunk/sip:{}@10.0.0.1:5060",
            "DialString: PJSIP/trunk/{}",
        ),
        *("Forward: Local/{}@from-internal", "Channel: Local/{}@from-internal-0000001a;1", "Channel: SIP/{}-0000001a"),
        *("Interface: Local/{}@from-queue/n", "StateInterface: Custom:{}", "Device: SIP/{}", "MemberName: {}"),
        *(
            "PausedReason: {}",
            "AppData: {}",
            "Variable: CALLERID(dnid)\r\nValue: {}",
            "Variable: CALLERID(name)\r\nValue: {}",
        ),
        *("Variable: DIALEDPEERNAME\r\nValue: PJSIP/{}-0000001a", "UserNote: {}"),
    )
    for header in headers:
        raw = header.replace("{}", said).encode("utf-8", "surrogatepass")
        told = Anonymiser(KEY).message(raw)
        assert said.strip().encode("utf-8", "surrogatepass") not in told, header
        for word in (
            b"script",
            b"HYPERLINK",
            b"DROP",
            b"jndi",
            b"onerror",
            b"evil",
            b"\x1b",
            "\u202e".encode(),
            "ש".encode(),
        ):
            assert word not in told, header
    assert Anonymiser(KEY).message(b"Exten: " + said.encode("utf-8", "surrogatepass")).count(b"\r\n") == 0


def test_one_caller_stays_one_in_every_spelling() -> None:
    anonymiser, plan = Anonymiser(KEY), NumberPlan("RU", "495", ("9",))
    spellings = ("79001112233", "+79001112233", "89001112233", "8 (900) 111-22-33", "+7 900 111 22 33")
    assert len({plan.normalised(anonymiser.number(number)) for number in spellings}) == 1
    dialled = anonymiser.message(b"Exten: 989001112233").decode().removeprefix("Exten: ")
    assert plan.normalised(dialled, dialled=True) == plan.normalised(anonymiser.number("79001112233"))
    assert plan.normalised(anonymiser.number("1112233")) == plan.normalised(anonymiser.number("84951112233"))


@given(st.from_regex(r"\A[78]9[0-9]{9}\Z"), st.from_regex(r"\A[78]9[0-9]{9}\Z"), st.binary(min_size=1, max_size=8))
def test_two_numbers_never_become_one(one: str, other: str, key: bytes) -> None:
    anonymiser = Anonymiser(key)
    assert (anonymiser.number(one) == anonymiser.number(other)) == (one == other)


def test_another_key_gives_other_people() -> None:
    assert Anonymiser(b"1").number("79001112233") != Anonymiser(b"2").number("79001112233")
    assert Anonymiser(b"1").name("Иван Петров") != Anonymiser(b"2").name("Иван Петров")


@given(st.binary(max_size=300))
def test_whatever_the_bytes_it_never_raises_and_keeps_the_shape(raw: bytes) -> None:
    assert Anonymiser(KEY).message(raw).count(b"\r\n") == raw.count(b"\r\n")


@pytest.mark.parametrize(
    ("line", "leaves"),
    [
        ("CallerIDNum: 79001112233", "79001112233"),
        ("CallerIDNum: ivan.petrov", "petrov"),
        ("CallerIDNum: 79\nIvan", "Ivan"),
        ("CallerIDNum: ٣٤٥٦٧٨٩", "٣٤٥"),
        ("CallerIDName: 79001112233", "79001112233"),
        ("CallerIDName: Иван\\r\\nПетров", "Петров"),
        ("DestConnectedLineName: Ivan", "Ivan"),
        ("SpyeeConnectedLineNum: 79001112233", "1112233"),
        ("Channel: Local/89001112233@from-internal-0000001a;2", "1112233"),
        ("Channel: DAHDI/i1/89001112233-1f", "1112233"),
        ("DialString: trunk/sip:89001112233@10.0.0.1:5060", "1112233"),
        ("DialString: 89001112233@trunk", "1112233"),
        ("DialString: 89001112233", "1112233"),
        ("DialString: Local/89001112233@from-internal/n", "1112233"),
        ("Interface: Local/89001112233@from-queue/n", "1112233"),
        ("StateInterface: Custom:89001112233", "1112233"),
        ("DestExten: 989001112233", "1112233"),
        ("Extension: *7289001112233", "1112233"),
        ("AppData: NoOp,Ivan 79001112233", "Ivan"),
        ("Application: Ivan\n79001112233", "Ivan"),
        ("AccountCode: 79001112233", "1112233"),
        ("ChanVariable: NAME=Ivan", "Ivan"),
        ("UserNote: Ivan", "Ivan"),
        ("Ivan Petrov: 79001112233", "Ivan"),
        ("Ivan Petrov", "Ivan"),
        ("Event: Ivan", "Ivan"),
        ("Uniqueid: 79001112233", "79001112233"),
        ("Position: 79001112233", "1112233"),
        ("Digit: 7", "7"),
        ("Variable: CALLERID(name)\r\nValue: Ivan", "Ivan"),
        ("Variable: CALLERID(dnid)\r\nValue: 79001112233", "1112233"),
        ("Variable: 79001112233\r\nValue: 1", "1112233"),
        ("Variable: DIALSTATUS\r\nValue: 79001112233", "1112233"),
        ("Variable: MIXMONITOR_FILENAME\r\nValue: in-79001112233-1795450254.0.wav", "1112233"),
        ("Variable: DIALEDPEERNUMBER\r\nValue: 89001112233@trunk", "1112233"),
        ("Variable: DIALEDPEERNAME\r\nValue: Local/89001112233@x-0000001a;1", "1112233"),
        ("Value: Ivan", "Ivan"),
    ],
)
def test_a_header_never_leaves_a_caller_behind(line: str, leaves: str) -> None:
    assert leaves not in Anonymiser(KEY).message(line.encode() + b"\r\n\r\n").decode()


@pytest.mark.parametrize(
    "line",
    [
        "Channel: PJSIP/101-0000001a",
        "Channel: PJSIP/74951234567-0000001a",
        "Channel: PJSIP/megafon-0000001a<ZOMBIE>",
        "DestChannel: Local/101@from-queue-00000001;1",
        "DialString: 101",
        "DialString: PJSIP/101",
        "Interface: Local/101@from-queue/n",
        "MemberName: PJSIP/101",
        "CallerIDNum: 101",
        "CallerIDNum: Anonymous",
        "CallerIDName: <unknown>",
        "Exten: *8",
        "Exten: s",
        "Queue: support",
        "Context: from-trunk",
        "Uniqueid: 1795450254.0",
        "DestLinkedid: pbx-1-1795450254.10",
        "BridgeUniqueid: 22239732-b40d-4139-9931-b6503636b3f0",
        "Timestamp: 1795450325.921784",
        "Variable: QUEUESTATUS\r\nValue: JOINEMPTY",
        "Variable: CALLERID(dnid)\r\nValue: 7001",
        "Variable: ANSWEREDTIME_MS\r\nValue: 5201",
    ],
)
def test_what_says_nothing_of_a_caller_stays(line: str) -> None:
    assert Anonymiser(KEY).message(line.encode()) == line.encode()


def test_a_name_is_one_whatever_its_code_page_and_a_number_in_its_place_is_the_number() -> None:
    anonymiser = Anonymiser(KEY)
    utf8 = anonymiser.message("CallerIDName: Иван".encode())
    assert anonymiser.message("CallerIDName: Иван".encode("cp1251")) == utf8
    assert utf8.startswith(b"CallerIDName: Name ")
    number = anonymiser.number("79001112233")
    assert anonymiser.message(b"CallerIDName: 79001112233") == f"CallerIDName: {number}".encode()


def test_free_text_is_hidden_and_an_empty_one_stays_empty() -> None:
    anonymiser = Anonymiser(KEY)
    assert anonymiser.message(b"PausedReason: lunch with Ivan") == f"PausedReason: {HIDDEN}".encode()
    assert anonymiser.message(b"PausedReason: ") == b"PausedReason: "

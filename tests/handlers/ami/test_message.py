"""A message as headers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.ami.message import HEADERS_LIMIT, Message, text_of, unescaped


def test_a_header_without_a_space_and_trailing_spaces_survive() -> None:
    message = Message(b"Event: X\r\nKey:value\r\nOther: v  \r\nTwo:  spaces")
    assert (message.get("Key"), message.get("other"), message.get("Two")) == ("value", "v  ", " spaces")


def test_an_empty_value_is_empty_and_an_absent_one_none() -> None:
    message = Message(b"Event: X\r\nEmpty: \r\nBare:\r\nUnknown: <unknown>")
    assert (message.get("Empty"), message.get("Bare"), message.get("Unknown"), message.get("Absent")) == (
        "",
        "",
        None,
        None,
    )


def test_repeated_headers_are_all_kept_whatever_their_case() -> None:
    """27-extras: ChanVariable repeats; Uniqueid is UniqueID in Cdr and CEL."""
    message = Message(b"Event: Cdr\r\nChanVariable: A=1\r\nchanvariable: B=2\r\nUniqueID: 1.1")
    assert message.all("ChanVariable") == ("A=1", "B=2")
    assert message.get("Uniqueid") == "1.1"
    assert message.all("Absent") == ()
    assert list(message.items()) == [
        ("event", "Cdr"),
        ("chanvariable", "A=1"),
        ("chanvariable", "B=2"),
        ("uniqueid", "1.1"),
    ]


def test_the_first_of_repeated_headers_is_the_one() -> None:
    assert Message(b"Event: Newchannel\r\nUniqueid: 1.1\r\nEvent: Hangup\r\nUniqueid: 2.2").name == "Newchannel"
    assert Message(b"Event: Newchannel\r\nUniqueid: 1.1\r\nUniqueid: 2.2").get("Uniqueid") == "1.1"


@pytest.mark.parametrize(
    ("block", "name"), [(b"Response: Error\r\nMessage: No", "Response"), (b"Key: v", ""), (b"", "")]
)
def test_what_is_no_event_has_another_name(block: bytes, name: str) -> None:
    assert Message(block).name == name


def test_a_refusal_keeps_its_last_header() -> None:
    assert Message(b"Response: Error\r\nMessage: Permission denied").get("Message") == "Permission denied"


def test_a_bare_line_feed_stays_in_its_value() -> None:
    """28b-injected-numbers."""
    assert Message(b"Event: X\r\nCallerIDNum: 79000\n000001\r\nY: z").get("CallerIDNum") == "79000\n000001"


def test_the_headers_of_a_message_are_limited() -> None:
    message = Message(b"Event: X\r\n" + b"".join(b"K%d: v\r\n" % number for number in range(2 * HEADERS_LIMIT)))
    assert len(list(message.items())) == HEADERS_LIMIT


def test_a_name_that_asterisk_cut_within_a_character_is_what_there_was_room_for() -> None:
    name = "Константинопольская Анастасия Александровна"
    assert text_of(name.encode()[:79]) == name[:40]
    assert text_of(b"CallerIDName: " + name.encode()[:79] + b"\r\nExten: 1") == f"CallerIDName: {name[:40]}\r\nExten: 1"
    assert text_of("漢字".encode()[:-1]) == "漢"
    # A last letter of the old code page is no half of anything.
    assert text_of("John Р".encode("cp1251")) == "John Р"
    assert text_of("Иван Р".encode("cp1251")) == "Иван Р"


@pytest.mark.parametrize(
    ("escaped", "text"),
    [
        (r"O\'Brien \"x\" \\r \?", 'O\'Brien "x" \\r ?'),
        (r"a\r\nb\tc", "a\r\nb\tc"),
        (r"\\\\n", r"\\n"),
        (r"\a\b\f\v", "\a\b\f\v"),
        (r"50\% \x", r"50\% \x"),
        ("ends with \\", "ends with \\"),
        ("Иван", "Иван"),
    ],
)
def test_escapes_are_undone_once(escaped: str, text: str) -> None:
    assert unescaped(escaped) == text


@given(st.text())
def test_whatever_asterisk_escaped_comes_back(text: str) -> None:
    codes = {"\a": "a", "\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t", "\v": "v"} | {c: c for c in "\\'\"?"}
    assert unescaped("".join("\\" + codes[c] if c in codes else c for c in text)) == text


def test_only_the_four_fields_that_asterisk_escapes_are_unescaped() -> None:
    headers = (
        "CallerIDName",
        "ConnectedLineName",
        "DestCallerIDName",
        "DestConnectedLineName",
        "ChanVariable",
        "Value",
    )
    raw = "Event: VarSet\r\n" + "".join(f"{header}: a\\nb\r\n" for header in headers)
    assert {Message(raw).get(header) for header in headers} == {"a\nb"}
    for header in ("AppData", "CallerIDNum", "Channel", "ConnectedLineNum", "AccountCode"):
        assert Message(f"Event: VarSet\r\n{header}: a\\nb".encode()).get(header) == r"a\nb"
    assert Message(rb"Response: Success" + b"\r\n" + rb"Value: a\nb").get("Value") == r"a\nb"


def test_bytes_that_are_not_utf_8_are_the_old_russian_code_page() -> None:
    """28-strange-names, Asterisk 16."""
    assert text_of("Иван".encode("cp1251")) == "Иван"
    assert text_of("Иван".encode()) == "Иван"
    assert text_of(b"\x98 is in neither") == "\N{REPLACEMENT CHARACTER} is in neither"


def test_one_name_in_an_old_code_page_leaves_the_other_headers_alone() -> None:
    raw = b"CallerIDName: " + "Иван".encode("cp1251") + "\r\nMemberName: Анна".encode()
    message = Message(raw)
    assert (message.get("CallerIDName"), message.get("MemberName")) == ("Иван", "Анна")


@given(st.binary())
def test_no_bytes_raise_and_none_are_lost_at_the_line_ends(raw: bytes) -> None:
    assert text_of(raw).count("\r\n") == raw.count(b"\r\n")
    Message(raw)

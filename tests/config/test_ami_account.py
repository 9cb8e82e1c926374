"""The account's rights and filters: what it is sent, and that Asterisk's own regular expressions say the same.

That a real Asterisk filters so is tests/asterisk's to show; here the C library compiles the patterns as Asterisk does.
"""

import ctypes
import ctypes.util
import locale
from collections.abc import Iterator

import pytest

from config.ami_account import (
    EVENT_FILTERS,
    EVENTS,
    FORGEABLE,
    NOTHING_FORGED,
    READ,
    VARIABLES,
    WRITE,
    account_lines,
    passes_filter,
)
from tests.recordings import NAMES, messages

CHANNEL = "Channel: PJSIP/megafon-00000001\r\nCallerIDNum: {number}\r\nLinkedid: 1795450254.0\r\n"
REG_EXTENDED, REG_NOSUB = 1, 8


def event(name: str, rest: str = "", privilege: str = "call,all", number: str = "79001112233") -> str:
    return f"Event: {name}\r\nPrivilege: {privilege}\r\n{CHANNEL.format(number=number)}{rest}\r\n"


def var_set(variable: str, value: str = "BUSY", number: str = "79001112233") -> str:
    return event("VarSet", f"Variable: {variable}\r\nValue: {value}\r\n", "dialplan,all", number)


class PosixFilters:
    """The filters as Asterisk's manager.c compiles and applies them: REG_EXTENDED | REG_NOSUB over the whole event."""

    def __init__(self) -> None:
        self.libc = ctypes.CDLL(ctypes.util.find_library("c"))
        self.included: list[ctypes.Array[ctypes.c_char]] = []
        self.excluded: list[ctypes.Array[ctypes.c_char]] = []
        for pattern in EVENT_FILTERS:
            regex = ctypes.create_string_buffer(1024)
            assert self.libc.regcomp(regex, pattern.removeprefix("!").encode(), REG_EXTENDED | REG_NOSUB) == 0
            (self.excluded if pattern.startswith("!") else self.included).append(regex)

        self.unforgeable = ctypes.create_string_buffer(1024)
        pattern = NOTHING_FORGED.removeprefix("!")
        assert self.libc.regcomp(self.unforgeable, pattern.encode(), REG_EXTENDED | REG_NOSUB) == 0

    def is_forged(self, block: bytes) -> bool:
        """Does the filter against long numbers take it out?"""
        return bool(self.libc.regexec(self.unforgeable, block, 0, None, 0) == 0)

    def passes(self, block: bytes) -> bool:
        def matches(regex: object) -> bool:
            return bool(self.libc.regexec(regex, block, 0, None, 0) == 0)

        return any(map(matches, self.included)) and not any(map(matches, self.excluded))


@pytest.fixture(params=["C", "C.UTF-8"])
def posix(request: pytest.FixtureRequest) -> Iterator[PosixFilters]:
    """Asterisk 16 runs in the first locale, Asterisk 22 sets the second."""
    before = locale.setlocale(locale.LC_ALL)
    locale.setlocale(locale.LC_ALL, request.param)
    yield PosixFilters()
    locale.setlocale(locale.LC_ALL, before)


def test_rights_are_the_least() -> None:
    assert (READ, WRITE) == (("system", "call", "agent", "dialplan"), ("reporting",))
    assert not {"originate", "command", "config", "all"} & {*READ, *WRITE}


@pytest.mark.parametrize("name", EVENTS)
def test_a_wanted_event_passes(name: str) -> None:
    assert passes_filter(event(name))


@pytest.mark.parametrize(
    "name", ["Newexten", "DeviceStateChange", "MusicOnHoldStart", "HangupXRequest", "hangup", "XHangup"]
)
def test_another_event_does_not(name: str) -> None:
    assert not passes_filter(event(name))


@pytest.mark.parametrize("variable", VARIABLES)
@pytest.mark.parametrize("value", ["", "BUSY", "LEAVEUNAVAIL"])
def test_the_three_variables_pass(variable: str, value: str) -> None:
    assert passes_filter(var_set(variable, value))


@pytest.mark.parametrize("variable", ["SIPDOMAIN", "DIALSTATUS2", "XDIALSTATUS", "dialstatus", "DIALSTATUS-X", ""])
def test_other_variables_do_not(variable: str) -> None:
    assert not passes_filter(var_set(variable))


@pytest.mark.parametrize(
    ("privilege", "sent"),
    [
        ("call,all", True),
        ("system,all", True),
        ("<none>", True),
        ("reporting,all", False),
        ("security,all", False),
        ("cdr,all", False),
        ("call,reporting,all", False),
    ],
)
def test_an_event_is_sent_to_who_may_read_all_its_classes(privilege: str, sent: bool) -> None:
    assert passes_filter(event("Hangup", privilege=privilege)) is sent


@pytest.mark.parametrize(
    "answer",
    [
        "Response: Success\r\nActionID: 1\r\n\r\n",
        "Event: QueueParams\r\nQueue: support\r\nActionID: 1\r\n\r\n",
        "Event: CoreShowChannelsComplete\r\nActionID: 1\r\nEventList: Complete\r\n\r\n",
        "Event: Status\r\nPrivilege: Call\r\nChannel: PJSIP/101-00000001\r\nActionID: 1\r\n\r\n",
    ],
)
def test_answers_to_actions_are_never_filtered(answer: str) -> None:
    assert passes_filter(answer)


@pytest.mark.parametrize(
    "forged",
    [
        "79\r\nVariable: DIALSTATUS\r\nValue: BUSY",
        "79\r\nEvent: Hangup\r\nPrivilege: call,all",
        "79\r\n\r\nEvent: Hangup\r\nPrivilege: call,all\r\nUniqueid: 1.1\r\n\r\nVariable: DIALSTATUS\r\nValue: BUSY\r\n\r\n",
        "79\nEvent: Hangup\nPrivilege: call,all\n",
    ],
)
def test_a_callers_number_lets_no_other_event_through(forged: str, posix: PosixFilters) -> None:
    for block in (
        event("DeviceStateChange", number=forged),
        var_set("SIPDOMAIN", number=forged),
        *(event(name, f"AppData: {forged}\r\n", "dialplan,all") for name in FORGEABLE),
    ):
        assert not passes_filter(block)
        assert not posix.passes(block.encode())


def test_a_stray_byte_in_a_number_hides_nothing(posix: PosixFilters) -> None:
    block = var_set("DIALSTATUS", number="79Èâà").encode("latin-1")
    assert posix.passes(block)
    assert passes_filter(block.decode("latin-1"))


@pytest.mark.parametrize("name", NAMES)
def test_asterisks_regular_expressions_say_the_same_of_real_traffic(name: str, posix: PosixFilters) -> None:
    compared = 0
    for entry in messages(name):
        assert entry.raw is not None
        block = entry.raw.decode("latin-1")
        classes = block.partition("\r\nPrivilege: ")[2].partition("\r\n")[0].split(",")
        if block.startswith("Event: ") and set(classes) - {"all"} and set(classes) - {"all"} <= set(READ):
            assert passes_filter(block) is posix.passes(entry.raw), block
            compared += 1
    assert compared


def test_the_account_lets_in_whom_it_permits_and_nobody_else() -> None:
    lines = account_lines("s3cret", ["127.0.0.1/255.255.255.255", "::1/128"])
    assert lines[:6] == [
        "[ringtally]",
        "secret = s3cret",
        "deny = 0.0.0.0/0.0.0.0",
        "deny = ::/0",
        "permit = 127.0.0.1/255.255.255.255",
        "permit = ::1/128",
    ]
    assert "read = system,call,agent,dialplan" in lines
    assert "write = reporting" in lines
    assert "writetimeout = 5000" in lines
    assert account_lines("s3cret", "127.0.0.1/255.255.255.255")[4] == lines[4]


def test_the_filters_survive_asterisks_files_and_mikopbx_form() -> None:
    # Asterisk cuts comments at `;`, strips spaces at the ends and reads lines of up to 8 KiB; MikoPBX takes 2000 characters.
    for pattern in EVENT_FILTERS:
        assert pattern == pattern.strip()
        assert not set(pattern) & set(";\\\t\n")
        assert pattern.isascii()
    assert len("\n".join(EVENT_FILTERS)) < 2000


@pytest.mark.parametrize(
    "number", ["79\r\n\r\nEvent: Hangup\r\nX: 1", "79\r\nEvent: Z", "7\r\n\r\nResponse: Success\r\nX: "]
)
def test_an_event_with_another_begin_in_it_is_taken_out(posix: PosixFilters, number: str) -> None:
    assert posix.is_forged(event("Hangup", "Cause: 16\r\n", number=number).encode())
    assert posix.is_forged(event("Hangup", "Cause: 16\r\n", number=number + "\xff").encode("latin-1"))


@pytest.mark.parametrize("text", ["79", "Event: Hangup", "My Event: Hangup", "7\r\nX: 1", r"\r\nEvent: Hangup"])
def test_an_event_without_one_is_not(posix: PosixFilters, text: str) -> None:
    assert not posix.is_forged(event("Hangup", "Cause: 16\r\n", number=text).encode())


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"28b-injected-numbers"}))
def test_no_event_of_an_honest_recording_is_taken_out(posix: PosixFilters, name: str) -> None:
    wanted = [entry.raw or b"" for entry in messages(name) if (entry.raw or b"").startswith(b"Event: ")]
    answers = (b"Event: OriginateResponse", b"Event: TestEvent")
    assert [raw for raw in wanted if not raw.startswith(answers) and posix.is_forged(raw)] == []

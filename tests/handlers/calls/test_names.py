"""What names of channels, dial strings and numbers tell."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.calls.names import ChannelName, is_extension, number_dialled, parse_channel_name, presented


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("PJSIP/101-00000001", ("PJSIP", "101", 0)),
        ("PJSIP/my-trunk-0000001a", ("PJSIP", "my-trunk", 0)),
        ("PJSIP/74951234567-0000001a", ("PJSIP", "74951234567", 0)),
        ("SIP/201-00000000", ("SIP", "201", 0)),
        ("SIP/10.0.0.7-00000000", ("SIP", "10.0.0.7", 0)),
        ("IAX2/office-1234", ("IAX2", "office", 0)),
        ("IAX2/10.0.0.1:4569-1234", ("IAX2", "10.0.0.1:4569", 0)),
        ("DAHDI/1-1", ("DAHDI", "1", 0)),
        ("DAHDI/i1/79001112233-1f", ("DAHDI", "i1", 0)),
        ("Local/101@from-queue-00000000;1", ("Local", "101@from-queue", 1)),
        ("Local/101@from-queue-00000000;2", ("Local", "101@from-queue", 2)),
        ("Local/a/b@ctx-00000000;2", ("Local", "a/b@ctx", 2)),
        ("PJSIP/101-00000001<ZOMBIE>", ("PJSIP", "101", 0)),
        ("PJSIP/101-00000001<MASQ>", ("PJSIP", "101", 0)),
        ("PJSIP/101", ("PJSIP", "101", 0)),
        ("nonsense", ("nonsense", "", 0)),
        ("", ("", "", 0)),
    ],
)
def test_a_channels_name_tells_its_device(name: str, parts: tuple[str, str, int]) -> None:
    assert parse_channel_name(name) == ChannelName(*parts)


def test_queues_know_a_device_by_its_channels_name_without_the_suffix() -> None:
    assert parse_channel_name("PJSIP/my-trunk-0000001a").device == "PJSIP/my-trunk"


@pytest.mark.parametrize(
    "name", ["Local/1@x-0;1", "Surrogate/x-1", "Message/ast_msg_queue", "DAHDI/pseudo-7", "Announcer/ARI-1"]
)
def test_halves_and_helpers_are_no_devices(name: str) -> None:
    assert not parse_channel_name(name).is_device


@pytest.mark.parametrize("name", ["PJSIP/101-1", "SIP/201-1", "IAX2/a-1", "DAHDI/1-1", "Motif/me-1"])
def test_phones_and_lines_are_devices(name: str) -> None:
    assert parse_channel_name(name).is_device


@given(st.text())
def test_no_name_is_too_strange(name: str) -> None:
    assert parse_channel_name(name).half in {0, 1, 2}


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("1", True),
        ("101", True),
        ("12345", True),
        ("123456", False),
        ("", False),
        (None, False),
        ("*8", False),
        ("١٢", False),
    ],
)
def test_up_to_five_digits_are_an_extension(text: str | None, answer: bool) -> None:
    assert is_extension(text) is answer


@pytest.mark.parametrize(
    ("dial_string", "number"),
    [
        ("101", "101"),
        ("PJSIP/101", "101"),
        ("89161234567@trunk", "89161234567"),
        ("trunk/89161234567", "89161234567"),
        ("trunk/+79161234567", "+79161234567"),
        ("trunk/sip:8916@10.0.0.1:5060", "8916"),
        ("trunk/sip:8916;user=phone@10.0.0.1", "8916"),
        ("g1/8916", "8916"),
        ("8916:secret@10.0.0.1", "8916"),
        ("*97", "*97"),
        ("Local/101@from-queue/n", None),
        ("my-phone", None),
        ("7900\r\nEvent: X@trunk", None),
        ("", None),
    ],
)
def test_a_dial_string_tells_the_number(dial_string: str, number: str | None) -> None:
    assert number_dialled(dial_string) == number


@pytest.mark.parametrize(
    ("number", "kept"),
    [
        ("79001112233", "79001112233"),
        ("79\r\nEvent: Hangup", "79"),
        ("79000\n000001", "79000"),
        ("7900\x00900002", "7900"),
        ("\r\n79", None),
        ("<unknown>", None),
        ("", None),
        (None, None),
    ],
)
def test_a_number_ends_at_its_first_cr_lf_or_nul(number: str | None, kept: str | None) -> None:
    """28b-injected-numbers."""
    assert presented(number) == kept

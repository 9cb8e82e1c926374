"""What is printed to be pasted into a PBX."""

import pytest

from config.ami_account import EVENT_FILTERS, NOTHING_FORGED, account_lines
from config.snippet import FLAVOURS, SnippetError, pbx_snippet

SECRET = "n3-w_Secret"


@pytest.mark.parametrize("flavour", ["plain", "freepbx", "issabel"])
def test_a_flavour_with_files_gets_comments_and_the_account(flavour: str) -> None:
    lines = pbx_snippet(flavour, SECRET, "192.168.1.20").splitlines()
    account = [line for line in lines if line and not line.startswith(";")]
    assert account == account_lines(SECRET, "192.168.1.20/255.255.255.255")


def test_mikopbx_gets_what_its_form_asks_for() -> None:
    lines = pbx_snippet("mikopbx", SECRET, "192.168.1.0/24").splitlines()
    assert [line for line in lines if not line.startswith(";")] == ["ringtally", SECRET, *EVENT_FILTERS]
    text = "\n".join(lines)
    assert "read:  system, call, agent, dialplan\n" in text
    assert "write: reporting\n" in text
    assert "192.168.1.0/255.255.255.0" in text


@pytest.mark.parametrize(
    ("flavour", "file"),
    [("plain", "manager.conf"), ("freepbx", "manager_custom.conf"), ("issabel", "manager_custom.conf")],
)
def test_where_it_goes_and_how_it_is_reloaded_is_said(flavour: str, file: str) -> None:
    text = pbx_snippet(flavour, SECRET)
    assert f"/etc/asterisk/{file}" in text
    assert "asterisk -rx 'manager reload'" in text
    assert "ringtally check-ami" in text


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_the_filter_against_long_numbers_is_there_and_off(flavour: str) -> None:
    """It hides a forger's own calls, so that it is for those alone whose numbers have room for forged events."""
    (line,) = [line for line in pbx_snippet(flavour, SECRET).splitlines() if NOTHING_FORGED in line]
    assert line.startswith(";")


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_nothing_is_left_to_fill_in(flavour: str) -> None:
    text = pbx_snippet(flavour, SECRET)
    for pattern in EVENT_FILTERS:
        assert text.count(pattern) == 1
        text = text.replace(pattern, "")
    assert "$" not in text


@pytest.mark.parametrize(
    ("permit", "lines"),
    [
        ("127.0.0.1", ["127.0.0.1/255.255.255.255"]),
        ("192.168.1.20/24", ["192.168.1.0/255.255.255.0"]),
        ("10.0.0.5/255.255.255.255", ["10.0.0.5/255.255.255.255"]),
        ("127.0.0.1, ::1", ["127.0.0.1/255.255.255.255", "::1/128"]),
        ("2001:db8::/32", ["2001:db8::/32"]),
    ],
)
def test_addresses_are_written_as_every_asterisk_reads_them(permit: str, lines: list[str]) -> None:
    text = pbx_snippet("plain", SECRET, permit)
    assert [line for line in text.splitlines() if line.startswith("permit")] == [f"permit = {line}" for line in lines]


@pytest.mark.parametrize(
    "permit", ["", "pbx.example.com", "127.0.0.1\nread = all", "10.0.0.0/33", "127.0.0.1,", "1.2.3"]
)
def test_what_is_no_address_is_refused(permit: str) -> None:
    with pytest.raises(SnippetError, match="is neither an address nor a network") as caught:
        pbx_snippet("plain", SECRET, permit)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("secret", ["", " a", "a;b", "a\\", "a\nread = all", "a\0"])
def test_a_secret_that_the_file_would_not_carry_is_refused_unshown(secret: str) -> None:
    with pytest.raises(SnippetError, match="the secret is empty or has characters") as caught:
        pbx_snippet("plain", secret)
    assert "read = all" not in str(caught.value)


def test_an_unknown_flavour_is_told_the_known_ones() -> None:
    with pytest.raises(SnippetError, match="there are plain, freepbx, issabel, mikopbx"):
        pbx_snippet("asterisknow", SECRET)

"""The lines of a recording, as ringtally and others write them."""

import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.ami.recording import Entry, RecordingError, message_line, other_line, parse_line

RAW = b"Event: FullyBooted\r\nPrivilege: system,all\r\n\r\n"


def test_a_message_is_read_with_its_line_ends() -> None:
    line = json.dumps({"t": 1795450254.25, "raw": RAW.decode()}).encode()
    assert parse_line(line) == Entry(1795450254.25, raw=RAW)


def test_whole_seconds_are_moments_too() -> None:
    assert parse_line(b'{"t": 1795450254, "mono": 7, "note": "EOF"}') == Entry(1795450254.0, 7.0, note="EOF")


@pytest.mark.parametrize("kind", ["banner", "sent", "note"])
def test_the_other_lines_are_told_apart(kind: str) -> None:
    entry = parse_line(other_line(kind, "Asterisk Call Manager/11.0.0", 5.0, 1.0))
    assert entry == Entry(5.0, 1.0, **{kind: "Asterisk Call Manager/11.0.0"})  # type: ignore[arg-type]  # one text each


def test_what_is_of_another_kind_is_no_value() -> None:
    assert parse_line(b'{"t": 1, "mono": "x", "raw": 5, "raw64": null, "banner": [], "more": 1}') == Entry(1.0)


@given(st.binary(), st.floats(0, 1e11), st.floats(0, 1e9))
def test_whatever_bytes_were_recorded_come_back(raw: bytes, t: float, mono: float) -> None:
    line = message_line(raw, t, mono)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert parse_line(line) == Entry(t, mono, raw)


def test_bytes_that_are_not_utf_8_are_kept_in_base64() -> None:
    """28-strange-names, Asterisk 16."""
    assert b'"raw64"' in message_line(b"CallerIDName: \xc8\xe2\xe0\xed\r\n\r\n", 5.0, 1.0)
    assert b'"raw"' in message_line("CallerIDName: Иван\r\n\r\n".encode(), 5.0, 1.0)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"Event: Hangup", "not JSON"),
        (b'{"t": 1', "not JSON"),
        (b'{"t": 1, "raw": "\xff"}', "not JSON"),
        (b'{"t": 1, "raw": "\\ud800"}', "not JSON"),
        (b'{"t": NaN}', "not JSON"),
        (b"[1]", 'a number "t"'),
        (b'{"raw": "x"}', 'a number "t"'),
        (b'{"t": "1795450254"}', 'a number "t"'),
        (b'{"t": true}', 'a number "t"'),
        (b'{"t": null}', 'a number "t"'),
        (b'{"t": 1e999}', "not JSON"),
        (b'{"t": 1e12}', "no moment"),
        (b'{"t": -1}', "no moment"),
        (b'{"t": 1, "raw64": "a"}', "raw64"),
        (b'{"t": 1, "raw64": "=!"}', "raw64"),
        ('{"t": 1, "raw64": "Иван"}'.encode(), "raw64"),
    ],
)
def test_a_line_that_is_none_says_what_is_wrong_with_it(line: bytes, reason: str) -> None:
    with pytest.raises(RecordingError, match=reason):
        parse_line(line)


JSON = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**63), 2**64 - 1),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(),
    ),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)


@given(st.dictionaries(st.sampled_from(["t", "mono", "raw", "raw64", "note", "banner"]), JSON))
def test_no_line_raises_anything_else(fields: dict[str, object]) -> None:
    try:
        entry = parse_line(orjson.dumps(fields))
    except RecordingError:
        return
    assert entry.t == pytest.approx(fields["t"])

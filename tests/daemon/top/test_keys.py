"""Keys as terminals send them."""

import pytest

from daemon.top.keys import command, keys_in


@pytest.mark.parametrize(
    ("raw", "keys"),
    [
        (b"q", ["q"]),
        (b"\x1b[A\x1b[B\x1bOA", ["up", "down", "up"]),
        (b"\x1b[5~\x1b[6~\x1b[H\x1b[4~", ["page up", "page down", "home", "end"]),
        (b"\x1bOP\x1b[21~\x1b[[A\x1b[17~", ["F1", "F10", "F1", "F6"]),
        (b"\t\x1b[Z\r\x7f", ["tab", "shift tab", "enter", "backspace"]),
        (b"\x1b", ["escape"]),
        (b"\x1b[1;5C\x1b[99~x", ["x"]),  # keys that mean nothing here
        ("йЖ".encode(), ["й", "Ж"]),
        (b"\xff\xfe\x00\x01a", ["a"]),
    ],
)
def test_bytes_are_keys(raw: bytes, keys: list[str]) -> None:
    assert list(keys_in(raw)) == keys


def test_a_command_is_the_same_in_the_russian_layout() -> None:
    assert [command(key) for key in ("й", "Я", "q", "page up")] == ["q", "Z", "q", "page up"]

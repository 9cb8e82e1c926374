"""The bytes of a number are seen in a file however it is written, and others' numbers are not taken for it."""

import time
from pathlib import Path

import pytest

from storage.traces import spelled, traces

NUMBER = "79008362957"


def seen(folder: Path, text: str) -> int:
    path = folder / "file"
    path.write_bytes(b"\x07" + text.encode() + b"\x03rest")
    return traces([path], [NUMBER.encode()])


@pytest.mark.parametrize(
    "text",
    [
        "+79008362957",
        "8 900 836-29-57",
        "8(900)836.29.57, 2",
        "900/836/29/57",
        "8\u00a0900\u00a0836\u201129\u201157",
        "8 – 900 – 836 – 29 – 57",
        "+7\u202f900\u2009836\u200729\u221257",
        "８９００８３６２９５７",
        "٨٩٠٠٨٣٦٢٩٥٧",
    ],
)
def test_a_number_is_seen_once_in_every_spelling(tmp_path: Path, text: str) -> None:
    assert seen(tmp_path, text) == 1


@pytest.mark.parametrize("text", ["8 900 836-29-58", "8 900 836-29-579", "+48 900 836 29 57", "900 x 836 29 57", ""])
def test_others_numbers_are_not_his(tmp_path: Path, text: str) -> None:
    assert seen(tmp_path, text) == 0


@pytest.mark.parametrize("repeated", ["9", "9 ", "9\u00a0- ", "900", "900836295 ", "９００", "\u2011"])
def test_no_file_takes_more_time_than_it_is_long(tmp_path: Path, repeated: str) -> None:
    used = []
    for length in (100_000, 800_000):
        path = tmp_path / "file"
        path.write_text(repeated * (length // len(repeated)))
        begun = time.thread_time()
        assert spelled(path, NUMBER) == 0
        used.append(time.thread_time() - begun)
    assert used[1] < 24 * used[0] + 0.1  # by the square it is 64 times as long

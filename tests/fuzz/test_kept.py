"""The kept corpus of each target goes through it: what was found once stays mended."""

from pathlib import Path

import pytest

from tests.fuzz.corpus import FOLDER, archive_of, keep, kept, name_of
from tests.fuzz.targets import TARGETS

MOST_BYTES = 600_000


@pytest.mark.parametrize("name", TARGETS)
def test_what_was_kept_does_no_harm(name: str) -> None:
    inputs = kept(name)
    assert len(inputs) >= 5
    for each in inputs.values():
        assert len(each) <= TARGETS[name].longest
        TARGETS[name].run(each)


def test_the_corpus_is_small_and_of_targets_that_there_are() -> None:
    archives = set(FOLDER.iterdir())
    assert archives == {archive_of(name) for name in TARGETS}
    assert sum(path.stat().st_size for path in archives) < MOST_BYTES


def test_it_is_written_the_same_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.fuzz.corpus.FOLDER", tmp_path)
    inputs = [b"one", b"", b"\x00" * 100]
    keep("x", inputs)
    first = archive_of("x").read_bytes()
    keep("x", reversed([*inputs, b"one"]))
    assert archive_of("x").read_bytes() == first
    assert kept("x") == {name_of(each): each for each in inputs}

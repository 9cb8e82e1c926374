"""Recordings as files: whole ones, broken ones, several of one PBX; and the same pipeline as the live stream."""

import gzip
from pathlib import Path

import pytest

from daemon.replay import entries, events_of, replay
from handlers.ami.recording import RecordingError, message_line
from handlers.rules import Rules
from handlers.steady_time import SteadyTime
from storage.call_filter import CallFilter
from storage.call_json import call_json
from storage.calls import find_calls
from storage.reading import reading
from tests.daemon.fake_asterisk import hangup, new_channel
from tests.handlers.recorded import decoded
from tests.recordings import FOLDER, NAMES, messages, stream

NOW = 1_795_500_000.0


def recording(path: Path, *raws: bytes, start: float = 1_795_450_000.0) -> Path:
    """A recording of these messages, a second apart."""
    whole = b"".join(message_line(raw, start + n, n) for n, raw in enumerate(raws))
    path.write_bytes(gzip.compress(whole) if path.suffix == ".gz" else whole)
    return path


@pytest.mark.parametrize("name", [name for name in NAMES if name[:2] in {"07", "09", "12", "20", "28"}])
async def test_what_is_stored_is_what_is_told(name: str, tmp_path: Path) -> None:
    told = await replay([stream(name)], Rules(), tmp_path / "calls.db", NOW)
    async with reading(tmp_path / "calls.db") as connection:
        stored = await find_calls(connection, CallFilter(merged=True))
    in_order = sorted((each.call for each in told), key=lambda call: call.started_at)
    # What came of it later is known of a stored call alone.
    assert [call_json(call) | {"contacted_at": None} for call in stored] == [call_json(call) for call in in_order]


async def test_replayed_twice_into_one_database_a_call_is_there_once(tmp_path: Path) -> None:
    for _ in range(2):
        told = await replay([stream("07-ivr-queue-second-agent")], Rules(), tmp_path / "calls.db", NOW)
    async with reading(tmp_path / "calls.db") as connection:
        assert len(await find_calls(connection, CallFilter(merged=True))) == len(told) == 1


async def test_between_two_files_the_line_was_broken(tmp_path: Path) -> None:
    first = recording(tmp_path / "1.jsonl", new_channel("1795450000.1"))
    second = recording(tmp_path / "2.jsonl", hangup("1795450000.1"), start=1_795_450_060.0)
    (call,) = [each.call for each in await replay([first, second], Rules(), tmp_path / "calls.db", NOW)]
    assert call.incomplete


async def test_the_end_of_a_replay_is_not_the_end_of_a_call(tmp_path: Path) -> None:
    alive = recording(
        tmp_path / "1.jsonl", new_channel("1795450000.1"), new_channel("1795450000.2"), hangup("1795450000.2")
    )
    told = await replay([alive], Rules(), tmp_path / "calls.db", NOW)
    assert [(each.call.id, each.call.result, each.call.end_seen) for each in told] == [
        ("1795450000.2", "failed", True),
        ("1795450000.1", "unknown", False),
    ]
    async with reading(tmp_path / "calls.db") as connection:
        stored = await find_calls(connection, CallFilter())
    assert [(call.id, call.result, call.total_s, call.ended_at) for call in stored] == [
        ("1795450000.1", "unknown", None, None),
        ("1795450000.2", "failed", 1.0, 1_795_450_002.0),
    ]


@pytest.mark.parametrize(
    "path", sorted(FOLDER.glob("*/*.jsonl.gz")), ids=lambda path: f"{path.parent.name}-{path.name}"
)
def test_the_recordings_of_another_recorder_are_their_messages_and_nothing_else(path: Path) -> None:
    alone = decoded(entry for entry in entries(path) if entry.raw is not None)
    assert list(events_of(path, SteadyTime())) == list(alone)


def test_a_compressed_recording_is_the_same(tmp_path: Path) -> None:
    raws = [entry.raw or b"" for entry in messages("01-direct-caller-hangs-up")]
    plain, packed = recording(tmp_path / "x.jsonl", *raws), recording(tmp_path / "x.jsonl.gz", *raws)
    assert list(entries(packed)) == list(entries(plain))


@pytest.mark.parametrize("name", ["x.jsonl", "x.jsonl.gz"])
def test_a_recording_cut_off_anywhere_counts_as_far_as_it_is_whole(name: str, tmp_path: Path) -> None:
    path = recording(tmp_path / name, *(new_channel(f"1795450000.{n}") for n in range(20)))
    whole, all_of_it = path.read_bytes(), list(entries(path))
    for size in range(0, len(whole), 7):
        path.write_bytes(whole[:size])
        found = list(entries(path))
        assert found == all_of_it[: len(found)]
        assert name.endswith(".gz") or len(found) >= whole[:size].count(b"\n")
    assert len(all_of_it) == 20


def test_a_line_that_is_none_is_named_with_its_file(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('{"t": 1, "note": "connected"}\n\n{"raw": "without a time"}\n')
    with pytest.raises(RecordingError, match=r"x\.jsonl, line 3: not an object"):
        list(entries(path))


@pytest.mark.parametrize(
    "content", [b"not compressed at all\n", gzip.compress(b"")[:10] + b"\xff" * 30], ids=["plain", "damaged"]
)
def test_a_damaged_file_is_named(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl.gz"
    path.write_bytes(content)
    with pytest.raises(RecordingError, match=r"x\.jsonl\.gz, after line \d+: damaged"):
        list(entries(path))

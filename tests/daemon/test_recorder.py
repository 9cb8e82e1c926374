"""Recording the stream: what is kept, what is not, and what happens to the file."""

import asyncio
import gzip
import io
import os
import signal
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from daemon import recorder
from daemon.ami_client import AmiState
from daemon.recorder import Recording, record_to
from daemon.replay import entries, replay
from handlers.ami.anonymise import Anonymiser
from handlers.ami.framing import BLOCK_LIMIT
from handlers.ami.gathered import SNAPSHOT_ACTIONS
from handlers.ami.message import Message
from handlers.ami.recording import Entry, parse_line
from handlers.rules import Rules
from tests.daemon.fake_asterisk import SECRET, FakeAsterisk, account, hangup, new_channel
from tests.recordings import messages, stream


@pytest.fixture(autouse=True)
def _flushed_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "FLUSH_EVERY_S", 0.02)


def lines(file: io.BytesIO) -> list[Entry]:
    return [parse_line(line) for line in file.getvalue().splitlines()]


def test_messages_are_kept_byte_for_byte_wherever_the_stream_is_cut() -> None:
    kept = [entry.raw for entry in messages("28-strange-names")]
    whole = b"".join(raw for raw in kept if raw)
    for size in (1, 7, 1024, len(whole)):
        file = io.BytesIO()
        recording = Recording(file)
        for start in range(0, len(whole), size):
            recording.data(whole[start : start + size])
        assert b"".join(entry.raw or b"" for entry in lines(file)) == whole
        assert recording.messages == whole.count(b"\r\n\r\n")


def test_the_greeting_is_a_line_of_its_own_and_each_message_has_both_clocks() -> None:
    file = io.BytesIO()
    Recording(file).data(b"Asterisk Call Manager/11.0.0\r\nResponse: Success\r\n\r\n")
    banner, message = lines(file)
    assert banner.banner == "Asterisk Call Manager/11.0.0"
    assert message.raw == b"Response: Success\r\n\r\n"
    assert message.mono is not None
    assert message.mono != message.t


def test_the_half_message_of_a_lost_connection_is_not_joined_to_the_next() -> None:
    file = io.BytesIO()
    recording = Recording(file)
    recording.data(b"Event: Hangup\r\nUniq")
    recording.state("lost")
    recording.data(b"Response: Success\r\n\r\n")
    assert [(entry.note, entry.raw) for entry in lines(file)] == [("EOF", None), (None, b"Response: Success\r\n\r\n")]


@pytest.mark.parametrize("state", ["unreachable", "refused"])
def test_nor_is_that_of_one_that_never_was_ready(state: AmiState) -> None:
    file = io.BytesIO()
    recording = Recording(file)
    recording.data(b"Response: Err")
    recording.state(state)
    recording.data(b"Response: Success\r\n\r\n")
    assert [entry.raw for entry in lines(file) if entry.raw] == [b"Response: Success\r\n\r\n"]


def test_an_endless_message_is_left_out_and_the_next_is_whole() -> None:
    file = io.BytesIO()
    recording = Recording(file)
    for _ in range(40):
        recording.data(b"x" * (BLOCK_LIMIT // 8))
    recording.data(b"\r\n\r\nResponse: Success\r\n\r\n")
    assert [entry.raw for entry in lines(file) if entry.raw] == [b"Response: Success\r\n\r\n"]
    assert len(file.getvalue()) < BLOCK_LIMIT


def test_a_full_disk_is_told_once_and_nothing_is_raised_into_the_reader() -> None:
    class Full(io.BytesIO):
        def write(self, _data: object) -> int:
            raise OSError(28, "No space left on device")

    told: list[str] = []
    recording = Recording(Full(), on_error=lambda: told.append("full"))
    recording.data(b"Response: Success\r\n\r\n" * 3)
    recording.flush()
    assert told == ["full"]
    assert recording.error is not None


@pytest.mark.parametrize("name", ["trouble.jsonl", "trouble.jsonl.gz"])
async def test_a_recording_replays_as_it_was_and_holds_no_secret(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    async with FakeAsterisk() as pbx, asyncio.TaskGroup() as tasks:
        recording = tasks.create_task(record_to(account(pbx.port), path))
        session = await pbx.session()
        await session.asked_for("QueueStatus")
        session.send(new_channel("1795450254.0") + hangup("1795450254.0"))
        async with asyncio.timeout(60):
            while b"Hangup" not in _content(path):
                await asyncio.sleep(0.02)  # a file that grows tells nobody
        os.kill(os.getpid(), signal.SIGTERM)
        async with asyncio.timeout(60):
            count = await recording
    kept = [entry for entry in entries(path) if entry.raw]
    assert count == len(kept)
    assert [entry.note for entry in entries(path) if entry.note][:1] == ["connected"]
    assert SECRET.encode() not in _content(path)
    (call,) = await replay([path], Rules(), tmp_path / "calls.db", 0.0)
    assert (call.call.caller, call.call.result) == ("79001112233", "failed")


def _content(path: Path) -> bytes:
    data = path.read_bytes() if path.exists() else b""
    if path.suffix != ".gz":
        return data
    try:
        return gzip.decompress(data)
    except EOFError:
        found = b""
        with gzip.open(path) as file:
            try:
                while piece := file.read1(4096):
                    found += piece
            except EOFError:
                pass
        return found


async def test_a_recording_is_for_its_owner_alone_and_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "trouble.jsonl"
    path.write_text("the only recording of it\n")
    async with FakeAsterisk() as pbx, asyncio.TaskGroup() as tasks:
        with pytest.raises(OSError, match="exists already"):
            await record_to(account(pbx.port), path)
        assert path.read_text() == "the only recording of it\n"
        path.unlink()
        recording = tasks.create_task(record_to(account(pbx.port), path))
        await (await pbx.session()).asked_for("QueueStatus")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        os.kill(os.getpid(), signal.SIGINT)
        async with asyncio.timeout(60):
            await recording


async def test_a_folder_that_is_not_there_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"nowhere.*record into a folder that you may write to"):
        await record_to(account(1), tmp_path / "nowhere" / "trouble.jsonl")


@pytest.mark.parametrize("md5", [False, True])
async def test_what_was_asked_is_kept_but_of_the_login_neither_secret_nor_key(tmp_path: Path, md5: bool) -> None:
    path = tmp_path / "trouble.jsonl"
    async with FakeAsterisk() as pbx, asyncio.TaskGroup() as tasks:
        recording = tasks.create_task(record_to(account(pbx.port, md5=md5), path))
        session = await pbx.session()
        await session.asked_for("QueueStatus")
        os.kill(os.getpid(), signal.SIGTERM)
        async with asyncio.timeout(60):
            await recording
    sent = [Message(entry.sent) for entry in entries(path) if entry.sent]
    secrets = {"Secret", "Key"}
    assert [message.get("Action") for message in sent] == session.names
    assert [message.get("ActionID") for message in sent] == [each["ActionID"] for each in session.asked]
    assert session.names == [*(["Challenge"] if md5 else []), "Login", "ListCommands", "Ping", *SNAPSHOT_ACTIONS]
    (login,) = [each for each in session.asked if each["Action"] == "Login"]
    (told,) = [message for message in sent if message.get("Action") == "Login"]
    assert secrets & set(login)
    assert dict(told.items()) == {name.lower(): text for name, text in login.items() if name not in secrets}
    assert all(login[header] not in path.read_text() for header in secrets & set(login))


async def test_an_anonymised_recording_tells_of_the_same_calls_of_other_people(tmp_path: Path) -> None:
    name = "07-ivr-queue-second-agent"
    path = tmp_path / "anonymous.jsonl"
    with path.open("wb") as file:
        recording = Recording(file, Anonymiser(b"a key").message)
        for entry in messages(name):
            recording.data(entry.raw or b"")
    (true,) = await replay([stream(name)], Rules(), tmp_path / "true.db", 0.0)
    (told,) = await replay([path], Rules(), tmp_path / "told.db", 0.0)
    assert (told.call.result, told.call.answered_by, told.call.queues) == (
        true.call.result,
        true.call.answered_by,
        true.call.queues,
    )
    assert told.call.caller != true.call.caller
    assert "Boris" not in path.read_text()
    assert replace(told.call.agents[0], name=None) == replace(true.call.agents[0], name=None)

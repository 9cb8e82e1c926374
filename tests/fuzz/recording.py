"""A recording of any bytes, given to `ringtally replay`: read as a file, retold as the live client would, through the core."""

import gzip
from collections.abc import Iterator
from pathlib import Path

from daemon.replay import calls_of
from handlers.ami.recording import RecordingError
from handlers.core import Core
from handlers.rules import Rules
from tests import recordings
from tests.fuzz.places import file_of
from tests.fuzz.stream import LONGEST, WORDS, check_call
from tests.fuzz.target import Target
from tests.handlers import taped


def run(data: bytes) -> None:
    """Any file is replayed, or refused in words that name it."""
    path = file_of(data, "recording.jsonl")
    try:
        told = list(calls_of([path], Core(Rules())))
    except RecordingError as error:
        assert str(error).startswith(str(path))  # noqa: PT017 - either outcome is right
        return
    for ended in told:
        check_call(ended)


def run_compressed(data: bytes) -> None:
    """The same where the file says that it is compressed."""
    path = file_of(data, "recording.jsonl.gz")
    try:
        list(calls_of([path], Core(Rules())))
    except RecordingError as error:
        assert str(error).startswith(str(path))  # noqa: PT017 - either outcome is right


def seeds() -> Iterator[bytes]:
    """The beginnings of recordings, which have the questions and answers of a login, and what follows in pieces."""
    for name in recordings.NAMES:
        yield from _pieces(recordings.stream(name))
    for tape in taped.TAPES:
        yield from _pieces(taped.FOLDER / f"{tape}.jsonl.gz")


def _pieces(path: Path) -> Iterator[bytes]:
    piece = b""
    for line in gzip.decompress(path.read_bytes()).splitlines(keepends=True):
        if piece and len(piece) + len(line) > LONGEST:
            yield piece
            piece = b""
        piece += line[:LONGEST]
    yield piece


def compressed_seeds() -> Iterator[bytes]:
    """A few of them, compressed."""
    for number, piece in enumerate(seeds()):
        if number % 40 == 0:
            yield gzip.compress(piece, mtime=0)


LINES = (
    *(b'{"t": 1795450254.1, "raw": "', b'{"t": 1795450254.1, "mono": 1.5, "sent": "', b'"note": "EOF"', b'"raw64": "'),
    *(b'"banner": "Asterisk Call Manager/11.0.0"', b"\\r\\n", b"Action: ", b"ActionID: ", b"EventList: start\\r\\n"),
    *(b"Event: CoreShowChannel\\r\\n", b"Event: CoreShowChannelsComplete\\r\\nEventList: Complete\\r\\n"),
    *(
        b"Action: CoreShowChannels\\r\\n",
        b"Action: QueueStatus\\r\\n",
        b"Action: BridgeList\\r\\n",
        b"Action: CoreStatus\\r\\n",
    ),
    *(b"Action: Login\\r\\n", b"Action: DeviceStateList\\r\\n", b"Action: Getvar\\r\\n", b"Response: Success\\r\\n"),
)
_ESCAPED = tuple(word.replace(b"\r\n", b"\\r\\n") for word in WORDS if b"\x00" not in word)
TARGETS = (
    Target("recording", run, seeds, LINES + _ESCAPED, LONGEST),
    Target("compressed", run_compressed, compressed_seeds, (), 2048),
)

"""Keeps the AMI stream as a recording: each message with its arrival, and what we asked, secrets left out."""

import asyncio
import gzip
import signal
from pathlib import Path
from typing import IO, cast

from daemon import clock
from daemon.ami_client import AmiAccount, AmiClient, AmiState
from handlers.ami.framing import END
from handlers.ami.recording import message_line, other_line

FLUSH_EVERY_S = 1.0


class Recording:
    """Writes a recording message by message; a recorder that is killed loses a second at most."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._tail = b""
        self._flushed_at = clock.monotonic()
        self.messages = 0

    def data(self, data: bytes) -> None:
        """Bytes as they came."""
        at, mono = clock.now(), clock.monotonic()
        blocks = (self._tail + data).split(END)
        self._tail = blocks.pop()
        for block in blocks:
            raw = block
            if raw.startswith(b"Asterisk Call Manager"):
                banner, _, raw = raw.partition(b"\r\n")
                self._file.write(other_line("banner", banner.decode("ascii", "replace"), at, mono))
            self._file.write(message_line(raw + END, at, mono))
            self.messages += 1
        if mono - self._flushed_at > FLUSH_EVERY_S:
            self._file.flush()
            self._flushed_at = mono

    def state(self, state: AmiState) -> None:
        """The connection came or went."""
        note = {"ready": "connected", "lost": "EOF"}.get(state, state)
        if state == "lost":
            self._tail = b""
        self._file.write(other_line("note", note, clock.now(), clock.monotonic()))


async def record_to(account: AmiAccount, path: Path) -> int:
    """Record until SIGTERM or SIGINT; the number of messages. OSError where the file cannot be written."""
    opened = gzip.open(path, "wb") if path.suffix == ".gz" else path.open("wb")
    with opened as file:
        recording = Recording(cast("IO[bytes]", file))
        client = AmiClient(account, lambda _events: None, recording.state, recording.data)
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        async with asyncio.TaskGroup() as tasks:
            listening = tasks.create_task(client.run(), name="ami")
            await stop.wait()
            listening.cancel()
    return recording.messages

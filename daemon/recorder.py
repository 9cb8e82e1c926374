"""Keeps the AMI stream as a recording: each message with its arrival, and what we asked, without the secret."""

import asyncio
import gzip
import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, cast

from daemon import clock
from daemon.ami_client import AmiClient, AmiState
from daemon.ami_login import AmiAccount
from daemon.answer_seeker import AnswerSeeker
from daemon.contradictions import Contradictions
from handlers.ami.events import Event
from handlers.ami.framing import BLOCK_LIMIT, END
from handlers.ami.recording import message_line, other_line
from handlers.ami.retold import LOST
from handlers.core import Core
from handlers.rules import Rules

FLUSH_EVERY_S = 1.0
_FILE_MODE = 0o600  # numbers and names are personal data
_BANNER = b"Asterisk Call Manager"


class Recording:
    """Writes a recording message by message, each through `change` first; `messages` counts them.

    It never raises: what goes wrong with the file is kept in `error`, told once through `on_error`, and nothing is written
    after it.
    """

    def __init__(
        self,
        file: IO[bytes],
        change: Callable[[bytes], bytes] = lambda raw: raw,
        on_error: Callable[[], None] = lambda: None,
    ) -> None:
        self._file = file
        self._change = change
        self._on_error = on_error
        self._tail = b""
        self._skipping = False
        self.messages = 0
        self.error: OSError | None = None

    def data(self, data: bytes) -> None:
        """Bytes as they came."""
        at, mono = clock.now(), clock.monotonic()
        blocks = (self._tail + data).split(END)
        self._tail = blocks.pop()
        if blocks and self._skipping:
            del blocks[0]
            self._skipping = False
        for block in blocks:
            raw = block
            if raw.startswith(_BANNER):
                banner, _, raw = raw.partition(b"\r\n")
                self._write(other_line("banner", banner.decode("ascii", "replace"), at, mono))
            self._write(message_line(self._change(raw + END), at, mono))
            self.messages += 1
        if len(self._tail) > BLOCK_LIMIT:
            # An endless message: forget it but for what could be the beginning of its end.
            self._tail, self._skipping = self._tail[-3:], True
            self._write(other_line("note", "a message that is too long is left out", at, mono))

    def state(self, state: AmiState) -> None:
        """The connection came or went."""
        note = {"ready": "connected", "lost": LOST}.get(state, state)
        if state != "ready":
            self._tail, self._skipping = b"", False
        self._write(other_line("note", note, clock.now(), clock.monotonic()))

    def asked(self, action: str) -> None:
        """What we send, secrets left out: by it a replay knows the answers."""
        self._write(other_line("sent", action, clock.now(), clock.monotonic()))

    def flush(self) -> None:
        """Hand to the system what was written."""
        self._try(self._file.flush)

    def _write(self, line: bytes) -> None:
        self._try(lambda: self._file.write(line))

    def _try(self, work: Callable[[], object]) -> None:
        if self.error is not None:
            return
        try:
            work()
        except OSError as error:
            self.error = error
            self._on_error()


async def record_to(
    account: AmiAccount,
    path: Path,
    change: Callable[[bytes], bytes] = lambda raw: raw,
    rules: Rules | None = None,
    begun: Callable[[], None] = lambda: None,
) -> int:
    """Record until SIGTERM or SIGINT; the number of messages. A recorder that is killed loses a second at most.

    It follows the calls by these rules, as the daemon does, and so asks what the daemon would ask: a replay is told the same.
    `begun` is called when the file is there and a signal no longer kills. OSError where the file cannot be written, or exists: a recording is never written over.
    """
    stop = asyncio.Event()
    with _new_file(path) as file:
        recording = Recording(file, change, stop.set)
        core = Core(rules or Rules())

        def follow(events: Sequence[Event]) -> None:
            for event in events:
                facts = core.handle(event)
                seeker.take(facts)
                contradictions.take(facts)

        client = AmiClient(account, follow, recording.state, recording.data, recording.asked)
        client.on_give_up = stop.set
        seeker, contradictions = AnswerSeeker(client.ask_for_answers), Contradictions(client.settle)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        try:
            begun()
            async with asyncio.TaskGroup() as tasks:
                listening = tasks.create_task(client.run(), name="ami")
                while not await _within(stop, FLUSH_EVERY_S):
                    recording.flush()
                listening.cancel()
        finally:
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)
        recording.flush()
        if client.given_up is not None:
            raise client.given_up
        if recording.error is not None:
            raise OSError(f"{path}: {recording.error.strerror}; {recording.messages} messages were taken before")
    return recording.messages


async def _within(event: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False


def _new_file(path: Path) -> IO[bytes]:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _FILE_MODE)
    except FileExistsError:
        raise FileExistsError(f"{path} exists already; give another name, or remove it first") from None
    except OSError as error:
        raise OSError(f"{path}: {error.strerror}; record into a folder that you may write to") from None
    plain = os.fdopen(handle, "wb")
    return cast("IO[bytes]", _Gzip(plain)) if path.suffix == ".gz" else plain


class _Gzip(gzip.GzipFile):
    """A compressed file that closes the file below it too."""

    def __init__(self, below: IO[bytes]) -> None:
        super().__init__(fileobj=below, mode="wb")
        self._below = below

    def close(self) -> None:
        """Write the end and close both."""
        try:
            super().close()
        finally:
            self._below.close()

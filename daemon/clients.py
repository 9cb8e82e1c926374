"""The directory of clients in memory, and who keeps it as the file says: read when the file or the settings change, and on SIGHUP.

Every look at the file, its reading and its storing are done in threads. What cannot be taken is told once and leaves the directory
as it was, over restarts too: a start begins with what the database has.
"""

import asyncio
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog

from config.sections import Clients, Numbers, Settings
from daemon.client_file import ClientFile, ClientFileError, read_clients
from handlers.clients import NOBODY, Client, Entry
from handlers.numbers import NumberPlan
from storage.clients import store_clients, stored_clients
from storage.errors import StorageError

LOOKS_EVERY_S = 2.0
# Reading a large file costs seconds of a processor; a database that cannot be written to will not be mended so soon.
_TROUBLED_TIMES = 15

log = structlog.get_logger()


class ClientDirectory:
    """Clients by number, as of the last reading."""

    def __init__(self) -> None:
        self._clients: Mapping[str, Entry] = {}

    def __len__(self) -> int:
        return len(self._clients)

    def of(self, number: str | None) -> Client:
        """Who has this normalised number."""
        entry = None if number is None else self._clients.get(number)
        return NOBODY if entry is None else Client(*entry)

    def forget(self, is_theirs: Callable[[str], bool]) -> None:
        """From now on it knows him no more; the file may, and then he is known again when it is read."""
        theirs = [number for number in self._clients if is_theirs(number)]
        if theirs:
            self._clients = {number: entry for number, entry in self._clients.items() if number not in theirs}

    def replace(self, clients: Mapping[str, Entry]) -> None:
        """From now on it is these."""
        self._clients = clients


@dataclass(frozen=True, slots=True)
class _Reading:
    """What was read, and how: only if something of it is another is it read again. `file`: of its entry in the folder; None: there is none."""

    settings: Clients
    numbers: Numbers
    file: tuple[int, int, int] | None


class ClientReader:
    """Keeps a directory, in memory and in the database, as the file says: `open`, then `run` in a task of its own.

    `settings` is asked at each look; `changed` is told when the directory is another.
    """

    def __init__(
        self,
        database: Path,
        directory: ClientDirectory,
        settings: Callable[[], Settings],
        changed: Callable[[], None] = lambda: None,
        looks_every_s: float = LOOKS_EVERY_S,
    ) -> None:
        self._database = database
        self._directory = directory
        self._settings = settings
        self._changed = changed
        self._looks_every_s = looks_every_s
        self._wake = asyncio.Event()
        self._is_forced = True
        self._done: _Reading | None = None
        self._seen: _Reading | None = None
        self._trouble: str | None = None

    async def open(self) -> None:
        """Begin with what an earlier run stored. Raises StorageError."""
        stored = await asyncio.to_thread(stored_clients, self._database)
        self._directory.replace(
            {
                number: (name, None if responsible is None else sys.intern(responsible))
                for number, (name, responsible) in stored.items()
            }
        )

    def forget(self, is_theirs: Callable[[str], bool]) -> None:
        """See `ClientDirectory.forget`."""
        self._directory.forget(is_theirs)

    def reread(self) -> None:
        """Read it again soon, changed or not: the settings may be others, or somebody says that he has mended the file."""
        self._is_forced = True
        self._wake.set()

    async def run(self) -> None:
        """Look and read until cancelled."""
        while True:
            self._wake.clear()
            pause_s = self._looks_every_s
            try:
                await self._look()
            except StorageError as error:
                self._tell("clients_not_stored", str(error))
                pause_s *= _TROUBLED_TIMES
            try:
                async with asyncio.timeout(pause_s):
                    await self._wake.wait()
            except TimeoutError:
                pass

    async def _look(self) -> None:
        is_forced, self._is_forced = self._is_forced, False
        settings = self._settings()
        if settings.clients is None:
            self._done = None
            if len(self._directory):
                await self._take({})
                log.info("clients_forgotten", reason="the settings name no file of clients")
            return
        there = _Reading(settings.clients, settings.numbers, await asyncio.to_thread(_entry, settings.clients.file))
        if not is_forced:
            # A file that is being written is another at each look: it is read once it rests.
            is_at_rest, self._seen = there == self._seen, there
            if there == self._done or not is_at_rest:
                return
        self._seen = there
        await self._read(there)

    async def _read(self, there: _Reading) -> None:
        numbers, path = there.numbers, there.settings.file
        plan = NumberPlan(numbers.region, numbers.area_code, tuple(numbers.strip_prefixes))
        try:
            found = await asyncio.to_thread(read_clients, path, there.settings, plan, _give_way)
        except ClientFileError as error:
            self._done = there
            self._tell("clients_refused", str(error))
            return
        if await asyncio.to_thread(_entry, path) != there.file:
            return  # written to meanwhile: it is looked at again
        changes = await self._take(found.clients)
        self._done, self._trouble = there, None
        _tell_read(found, path, changes)

    async def _take(self, clients: Mapping[str, Entry]) -> int:
        changes = await asyncio.to_thread(store_clients, self._database, clients)
        self._directory.replace(clients)
        if changes:
            self._changed()
        return changes

    def _tell(self, event: str, problem: str) -> None:
        if problem != self._trouble:
            self._trouble = problem
            log.error(event, problem=problem, kept=len(self._directory))


def _entry(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


def _give_way() -> None:
    """Let the event loop have the interpreter, for which it else waits 5 ms each time while numbers are parsed."""
    time.sleep(0)


def _tell_read(found: ClientFile, path: Path, changes: int) -> None:
    log.info(
        "clients_read",
        file=str(path),
        numbers=len(found.clients),
        changed=changes,
        rows=found.rows,
        without_number=found.without_number,
        encoding=found.encoding,
    )
    if found.first_refused is not None:
        line, reason = found.first_refused
        log.warning("client_rows_refused", file=str(path), rows=found.refused, first_line=line, reason=reason)
    if found.repeated:
        log.warning(
            "client_numbers_repeated",
            file=str(path),
            numbers=found.repeated,
            first_line=found.first_repeated,
            reason="an earlier row has the number, and counts",
        )

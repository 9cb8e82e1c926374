"""Sets a damaged database aside and is killed at that, once before each thing it does: `python -m tests.storage.setting_aside DATABASE FOLDER`.

For each of them, of the hundreds of statements that make the new file's tables for every tenth, FOLDER gets a folder of its own with what is left then of DATABASE and the files beside it. A thing done is a call
of the system that makes, renames or removes a file, or a statement of SQL.
"""

import os
import shutil
import signal
import sqlite3
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from storage.opening import begin_anew
from tests.storage.sample_calls import START

DOES = frozenset({"open", "os.rename", "os.remove", "sqlite3.connect"})


class Killer:
    """Kills this process before the so-manieth thing that it does."""

    def __init__(self, step: int) -> None:
        self._left = step
        self.done = 0

    def watch(self) -> None:
        """From here on count: Python tells of each call, and each connection of its statements, just before it does them."""
        sys.addaudithook(lambda event, _arguments: self._one_more() if event in DOES else None)
        connect = sqlite3.connect

        def traced(*arguments: Any, **options: Any) -> sqlite3.Connection:
            connection: sqlite3.Connection = connect(*arguments, **options)
            connection.set_trace_callback(lambda _sql: self._one_more())
            return connection

        sqlite3.connect = traced  # type: ignore[assignment]

    def _one_more(self) -> None:
        self.done += 1
        if self.done == self._left:
            os.kill(os.getpid(), signal.SIGKILL)


def steps_of(path: Path) -> int:
    """How many things it does, left alone; in this process."""
    killer = Killer(0)
    killer.watch()
    begin_anew(path, START + 1000, None)
    return killer.done


def die_at(step: int, path: Path) -> None:
    """In a process of its own."""
    child = os.fork()
    if not child:
        Killer(step).watch()
        try:
            begin_anew(path, START + 1000, None)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), f"it was not killed before its step {step}"


def copied(original: Path, folder: Path) -> Path:
    """The database and what is beside it, in a new folder."""
    folder.mkdir()
    for each in original.parent.glob(f"{original.name}*"):
        shutil.copyfile(each, folder / each.name)
    return folder / original.name


def main(original: Path, folder: Path) -> None:
    """One folder for each step."""
    # The watching cannot be ended, so that it is for a process of its own too.
    with ProcessPoolExecutor(1) as other:
        last = other.submit(steps_of, copied(original, folder / "whole")).result()
    shutil.rmtree(folder / "whole")
    for step in (*range(1, 31), *range(31, last - 50, 10), *range(last - 49, last + 1)):
        die_at(step, copied(original, folder / str(step)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

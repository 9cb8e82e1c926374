"""Sets a damaged database aside and is killed at that, once before each thing it does: `python -m tests.storage.setting_aside DATABASE FOLDER`.

For each of them FOLDER gets a folder of its own with what is left then of DATABASE and the files beside it. A thing done is a call
of the system that makes, renames or removes a file, or a statement of SQL.
"""

import os
import shutil
import signal
import sqlite3
import sys
from itertools import count
from pathlib import Path
from typing import Any

from storage.opening import begin_anew
from tests.storage.sample_calls import START

DOES = frozenset({"open", "os.rename", "os.remove", "sqlite3.connect"})


class Killer:
    """Kills this process before the so-manieth thing that it does."""

    def __init__(self, step: int) -> None:
        self._left = step

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
        self._left -= 1
        if not self._left:
            os.kill(os.getpid(), signal.SIGKILL)


def die_at(step: int, path: Path) -> bool:
    """In a process of its own; False: it has done all without getting so far."""
    child = os.fork()
    if not child:
        Killer(step).watch()
        done = 1
        try:
            begin_anew(path, START + 1000, None)
            done = 0
        finally:
            os._exit(done)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or not os.WEXITSTATUS(status), "it failed before it was killed"
    return os.WIFSIGNALED(status)


def main(original: Path, folder: Path) -> None:
    """One folder for each step, and none for the one that nobody got to."""
    for step in count(1):
        copied = folder / str(step)
        copied.mkdir()
        for each in original.parent.glob(f"{original.name}*"):
            shutil.copyfile(each, copied / each.name)
        if not die_at(step, copied / original.name):
            shutil.rmtree(copied)
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

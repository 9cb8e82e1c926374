"""Counts bytes in files, in a process of its own: `python -m storage.traces FILE...`, what is looked for on stdin, one a line.

A process that has a database open must not open and close its file beside SQLite: POSIX then takes all its locks away
(https://www.sqlite.org/howtocorrupt.html, 2.2). And what is looked for is nothing for a list of processes.
"""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from storage.errors import StorageError

_READ_AT_ONCE = 1 << 20


def traces(paths: Sequence[Path], patterns: Sequence[bytes]) -> int:
    """In how many places of these files any of the patterns is; a file that is not there has none. Raises StorageError."""
    command = [sys.executable, "-m", "storage.traces", *map(str, paths)]
    done = subprocess.run(command, input=b"\n".join(patterns), capture_output=True, check=False)
    if done.returncode:
        raise StorageError(f"{paths[0]} cannot be searched; run this as the user of the daemon")
    return int(done.stdout)


def count(path: Path, patterns: Sequence[bytes]) -> int:
    """In how many places of one file any of these bytes are."""
    overlap, found, tail = max(map(len, patterns)) - 1, 0, b""
    try:
        with path.open("rb") as file:
            while part := file.read(_READ_AT_ONCE):
                whole = tail + part
                # What is in the tail alone was counted before.
                found += sum(whole.count(each) - tail.count(each) for each in patterns)
                tail = whole[-overlap:]
    except FileNotFoundError:
        return 0
    return found


if __name__ == "__main__":
    wanted = sys.stdin.buffer.read().split(b"\n")
    sys.stdout.write(str(sum(count(Path(each), wanted) for each in sys.argv[1:])))

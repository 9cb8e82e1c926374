"""Counts digits in files, in a process of its own: `python -m storage.traces FILE...`, what is looked for on stdin, one a line.

A process that has a database open must not open and close its file beside SQLite: POSIX then takes all its locks away
(https://www.sqlite.org/howtocorrupt.html, 2.2). And what is looked for is nothing for a list of processes.
"""

import re
import subprocess
import sys
from collections.abc import Sequence
from mmap import ACCESS_READ, mmap
from pathlib import Path

from handlers.person import APART_AT_MOST, DIGITS, OTHER_SIGNS
from storage.errors import StorageError

_BY_CHANCE = 10
_ABROAD = re.compile(rb"\+([0-9]{1,3})[ ().\-]{0,3}\Z")
_LOOKS_BACK = 8


def traces(paths: Sequence[Path], patterns: Sequence[bytes]) -> int:
    """In how many places of these files any of the patterns is, the first of them a number, in any spelling.

    A file that is not there has none. Raises StorageError.
    """
    command = [sys.executable, "-P", "-m", "storage.traces", *map(str, paths)]
    done = subprocess.run(command, input=b"\n".join(patterns), capture_output=True, check=False)  # noqa: S603 - ourselves
    if done.returncode:
        raise StorageError(f"{paths[0]} cannot be searched; run this as the user of the daemon")
    return int(done.stdout)


def count(path: Path, patterns: Sequence[bytes]) -> int:
    """In how many places of one file any of these digits stand; up to ten of them as a number of their own, not within longer ones.

    Columns lie side by side in a page, and where one ends with digits and the next begins with some, such as these meet by chance.
    """
    if not path.exists() or not path.stat().st_size:
        return 0
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as held:
        return sum(_alone(held, each) for each in patterns)


def spelled(path: Path, number: str) -> int:
    """In how many places a number (its last ten digits) stands as people write and paste it: with signs between, or other digits.

    Behind another country's code, in full, it is another's.
    """
    if not path.exists() or not path.stat().st_size:
        return 0
    ends = number[-_BY_CHANCE:]
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as held:
        return sum(
            found[0] != ends.encode()
            and _is_of(number, ends, held[max(found.start() - _LOOKS_BACK, 0) : found.start()])
            for look in _spellings(ends)
            for found in look.finditer(held)
        )


def _is_of(number: str, ends: str, before: bytes) -> bool:
    abroad = _ABROAD.search(before)
    return abroad is None or abroad[1].decode() + ends == number


def _spellings(digits: str) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """In plain digits with signs between them; and in others, with or without."""
    others = "|".join(re.escape(sign) for sign in OTHER_SIGNS if sign not in DIGITS)
    apart = f"(?:[\t\n\r ().\\-/]|{others}){{0,{APART_AT_MOST}}}".encode()
    plain = apart.join(digit.encode() for digit in digits)
    pasted = apart.join(
        b"(?:" + "|".join(re.escape(each) for each in DIGITS[int(digit) :: 10]).encode() + b")" for digit in digits
    )
    return re.compile(plain + rb"(?![0-9])"), re.compile(pasted)


def _alone(held: mmap, pattern: bytes) -> int:
    found, at = 0, held.find(pattern)
    while at >= 0:
        found += len(pattern) > _BY_CHANCE or not (
            held[max(at - 1, 0) : at].isdigit() or held[at + len(pattern) : at + len(pattern) + 1].isdigit()
        )
        at = held.find(pattern, at + 1)
    return found


if __name__ == "__main__":
    wanted = sys.stdin.buffer.read().split(b"\n")
    files = [Path(each) for each in sys.argv[1:]]
    sys.stdout.write(str(sum(count(each, wanted) + spelled(each, wanted[0].decode()) for each in files)))

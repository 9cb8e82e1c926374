"""What befalls a database while a daemon has it: another program that holds it, and damage of every kind."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HOLDER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""
HOLDER_OF_ALL = HOLDER.replace(
    'connection.execute("BEGIN', 'connection.execute("PRAGMA locking_mode = EXCLUSIVE"); connection.execute("BEGIN'
)


@contextmanager
def held(path: Path, program: str = HOLDER) -> Iterator[subprocess.Popen[str]]:
    """Another program has the database to itself."""
    command = [sys.executable, "-c", program, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        yield holder


PAGE = 4096


def overwrite(path: Path, start: int, count: int) -> None:
    with path.open("r+b") as file:
        file.seek(start)
        file.write(b"\xa5" * count)


def header(path: Path) -> None:
    overwrite(path, 0, 100)


def first_page(path: Path) -> None:
    overwrite(path, 0, PAGE)


def all_but_the_first_page(path: Path) -> None:
    overwrite(path, PAGE, path.stat().st_size - PAGE)


def everything_and_shorter(path: Path) -> None:
    path.write_bytes(b"\x00" * 3 * PAGE)


DAMAGES = (header, first_page, all_but_the_first_page, everything_and_shorter)


def break_table(path: Path, table: str) -> None:
    """Overwrite the first page of a table."""
    connection = sqlite3.connect(path)
    ((page,),) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,))
    connection.close()
    overwrite(path, PAGE * (page - 1), PAGE)

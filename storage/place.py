"""Where the files of a database are, and whether they are still those that were opened: others may remove, move or replace them."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

BESIDE = ("-wal", "-shm")
"""What SQLite keeps beside a database's file, by the ends of their names."""
_Identity = tuple[int, int] | None
Change = Literal["file", "wal"]


@dataclass(frozen=True, slots=True)
class Place:
    """A database at a path, as it was when it was opened, with a connection to it that has read."""

    path: Path
    file: _Identity
    beside: tuple[_Identity, ...]

    @classmethod
    def of(cls, path: Path) -> "Place":
        """As it is now."""
        return cls(path, _identity(path), tuple(_identity(each) for each in files_beside(path)))

    def changed(self) -> Change | None:
        """`file`: there is another database now, or none. `wal`: it is the same, but what was written last is out of others' sight."""
        if _identity(self.path) != self.file:
            return "file"
        return "wal" if Place.of(self.path).beside != self.beside else None

    def leftovers(self) -> list[Path]:
        """What is still beside the path of those that were opened."""
        pairs = zip(files_beside(self.path), self.beside, strict=True)
        return [path for path, identity in pairs if identity is not None and _identity(path) == identity]


def files_beside(path: Path) -> tuple[Path, ...]:
    """The files that belong to the database at this path, if there are any."""
    return tuple(path.with_name(path.name + end) for end in BESIDE)


def _identity(path: Path) -> _Identity:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino

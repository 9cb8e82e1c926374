"""A damaged database is set aside and never written to again."""

import glob
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from storage.place import Place, files_beside
from storage.schema import APPLICATION_ID, Migration

_WORDS = ("damaged", "replaced")
_HEADER = 100
_APPLICATION_ID_AT = 68  # https://www.sqlite.org/fileformat.html#the_database_header
_READ_AT_ONCE = 1 << 20


def is_ours(path: Path, steps: Sequence[Migration]) -> bool:
    """Was this, which is no sound database, one of ours? By its header, or by the record of a migration; nothing but zeros is nobody's."""
    wanted = [step.sha256.encode() for step in steps]
    overlap = max(map(len, wanted))
    with path.open("rb") as file:
        header = file.read(_HEADER)
        if header[_APPLICATION_ID_AT : _APPLICATION_ID_AT + 4] == APPLICATION_ID.to_bytes(4, "big"):
            return True
        is_empty, tail = not any(header), b""
        while part := file.read(_READ_AT_ONCE):
            is_empty = is_empty and not any(part)
            if any(record in tail + part for record in wanted):
                return True
            tail = part[-overlap:]
    return is_empty


def set_aside(path: Path, now: float) -> Path:
    """Rename the file, and what SQLite keeps beside it, to `<name>.damaged-<UTC time>`; gives the new path. OSError where it cannot.

    What is beside goes first: so no new file ever meets an old -wal.
    """
    aside = next(_names(path, _WORDS[0], now))
    for old, new in zip(files_beside(path), files_beside(aside), strict=True):
        if old.exists():
            old.rename(new)
    path.rename(aside)
    return aside


def files_aside(path: Path) -> list[Path]:
    """What was set aside beside a database, oldest first; nobody writes there any more."""
    found = [each for word in _WORDS for each in path.parent.glob(f"{glob.escape(path.name)}.{word}-*")]
    return sorted(found)


def set_aside_leftovers(place: Place, now: float) -> None:
    """Rename what is beside another file and belongs to the one that was there before: the other one would be mixed with it.

    OSError where it cannot.
    """
    left = place.leftovers()
    aside = next(_names(place.path, _WORDS[1], now))
    for old, new in zip(files_beside(place.path), files_beside(aside), strict=True):
        if old in left:
            old.rename(new)


def _names(path: Path, word: str, now: float) -> Iterator[Path]:
    """Names that nothing has yet."""
    stamp = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
    for number in count(1):
        name = path.with_name(f"{path.name}.{word}-{stamp}" + (f"-{number}" if number > 1 else ""))
        if not any(each.exists() for each in (name, *files_beside(name))):
            yield name

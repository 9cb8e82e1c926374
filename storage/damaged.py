"""A damaged database is set aside and never written to again. A mark beside it says so long that what waits in it has not gone on yet."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from glob import escape
from itertools import count
from pathlib import Path

from storage.place import Place, files_beside
from storage.schema import APPLICATION_ID, Migration

_WORDS = ("damaged", "replaced")
_HEADER = 100
_APPLICATION_ID_AT = 68  # https://www.sqlite.org/fileformat.html#the_database_header
_READ_AT_ONCE = 1 << 20
_GOING_ON = ".going-on"


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

    It is marked until `has_gone_on` is told: whoever is killed meanwhile leaves the rest to the next start, which finds it `unfinished`.
    """
    aside = next(_names(path, _WORDS[0], now))
    _mark(aside).touch(exist_ok=False)
    try:
        path.rename(aside)
        _rename_beside(path, aside)
    except OSError:
        with suppress(OSError):
            aside.rename(path)
        if not aside.exists():
            has_gone_on(aside)
        raise
    return aside


def unfinished(path: Path) -> list[Path]:
    """The files, oldest first, whose setting aside was broken off: what waits in them has not gone on in the one at `path`."""
    marks = path.parent.glob(f"{escape(path.name)}.damaged-*{_GOING_ON}")
    return sorted(mark.with_name(mark.name.removesuffix(_GOING_ON)) for mark in marks)


def rename_the_rest(path: Path, aside: Path) -> None:
    """What is still beside the path of one that is unfinished: no new file may meet an old -wal. OSError where it cannot."""
    if aside.exists() and not path.exists():
        _rename_beside(path, aside)


def has_gone_on(aside: Path) -> None:
    """What waited in it goes on elsewhere. A mark that cannot be removed stays; the database knows better: see `go_on`."""
    with suppress(OSError):
        _mark(aside).unlink(missing_ok=True)


def _mark(aside: Path) -> Path:
    """An empty file, which a full disk has room for."""
    return aside.with_name(aside.name + _GOING_ON)


def _rename_beside(path: Path, aside: Path) -> None:
    for old, new in zip(files_beside(path), files_beside(aside), strict=True):
        if old.exists() and not new.exists():
            old.rename(new)


def files_aside(path: Path) -> list[Path]:
    """What was set aside beside a database, oldest first; nobody writes there any more."""
    found = [each for word in _WORDS for each in path.parent.glob(f"{escape(path.name)}.{word}-*")]
    return sorted(each for each in found if not each.name.endswith(_GOING_ON))


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

"""Where inputs lie that are read as files: one folder for the time of the process, on a disk of memory where there is one."""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

_MEMORY = Path("/dev/shm")


@cache
def folder() -> Path:
    """The folder; gone with the process."""
    made = Path(tempfile.mkdtemp(prefix="ringtally-fuzz-", dir=_MEMORY if _MEMORY.is_dir() else None))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


def file_of(data: bytes, name: str) -> Path:
    """A file that has these bytes."""
    path = folder() / name
    path.write_bytes(data)
    return path

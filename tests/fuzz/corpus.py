"""The kept corpus: of each target the inputs that between them go every way that was found, in one archive, the same bytes each time."""

import hashlib
import zipfile
from collections.abc import Iterable
from pathlib import Path

FOLDER = Path(__file__).parent / "corpus"
_NO_TIME = (1980, 1, 1, 0, 0, 0)


def archive_of(target: str) -> Path:
    """Where the inputs of a target are kept."""
    return FOLDER / f"{target}.zip"


def kept(target: str) -> dict[str, bytes]:
    """The kept inputs of a target, by name."""
    with zipfile.ZipFile(archive_of(target)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def keep(target: str, inputs: Iterable[bytes]) -> int:
    """Keep these and no others; how many bytes the archive has."""
    FOLDER.mkdir(exist_ok=True)
    with zipfile.ZipFile(archive_of(target), "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in sorted({name_of(data): data for data in inputs}.items()):
            archive.writestr(zipfile.ZipInfo(name, _NO_TIME), data, zipfile.ZIP_DEFLATED, 9)
    return archive_of(target).stat().st_size


def name_of(data: bytes) -> str:
    """As libFuzzer names an input."""
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()

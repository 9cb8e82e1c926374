"""What a power cut leaves of a database: its system calls, as strace tells them, played again up to any moment.

A write that no flush has followed is there or is not, each by itself: so the worst that a disk with an honest flush may do.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

ROOT = Path(__file__).parents[2]
_CALLS = "pwrite64,fdatasync,fsync,ftruncate,write,unlink,unlinkat"
_CALL = re.compile(r"(?P<name>\w+)\((?P<fd>\d+)<(?P<file>[^>]*)>(?:, (?P<arguments>.*))?")
_UNLINK = re.compile(r"unlink(?:at)?\(.*?\"(?P<file>(?:\\x[0-9a-f]{2})*)\"")
_RESUMED = re.compile(r"<\.\.\. (?P<name>\w+) resumed>")
_TEXT = re.compile(r'"(?P<bytes>(?:\\x[0-9a-f]{2})*)"(?:, (?P<size>\d+))?(?:, (?P<at>\d+))?')


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that the process did: `write` bytes `at` an offset, `cut` to a size, `flush`, `remove`, or `told` somebody."""

    what: str
    file: str
    at: int = 0
    data: bytes = b""


def recorded(path: Path, durability: str, calls: int) -> list[Step]:
    """The steps of a process that stores so many calls, each acknowledged."""
    trace = path.with_name("trace")
    command = ["strace", "-f", "-qq", "-y", "-xx", "-s", "65536", "-e", f"trace={_CALLS}", "-o", str(trace)]
    worker = [sys.executable, "-m", "tests.storage.acknowledging", str(path), durability, str(calls)]
    subprocess.run([*command, *worker], check=True, cwd=ROOT, stdout=subprocess.DEVNULL, timeout=240)
    return list(_steps(trace, path.name))


def _steps(trace: Path, name: str) -> Iterator[Step]:
    waiting: dict[str, Step] = {}
    with trace.open() as lines:
        for line in lines:
            thread, _, rest = line.strip().partition(" ")
            rest = rest.strip()
            if _RESUMED.match(rest):
                if thread in waiting:
                    yield waiting.pop(thread)
                continue
            found = _CALL.match(rest)
            step = _removal(rest, name) if found is None else _step(found, name)
            if step is None:
                continue
            if rest.endswith("<unfinished ...>"):
                waiting[thread] = step  # it counts once it is done
            else:
                yield step


def _removal(text: str, name: str) -> Step | None:
    found = _UNLINK.match(text)
    file = "" if found is None else Path(bytes.fromhex(found["file"].replace("\\x", "")).decode()).name
    return Step("remove", file) if file.startswith(name) else None


def _step(call: re.Match[str], name: str) -> Step | None:
    file = Path(bytes(call["file"], "ascii").decode("unicode_escape")).name
    text = _TEXT.match(call["arguments"] or "")
    data = b"" if text is None else bytes.fromhex(text["bytes"].replace("\\x", ""))
    if call["name"] == "write":
        return Step("told", file, data=data) if call["fd"] == "1" else None
    if not file.startswith(name) or file.endswith("-shm"):
        return None
    if call["name"] == "pwrite64":
        return Step("write", file, int(text["at"]) if text is not None else 0, data)
    if call["name"] == "ftruncate":
        return Step("cut", file, int(re.match(r"\d+", call["arguments"] or "")[0]))  # type: ignore[index]  # it has a size
    return Step("flush", file)


@dataclass
class Disk:
    """The files as far as they are flushed, and what was written since."""

    files: dict[str, bytearray] = field(default_factory=dict)
    unflushed: dict[str, list[Step]] = field(default_factory=dict)
    acknowledged: int = 0

    def take(self, step: Step) -> None:
        """One more step."""
        if step.what == "told":
            if (word := step.data.strip()).isdigit():
                self.acknowledged = int(word)
        elif step.what == "remove":
            self.files.pop(step.file, None)
            self.unflushed.pop(step.file, None)
        elif step.what == "flush":
            for each in self.unflushed.pop(step.file, ()):
                _apply(self.files.setdefault(step.file, bytearray()), each)
        else:
            self.unflushed.setdefault(step.file, []).append(step)

    def cut(self, folder: Path, chance: Random, kept: float) -> None:
        """Leave in `folder` what is there after a power cut now; of what was not flushed each write with the probability `kept`."""
        for name in self.files.keys() | self.unflushed.keys():
            content = bytearray(self.files.get(name, b""))
            for step in self.unflushed.get(name, ()):
                if chance.random() < kept:
                    _apply(content, step)
            (folder / name).write_bytes(content)


def _apply(content: bytearray, step: Step) -> None:
    if step.what == "cut":
        del content[step.at :]
        content.extend(bytes(step.at - len(content)))
        return
    content.extend(bytes(max(0, step.at - len(content))))
    content[step.at : step.at + len(step.data)] = step.data

"""Hunts in one target after the other, keeps what goes new ways, and tells what was found: `python -m tests.fuzz --minutes 10 [TARGET...]`.

What a hunt grows lies in `.fuzz/` and is gone on with the next time; what is kept of it, minimised, in `tests/fuzz/corpus/`. An input
that made a target fail lies in `.fuzz/found/`: it becomes a test of its own.
"""

import argparse
import re
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz.corpus import archive_of, keep, kept, name_of
from tests.fuzz.target import Target
from tests.fuzz.targets import TARGETS

ROOT = Path(__file__).parents[2]
PLACE = ROOT / ".fuzz"
FOUND = PLACE / "found"
INPUT_WITHIN_S = 25
MEMORY_MB = 2048
# Of a target no more is kept: the smallest inputs first.
KEPT_MOST = 250_000
_COVERAGE = re.compile(r"(INITED|DONE|NEW|REDUCE|pulse|RELOAD)\s+cov: (\d+) ft: (\d+) corp: (\d+)")


@dataclass(frozen=True, slots=True)
class Hunt:
    """What came of one target."""

    target: str
    executions: int
    edges_before: int
    edges: int
    found: tuple[str, ...]
    kept: int
    kept_bytes: int

    def __str__(self) -> str:
        found = ", ".join(self.found) or "nothing"
        return (
            f"{self.target}: {self.executions} executions, {self.edges_before} -> {self.edges} edges, "
            f"{self.kept} inputs kept in {self.kept_bytes} bytes; found {found}"
        )


def main() -> int:
    """0: nothing was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="in all, in equal parts")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    words = parser.parse_args()
    targets = [TARGETS[name] for name in words.targets] or list(TARGETS.values())
    hunts = []
    for target in targets:
        hunts.append(hunt(target, words.minutes * 60 / len(targets)))
        print(hunts[-1], flush=True)
    return 1 if any(each.found for each in hunts) else 0


def hunt(target: Target, seconds: float) -> Hunt:
    """Hunt for so long, and keep what is worth it."""
    inputs, dictionary = PLACE / target.name, PLACE / f"{target.name}.dict"
    FOUND.mkdir(parents=True, exist_ok=True)
    begun = not inputs.exists()
    inputs.mkdir(exist_ok=True)
    write(inputs, kept(target.name).values() if archive_of(target.name).exists() else ())
    if begun:
        write(inputs, target.seeds())
    dictionary.write_text("".join(f'"{quoted(word)}"\n' for word in target.words))
    before = set(FOUND.iterdir())
    told = _run(
        target,
        *(f"-max_total_time={max(int(seconds), 1)}", f"-max_len={target.longest}"),
        *([f"-dict={dictionary}"] if target.words else []),  # an empty one is refused
        *(f"-timeout={INPUT_WITHIN_S}", f"-rss_limit_mb={MEMORY_MB}", "-print_final_stats=1"),
        *(f"-artifact_prefix={FOUND}/{target.name}-", str(inputs)),
    )
    found = sorted(path.name for path in set(FOUND.iterdir()) - before)
    (PLACE / f"{target.name}.log").write_text(told)
    coverage = _COVERAGE.findall(told)
    executions = re.search(r"number_of_executed_units:\s*(\d+)", told)
    inputs_kept = smallest(merged(target, inputs))
    return Hunt(
        target.name,
        int(executions[1]) if executions else 0,
        int(coverage[0][1]) if coverage else 0,
        int(coverage[-1][1]) if coverage else 0,
        tuple(found),
        len(inputs_kept),
        keep(target.name, inputs_kept),
    )


def merged(target: Target, inputs: Path) -> list[bytes]:
    """The fewest inputs that go every way that all of them go, as libFuzzer picks them: small ones first."""
    chosen = PLACE / f"{target.name}.kept"
    chosen.mkdir(exist_ok=True)
    for path in chosen.iterdir():
        path.unlink()
    _run(target, "-merge=1", f"-max_len={target.longest}", str(chosen), str(inputs))
    return [path.read_bytes() for path in chosen.iterdir()]


def smallest(inputs: Iterable[bytes]) -> list[bytes]:
    """As many as may be kept."""
    left = KEPT_MOST
    taken = []
    for data in sorted(inputs, key=len):
        left -= len(data)
        if left >= 0:
            taken.append(data)
    return taken


def write(folder: Path, inputs: Iterable[bytes]) -> None:
    """Each as a file, named by what is in it."""
    for data in inputs:
        (folder / name_of(data)).write_bytes(data)


def quoted(word: bytes) -> str:
    """As libFuzzer's dictionaries have it."""
    return "".join(chr(byte) if 0x20 <= byte < 0x7F and byte not in b'"\\' else f"\\x{byte:02x}" for byte in word)


def _run(target: Target, *words: str) -> str:
    command = [sys.executable, "-m", "tests.fuzz.hunt", target.name, *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    return done.stderr.decode("utf-8", "replace") + done.stdout.decode("utf-8", "replace")


if __name__ == "__main__":
    sys.exit(main())

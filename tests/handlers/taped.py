"""The tapes of the scenarios that no recording holds (tests/asterisk/tape.py), each read and decoded once."""

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

from handlers.ami.events import Event
from handlers.ami.recording import parse_line
from tests.asterisk.scenarios import EXPECTED
from tests.asterisk.truth import with_the_phones_times
from tests.handlers.recorded import decoded

FOLDER = Path(__file__).parent / "tapes"
TAPES = sorted(path.name.removesuffix(".jsonl.gz") for path in FOLDER.iterdir())


def scenario_of(tape: str) -> str:
    """`22-park-comeback` is of `park-comeback`."""
    return tape.partition("-")[2]


@cache
def events(tape: str) -> tuple[Event, ...]:
    """What the shipped account was told."""
    _, *lines = _lines(tape)
    return tuple(decoded(map(parse_line, lines)))


def raws(tape: str) -> list[bytes]:
    """The messages that it was told, as they came."""
    _, *lines = _lines(tape)
    return [entry.raw for entry in map(parse_line, lines) if entry.raw is not None]


def expected(tape: str) -> dict[str, Any]:
    """What the contract says of it, with the durations that the phones of this run saw."""
    truth = json.loads(_lines(tape)[0])["truth"]
    return with_the_phones_times(EXPECTED[scenario_of(tape)], truth["legs"], truth["events"])


@cache
def _lines(tape: str) -> tuple[bytes, ...]:
    return tuple(gzip.decompress((FOLDER / f"{tape}.jsonl.gz").read_bytes()).splitlines())

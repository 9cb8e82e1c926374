"""AMI streams of a real Asterisk 22, with the truth that its phones saw (`about.md`) and what the contract says of them."""

import json
from pathlib import Path
from typing import Any

from daemon.replay import entries, events_of
from handlers.ami.events import Event
from handlers.ami.recording import Entry
from handlers.steady_time import SteadyTime

FOLDER = Path(__file__).parent
NAMES = sorted(path.name for path in FOLDER.iterdir() if path.is_dir() and not path.name.startswith("_"))


def stream(name: str) -> Path:
    """The main connection of a recording."""
    return FOLDER / name / "events.jsonl.gz"


def messages(name: str) -> list[Entry]:
    """The messages of a recording."""
    return [entry for entry in entries(stream(name)) if entry.raw is not None]


def events(name: str) -> list[Event]:
    """The events of a recording."""
    return list(events_of(stream(name), SteadyTime()))


def expected(name: str) -> dict[str, Any]:
    """What the contract says of it."""
    found: dict[str, Any] = json.loads((FOLDER / name / "expected.json").read_text())
    return found

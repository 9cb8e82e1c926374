"""The demo's package data is the recordings' own traffic. `python -m tests.daemon.demo.test_scripts` packs it anew."""

import gzip
from pathlib import Path

import orjson
import pytest

import daemon.demo
from config.ami_account import passes_filter
from daemon.demo.scripts import CASTINGS, QUIET_S, scripts
from tests.recordings import messages

FOLDER = Path(daemon.demo.__file__).parent / "traffic"
NOISE = ("Event: Newexten\r\n", "Event: MusicOnHoldStart\r\n", "Event: MusicOnHoldStop\r\n")
NOISY_VARIABLES = ("BRIDGEPEER", "DIALEDPEERNAME", "MEMBERNAME", "MEMBERINTERFACE")
MOST_BYTES = 300_000


def is_packed(raw: str) -> bool:
    """What the shipped account is sent of calls, agents and the dialplan, and some noise, so that it is real traffic."""
    if not raw.startswith("Event: ") or raw.startswith("Event: FullyBooted\r\n"):
        return False
    noisy = raw.startswith(NOISE) or any(f"\r\nVariable: {variable}\r\n" in raw for variable in NOISY_VARIABLES)
    return noisy or passes_filter(raw)


def packed(name: str) -> list[bytes]:
    """The lines of a recording as the demo carries them."""
    found = []
    for entry in messages(name):
        raw = (entry.raw or b"").decode().lstrip("\r\n")  # TestEvent ends with an empty line too many
        if is_packed(raw):
            found.append(orjson.dumps({"t": entry.t, "raw": raw}))
    return found


@pytest.mark.parametrize("name", CASTINGS)
def test_what_the_demo_plays_is_what_asterisk_said(name: str) -> None:
    data = gzip.decompress((FOLDER / f"{name}.jsonl.gz").read_bytes())
    assert data.splitlines() == packed(name)


def test_nothing_else_is_carried_along_and_it_stays_small() -> None:
    files = sorted(FOLDER.iterdir())
    assert [file.name for file in files] == sorted(f"{name}.jsonl.gz" for name in CASTINGS)
    assert sum(file.stat().st_size for file in files) < MOST_BYTES


def test_quiet_moments_are_known_for_what_they_are() -> None:
    told = {script.name: [line.meanwhile for line in script.lines if line.meanwhile] for script in scripts()}
    assert told["01-direct-caller-hangs-up"] == ["ring", "talk"]
    assert told["06-ivr-hangup"] == ["wait"]
    assert told["07-ivr-queue-second-agent"] == ["wait", "ring", "wait", "ring", "talk"]
    assert told["20-missed-then-callback"] == ["ring", "pause", "ring", "talk"]
    assert all(line.after_s < QUIET_S for script in scripts() for line in script.lines if line.meanwhile is None)


def test_each_recording_says_how_many_calls_it_makes_and_who_takes_part() -> None:
    known = {script.name: script for script in scripts()}
    assert known["01-direct-caller-hangs-up"].calls == 1
    assert known["18-outgoing-busy-and-unanswered"].calls == 3
    assert known["20b-missed-then-calls-again"].calls == 3
    assert known["11-ring-group"].extensions == ("101", "102", "103")
    assert known["30-queue-agent-actions"].extensions == ("101", "102", "103", "104")
    assert known["22-queue-local-n"].queue == "suplocaln"
    assert known["10-queue-joinempty"].queue is None
    assert [script.name for script in scripts() if script.parks] == ["16-park-and-retrieve"]


def main() -> None:
    """Pack the recordings anew."""
    for name in CASTINGS:
        (FOLDER / f"{name}.jsonl.gz").write_bytes(gzip.compress(b"\n".join(packed(name)) + b"\n", 9, mtime=0))


if __name__ == "__main__":
    main()

"""The short form of `make torture`: a few turns of each fault, with fixed seeds; nothing is lost, doubled, invented or marked wrongly."""

import subprocess
import sys
from pathlib import Path

from tests.torture.faults import FAULTS

WITHIN_S = 600.0
AT_ONCE = 6


def test_under_faults_no_call_is_lost_doubled_invented_or_marked_wrongly() -> None:
    command = [sys.executable, "-m", "tests.torture", "--short", "--jobs", str(AT_ONCE)]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=WITHIN_S, check=False, cwd=Path(__file__).parents[2]
    )
    assert done.returncode == 0, f"{done.stderr}\n{done.stdout}"
    played = {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines()}
    for fault in FAULTS:
        if fault.short:
            times, calls, stored = map(int, played[fault.name][:3])
            assert times == fault.short
            assert calls >= stored
            assert stored or fault.name == "kill-migrating", f"{fault.name}: nothing was stored"

"""The figures of the scenarios of one run, as lines for people: kept where `SCENARIO_FIGURES` names a folder."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_PARTS = ("wait", "ivr", "queue", "ring", "talk", "hold", "total")


def keep(version: int, told: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Write the calls that were told in each scenario on this version of Asterisk; nothing where nobody asked for it."""
    folder = os.environ.get("SCENARIO_FIGURES")
    if folder:
        lines = [f"{name}: {line_of(call)}" for name, calls in sorted(told.items()) for call in calls]
        Path(folder, f"scenarios-{version}.txt").write_text("".join(line + "\n" for line in lines))


def line_of(call: Mapping[str, Any]) -> str:
    """One call in one line: what it was, its durations in seconds, and who passed it on."""
    durations = (f"{part} {call[f'{part}_s']:.2f}" for part in _PARTS if call[f"{part}_s"])
    passed = (f"{each['kind']} {each['by']}>{each['to']} {each['result']}" for each in call["transfers"])
    flags = (flag for flag in ("missed", "voicemail", "lost_after_transfer", "incomplete") if call[flag])
    merged = ("merged",) if call["merged_into"] else ()
    return ", ".join([f"{call['direction']} {call['result']}", *durations, *passed, *flags, *merged])

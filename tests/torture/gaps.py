"""The gaps that the daemon recorded against those that there were: each is told with its bounds, and none that there was not."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from itertools import pairwise
from pathlib import Path

from tests.torture.sight import LOGIN_S, Gap, Sight

NEAR_S = 0.5
"""How far a bound may be on the wrong side of the true one."""
HEARD_S = 2.5
"""How much wider a gap may be told: until when the PBX was heard is kept once a second, a silent line found after two pings."""


def recorded_gaps(path: Path) -> list[Gap]:
    """What the database has, by their beginning; none where it knows of none."""
    if not path.exists():
        return []
    with closing(sqlite3.connect(path)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'gap'").fetchone():
            return []
        found = connection.execute("SELECT began_at, ended_at FROM gap ORDER BY began_at").fetchall()
    return [Gap(began_at / 1000, ended_at / 1000) for began_at, ended_at in found]


def true_gaps(sight: Sight) -> list[Gap]:
    """From the end of each watch to the beginning of the next, and the times in which we stood still."""
    between = [Gap(one.until, other.since) for one, other in pairwise(sight.watches)]
    stood_still = [Gap(gap.since, gap.until - LOGIN_S) for gap in sight.late]
    return sorted([*between, *stood_still], key=lambda gap: gap.since)


def wrong_gaps(recorded: Sequence[Gap], true: Sequence[Gap]) -> list[str]:
    """What is wrong with the record."""
    missing = [
        f"gap {gap.since:.3f} to {gap.until:.3f} is not recorded; near it are {_near(gap, recorded)}"
        for gap in true
        if gap.until - gap.since > NEAR_S and not _is_covered(gap, recorded)
    ]
    phantom = [
        f"gap {told.since:.3f} to {told.until:.3f} is recorded, and there was none"
        for told in recorded
        if not any(gap.since - HEARD_S <= told.until and told.since <= gap.until + NEAR_S for gap in true)
    ]
    return missing + phantom


def _near(gap: Gap, recorded: Sequence[Gap]) -> str:
    near = [told for told in recorded if told.until > gap.since - 10 and told.since < gap.until + 10]
    return ", ".join(f"{told.since:.3f} to {told.until:.3f}" for told in near) or "none"


def _is_covered(gap: Gap, recorded: Sequence[Gap]) -> bool:
    """Do those that overlap or touch it leave nothing of it out?"""
    reached = gap.since
    for told in recorded:
        if told.since <= reached + NEAR_S:
            reached = max(reached, told.until)
    return reached >= gap.until - NEAR_S

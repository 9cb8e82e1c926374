"""What the daemon stored, read straight from its file, and whether the file is sound."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table `call`; moments in epoch seconds, durations in seconds."""

    id: str
    result: str | None
    missed: bool
    answered_at: float | None
    ended_at: float | None
    talk_s: float | None
    end_seen: bool
    incomplete: bool
    merged_into: str | None
    has_case: bool

    @property
    def is_marked(self) -> bool:
        """Does it say that a gap touched it?"""
        return self.incomplete or not self.end_seen

    def __str__(self) -> str:
        marks = "".join(
            f" {word}" for word, is_so in (("incomplete", self.incomplete), ("unended", not self.end_seen)) if is_so
        )
        merged = f" merged into {self.merged_into}" if self.merged_into else ""
        return f"row {self.id} {self.result}{marks}{merged} answered {self.answered_at} ended {self.ended_at} talk {self.talk_s}"


def rows_of(path: Path) -> list[Row]:
    """All of them, in the order in which they were stored; none where there is no database."""
    if not path.exists():
        return []
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute(
            "SELECT id, result, missed, answered_at, ended_at, talk_ms, end_seen, incomplete, merged_into,"
            " missed_case IS NOT NULL FROM call ORDER BY key"
        ).fetchall()
    return [
        Row(
            id=id_,
            result=result,
            missed=bool(missed),
            answered_at=_seconds(answered_at),
            ended_at=_seconds(ended_at),
            talk_s=_seconds(talk_ms),
            end_seen=bool(end_seen),
            incomplete=bool(incomplete),
            merged_into=merged_into,
            has_case=bool(has_case),
        )
        for id_, result, missed, answered_at, ended_at, talk_ms, end_seen, incomplete, merged_into, has_case in found
    ]


def integrity(path: Path) -> str:
    """`ok`, or what SQLite says is wrong with the file."""
    if not path.exists():
        return "ok"
    try:
        with closing(sqlite3.connect(path)) as connection:
            said = [row[0] for row in connection.execute("PRAGMA integrity_check")]
            broken = connection.execute("PRAGMA foreign_key_check").fetchall()
            connection.execute("SELECT count(*) FROM migration")
    except sqlite3.DatabaseError as error:
        return str(error)
    return "; ".join([*said, *(f"foreign key of {row[0]}" for row in broken)])


def _seconds(milliseconds: int | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000

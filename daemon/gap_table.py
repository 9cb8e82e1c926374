"""Gaps for people's eyes: when the PBX was not heard, and why; and a line about them for whoever reads figures of such a time."""

from collections.abc import Iterable
from datetime import tzinfo
from typing import get_args

import aiosqlite

from daemon.reports.document import Column, Document, Row, Table
from daemon.reports.spelling import duration
from daemon.words import Language, counted, mark, word
from handlers.ami.events import GapReason
from handlers.facts import GapEnded
from storage.gaps import NO_GAPS, GapSum, sum_gaps

_REASONS: dict[str, str] = dict(
    zip(
        get_args(GapReason),
        mark(
            "the connection was lost",
            "the PBX fell silent",
            "ringtally stood still or fell behind",
            "the account was changed",
            "ringtally was stopped",
            "ringtally died",
            "the PBX was restarted",
        ),
        strict=True,
    )
)


def gaps_document(gaps: Iterable[GapEnded], zone: tzinfo, language: Language) -> Document:
    """The list of gaps."""
    columns = (
        Column(word("not heard from", language), "moment"),
        Column(word("not heard until", language), "moment"),
        Column(word("lasted", language), "duration"),
        Column(word("why", language), wraps="words"),
    )
    rows = [
        Row((gap.since, gap.at, gap.at - gap.since, word(_REASONS.get(gap.reason, gap.reason), language)))
        for gap in gaps
    ]
    return Document("", language, zone, (Table(word("gaps", language), columns, rows),))


async def gaps_of_list(connection: aiosqlite.Connection, since: float | None, until: float | None) -> GapSum:
    """The gaps of a list's period; none where it has no bounds, for then it shows the last ones only."""
    return NO_GAPS if since is None and until is None else await sum_gaps(connection, since, until)


def gap_lines(found: GapSum, language: Language) -> tuple[str, ...]:
    """One line about the gaps of a period, none where there were none: `not heard: 2 gaps, 3:20`."""
    if not found.count:
        return ()
    return (f"{counted('not heard: {} gap', 'not heard: {} gaps', found.count, language)}, {duration(found.seconds)}",)

"""Missed calls by weekday and hour as a table in which more is hotter."""

from collections.abc import Sequence

from daemon.reports.document import Column, Row, Table
from daemon.words import Language, mark, word

_WEEKDAYS = mark("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def heat_table(counts: Sequence[Sequence[int]], language: Language) -> Table:
    """`counts` of each weekday, Monday first, in each of its 24 hours. Before the first hour that has any and after the last: nothing.

    Where there is no room the emptiest hours go first.
    """
    sums = [sum(hours) for hours in zip(*counts, strict=True)]
    used = [hour for hour, count in enumerate(sums) if count]
    name, total = word("by weekday and hour", language), word("total", language)
    place = {hour: n for n, hour in enumerate(sorted(range(len(sums)), key=lambda hour: -sums[hour]), start=1)}
    columns = (
        Column(word("weekday", language)),
        *(Column(f"{hour:02}", "count", place[hour], is_heat=True) for hour in range(len(sums))),
        Column(total, "count"),
    )
    if not used:
        return Table(name, columns, ())

    def cells(label: str, hours: Sequence[int]) -> Row:
        told = (count if used[0] <= hour <= used[-1] else None for hour, count in enumerate(hours))
        return Row((label, *told, sum(hours)))

    days = [cells(word(weekday, language), hours) for weekday, hours in zip(_WEEKDAYS, counts, strict=True)]
    return Table(name, columns, days, cells(total, sums))

"""Documents to render: one with everything in it, and one of any texts."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from daemon.reports.document import Cell, Chart, Column, Document, Figure, Row, Series, Table
from daemon.words import Language

ZONE = ZoneInfo("Europe/Moscow")
AT = 1_795_450_294.013
"""2026-11-23 19:11:34 in Moscow."""


def texts(rows: Sequence[Sequence[Cell]], name: str = "list", language: Language = "en", **more: Any) -> Document:
    """A list of texts, two columns."""
    columns = tuple(Column(title) for title in ("caller", "name")[: len(rows[0]) if rows else 2])
    return Document("", language, ZONE, (Table(name, columns, [Row(tuple(row)) for row in rows]),), **more)


def report(language: Language = "en", name: str = "Иван", count: int = 3) -> Document:
    """A report with every kind of cell, a total, links, a chart and figures; `name` is what a caller wrote."""
    columns = (
        Column("when", "moment"),
        Column("day", "date"),
        Column("name", wraps="anywhere"),
        Column("state"),
        Column("calls", "count", group="many", has_bar=True),
        Column("wait", "duration", group="many"),
        Column("share", "share"),
        Column("later", links_to="later"),
        Column("id", is_for_files=True),
        Column("nothing"),
    )
    rows = [
        Row((AT + n, "2026-11-23", name, "truly missed", n, 90_061.5 + n, 0.125, f"{n}.1", f"{n}.0", None), "bad")
        for n in range(count)
    ]
    total = Row(("total", None, None, None, count, 8.25, 0.5, None, None, None))
    later = Table(
        "later calls", (Column("id"), Column("by")), [Row((f"{n}.1", name)) for n in range(count)], key="later"
    )
    chart = Chart("by hour", ("00", "01"), (Series("missed", "bad", (1.0, 0.0)), Series("met", "good", (2.0, 0.0))))
    figures = (Figure("missed", 3, "count", 2, "bad", 0.5), Figure("wait", None, "duration", 8.0))
    tables = (Table("calls", columns, rows, total, tone_column=3), later)
    return Document(
        "A report", language, ZONE, tables, (f"only: {name}",), figures, chart, "22.11.2026", ("how to read it",)
    )

"""What is shown, before it is known where: tables of typed cells with a heading, in words of one language.

Moments are epoch seconds, durations seconds, shares from 0 to 1, dates ISO; the renderers know how each is written. What a caller
wrote is text here, raw: each renderer makes it harmless in its own way.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from typing import Literal

from daemon.words import Language

_HEATS = 5
Cell = str | float | int | bool | None
Kind = Literal["text", "count", "moment", "date", "duration", "share"]
Tone = Literal["good", "client", "late", "bad", "open", "muted"]


@dataclass(frozen=True, slots=True)
class Column:
    """`rank`: how soon a narrow terminal does without it, the highest first, 0 never. `group`: several stand under one name."""

    title: str
    kind: Kind = "text"
    rank: int = 0
    group: str = ""
    short_group: str = ""
    """The same where every letter counts."""
    has_bar: bool = False
    """Is a bar drawn where there is room, as long as the cell is great?"""
    links_to: str = ""
    """The `key` of the table in which the row that is named here is found."""
    wraps: Literal["", "words", "anywhere"] = ""
    """Where a page may break its text."""
    is_for_files: bool = False
    """Is it left out of a page, for who wants to look further has it in the other forms?"""
    is_heat: bool = False
    """Is a cell coloured, the more the greater it is among those of all such columns?"""
    marks: Mapping[str, str] | None = None
    """What a terminal shows in the place of each of its words, without a title, and explains below."""

    @property
    def full_title(self) -> str:
        """The title where groups have no line of their own."""
        return f"{self.group}: {self.title}" if self.group else self.title

    @property
    def short_title(self) -> str:
        """The same in a terminal."""
        return f"{self.short_group}: {self.title}" if self.short_group else self.full_title


@dataclass(frozen=True, slots=True)
class Row:
    """`tone` colours the row where `tone_column` names none."""

    cells: tuple[Cell, ...]
    tone: Tone | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """`name` heads it. `key`: others link to its rows, by what stands in their first cell. `last`: so many a terminal shows."""

    name: str
    columns: tuple[Column, ...]
    rows: Sequence[Row]
    total: Row | None = None
    tone_column: int | None = None
    key: str = ""
    last: int | None = None

    @property
    def hottest(self) -> float:
        """The greatest cell of those that are coloured by it; 0: there is none."""
        heated = [n for n, column in enumerate(self.columns) if column.is_heat]
        return max(
            (cell for row in self.rows for n in heated if isinstance(cell := row.cells[n], (int, float))), default=0
        )

    def without_empty_columns(self, for_page: bool = False) -> "Table":
        """The same without the columns in which no row has anything, and for a page without those for files."""
        used = [
            n
            for n, column in enumerate(self.columns)
            if n == 0 or (any(row.cells[n] is not None for row in self.rows) and not (for_page and column.is_for_files))
        ]
        return replace(
            self,
            columns=tuple(self.columns[n] for n in used),
            rows=[replace(row, cells=tuple(row.cells[n] for n in used)) for row in self.rows],
            total=None if self.total is None else replace(self.total, cells=tuple(self.total.cells[n] for n in used)),
            tone_column=used.index(self.tone_column) if self.tone_column in used else None,
        )


@dataclass(frozen=True, slots=True)
class Figure:
    """One number that people look at first, and what it was in the period before."""

    title: str
    value: Cell
    kind: Kind
    before: Cell = None
    tone: Tone | None = None
    share: float | None = None
    """Of a whole that the title makes clear."""


@dataclass(frozen=True, slots=True)
class Series:
    """One colour of a chart: a value for each of its labels."""

    name: str
    tone: Tone
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """Columns side by side, their series on top of each other."""

    name: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    kind: Kind = "count"


@dataclass(frozen=True, slots=True)
class Document:
    """`lines` say what it is about: the period, the filters, the rule. The first table is the one that CSV holds."""

    title: str
    language: Language
    zone: tzinfo
    tables: tuple[Table, ...]
    lines: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    chart: Chart | None = None
    compared: str = ""
    """Names the period before."""
    notes: tuple[str, ...] = field(default=())
    """How to read it, at the end of a page."""


def heat_of(cell: Cell, hottest: float) -> int:
    """How hot a cell is: 0 where nothing is, else 1 to 5, as on the page in the browser."""
    return max(1, math.ceil(cell / hottest * _HEATS)) if isinstance(cell, (int, float)) and cell > 0 else 0


def local(at: float, zone: tzinfo) -> datetime:
    """A moment by the clock of a zone, without its name."""
    return datetime.fromtimestamp(at, UTC).astimezone(zone).replace(tzinfo=None)

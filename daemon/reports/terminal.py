"""A document in a terminal: its tables one below the other, in columns that fit."""

from collections.abc import Iterator, Sequence

from rich.console import Console, Group, RenderableType
from rich.text import Text

from daemon.fitted_table import Column as FittedColumn
from daemon.fitted_table import drawn, fitted, isolated_within
from daemon.log import harmless
from daemon.reports.document import Cell, Column, Document, Figure, Kind, Row, Table, Tone, heat_of
from daemon.reports.spelling import ISO_MOMENT, SHORT_MOMENT, duration, earlier_text, local_time, percent, shown
from daemon.words import word

CELL_LIMIT = 60
_STYLES: dict[Tone, str | None] = {
    "good": "green",
    "client": "cyan",
    "late": "magenta",
    "bad": "red",
    "open": "yellow",
    "muted": None,
}
# The figure says it; the colour is for the eye that looks for the worst hour.
_HEATS = ("dim", "", "", "yellow", "red", "bold reverse red")
_RIGHT = frozenset({"count", "duration", "share"})


def show(document: Document, console: Console) -> None:
    """Print it."""
    console.print(rendered(document, console.width))


def rendered(document: Document, width: int) -> RenderableType:
    """The document for a terminal of this width."""
    return Group(*_parts(document, width))


def _parts(document: Document, width: int) -> Iterator[RenderableType]:
    if document.title:
        yield Text(document.title, style="bold")
        yield from (isolated_within(Text(harmless(line, len(line))), width) for line in document.lines)
        yield Text("")
        yield from (_figure(figure, document) for figure in document.figures)
    for place, table in enumerate(document.tables):
        if document.title and place and (table.key or not table.rows):
            continue  # nothing links in a terminal, and what others lead to is told in them too
        if document.title:
            yield Text("")
            yield Text(table.name, style="bold")
        yield from _table(table.without_empty_columns() if table.rows else table, document, width)


def _figure(figure: Figure, document: Document) -> Text:
    language, zone = document.language, document.zone
    value = shown(figure.value, figure.kind, zone, language) or "–"
    share = "" if figure.share is None else f"  {percent(figure.share, language)}"
    text = Text(f"{figure.title}: ", style="default")
    text.append(f"{value}{share}", style=f"bold {_STYLES.get(figure.tone) or ''}" if figure.tone else "bold")
    if document.compared:
        text.append(f"   {earlier_text(figure, document)}", style="dim")
    return text


def _table(table: Table, document: Document, width: int) -> Iterator[RenderableType]:
    """One table. What has no room is left out, column by column, and named below; so it is told that only the last rows show."""
    kept, left_out = fitted(_columns(table, document, ISO_MOMENT), width)
    if left_out:
        kept, left_out = fitted(_columns(table, document, SHORT_MOMENT), width)
    rows = _rows(table)
    styles = [_STYLES[row.tone] if row.tone else None for row in rows]
    yield drawn(kept, width, [*styles, *(["bold"] if table.total else [])])
    if left_out:
        names = ", ".join(column.title for column in left_out)
        yield Text(f"{word('no room for', document.language)}: {names}", style="dim italic")
    if len(rows) < len(table.rows):
        told = word("only the last are shown", document.language)
        yield Text(f"{told}: {len(rows)} / {len(table.rows)}", style="dim italic")
    if legend := "   ".join(_legend(table, rows)):
        yield Text(legend, style="dim italic")


def _legend(table: Table, rows: Sequence[Row]) -> Iterator[str]:
    """What the marks mean that stand in these rows."""
    for n, column in enumerate(table.columns):
        met = {row.cells[n] for row in rows}
        yield from (f"{sign} {column.title}: {what}" for what, sign in (column.marks or {}).items() if what in met)


def _rows(table: Table) -> list[Row]:
    return list(table.rows) if table.last is None else list(table.rows[max(len(table.rows) - table.last, 0) :])


def _columns(table: Table, document: Document, moment: str) -> list[FittedColumn]:
    rows = [*_rows(table), *([table.total] if table.total else [])]
    found = [
        FittedColumn(
            "" if column.marks else column.short_title,
            [_cell(_marked(row.cells[n], column), column.kind, document, moment) for row in rows],
            column.rank,
            column.kind in _RIGHT,
        )
        for n, column in enumerate(table.columns)
    ]
    for n, column in enumerate(table.columns):
        if column.is_heat:
            for cell, row in zip(found[n].cells, table.rows, strict=False):  # the total has no heat
                cell.stylize(_HEATS[heat_of(row.cells[n], table.hottest)])
    return found


def _marked(cell: Cell, column: Column) -> Cell:
    return column.marks.get(cell, cell) if column.marks and isinstance(cell, str) else cell


def _cell(cell: Cell, kind: Kind, document: Document, moment: str) -> Text:
    if isinstance(cell, (int, float)):
        if kind == "moment":
            return Text(local_time(cell, document.zone, moment))
        if kind == "duration":
            return Text(duration(cell))
        if kind == "share":
            return Text(percent(cell, document.language))
    return cell_text(cell)


def cell_text(cell: Cell) -> Text:
    """A cell with nothing in it that a terminal or rich's markup would obey."""
    return Text("" if cell is None else harmless(str(cell), CELL_LIMIT))

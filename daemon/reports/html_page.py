"""A page of its own, for a screen and for A4: everything escaped, nothing loaded from elsewhere, no script."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from daemon.log import harmless, is_right_to_left
from daemon.reports.document import Cell, Chart, Column, Document, Figure, Row, Table, heat_of
from daemon.reports.spelling import earlier_text, percent, shown
from daemon.words import word

_CHART_WIDTH, _CHART_HEIGHT = 960, 150
_CHART_GAP = 0.3
"""Between two columns, as a share of their width."""
_LABELLED = 31
"""So many columns have room for their names, and for what they come to."""
_BAR_WIDTH = 60
# Letters of a name that stays whole on paper; a longer one is broken rather than made to jut out.
_WHOLE_WORD = 12
_RIGHT = frozenset({"count", "duration", "share"})


@dataclass(frozen=True, slots=True)
class _ShownCell:
    text: str
    is_right: bool = False
    wraps: str = ""
    tone: str = ""
    href: str = ""
    anchor: str = ""
    bar: float | None = None
    """Its width."""
    is_right_to_left: bool = False


@dataclass(frozen=True, slots=True)
class _Head:
    text: str
    columns: int = 1
    rows: int = 1
    is_right: bool = False
    is_group: bool = False


@dataclass(frozen=True, slots=True)
class _ShownTable:
    name: str
    groups: tuple[_Head, ...]
    """The upper line of the head; the columns' own titles are below where they have a group."""
    titles: tuple[_Head, ...]
    rows: list[tuple[_ShownCell, ...]]
    total: tuple[_ShownCell, ...]


@dataclass(frozen=True, slots=True)
class _ShownFigure:
    title: str
    value: str
    share: str
    before: str
    tone: str


@dataclass(frozen=True, slots=True)
class _Block:
    """One coloured part of a chart's column."""

    x: float
    y: float
    width: float
    height: float
    tone: str
    title: str


@dataclass(frozen=True, slots=True)
class _Top:
    """What stands above a chart's column."""

    x: float
    y: float
    text: str


def html_text(document: Document) -> str:
    """The document as one page."""
    tables = [table.without_empty_columns(for_page=True) for table in document.tables]
    links = {
        table.key: {row.cells[0]: f"{table.key}-{n}" for n, row in enumerate(table.rows)}
        for table in tables
        if table.key
    }
    blocks: list[_Block]
    tops: list[_Top]
    blocks, tops = ([], []) if document.chart is None else _drawn(document.chart, document)
    return _template().render(
        document=document,
        style=_style(),
        policy=_policy(),
        lines=[harmless(line, len(line)) for line in document.lines],
        figures=[_figure(figure, document) for figure in document.figures],
        tables=[_table(table, document, links) for table in tables],
        nothing=word("nothing", document.language),
        chart=document.chart,
        blocks=blocks,
        tops=tops,
        chart_size=(_CHART_WIDTH, _CHART_HEIGHT),
        labelled=1 if document.chart is None else -(-len(document.chart.labels) // _LABELLED),
        step=0 if document.chart is None else _CHART_WIDTH / max(len(document.chart.labels), 1),
        bar_width=_BAR_WIDTH,
    )


@cache
def _style() -> str:
    return (files("daemon.reports") / "templates/page.css").read_text("utf-8")


@cache
def _policy() -> str:
    """Nothing runs and nothing is loaded; of styles this one alone is heeded. It holds even if something were not escaped."""
    digest = b64encode(sha256(_style().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


@cache
def _template_environment() -> Environment:
    return Environment(
        loader=PackageLoader("daemon.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _template() -> Template:
    return _template_environment().get_template("page.html")


def _figure(figure: Figure, document: Document) -> _ShownFigure:
    language = document.language
    value = shown(figure.value, figure.kind, document.zone, language) or "–"
    share = "" if figure.share is None else percent(figure.share, language)
    return _ShownFigure(figure.title, value, share, earlier_text(figure, document), figure.tone or "")


def _table(table: Table, document: Document, links: Mapping[str, Mapping[Cell, str]]) -> _ShownTable:
    greatest = {
        n: max((cell for row in table.rows if isinstance(cell := row.cells[n], (int, float))), default=0)
        for n, column in enumerate(table.columns)
        if column.has_bar
    }
    hottest = table.hottest
    rows = []
    for row in table.rows:
        cells = []
        for n, (cell, column) in enumerate(zip(row.cells, table.columns, strict=True)):
            anchor = links[table.key][row.cells[0]] if table.key and n == 0 else ""
            tone = f"heat heat-{heat_of(cell, hottest)}" if column.is_heat else _tone(row, n, table)
            cells.append(_cell(cell, column, document, tone, links, anchor, greatest.get(n)))
        rows.append(tuple(cells))
    total = (
        ()
        if table.total is None
        else tuple(
            _cell(cell, column, document, "", {}, "", None)
            for cell, column in zip(table.total.cells, table.columns, strict=True)
        )
    )
    groups, titles = _heads(table.columns)
    return _ShownTable(harmless(table.name, len(table.name)), groups, titles, rows, total)


def _tone(row: Row, n: int, table: Table) -> str:
    is_toned = table.tone_column is None or n == table.tone_column
    return row.tone or "" if is_toned else ""


def _cell(
    cell: Cell,
    column: Column,
    document: Document,
    tone: str,
    links: Mapping[str, Mapping[Cell, str]],
    anchor: str,
    greatest: float | None,
) -> _ShownCell:
    bar = None
    if greatest is not None and isinstance(cell, (int, float)):
        bar = round(cell / greatest * _BAR_WIDTH, 1) if greatest else 0.0
    text = shown(cell, column.kind, document.zone, document.language)
    return _ShownCell(
        text,
        column.kind in _RIGHT,
        _wrapping(text, column),
        tone,
        links.get(column.links_to, {}).get(cell, ""),
        anchor,
        bar,
        is_right_to_left(text),
    )


def _wrapping(text: str, column: Column) -> str:
    """Where a cell may break: inside of a word only if the word is a long one."""
    if column.wraps == "anywhere" and max(map(len, text.split()), default=0) <= _WHOLE_WORD:
        return "words"
    return column.wraps


def _heads(columns: tuple[Column, ...]) -> tuple[tuple[_Head, ...], tuple[_Head, ...]]:
    """The lines of a table's head: groups above the titles of their columns, the other titles through both lines."""
    is_grouped = any(column.group for column in columns)
    upper: list[_Head] = []
    lower: list[_Head] = []
    last_group = ""
    for column in columns:
        is_right = column.kind in _RIGHT
        if not column.group:
            upper.append(_Head(column.title, rows=2 if is_grouped else 1, is_right=is_right))
        else:
            lower.append(_Head(column.title, is_right=is_right))
            if column.group == last_group:
                upper[-1] = _Head(column.group, columns=upper[-1].columns + 1, is_group=True)
            else:
                upper.append(_Head(column.group, is_group=True))
        last_group = column.group
    return tuple(upper), tuple(lower)


def _drawn(chart: Chart, document: Document) -> tuple[list[_Block], list[_Top]]:
    """The blocks of a chart's columns, and what each column comes to, above it."""
    sums = [sum(values) for values in zip(*(series.values for series in chart.series), strict=True)]
    greatest = max(sums, default=0)
    blocks: list[_Block] = []
    tops: list[_Top] = []
    if not greatest:
        return blocks, tops
    step = _CHART_WIDTH / len(chart.labels)
    for place, label in enumerate(chart.labels):
        top = float(_CHART_HEIGHT)
        for series in chart.series:
            value = series.values[place]
            if value:
                height = value / greatest * _CHART_HEIGHT
                top -= height
                said = f"{label}: {series.name} {_charted(value, chart, document)}"
                x, width = place * step + step * _CHART_GAP / 2, step * (1 - _CHART_GAP)
                blocks.append(_Block(round(x, 1), round(top, 1), round(width, 1), round(height, 1), series.tone, said))
        if sums[place] and len(chart.labels) <= _LABELLED:
            tops.append(_Top(round((place + 0.5) * step, 1), round(top - 4, 1), _charted(sums[place], chart, document)))
    return blocks, tops


def _charted(value: float, chart: Chart, document: Document) -> str:
    return shown(round(value) if chart.kind == "count" else value, chart.kind, document.zone, document.language)

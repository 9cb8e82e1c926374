"""XLSX: a sheet for each table, one for what it comes to; real dates, times and durations, and text that stays text."""

import io
import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import xlsxwriter

from daemon.reports.document import Cell, Chart, Column, Document, Figure, Kind, Row, Table, Tone, local
from daemon.words import word

_FORBIDDEN_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# A name's length is counted in UTF-16, hence nothing that takes two of its units.
_FORBIDDEN_IN_A_NAME = re.compile("[\\[\\]:*?/\\\\'\U00010000-\U0010ffff]")
_NAME_LIMIT = 31
_CELL_LIMIT = 32_767
"""What Excel takes."""
_DAY_S = 86_400
_FIRST_DAY = datetime(1900, 1, 1)  # noqa: DTZ001 - a spreadsheet knows no zones
_WIDEST = 50
_MOMENTS = {"en": "yyyy-mm-dd hh:mm:ss", "ru": "dd.mm.yyyy hh:mm:ss"}
_DATES = {"en": "yyyy-mm-dd", "ru": "dd.mm.yyyy"}
_COLOURS: dict[Tone, str] = {
    "good": "#D9F2E3",
    "client": "#DCE9FA",
    "late": "#FDEBC8",
    "bad": "#FAD4D4",
    "open": "#FFF7C2",
    "muted": "#E9ECEF",
}
_CHART_COLOURS: dict[Tone, str] = {
    "good": "#2E9E5B",
    "client": "#3B7DD8",
    "late": "#E0A100",
    "bad": "#D93A3F",
    "open": "#D9C63A",
    "muted": "#9AA3AD",
}
_HEAT = {
    "type": "2_color_scale",
    "min_type": "num",
    "min_value": 0,
    "min_color": "#FFFFFF",
    "max_color": "#7FB8FF",
}
_HEAT_WIDTH = 5
_WIDTHS: dict[Kind, int] = {"moment": 19, "date": 11, "duration": 10, "share": 8, "count": 8, "text": 0}


def xlsx_bytes(document: Document) -> bytes:
    """The document as a workbook. Moments are the site's local time; durations may exceed a day (`[h]:mm:ss`)."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    ) as book:
        _Book(book, document).write()
    return out.getvalue()


class _Book:
    """One workbook as it is written."""

    def __init__(self, book: Any, document: Document) -> None:
        self._book = book
        self._document = document
        self._formats: dict[tuple[Kind, Tone | None, bool], Any] = {}
        self._names: set[str] = set()
        self._header = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        self._title = book.add_format({"bold": True, "font_size": 14})

    def write(self) -> None:
        document = self._document
        if document.figures:
            self._summary(document)
        names = [self._name(table.name or document.title) for table in document.tables]
        links = {
            table.key: (name, {row.cells[0]: n for n, row in enumerate(table.rows, start=2)})
            for table, name in zip(document.tables, names, strict=True)
            if table.key
        }
        for table, name in zip(document.tables, names, strict=True):
            self._table(table, name, links)

    def _name(self, name: str) -> str:
        """A sheet's name as Excel takes it, and only once."""
        base = _FORBIDDEN_IN_A_NAME.sub(" ", _text(name))[:_NAME_LIMIT].strip() or "ringtally"
        found, count = base, 1
        while found.casefold() in self._names:
            count += 1
            found = f"{base[: _NAME_LIMIT - 3]} {count}"
        self._names.add(found.casefold())
        return found

    def _format(self, kind: Kind, tone: Tone | None = None, bold: bool = False) -> Any:
        known = self._formats.get((kind, tone, bold))
        if known is None:
            language = self._document.language
            number = {
                "moment": _MOMENTS[language],
                "date": _DATES[language],
                "duration": "[h]:mm:ss",
                "share": "0.0%",
                "count": "0",
                "text": "@",
            }[kind]
            known = self._book.add_format(
                {"num_format": number, "bold": bold, "valign": "top"}
                | ({"bg_color": _COLOURS[tone]} if tone else {})
                | ({"top": 1} if bold else {})
            )
            self._formats[kind, tone, bold] = known
        return known

    def _summary(self, document: Document) -> None:
        sheet = self._book.add_worksheet(self._name(word("summary", document.language)))
        sheet.set_column(0, 0, 44)
        sheet.set_column(1, 3, 16)
        sheet.write_string(0, 0, _text(document.title), self._title)
        at = 1
        for line in document.lines:
            sheet.write_string(at, 0, _text(line))
            at += 1
        at += 1
        heads = ["", word("value", document.language), word("share", document.language)]
        if document.compared:
            heads.append(word("before", document.language))
        for column, head in enumerate(heads):
            sheet.write_string(at, column, head, self._header)
        for number, figure in enumerate(document.figures, start=at + 1):
            self._figure(sheet, number, figure, bool(document.compared))
        at += len(document.figures) + 2
        for note in document.notes:
            sheet.write_string(at, 0, _text(note))
            at += 1
        if document.chart is not None:
            self._chart(sheet, document.chart, at + 1)

    def _figure(self, sheet: Any, at: int, figure: Figure, is_compared: bool) -> None:
        sheet.write_string(at, 0, _text(figure.title), self._format("text", figure.tone))
        self._cell(sheet, at, 1, figure.value, figure.kind)
        self._cell(sheet, at, 2, figure.share, "share")
        if is_compared:
            self._cell(sheet, at, 3, figure.before, figure.kind)

    def _chart(self, sheet: Any, chart: Chart, at: int) -> None:
        """The figures of the chart stand behind it, where it reads them."""
        first = 20
        name = sheet.get_name()
        drawn = self._book.add_chart({"type": "column", "subtype": "stacked"})
        for row, label in enumerate(chart.labels, start=1):
            sheet.write_string(at + row, first, _text(label))
        for number, series in enumerate(chart.series, start=first + 1):
            sheet.write_string(at, number, _text(series.name))
            for row, value in enumerate(series.values, start=1):
                self._cell(sheet, at + row, number, value, chart.kind)
            last = at + len(chart.labels)
            drawn.add_series(
                {
                    "name": [name, at, number],
                    "categories": [name, at + 1, first, last, first],
                    "values": [name, at + 1, number, last, number],
                    "fill": {"color": _CHART_COLOURS[series.tone]},
                    "gap": 40,
                }
            )
        drawn.set_title({"name": _text(chart.name), "name_font": {"size": 11}})
        drawn.set_size({"width": 900, "height": 280})
        drawn.set_legend({"position": "bottom"})
        sheet.insert_chart(at, 0, drawn)

    def _table(self, table: Table, name: str, links: Mapping[str, tuple[str, Mapping[Cell, int]]]) -> None:
        sheet = self._book.add_worksheet(name)
        widths = [max(len(column.title), _WIDTHS[column.kind]) for column in table.columns]
        for n, column in enumerate(table.columns):
            sheet.write_string(0, n, _text(column.full_title), self._header)
        for at, row in enumerate(table.rows, start=1):
            self._row(sheet, at, row, table, widths, links)
        if table.total is not None:
            for n, (cell, column) in enumerate(zip(table.total.cells, table.columns, strict=True)):
                self._cell(sheet, len(table.rows) + 1, n, cell, column.kind, bold=True)
        sheet.freeze_panes(1, 1)
        heated = [n for n, column in enumerate(table.columns) if column.is_heat]
        if heated and table.rows:
            sheet.conditional_format(1, heated[0], len(table.rows), heated[-1], _HEAT)
        if not heated:
            sheet.autofilter(0, 0, len(table.rows), len(table.columns) - 1)
        for n, width in enumerate(widths):
            sheet.set_column(n, n, _HEAT_WIDTH if n in heated else min(width + 2, _WIDEST))
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)

    def _row(
        self,
        sheet: Any,
        at: int,
        row: Row,
        table: Table,
        widths: list[int],
        links: Mapping[str, tuple[str, Mapping[Cell, int]]],
    ) -> None:
        for n, (cell, column) in enumerate(zip(row.cells, table.columns, strict=True)):
            tone = row.tone if n == table.tone_column else None
            if isinstance(cell, str):
                widths[n] = max(widths[n], len(cell))
            target = self._target(cell, column, links)
            if target:
                sheet.write_url(at, n, target, string=_text(str(cell)))
            else:
                self._cell(sheet, at, n, cell, column.kind, tone)

    @staticmethod
    def _target(cell: Cell, column: Column, links: Mapping[str, tuple[str, Mapping[Cell, int]]]) -> str:
        name, rows = links.get(column.links_to, ("", {}))
        return f"internal:'{name}'!A{rows[cell]}" if cell in rows else ""

    def _cell(
        self, sheet: Any, at: int, n: int, cell: Cell, kind: Kind, tone: Tone | None = None, bold: bool = False
    ) -> None:
        """What a caller wrote is written as a string whatever it looks like."""
        form = self._format(kind, tone, bold)
        if cell is None:
            if tone or bold:
                sheet.write_blank(at, n, None, form)
        elif isinstance(cell, str):
            day = _day(cell) if kind == "date" else None
            if day is not None:
                sheet.write_datetime(at, n, day, form)
            else:
                sheet.write_string(at, n, _text(cell), self._format("text", tone, bold))
        elif kind == "moment" and (moment := local(cell, self._document.zone)) >= _FIRST_DAY:
            sheet.write_datetime(at, n, moment, form)
        else:
            sheet.write_number(at, n, cell / _DAY_S if kind == "duration" else cell, form)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _text(text: str) -> str:
    return _FORBIDDEN_IN_XML.sub("\ufffd", text)[:_CELL_LIMIT]

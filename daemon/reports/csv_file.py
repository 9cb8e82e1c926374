"""CSV: for programs, and as Excel of a country with decimal commas opens it by a double click."""

import csv
import io
import re
from collections.abc import Callable, Iterator

from daemon.log import harmless
from daemon.reports.document import Cell, Column, Document, Kind
from daemon.reports.spelling import ISO_MOMENT, local_time, long_duration, page_date, percent

_BYTE_ORDER_MARK = "\ufeff"
# A spreadsheet of another country takes the other sign for what parts cells, so a formula may begin behind either.
_FORMULA = re.compile(r"(^|[,;])(\s*)(?=[=+\-@＝＋－＠])")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_EXCEL_MOMENT = "%d.%m.%Y %H:%M:%S"
_Written = Callable[[Cell, Kind], Cell]


def csv_text(document: Document) -> str:
    """The first table: a header line, commas, CR LF (RFC 4180); local ISO times, durations in seconds, to the millisecond.

    What a spreadsheet would take for a formula begins with an apostrophe (OWASP: CSV injection); a plain number, also one in
    E.164, stays as it is. Control characters are escaped: a file may be shown on a terminal.
    """

    def written(cell: Cell, kind: Kind) -> Cell:
        if kind == "moment" and isinstance(cell, (int, float)):
            return local_time(cell, document.zone, ISO_MOMENT)
        if kind == "duration" and isinstance(cell, (int, float)):
            return round(cell, 3)
        return _inert(cell)

    return _text(document, ",", written)


def excel_csv_text(document: Document) -> str:
    """The same for Excel where a comma is the decimal sign: semicolons, a byte order mark, `DD.MM.YYYY`, `h:mm:ss`, `12,5%`."""

    def written(cell: Cell, kind: Kind) -> Cell:
        if cell is None or isinstance(cell, str):
            return _inert(page_date(cell, "ru") if cell and kind == "date" else cell)
        if kind == "moment":
            return local_time(cell, document.zone, _EXCEL_MOMENT)
        if kind == "duration":
            return long_duration(cell)
        if kind == "share":
            return percent(cell, "en").replace(".", ",")
        return str(cell).replace(".", ",")

    return _BYTE_ORDER_MARK + _text(document, ";", written)


def _text(document: Document, delimiter: str, written: _Written) -> str:
    table = document.tables[0]
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow([_inert(column.full_title) for column in table.columns])
    for cells in (row.cells for row in (*table.rows, *([table.total] if table.total else []))):
        writer.writerow(list(_cells(cells, table.columns, written)))
    return out.getvalue()


def _cells(cells: tuple[Cell, ...], columns: tuple[Column, ...], written: _Written) -> Iterator[Cell]:
    for cell, column in zip(cells, columns, strict=True):
        yield written(cell, column.kind)


def _inert(cell: Cell) -> Cell:
    if not isinstance(cell, str) or _NUMBER.fullmatch(cell):
        return cell
    return _FORMULA.sub(r"\1\2'", harmless(cell, len(cell)))

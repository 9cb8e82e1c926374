"""Rows as files that other programs open: CSV, XLSX, HTML. What a caller wrote stays text in each of them."""

import csv
import html
import io
import re
from collections.abc import Iterable, Sequence

import xlsxwriter

from daemon.log import harmless

Cell = str | float | int | bool | None
# Where commas part no cells a spreadsheet may take semicolons for what does, so a formula may begin behind one too.
_FORMULA = re.compile(r"(^|;)(\s*)(?=[=+\-@＝＋－＠])")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_FORBIDDEN_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_CELL_LIMIT = 32_767
"""What Excel takes."""


def csv_text(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Comma-separated values with a header line, CR LF line ends (RFC 4180).

    What a spreadsheet would take for a formula begins with an apostrophe (OWASP: CSV injection); a plain number, also one in
    E.164, stays as it is. Control characters are escaped: a file may be shown on a terminal.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows([_inert(cell) for cell in row] for row in rows)
    return out.getvalue()


def _inert(cell: Cell) -> Cell:
    if not isinstance(cell, str) or _NUMBER.fullmatch(cell):
        return cell
    return _FORMULA.sub(r"\1\2'", harmless(cell, len(cell)))


def xlsx_bytes(title: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """One sheet: frozen bold header, filters, text as text (never a formula or a link), numbers as numbers."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    ) as book:
        sheet = book.add_worksheet(re.sub(r"[\[\]:*?/\\']", " ", title)[:31])
        bold = book.add_format({"bold": True})
        widths = [len(name) for name in header]
        for column, name in enumerate(header):
            sheet.write_string(0, column, name, bold)
        count = 0
        for count, row in enumerate(rows, start=1):
            for column, cell in enumerate(row):
                widths[column] = max(widths[column], len(str(cell)) if cell is not None else 0)
                if isinstance(cell, str):
                    sheet.write_string(count, column, _FORBIDDEN_IN_XML.sub("\ufffd", cell)[:_CELL_LIMIT])
                elif cell is not None:
                    sheet.write(count, column, cell)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, count, max(len(header) - 1, 0))
        for column, width in enumerate(widths):
            sheet.set_column(column, column, min(width + 2, 50))
    return out.getvalue()


def html_text(
    title: str, header: Sequence[str], rows: Iterable[Sequence[Cell]], language: str = "en", note: str = ""
) -> str:
    """A page of its own with one table, and a line above it; everything escaped, nothing loaded from elsewhere."""
    head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in header)
    body = "\n".join(
        "<tr>"
        + "".join(f"<td>{'' if cell is None else html.escape(harmless(str(cell), _CELL_LIMIT))}</td>" for cell in row)
        + "</tr>"
        for row in rows
    )
    said = f"<p>{html.escape(note)}</p>\n" if note else ""
    return (
        f'<!doctype html>\n<html lang="{html.escape(language)}">\n<meta charset="utf-8">\n<title>{html.escape(title)}</title>\n'
        "<style>body{font:14px system-ui,sans-serif;margin:2em}table{border-collapse:collapse;font-variant-numeric:tabular-nums}"
        "th,td{padding:.3em .7em;border-bottom:1px solid #ddd;text-align:left}</style>\n"
        f"<h1>{html.escape(title)}</h1>\n{said}<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>\n</html>\n"
    )

"""A document as a file of the form asked for."""

from dataclasses import dataclass

from daemon.reports.csv_file import csv_text, excel_csv_text
from daemon.reports.document import Document
from daemon.reports.xlsx_file import xlsx_bytes


@dataclass(frozen=True, slots=True)
class FileForm:
    """How a form of files is known to those who take it."""

    content_type: str
    suffix: str


FILE_FORMS = {
    "csv": FileForm("text/csv; charset=utf-8", "csv"),
    "csv-excel": FileForm("text/csv; charset=utf-8", "csv"),
    "xlsx": FileForm("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    "html": FileForm("text/html; charset=utf-8", "html"),
}


def file_bytes(form: str, document: Document) -> bytes:
    """The document as one of `FILE_FORMS`."""
    if form == "xlsx":
        return xlsx_bytes(document)
    return _text(form, document).encode("utf-8", "backslashreplace")


def _text(form: str, document: Document) -> str:
    if form == "html":
        from daemon.reports.html_page import html_text  # noqa: PLC0415 - the daemon does without templates

        return html_text(document)
    return csv_text(document) if form == "csv" else excel_csv_text(document)

"""A file of clients as spreadsheets and CRMs export it: number, name and responsible, in CSV of whatever kind.

Nothing in the file does anything: names stay text, and what is said of faults has places and no contents.
"""

import codecs
import csv
import io
import sys
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from config.sections import Clients
from daemon.client_columns import Columns, NoColumnsError, columns_of
from daemon.client_numbers import NotANumberError, numbers_in
from daemon.log import harmless
from handlers.clients import Entry
from handlers.numbers import NumberPlan

MOST_BYTES = 64 * 1024 * 1024
MOST_NUMBERS = 200_000
NAME_LONGEST = 200
# A quotation mark that nobody closes swallows line after line; no address has that many.
_LINES_OF_A_ROW = 50
_RESTS_EVERY = 20
_SHEETS = {b"PK\x03\x04": "an XLSX or ODS file", b"\xd0\xcf\x11\xe0": "an XLS file"}
_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
# So many whole characters before the first that is none: the file is UTF-8, and damaged; Cyrillic of one byte has none.
_SURELY_UTF8 = 3
_DELIMITERS = ";\t,|"


class ClientFileError(Exception):
    """The file cannot be taken; the message names file, line and cure."""


@dataclass(slots=True)
class ClientFile:
    """What a file says. Lines are counted from 1, as an editor does."""

    clients: dict[str, Entry] = field(default_factory=dict)
    encoding: str = ""
    delimiter: str = ""
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """By what they are for (`numbers`, `names`, `responsible`) the titles of the columns; without titles their places from 1."""
    rows: int = 0
    without_number: int = 0
    """Rows with nothing where the number should be."""
    refused: int = 0
    """Rows that have something there, and no number that could call."""
    first_refused: tuple[int, str] | None = None
    """The line and the reason of the first of them."""
    repeated: int = 0
    """Numbers that an earlier row has; that row counts."""
    first_repeated: int | None = None


def read_clients(
    path: Path, settings: Clients, plan: NumberPlan, rest: Callable[[], None] = lambda: None
) -> ClientFile:
    """The clients of the file, numbers normalised by the plan; raises ClientFileError.

    `rest` is called every few rows by a reader that has the interpreter to share.
    """

    def fault(line: int | None, what: str) -> ClientFileError:
        return ClientFileError(harmless(f"{path}{'' if line is None else f', line {line}'}: {what}", 1000))

    data = _bytes_of(path, fault)
    found = ClientFile()
    text, found.encoding = _text_of(data, settings.encoding, fault)
    del data
    lines = _Lines(text)
    if settings.delimiter == "auto":
        found.delimiter = lines.named_delimiter() or _delimiter_of(text)
    else:
        found.delimiter = "\t" if settings.delimiter == "tab" else settings.delimiter
    columns: Columns | None = None
    for line, row in _rows(lines, found.delimiter, fault):
        if columns is None:
            try:
                columns = columns_of(row, settings)
            except NoColumnsError as error:
                raise fault(line, str(error)) from None
            found.columns = _titles(columns, row)
            if columns.has_header:
                continue
        found.rows += 1
        _take(found, line, row, columns, plan)
        if len(found.clients) > MOST_NUMBERS:
            raise fault(line, f"more than {MOST_NUMBERS} numbers; export those alone who may call")
        if not found.rows % _RESTS_EVERY:
            rest()
    return _checked(found, fault)


_Fault = Callable[[int | None, str], ClientFileError]


def _bytes_of(path: Path, fault: _Fault) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        reason = error.strerror or str(error)
        cure = (
            "make it, or correct clients.file"
            if isinstance(error, FileNotFoundError)
            else "let ringtally's user read it"
        )
        raise fault(None, f"cannot be read: {reason}; {cure}") from None
    if len(data) > MOST_BYTES:
        raise fault(None, f"larger than {MOST_BYTES // 1024 // 1024} MiB; export number, name and responsible alone")
    for mark, what in _SHEETS.items():
        if data.startswith(mark):
            raise fault(None, f"this is {what}; save it as CSV")
    return data


def _text_of(data: bytes, encoding: str, fault: _Fault) -> tuple[str, str]:
    known = next((name for mark, name in _BOMS.items() if data.startswith(mark)), None)
    tried = known or ("utf-8" if encoding == "auto" else encoding)
    try:
        text = data.decode(tried)
    except UnicodeDecodeError as error:
        is_utf8 = known or encoding != "auto" or _looks_like_utf8(data[: error.start])
        if is_utf8:
            line = data.count(b"\n", 0, error.start) + 1
            raise fault(line, f"is not {tried.upper()}; export anew, or set clients.encoding") from None
        tried = "cp1251"
        try:
            text = data.decode(tried)
        except UnicodeDecodeError as again:
            line = data.count(b"\n", 0, again.start) + 1
            raise fault(line, "is neither UTF-8 nor Windows-1251; export it as UTF-8") from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise fault(line, "is no text; save it as CSV, in UTF-8")
    return text, "utf-8" if tried == "utf-8-sig" else tried


def _looks_like_utf8(before: bytes) -> bool:
    return sum(byte >= 0xC0 for byte in before) >= _SURELY_UTF8  # noqa: PLR2004 - what begins a character of several bytes


class _Lines:
    """The lines of a text, one by one, and those of the row that is being read."""

    def __init__(self, text: str) -> None:
        self._lines = io.StringIO(text, newline="")
        self.count = 0
        self.of_row: list[str] = []

    def named_delimiter(self) -> str | None:
        """`sep=;`, with which Excel is told; it is no row then."""
        line = self._lines.readline()
        if line[:4].lower() == "sep=" and len(line.rstrip("\r\n")) == len("sep=;"):
            self.count += 1
            return line[4]
        self._lines.seek(0)
        return None

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._lines.readline()
        if not line or len(self.of_row) > _LINES_OF_A_ROW:
            raise StopIteration
        self.count += 1
        self.of_row.append(line)
        return line


def _rows(lines: _Lines, delimiter: str, fault: _Fault) -> Iterator[tuple[int, list[str]]]:
    """Each row with the line it begins in; empty ones are passed over."""
    reader = csv.reader(lines, delimiter=delimiter)
    while True:
        lines.of_row.clear()
        first = lines.count + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise fault(first, f"{error}; export the file anew") from None
        if _ends_in_a_quotation(lines.of_row, delimiter) or len(lines.of_row) > _LINES_OF_A_ROW:
            raise fault(first, "a quotation mark is opened here and closed nowhere; close it, or export the file anew")
        if any(cell.strip() for cell in row):
            yield first, row


def _ends_in_a_quotation(row: list[str], delimiter: str) -> bool:
    """Was a quotation of these lines ended by the end of the file, and by no mark? A stray mark within a cell is none."""
    if not sum(line.count('"') for line in row) % 2:
        return False
    try:
        list(csv.reader(row, delimiter=delimiter, strict=True))
    except csv.Error as error:
        return "unexpected end" in str(error)
    return False


def _delimiter_of(text: str) -> str:
    """What parts the cells of the first line that says something."""
    line = next((line for line in io.StringIO(text) if line.strip()), "")
    outside = "".join(line.split('"')[::2])
    return max(_DELIMITERS, key=outside.count)


def _titles(columns: Columns, first: list[str]) -> dict[str, tuple[str, ...]]:
    places = {"numbers": columns.numbers, "names": columns.names, "responsible": columns.responsible}
    return {
        use: tuple(" ".join(first[place].split()) if columns.has_header else str(place + 1) for place in those)
        for use, those in places.items()
    }


def _take(found: ClientFile, line: int, row: list[str], columns: Columns, plan: NumberPlan) -> None:
    """Add a row."""
    numbers: list[str] = []
    reason: str | None = None
    for cell in _cells(row, columns.numbers):
        try:
            numbers += numbers_in(cell)
        except NotANumberError as error:
            reason = reason or str(error)
    if not numbers:
        if reason is None:
            found.without_number += 1
        else:
            found.refused += 1
            found.first_refused = found.first_refused or (line, reason)
        return
    names = " ".join(filter(None, map(_name, _cells(row, columns.names))))[:NAME_LONGEST]
    responsible = " ".join(filter(None, map(_name, _cells(row, columns.responsible))))[:NAME_LONGEST]
    # Some few people look after all the clients: one text each is enough.
    client = (names or None, sys.intern(responsible) if responsible else None)
    for number in dict.fromkeys(plan.normalised(each) for each in numbers):
        if number is None:
            continue
        if found.clients.setdefault(number, client) is not client:
            found.repeated += 1
            found.first_repeated = found.first_repeated or line


def _cells(row: list[str], places: tuple[int, ...]) -> Iterator[str]:
    return (row[place] for place in places if place < len(row))


def _name(cell: str) -> str:
    """A name on one line, without what no name has in it: control characters, and what turns the direction of writing."""
    kept = "".join(" " if unicodedata.category(each)[0] in "CZ" else each for each in cell[: NAME_LONGEST * 2])
    return " ".join(kept.split())


def _checked(found: ClientFile, fault: _Fault) -> ClientFile:
    """A file that says next to nothing has gone wrong on its way: better the directory of before than none."""
    if found.refused > found.rows - found.refused:
        line, reason = found.first_refused or (None, "")
        raise fault(
            line, f"{reason}, and so in {found.refused} of {found.rows} rows; see that clients.number_columns is right"
        )
    if not found.clients:
        raise fault(None, "has no client with a number; export it anew, or take [clients] out of the settings")
    return found

"""CSV for programs and for Russian Excel: what a caller wrote is text in each of them."""

import csv
import io
import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.reports.csv_file import csv_text, excel_csv_text
from daemon.reports.document import Column, Document, Row, Table
from tests.daemon.reports.sample_document import ZONE, report
from tests.daemon.reports.sample_document import texts as document
from tests.hostile import csv_rows, hostile_texts

texts = st.text(max_size=40)


def test_csv_has_a_header_and_ends_its_lines_as_the_rfc_says() -> None:
    assert csv_text(document([["+79001112233", 8.2], [None, None]])) == "caller,name\r\n+79001112233,8.2\r\n,\r\n"


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1+1", "-1-1", "@SUM(A1)", " =1+1", "\t=1+1", "x;=1+1", "x; @a", "x, =1+1,y", "＝1+1"]
)
@pytest.mark.parametrize("written", [csv_text, excel_csv_text])
def test_what_a_spreadsheet_would_calculate_begins_with_an_apostrophe(
    cell: str, written: Callable[[Document], str]
) -> None:
    delimiter = "," if written is csv_text else ";"
    _, row = csv.reader(io.StringIO(written(document([[cell]]))), delimiter=delimiter)
    for part in re.split("[,;]", row[0]):
        assert not part.strip().startswith(("=", "+", "-", "@", "＝"))


@pytest.mark.parametrize(
    "cell", ["+79001112233", "-5", "8.25", "Иван Петров", "a=b", "mail@example.org", "2026-11-23 19:11:34", "o'clock"]
)
def test_what_is_harmless_stays_as_it_is(cell: str) -> None:
    assert list(csv.reader(io.StringIO(csv_text(document([[cell]]))))) == [["caller"], [cell]]


@given(st.lists(st.lists(texts, min_size=2, max_size=2), max_size=5))
def test_whatever_the_cells_a_csv_file_keeps_its_rows_and_no_terminal_obeys_it(rows: list[list[str]]) -> None:
    text = csv_text(document(rows))
    assert all(character in "\r\n" or character.isprintable() for character in text)
    assert [len(row) for row in csv.reader(io.StringIO(text))] == [2] * (len(rows) + 1)
    excel = excel_csv_text(document(rows)).removeprefix("\ufeff")
    assert [len(row) for row in csv.reader(io.StringIO(excel), delimiter=";")] == [2] * (len(rows) + 1)


def test_csv_is_local_iso_time_seconds_and_points() -> None:
    head, row, total = csv.reader(io.StringIO(csv_text(report(count=1))))
    assert head[:6] == ["when", "day", "name", "state", "many: calls", "many: wait"]
    assert row[:7] == ["2026-11-23 19:11:34", "2026-11-23", "Иван", "truly missed", "0", "90061.5", "0.125"]
    assert total[0] == "total"


def test_csv_has_averages_to_the_millisecond() -> None:
    table = Table(
        "waits", (Column("average wait", "duration"),), [Row((25.768181818181816,)), Row((52.54399999999998,))]
    )
    assert csv_text(Document("", "en", ZONE, (table,))).split() == ["average", "wait", "25.768", "52.544"]


def test_russian_excel_finds_semicolons_its_own_dates_times_and_commas() -> None:
    text = excel_csv_text(report("ru", count=1))
    assert text.startswith("\ufeff")
    _, row, total = csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";")
    assert row[:7] == ["23.11.2026 19:11:34", "23.11.2026", "Иван", "truly missed", "0", "25:01:02", "12,5%"]
    assert total[5:7] == ["0:00:08", "50,0%"]
    assert excel_csv_text(document([[8.25]])).splitlines()[1] == "8,25"


@hostile_texts
def test_what_a_caller_wrote_is_no_formula_in_any_column(text: str) -> None:
    for written, delimiter, other in (
        (csv_text(report(name=text)), ",", ";"),
        (excel_csv_text(report(name=text)), ";", ","),
    ):
        # Read as it is meant, and as a spreadsheet of another country reads it.
        rows = csv_rows(written, delimiter) + csv_rows(written, other)
        for cell in (cell for row in rows for cell in row):
            assert not cell.lstrip().startswith(("=", "@", "-", "＝")), cell
            assert not cell.startswith("+") or cell[1:].isdigit(), cell

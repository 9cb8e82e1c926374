"""Files for other programs: what a caller wrote is text in each of them."""

import csv
import io
import zipfile
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.exports import csv_text, html_text, xlsx_bytes

texts = st.text(max_size=40)


def sheet_of(*rows: list[str | float | None]) -> tuple[str, str]:
    """The sheet and its texts, as XML."""
    book = zipfile.ZipFile(io.BytesIO(xlsx_bytes("calls", ["caller", "wait"], rows)))
    return book.read("xl/worksheets/sheet1.xml").decode(), book.read("xl/sharedStrings.xml").decode()


def test_csv_has_a_header_and_ends_its_lines_as_the_rfc_says() -> None:
    assert (
        csv_text(["caller", "wait"], [["+79001112233", 8.2], [None, None]])
        == "caller,wait\r\n+79001112233,8.2\r\n,\r\n"
    )


@pytest.mark.parametrize("cell", ["=1+1", "+1+1", "-1-1", "@SUM(A1)", " =1+1", "\t=1+1", "x;=1+1", "x; @a", "＝1+1"])
def test_what_a_spreadsheet_would_calculate_begins_with_an_apostrophe(cell: str) -> None:
    (row,) = csv.reader(io.StringIO(csv_text(["x"], [[cell]]).removeprefix("x\r\n")))
    for part in row[0].split(";"):
        assert not part.strip().startswith(("=", "+", "-", "@", "＝"))


@pytest.mark.parametrize(
    "cell", ["+79001112233", "-5", "8.25", "Иван Петров", "a=b", "mail@example.org", "2026-11-23 19:11:34", "o'clock"]
)
def test_what_is_harmless_stays_as_it_is(cell: str) -> None:
    assert list(csv.reader(io.StringIO(csv_text(["x"], [[cell]])))) == [["x"], [cell]]


@given(st.lists(st.lists(texts, min_size=2, max_size=2), max_size=5))
def test_whatever_the_cells_a_csv_file_keeps_its_rows_and_no_terminal_obeys_it(rows: list[list[str]]) -> None:
    text = csv_text(["a", "b"], rows)
    assert all(character in "\r\n" or character.isprintable() for character in text)
    assert [len(row) for row in csv.reader(io.StringIO(text))] == [2] * (len(rows) + 1)


def test_a_spreadsheet_has_texts_as_texts_and_numbers_as_numbers() -> None:
    sheet, shared = sheet_of(["=1+1", 8.25], ["http://evil.example", None], ["+79001112233", 3.0])
    assert "<f>" not in sheet
    assert "<hyperlink" not in sheet
    assert "<v>8.25</v>" in sheet
    for text in ("=1+1", "http://evil.example", "+79001112233"):
        assert text in shared


def test_a_spreadsheet_can_be_filtered_and_keeps_its_head_in_sight() -> None:
    sheet, _ = sheet_of(["x", 1.0])
    assert '<autoFilter ref="A1:B2"/>' in sheet
    assert 'state="frozen"' in sheet
    assert "autoFilter" in sheet_of()[0]


@given(texts)
def test_whatever_the_text_a_spreadsheet_is_well_formed(text: str) -> None:
    sheet, shared = sheet_of([text, None])
    ElementTree.fromstring(sheet)
    ElementTree.fromstring(shared)


def test_a_text_longer_than_a_cell_may_be_is_cut() -> None:
    assert len(sheet_of(["x" * 50_000, None])[1]) < 33_500


@given(st.lists(st.lists(texts, min_size=1, max_size=1), max_size=4), texts)
def test_whatever_the_cells_a_page_has_the_same_tags(rows: list[list[str]], title: str) -> None:
    class Tags(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.seen: list[str] = []

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.seen.append(tag)

    tags = Tags()
    tags.feed(html_text(title, ["x"], rows))
    head = ["html", "meta", "title", "style", "h1", "table", "thead", "tr", "th", "tbody"]
    assert tags.seen == head + ["tr", "td"] * len(rows)

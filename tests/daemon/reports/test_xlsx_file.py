"""A workbook, read back: dates are dates, durations durations, and what a caller wrote is text."""

import io
import re
import zipfile
from datetime import datetime, timedelta
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import openpyxl
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.workbook import Workbook

from daemon.reports.document import Column, Document, Row, Table
from daemon.reports.xlsx_file import xlsx_bytes
from tests.daemon.reports.sample_document import report, texts
from tests.hostile import hostile_texts


def opened(document: Document) -> Workbook:
    return openpyxl.load_workbook(io.BytesIO(xlsx_bytes(document)))


def parts(document: Document) -> dict[str, str]:
    book = zipfile.ZipFile(io.BytesIO(xlsx_bytes(document)))
    return {name: book.read(name).decode() for name in book.namelist() if name.endswith((".xml", ".rels"))}


def test_a_report_has_a_sheet_for_what_it_comes_to_and_one_for_each_table() -> None:
    assert opened(report()).sheetnames == ["summary", "calls", "later calls"]
    assert opened(report("ru")).sheetnames[0] == "сводка"


def test_moments_are_dates_of_the_site_and_durations_may_exceed_a_day() -> None:
    sheet = opened(report())["calls"]
    moment, day, wait, share = sheet["A2"], sheet["B2"], sheet["F2"], sheet["G2"]
    assert isinstance(moment.value, datetime)
    assert moment.value.isoformat(timespec="seconds") == "2026-11-23T19:11:34"
    assert moment.number_format == "yyyy-mm-dd hh:mm:ss"
    assert (day.value, day.number_format) == (datetime.fromisoformat("2026-11-23"), "yyyy-mm-dd")
    assert wait.number_format == "[h]:mm:ss"
    assert wait.value == timedelta(seconds=90_061.5)
    assert (share.value, share.number_format) == (0.125, "0.0%")
    assert opened(report("ru"))["calls"]["A2"].number_format == "dd.mm.yyyy hh:mm:ss"


def test_a_moment_is_the_wall_clocks_on_the_night_it_is_set_back() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    first = datetime(2026, 10, 25, 2, 30, tzinfo=berlin).timestamp()
    table = Table("list", (Column("when", "moment"),), [Row((first,)), Row((first + 3600,))])
    sheet = opened(Document("", "en", berlin, (table,)))["list"]
    assert [sheet[cell].value for cell in ("A2", "A3")] == [datetime.fromisoformat("2026-10-25T02:30")] * 2


def test_the_head_stays_in_sight_can_be_filtered_and_is_on_each_page() -> None:
    sheet = opened(report())["calls"]
    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref == "A1:J4"  # the total stays below what is filtered
    assert sheet.print_title_rows == "$1:$1"
    assert sheet.page_setup.paperSize == 9
    assert sheet["A5"].value == "total"


def test_the_state_is_coloured_and_its_neighbours_are_not() -> None:
    sheet = opened(report())["calls"]
    assert sheet["D2"].fill.start_color.rgb == "FFFAD4D4"
    assert sheet["C2"].fill.fill_type is None


def test_a_later_call_is_linked_to_its_row() -> None:
    sheet = opened(report())["calls"]
    link = sheet["H3"].hyperlink
    assert link is not None
    assert link.location == "'later calls'!A3"
    assert opened(report())["later calls"]["A3"].value == sheet["H3"].value


def test_the_summary_has_the_figures_what_they_were_and_a_chart() -> None:
    sheet = opened(report())["summary"]
    found = {row[0].value: [cell.value for cell in row[1:4]] for row in sheet.iter_rows()}
    assert found["missed"] == [3, 0.5, 2]
    assert found["wait"][0] is None
    assert "xl/charts/chart1.xml" in parts(report())


@hostile_texts
def test_what_a_caller_wrote_is_text_and_neither_formula_nor_link(text: str) -> None:
    for document in (report(name=text), texts([[text, text]])):
        for name, part in parts(document).items():
            assert "<f>" not in part or "chart" in name
            assert "evil.example" not in part or name == "xl/sharedStrings.xml"
            assert "External" not in part
        for sheet in opened(document):
            for row in sheet.iter_rows():
                assert all(cell.data_type != "f" for cell in row)
                assert all(cell.hyperlink is None or not cell.hyperlink.target for cell in row)


@hostile_texts
def test_a_cell_holds_what_was_written_but_for_what_no_xml_may_hold(text: str) -> None:
    shared = ElementTree.fromstring(parts(texts([[text, None]]))["xl/sharedStrings.xml"])
    *_, written = ["", *(found.text or "" for found in shared.iter(f"{shared.tag.removesuffix('sst')}t"))]
    wanted = re.sub("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]", "\ufffd", text)[:32_767]
    if text:  # an empty one is no string
        # What looks like an escape of the format's own is escaped itself, and so is a carriage return.
        assert re.sub("_x000D_|_x005F(?=_x)", lambda it: "\r" if "D" in it[0] else "", written) == wanted


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=40), st.text(max_size=40))
def test_whatever_the_text_a_workbook_is_well_formed(text: str, name: str) -> None:
    for part in parts(texts([[text, None]], name=name)).values():
        ElementTree.fromstring(part)


def test_a_text_longer_than_a_cell_may_be_is_cut() -> None:
    assert len(opened(texts([["x" * 50_000, None]]))["list"]["A2"].value) == 32_767


def test_two_tables_of_one_name_have_two_sheets() -> None:
    document = report()
    first, later = document.tables
    twice = Document("", "en", document.zone, (first, first, later))
    assert opened(twice).sheetnames == ["calls", "calls 2", "later calls"]


def test_an_empty_list_is_a_head() -> None:
    sheet = opened(texts([]))["list"]
    assert [cell.value for cell in sheet[1]] == ["caller", "name"]
    assert sheet.max_row == 1

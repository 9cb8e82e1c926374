"""A report in a terminal: what it is about, its figures, and tables that fit."""

import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from daemon.reports.document import Column, Document, Row, Table
from daemon.reports.heat_table import heat_table
from daemon.reports.terminal import rendered
from tests.daemon.reports.sample_document import ZONE, report, texts
from tests.hostile import HOSTILE, hostile_texts, is_inert


def lines(document: Document, width: int = 200) -> list[str]:
    out = io.StringIO()
    Console(file=out, width=width).print(rendered(document, width))
    return [line.rstrip() for line in out.getvalue().splitlines()]


def test_a_report_begins_with_what_it_is_about_and_what_it_comes_to() -> None:
    assert lines(report())[:5] == [
        *("A report", "only: Иван", ""),
        "missed: 3  50.0%   before: 2 (+50%)",
        "wait: –   before: 0:08",
    ]


def test_its_tables_have_names_totals_and_no_empty_columns() -> None:
    told = lines(report())
    table = told[told.index("calls") :]
    assert table[1].split()[:3] == ["when", "day", "name"]
    assert "nothing" not in table[1]
    assert table[5].startswith("total")
    assert "25:01:02" in table[2]


def test_what_links_would_lead_to_is_left_out() -> None:
    assert "later calls" not in lines(report())


def test_a_group_of_columns_has_a_short_name() -> None:
    columns = (Column("average", group="wait of the answered", short_group="answered"), Column("max", group="wait"))
    document = Document("", "en", ZONE, (Table("waits", columns, [Row(("0:01", "0:02"))]),))
    assert lines(document)[0].split("  ") == ["answered: average", "wait: max"]


def test_a_list_is_its_table_alone() -> None:
    assert [line.split() for line in lines(texts([["89001112233", "Иван"]]))] == [
        ["caller", "name"],
        ["89001112233", "Иван"],
    ]


def test_what_is_hotter_is_seen_by_its_figure_and_colour_and_the_emptiest_hours_give_way() -> None:
    counts = [[hour if 3 <= hour <= 20 else 0 for hour in range(24)] for _ in range(7)]
    document = Document("A report", "en", ZONE, (heat_table(counts, "en"),))
    told = lines(document, 80)
    start = next(n for n, line in enumerate(told) if line.startswith("weekday"))
    hours = told[start].split()[1:-1]
    assert hours == [f"{hour:02}" for hour in range(21 - len(hours), 21)]
    assert told[-1] == "no room for: " + ", ".join(f"{hour:02}" for hour in range(3, 21 - len(hours)))
    out = io.StringIO()
    Console(file=out, width=120, color_system="standard", force_terminal=True).print(rendered(document, 120))
    assert "\x1b[1;7;31m20\x1b[0m" in out.getvalue()


def test_only_the_last_rows_are_shown_where_that_is_asked_for_and_it_is_said() -> None:
    table = Table("list", (Column("n", "count"),), [Row((n,)) for n in range(60)], last=50)
    told = lines(Document("", "en", ZONE, (table,)))
    assert [line.strip() for line in told[1:51]] == [str(n) for n in range(10, 60)]
    assert told[51:] == ["only the last are shown: 50 / 60"]


@pytest.mark.parametrize("width", [60, 80, 120])
@hostile_texts
def test_whatever_a_caller_wrote_nothing_is_obeyed_and_nothing_juts_out(text: str, width: int) -> None:
    for line in lines(report(name=text), width):
        assert cell_len(line) <= width
        assert is_inert(line)


def test_what_is_written_from_right_to_left_turns_nothing_beside_it_even_where_it_is_cut() -> None:
    name = HOSTILE["right-to-left"]
    (_, whole) = lines(texts([["1", name]]))
    assert whole == f"1       \u2068{name}\u2069"
    (_, cut) = lines(texts([["1", HOSTILE["long-right-to-left"]]]), 30)
    assert cut == f"1       \u2068{'ש' * 21}…\u2069"

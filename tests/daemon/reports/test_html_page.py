"""A page: escaped, loading nothing, and the same tags whatever a caller wrote."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.reports.document import Chart, Document, Series
from daemon.reports.heat_table import heat_table
from daemon.reports.html_page import html_text
from tests.daemon.reports.sample_document import ZONE, report
from tests.daemon.reports.sample_document import texts as document
from tests.hostile import HOSTILE, hostile_texts, is_right_to_left

texts = st.text(max_size=40)


class Tags(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.attributes: dict[str, set[str]] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        for name, value in attrs:
            self.attributes.setdefault(name, set()).add(value or "")


def tags(shown: Document) -> Tags:
    return Tags(html_text(shown))


@given(st.lists(st.lists(texts, min_size=1, max_size=1), min_size=1, max_size=4), texts)
def test_whatever_the_cells_a_page_has_the_same_tags(rows: list[list[str]], name: str) -> None:
    seen = tags(document(rows, name=f"x{name}")).seen
    head = [
        "html",
        "head",
        "meta",
        "meta",
        "meta",
        "title",
        "style",
        "body",
        "section",
        "h2",
        "table",
        "thead",
        "tr",
        "th",
    ]
    assert seen == [*head, "tbody", *(["tr", "td"] * len(rows))]


@hostile_texts
def test_what_a_caller_wrote_is_shown_and_obeyed_by_nothing(text: str) -> None:
    page = html_text(report(name=text))
    found = Tags(page)
    assert found.seen == Tags(html_text(report())).seen
    assert found.attributes.keys() - {"dir"} == Tags(html_text(report())).attributes.keys()
    assert ("dir" in found.attributes) == is_right_to_left(text)
    assert "script" not in found.seen
    assert not {name for name in found.attributes if name.startswith("on")}
    assert all(character == "\n" or character.isprintable() for character in page)
    assert "49" not in page


def test_a_page_forbids_itself_whatever_escaping_might_have_let_through() -> None:
    (policy,) = [each for each in tags(report()).attributes["content"] if "default-src" in each]
    assert policy.split("; ")[0] == "default-src 'none'"
    assert "script-src" not in policy
    assert "unsafe" not in policy


def test_a_name_that_is_written_from_right_to_left_is_so_in_its_own_cell_alone() -> None:
    name = HOSTILE["right-to-left"]
    page = html_text(document([[name, "89001112233"]]))
    assert f'dir="auto">{name}</td>' in page
    assert page.count("dir=") == 1


def test_a_page_loads_nothing_and_links_only_into_itself() -> None:
    found = tags(report())
    assert not {"script", "link", "img", "iframe", "object"} & set(found.seen)
    assert "src" not in found.attributes
    assert found.attributes["href"] == {f"#later-{n}" for n in range(3)}
    assert found.attributes["id"] == {f"later-{n}" for n in range(3)}
    assert "url(" not in html_text(report())


def test_columns_without_anything_and_those_for_files_are_left_out() -> None:
    page = html_text(report())
    assert ">nothing<" not in page
    assert ">id<" not in page.split("later calls")[0]


@pytest.mark.parametrize(
    ("name", "wraps"),
    [("ростелеком", "words"), ("ООО Ромашка", "words"), ("Рога-и-копыта", "anywhere"), ("x" * 300, "anywhere")],
)
def test_only_a_long_word_is_broken(name: str, wraps: str) -> None:
    assert f'<td class="{wraps} ">{name}</td>' in html_text(report(name=name))


def test_a_page_prints_on_a4_with_its_head_repeated() -> None:
    page = html_text(report())
    assert "size: A4" in page
    assert "table-header-group" in page


def test_a_russian_page_writes_as_russians_do() -> None:
    page = html_text(report("ru"))
    assert "23.11.2026 19:11" in page
    assert "12,5\u202f%" in page
    assert '<html lang="ru">' in page
    assert "было: 2 (+50\u202f%)" in page


def test_a_list_of_nothing_says_so() -> None:
    assert '<p class="nothing">nothing</p>' in html_text(document([]))


@pytest.mark.parametrize(("columns", "names", "sums"), [(24, 24, 24), (31, 31, 31), (90, 30, 0)])
def test_a_chart_names_as_many_columns_as_there_is_room_for(columns: int, names: int, sums: int) -> None:
    chart = Chart("by day", tuple(map(str, range(columns))), (Series("calls", "bad", (2.0,) * columns),))
    assert tags(replace(report(), chart=chart)).seen.count("text") == names + sums


def test_a_chart_of_nothing_is_none() -> None:
    chart = Chart("by hour", ("00",), (Series("calls", "bad", (0.0,)),))
    assert "figure" not in tags(replace(report(), chart=chart)).seen


def test_what_is_hotter_has_another_ground_and_the_total_none() -> None:
    counts = [[0] * 24 for _ in range(7)]
    counts[0][9], counts[1][11] = 10, 1
    text = html_text(Document("A report", "en", ZONE, (heat_table(counts, "en"),)))
    assert re.findall(r'heat heat-([1-5])">(\d+)<', text) == [("5", "10"), ("1", "1")]
    assert text.count("heat heat-0") == 7 * 3 - 2  # from nine to eleven

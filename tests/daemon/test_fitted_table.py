"""A table fits its terminal, and what is shown of what matters is shown whole."""

import io

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from daemon.fitted_table import Column, drawn, fitted


def columns(*widths: int, ranks: tuple[int, ...]) -> list[Column]:
    return [
        Column(f"{n}", [Text("x" * width)], rank) for n, (width, rank) in enumerate(zip(widths, ranks, strict=True))
    ]


def titles(found: list[Column]) -> list[str]:
    return [column.title for column in found]


def lines(shown: list[Column], width: int) -> list[str]:
    out = io.StringIO()
    Console(file=out, width=width).print(drawn(shown, width, [None]))
    return out.getvalue().splitlines()


def test_where_there_is_room_nothing_is_left_out() -> None:
    kept, left_out = fitted(columns(10, 10, 10, ranks=(0, 1, 2)), 34)
    assert (titles(kept), left_out) == (["0", "1", "2"], [])


def test_the_highest_rank_is_left_out_first() -> None:
    kept, left_out = fitted(columns(10, 10, 10, ranks=(0, 2, 1)), 33)
    assert (titles(kept), titles(left_out)) == (["0", "2"], ["1"])


def test_what_has_no_rank_stays_however_narrow_it_is() -> None:
    kept, left_out = fitted(columns(10, 10, 10, ranks=(0, 0, 1)), 5)
    assert (titles(kept), titles(left_out)) == (["0", "1"], ["2"])


def test_a_long_cell_is_cut_before_a_column_is_left_out_and_gets_what_is_left_over() -> None:
    shown, left_out = fitted(columns(60, 10, ranks=(1, 0)), 40)
    assert not left_out
    assert lines(shown, 40)[1] == "x" * 27 + "…" + "  " + "x" * 10


def test_no_rows_are_a_header() -> None:
    kept, _ = fitted([Column("start", []), Column("id", [], 1)], 80)
    out = io.StringIO()
    Console(file=out, width=80).print(drawn(kept, 80, []))
    assert out.getvalue().split() == ["start", "id"]


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.text("aж中", max_size=40), st.integers(0, 9)), min_size=1, max_size=8), st.integers(60, 200)
)
def test_no_line_is_wider_than_the_terminal(cells: list[tuple[str, int]], width: int) -> None:
    made = [Column(f"{n}", [Text(cell)], rank) for n, (cell, rank) in enumerate(cells)]
    kept, left_out = fitted(made, width)
    assert sorted(titles(kept) + titles(left_out)) == sorted(titles(made))
    if any(column.rank for column in kept) or len(kept) <= 2:
        assert all(cell_len(line) <= width for line in lines(kept, width))

"""What the keys do; those of htop mean the same."""

import pytest

from daemon.top.parts import COLUMNS, PARTS
from daemon.top.view import View


def pressed(*keys: str) -> View:
    view = View()
    for key in keys:
        view.press(key)
    return view


@pytest.mark.parametrize("key", ["q", "Q", "F10", "й"])
def test_it_ends(key: str) -> None:
    assert pressed(key).is_over


def test_tab_goes_round_and_back() -> None:
    assert pressed(*["tab"] * len(PARTS)).focus == 0
    assert pressed("shift tab").part == PARTS[-1]


def test_a_part_alone_on_the_screen_and_back() -> None:
    assert (pressed("4").part, pressed("4").is_alone) == ("agents", True)
    for back in ("0", "enter", "escape"):
        assert not pressed("4", back).is_alone


def test_scrolling_ends_where_the_rows_end() -> None:
    view = pressed("end")
    assert view.first_of("queues", 30, 10) == 20
    view.press("page up")
    assert view.first_of("queues", 30, 10) == 10
    view.press("home")
    view.press("up")
    assert view.first_of("queues", 30, 10) == 0
    view.press("down")
    assert view.first_of("queues", 3, 10) == 0


def test_sorting_goes_through_the_columns_and_back_to_the_parts_own_order() -> None:
    columns = len(COLUMNS["queues"])
    assert pressed("F6").order == {"queues": (0, False)}
    assert pressed("F6", ">").order == {"queues": (1, True)}  # of numbers the greatest comes first
    assert pressed(*["F6"] * (columns + 1)).order == {}
    assert pressed("<").order == {"queues": (columns - 1, True)}
    assert pressed("F6", "I").order == {"queues": (0, True)}
    assert pressed("I").order == {"queues": (-1, True)}


def test_a_filter_is_typed_kept_and_ended() -> None:
    assert pressed("/", "q", "1", "backspace", "enter").filter == "q"
    assert not pressed("/", "q").is_over
    assert pressed("F4", "x", "escape").filter == ""
    assert pressed("F4", "x", "enter", "escape").filter == ""
    assert len(pressed("/", *["x"] * 100).filter) == 40


def test_help_goes_with_any_key_and_a_pause_with_the_same() -> None:
    assert pressed("F1").has_help
    assert not pressed("?", "x").has_help
    assert pressed("Z").is_paused
    assert not pressed("Z", "z").is_paused

"""Durations as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from config.durations import CENTURY, DurationRange, duration_text, seconds_of


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("0s", 0),
        ("250ms", 0.25),
        ("30s", 30),
        ("5m", 300),
        ("1h30m", 5400),
        ("1h 30m", 5400),
        (" 2d ", 172_800),
        ("400d", 34_560_000),
        ("2w", 1_209_600),
        ("1w1d1h1m1s1ms", 694_861.001),
        ("1.5h", 5400),
        ("90m", 5400),
        ("20", 20),
        ("0.5", 0.5),
        (20, 20),
        (0.5, 0.5),
    ],
)
def test_a_duration_is_read_in_any_spelling(written: object, seconds: float) -> None:
    assert seconds_of(written) == seconds


NO_TEXT = [
    "",
    " ",
    "s",
    "20 sek",
    "5 minutes",
    "1m1h",
    "1s1s",
    "-5s",
    "+5s",
    "1e3s",
    "5M",
    "٣s",
    "1,5h",
    "5s\0",
    "9" * 11,
]
NO_NUMBER: list[object] = [-1, True, None, float("nan"), float("inf"), 1e12, ["5s"], {}]


@pytest.mark.parametrize("written", [*NO_TEXT, *NO_NUMBER])
def test_what_is_no_duration_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match="no duration"):
        seconds_of(written)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (0.25, "250ms"), (20, "20s"), (90, "1m30s"), (3600, "1h"), (604_800, "7d"), (86_400 * 400, "400d")],
)
def test_a_duration_is_written_with_the_largest_units(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


@given(st.integers(0, round(CENTURY * 1000)))
def test_what_is_written_reads_back(milliseconds: int) -> None:
    seconds = milliseconds / 1000
    assert seconds_of(duration_text(seconds)) == pytest.approx(seconds, abs=1e-6)


@given(st.text())
def test_no_text_is_more_than_refused(text: str) -> None:
    try:
        assert 0 <= seconds_of(text) < 1e16
    except ValueError as error:
        assert str(error) == "no duration"  # noqa: PT017 - either outcome is right


def test_a_duration_out_of_range_is_refused_with_the_range() -> None:
    within = DurationRange(1, 60)
    assert (within("1s"), within(60)) == (1, 60)
    for written in ("999ms", "61s"):
        with pytest.raises(PydanticCustomError, match="is out of range") as caught:
            within(written)
        assert caught.value.context is not None
        assert caught.value.context["faults"][0].cure == 'write a duration from "1s" to "1m"'

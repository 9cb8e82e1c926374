"""Time that several things share."""

from hypothesis import given
from hypothesis import strategies as st

from handlers.calls.spans import SharedSpan


def test_no_moment_counts_twice() -> None:
    span: SharedSpan[str] = SharedSpan()
    span.open("a", 1)
    span.open("b", 2)
    span.close("a", 4)
    assert (span.total_s, span.is_open, span.keys) == (0, True, frozenset("b"))
    span.close("b", 5)
    assert (span.total_s, span.is_open, span.first_at) == (4, False, 1)


def test_breaks_do_not_count() -> None:
    span: SharedSpan[str] = SharedSpan()
    for begin, end in ((1, 2), (5, 8)):
        span.open("a", begin)
        span.close("a", end)
    assert (span.total_s, span.first_at) == (4, 1)


def test_what_is_said_twice_counts_once() -> None:
    span: SharedSpan[str] = SharedSpan()
    span.open("a", 1)
    span.open("a", 2)
    span.close("a", 3)
    span.close("a", 9)
    span.close("b", 9)
    assert span.total_s == 2


def test_everything_open_ends_at_once() -> None:
    span: SharedSpan[str] = SharedSpan()
    span.close_all(5)
    span.open("a", 10)
    span.open("b", 11)
    span.close_all(13)
    span.close_all(20)
    assert (span.total_s, span.is_open) == (3, False)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans(), st.floats(-10, 10))))
def test_a_sum_is_never_negative_nor_longer_than_all_of_it(steps: list[tuple[str, bool, float]]) -> None:
    span: SharedSpan[str] = SharedSpan()
    for key, opens, at in steps:
        (span.open if opens else span.close)(key, at)
        assert span.total_s >= 0
    span.close_all(10)
    assert span.total_s <= 20 * max(1, len(steps))
    assert not span.is_open

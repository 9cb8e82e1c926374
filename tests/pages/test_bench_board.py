"""The bench of the board measures what it says: every call is seen, after it was sent and not long after."""

import time

import pytest

from tests.bench.board import table
from tests.bench.board_runs import Shown, shown_by

pytestmark = pytest.mark.slow


def test_the_target_is_met_by_all_or_not_at_all() -> None:
    fine, late, lost = Shown([10.0] * 19 + [900.0]), Shown([10.0] * 18 + [900.0] * 2), Shown([10.0], 1)
    assert list(table([("a", fine)]))[-1].endswith(": met")
    assert list(table([("a", fine), ("b", late), ("c", lost)]))[-1].endswith("NOT met by b, c")
    assert list(table([("none", Shown())]))[-1].endswith("NOT met by none")


async def test_every_call_is_seen_and_none_before_it_was_there() -> None:
    began = time.monotonic()
    shown = await shown_by("broker", "busy", 2)
    lasted_ms = (time.monotonic() - began) * 1000
    assert (len(shown.took_ms), shown.unseen) == (2, 0)
    assert all(0 < each < lasted_ms for each in shown.took_ms)

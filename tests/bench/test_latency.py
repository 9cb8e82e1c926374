"""The latency bench measures what it says: true messages of true events, none of them missing."""

import asyncio
import os
import re
from math import isnan

import pytest
from click.testing import CliRunner

from tests.bench.latency import main, percentile
from tests.bench.latency_runs import AtRate, Cost, cpu_s
from tests.bench.pace import Stretch, play, stretch_of

pytestmark = pytest.mark.slow


def test_a_stretch_has_about_so_many_events_a_second_once_it_has_swollen() -> None:
    stretch = stretch_of(200.0, 30.0)
    first = stretch.since(15.0)
    assert 0.8 < (len(stretch.events) - first) / 15.0 / 200.0 < 1.25
    assert [due_s for due_s, _ in stretch.events] == sorted(due_s for due_s, _ in stretch.events)


def test_every_kind_of_message_has_its_cause_and_a_call_s_come_in_order() -> None:
    causes = stretch_of(100.0, 20.0).causes
    assert {kind for _, kind in causes} == {"started", "queued", "ringing", "answered", "transferred", "ended"}
    for call, kind in causes:
        assert causes[call, "started"] <= causes[call, kind]


async def test_events_are_sent_in_order_and_never_before_they_are_due() -> None:
    began, sent = asyncio.get_running_loop().time(), list[bytes]()
    moments = await play([(0.0, b"a"), (0.03, b"b"), (0.03, b"c")], sent.append, began)
    assert sent == [b"a", b"b", b"c"]
    assert moments == sorted(moments)
    assert moments[1] - began >= 0.03


def test_latencies_are_those_after_the_warm_up_and_what_never_came_is_counted() -> None:
    causes = {("1", "started"): 0, ("2", "started"): 1, ("2", "ended"): 2, ("3", "ended"): 2}
    found = AtRate(1.0)
    found.note(
        Stretch((), causes),
        1,
        [10.0, 20.0, 30.0],
        {("1", "started"): 10.5, ("2", "started"): 20.25, ("2", "ended"): 30.5},
    )
    assert (found.live, found.ended, found.unheard) == ([0.25], [0.5], 1)


def test_the_ratio_is_that_of_runs_which_followed_each_other() -> None:
    found = AtRate(1.0, off=[Cost(1.0, 10), Cost(4.0, 10)], on=[Cost(2.0, 10), Cost(12.0, 10)])
    assert found.ratio == 2.5


@pytest.mark.parametrize(("share", "value"), [(0.5, 50), (0.95, 95), (0.99, 99), (1.0, 100), (0.001, 1)])
def test_a_percentile_is_a_value_that_was_measured(share: float, value: int) -> None:
    assert percentile(range(100, 0, -1), share) == value
    assert isnan(percentile([], share))


def test_the_cpu_time_of_a_process_grows_as_it_works() -> None:
    before = cpu_s(os.getpid())
    sum(range(10_000_000))
    assert cpu_s(os.getpid()) > before > 0


def test_a_short_run_hears_everything_and_fills_both_tables() -> None:
    options = ["--rate", "150", "--seconds", "2", "--warm", "3", "--rounds", "1", "--changes", "2"]
    done = CliRunner().invoke(main, options)
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    figures = {line[:54].strip(): re.findall(r"[\d.,]+", line[54:]) for line in lines[2:6]}
    assert set(figures) == {
        "150 events/s: started, queued, ringing, answered",
        "150 events/s: ended, through the outbox",
        "a retained state's first change after a quiet time",
        "(this process itself woke up late at 150 events/s)",
    }
    for counted, *shares in figures.values():
        assert int(counted.replace(",", "")) > 1
        assert sorted(map(float, shares)) == list(map(float, shares))
    sent, off, on, ratio, unheard = (float(each) for each in re.findall(r"[\d.]+", lines[-1])[1:])
    assert 50 < sent < 300
    assert off > 0
    assert on > 0
    assert ratio == pytest.approx(on / off, rel=0.1)
    assert unheard == 0

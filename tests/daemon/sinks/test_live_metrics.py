"""What a scrape reads off the live state, and how it is written down."""

import asyncio
import threading
from collections import Counter
from collections.abc import Iterable

import pytest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as plain_text
from prometheus_client.registry import Collector

from daemon.sinks.live_metrics import BAD_REASONS, KNOWN_EVENTS
from handlers.ami.gathered import SNAPSHOT_ACTIONS
from handlers.facts import CALL_STATES, DIRECTIONS
from tests.daemon.sinks.scraping import SilentLink, StillPbx, a_sink, scrape, series, values
from tests.handlers.playbook import Play
from tests.storage.sample_calls import a_call, ended

PROMETHEUS_2 = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)
PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,"
    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)


async def test_the_gauges_follow_a_caller_through_a_queue() -> None:
    play = Play()
    sink, _ = a_sink(play.core, queues=["support"])
    caller = play.incoming()
    play.up(caller)
    play.wait(3)
    assert await active(sink, play.now) == {("in", "ivr"): 1}
    play.join(caller)
    play.wait(7.5)
    families = await scrape(sink, play.now)
    assert await active(sink, play.now) == {("in", "queued"): 1}
    assert values(families["ringtally_queue_callers_waiting"]) == {("support",): 1, ("other",): 0}
    assert values(families["ringtally_queue_longest_wait_seconds"]) == {("support",): 7.5, ("other",): 0}
    leg = play.call_agent(caller, "PJSIP/101", "Anna")
    play.wait(1)
    assert values((await scrape(sink, play.now))["ringtally_queue_longest_wait_seconds"])[("support",)] == 8.5
    play.connect_agent(caller, leg, "PJSIP/101", "Anna")
    families = await scrape(sink, play.now)
    assert await active(sink, play.now) == {("in", "talking"): 1}
    assert set(values(families["ringtally_queue_callers_waiting"]).values()) == {0}
    assert set(values(families["ringtally_queue_longest_wait_seconds"]).values()) == {0}
    play.hold(leg)
    assert await active(sink, play.now) == {("in", "held"): 1}
    play.far_end_hangs_up(caller, leg)
    assert await active(sink, play.now) == {}


async def active(sink: object, now: float) -> dict[tuple[str, ...], float]:
    families = await scrape(sink, now)  # type: ignore[arg-type]  # the sink of a_sink
    found = values(families["ringtally_calls_active"])
    assert set(found) == {(direction, state) for direction in DIRECTIONS for state in CALL_STATES}
    return {labels: value for labels, value in found.items() if value}


async def test_a_caller_who_comes_back_to_a_queue_waits_there_and_not_in_the_one_between() -> None:
    play = Play()
    sink, _ = a_sink(play.core, queues=["sales", "support"])
    caller = play.incoming()
    play.up(caller)
    for queue in ("support", "sales"):
        play.join(caller, queue)
        play.wait(10)
        play.leave_queue(caller, queue, abandoned=True)
    play.join(caller, "support")
    play.wait(2)
    families = await scrape(sink, play.now)
    assert values(families["ringtally_queue_callers_waiting"]) == {("sales",): 0, ("support",): 1, ("other",): 0}
    assert values(families["ringtally_queue_longest_wait_seconds"])[("support",)] == 2


async def test_who_waits_in_a_queue_of_no_name_of_its_own_waits_in_other() -> None:
    sink, _ = a_sink(StillPbx(callers=[("made up", 100.0 - n) for n in range(3)]))
    families = await scrape(sink, 110.0)
    assert values(families["ringtally_queue_callers_waiting"]) == {("other",): 3}
    assert values(families["ringtally_queue_longest_wait_seconds"]) == {("other",): 12}


async def test_while_the_pbx_is_not_heard_nobody_knows_who_lives_and_no_wait_grows() -> None:
    play = Play()
    sink, _ = a_sink(play.core, queues=["support"])
    caller = play.incoming()
    play.join(caller)
    play.wait(5)
    lives = {"ringtally_calls_active", "ringtally_queue_callers_waiting", "ringtally_queue_longest_wait_seconds"}
    assert lives <= set(await scrape(sink, play.now))
    assert not lives & set(await scrape(sink, play.now + 3600, SilentLink(False)))
    assert lives <= set(await scrape(sink, play.now))


async def test_the_link_is_told_as_the_client_counts_it_and_every_event_it_may_count_is_there() -> None:
    sink, _ = a_sink()
    before = await scrape(sink)
    assert values((await scrape(sink, link=SilentLink(False)))["ringtally_ami_connected"]) == {(): 0}
    link = SilentLink(True, 2, 31.5, 1_800_000_000.25, Counter({"Hangup": 7, "other": 3}), Counter({"torn": 1}))
    link.denied, link.excess_rights, link.clock_ahead_s = frozenset({"QueueStatus"}), 2, -3.5
    link.withheld = frozenset({"agent"})
    families = await scrape(sink, link=link)
    assert values(families["ringtally_ami_connected"]) == {(): 1}
    assert values(families["ringtally_ami_connects"]) == {(): 2}
    assert values(families["ringtally_ami_gap_seconds"]) == {(): 31.5}
    assert values(families["ringtally_ami_last_event_timestamp_seconds"]) == {(): 1_800_000_000.25}
    assert values(families["ringtally_ami_clock_ahead_seconds"]) == {(): -3.5}
    assert values(families["ringtally_ami_excess_rights"]) == {(): 2}
    denied = values(families["ringtally_ami_action_denied"])
    assert denied == {(action,): float(action == "QueueStatus") for action in SNAPSHOT_ACTIONS}
    withheld = values(families["ringtally_ami_events_withheld"])
    assert withheld == {("agent",): 1, ("call",): 0, ("dialplan",): 0}
    events, bad = values(families["ringtally_ami_events"]), values(families["ringtally_ami_bad_messages"])
    assert (events[("Hangup",)], events[("other",)], sum(events.values())) == (7, 3, 10)
    assert bad == {(reason,): float(reason == "torn") for reason in BAD_REASONS}
    assert {name for (name,) in events} == KNOWN_EVENTS | {"other"}
    assert series(before.values()) == series(families.values())


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        (PROMETHEUS_2, "application/openmetrics-text; version=1.0.0; charset=utf-8"),
        (PROMETHEUS_3, "application/openmetrics-text; version=1.0.0; charset=utf-8"),
        ("application/openmetrics-text", "application/openmetrics-text; version=1.0.0; charset=utf-8"),
        ('application/openmetrics-text; version="1.0.0"', "application/openmetrics-text; version=1.0.0; charset=utf-8"),
        ("text/plain;version=0.0.4,application/openmetrics-text", "text/plain; version=0.0.4; charset=utf-8"),
        ("", "text/plain; version=0.0.4; charset=utf-8"),
        ("*/*", "text/plain; version=0.0.4; charset=utf-8"),
        ("text/html,application/xhtml+xml;q=0.9", "text/plain; version=0.0.4; charset=utf-8"),
        ("application/openmetrics-text;version=x", "text/plain; version=0.0.4; charset=utf-8"),
        ("application/openmetrics-text;version=9.9.9", "text/plain; version=0.0.4; charset=utf-8"),
        ("text/plain;version=1.x;;=,,;", "text/plain; version=0.0.4; charset=utf-8"),
    ],
)
async def test_the_scraper_gets_the_first_format_of_its_list_that_we_speak(accept: str, content_type: str) -> None:
    sink, _ = a_sink(trunks=['a "quoted"\\name\nof two lines'])
    body, given = await sink.render(SilentLink(), 0.0, accept)
    assert given == content_type
    read = open_metrics if "openmetrics" in given else plain_text
    names = {s.labels.get("trunk") for family in read(body.decode()) for s in family.samples}
    assert 'a "quoted"\\name\nof two lines' in names
    assert b"_created" not in body


class WhereCollected(Collector):
    """Notes the thread in which it is asked."""

    def __init__(self) -> None:
        self.threads: set[int] = set()

    def collect(self) -> Iterable[Metric]:
        self.threads.add(threading.get_ident())
        return [GaugeMetricFamily("probe", "A probe.", value=1.0)]


@pytest.mark.parametrize("accept", ["", PROMETHEUS_2])
async def test_the_text_is_made_off_the_loop(accept: str) -> None:
    sink, registry = a_sink()
    probe = WhereCollected()
    registry.register(probe)
    probe.threads.clear()
    await sink.render(SilentLink(), 0.0, accept)
    assert probe.threads
    assert threading.get_ident() not in probe.threads


async def test_scrapes_that_overlap_while_calls_end_are_each_whole_and_only_grow() -> None:
    sink, _ = a_sink(StillPbx(names=[f"q{n}" for n in range(5)]), trunks=[f"t{n}" for n in range(10)])
    counts: list[float] = []

    async def scraping() -> None:
        for _ in range(5):
            families = await scrape(sink)
            counts.append(sum(values(families["ringtally_calls"]).values()))
            waits = families["ringtally_call_wait_seconds"].samples
            buckets = {s.labels["trunk"]: s.value for s in waits if s.labels.get("le") == "+Inf" and s.value}
            assert buckets == {s.labels["trunk"]: s.value for s in waits if s.name.endswith("_count") and s.value}

    async def calling() -> None:
        for number in range(2000):
            sink.take([ended(a_call(number, trunk=f"t{number % 10}"))])
            if number % 10 == 0:
                await asyncio.sleep(0)

    await asyncio.gather(scraping(), calling(), scraping())
    assert values((await scrape(sink))["ringtally_calls"])[("in", "answered", "t7")] == 200
    assert counts[-1] <= 2000
    assert max(counts) > 0

"""Time in states grows while they last and never goes back; members are a gauge; labels are the PBX's own and few."""

from dataclasses import replace
from typing import Any

from daemon.sinks.agent_metrics import AGENT_LABELS_LIMIT
from handlers.facts import AGENT_STATES, AgentChanged, AgentGone, AgentState, Membership
from tests.daemon.sinks.scraping import SilentLink, StillPbx, a_sink, scrape, values

ANNA = AgentState(
    "PJSIP/101", "PJSIP/101", "Anna", "available", 100.0, None, None, (Membership("support", False, None),)
)


def changed(at: float, **parts: Any) -> AgentChanged:
    return AgentChanged(at, replace(ANNA, **parts))


async def seconds(sink: Any, now: float) -> dict[tuple[str, ...], float]:
    found = values((await scrape(sink, now))["ringtally_agent_state_seconds"])
    return {key: value for key, value in found.items() if value}


async def test_time_in_a_state_grows_from_scrape_to_scrape() -> None:
    sink, _ = a_sink()
    sink.take([changed(100.0)])
    assert await seconds(sink, 103.0) == {("PJSIP/101", "available"): 3.0}
    assert await seconds(sink, 110.0) == {("PJSIP/101", "available"): 10.0}
    sink.take([changed(112.0, state="talking"), changed(115.0, state="held")])
    assert await seconds(sink, 120.0) == {
        ("PJSIP/101", "available"): 12.0,
        ("PJSIP/101", "talking"): 3.0,
        ("PJSIP/101", "held"): 5.0,
    }


async def test_each_state_of_a_known_agent_is_there_at_zero() -> None:
    sink, _ = a_sink()
    sink.take([changed(100.0)])
    families = await scrape(sink, 100.0)
    found = values(families["ringtally_agent_state_seconds"])
    assert set(found) == {(agent, state) for agent in ("PJSIP/101", "other") for state in AGENT_STATES}
    assert [s.labels for s in families["ringtally_agent"].samples] == [{"agent": "PJSIP/101", "name": "Anna"}]


async def test_news_of_what_happened_before_a_scrape_make_no_counter_go_back() -> None:
    sink, _ = a_sink()
    sink.take([changed(100.0)])
    assert await seconds(sink, 110.0) == {("PJSIP/101", "available"): 10.0}
    sink.take([changed(109.9, state="talking")])
    assert (await seconds(sink, 110.0))["PJSIP/101", "available"] == 10.0


async def test_time_in_which_the_pbx_is_not_heard_is_time_in_no_state() -> None:
    sink, _ = a_sink(queues=["support"])
    sink.take([changed(100.0), changed(105.0, state=None, since=None)])
    assert await seconds(sink, 200.0) == {("PJSIP/101", "available"): 5.0}
    assert not any(values((await scrape(sink, 200.0))["ringtally_queue_members"]).values())
    assert "ringtally_queue_members" not in await scrape(sink, 200.0, SilentLink(connected=False))
    sink.take([changed(200.0, state="talking")])
    assert await seconds(sink, 201.0) == {("PJSIP/101", "available"): 5.0, ("PJSIP/101", "talking"): 1.0}


async def test_who_is_gone_counts_no_further_and_what_was_counted_stays() -> None:
    sink, _ = a_sink(queues=["support"])
    sink.take([changed(100.0), AgentGone(103.0, "PJSIP/101")])
    assert await seconds(sink, 200.0) == {("PJSIP/101", "available"): 3.0}
    families = await scrape(sink, 200.0)
    assert not families["ringtally_agent"].samples
    assert not any(values(families["ringtally_queue_members"]).values())


async def test_members_are_counted_by_state_and_every_combination_is_there_from_the_start() -> None:
    sink, _ = a_sink(StillPbx(names=["sales"]), queues=["support"])
    before = values((await scrape(sink))["ringtally_queue_members"])
    assert set(before) == {(queue, state) for queue in ("support", "sales", "other") for state in AGENT_STATES}
    sink.take([changed(100.0, queues=(Membership("support", False, None), Membership("sales", True, "lunch")))])
    found = values((await scrape(sink))["ringtally_queue_members"])
    assert {key for key, value in found.items() if value} == {("support", "available"), ("sales", "paused")}
    sink.take([changed(101.0, queues=(Membership("unheard-of", False, None),))])
    found = values((await scrape(sink))["ringtally_queue_members"])
    assert {key for key, value in found.items() if value} == {("other", "available")}


async def test_labels_are_few_and_hold_no_telephone_number() -> None:
    sink, _ = a_sink()
    mobile = "Local/79001112233@outgoing/n"
    sink.take([changed(0.0, id=mobile, device=mobile, name="Vera 79001112233")])
    for number in range(AGENT_LABELS_LIMIT + 5):
        sink.take([changed(0.0, id=f"PJSIP/{number}", name="79001112233")])
    families = await scrape(sink, 1.0)
    text = str([s.labels for family in families.values() for s in family.samples])
    assert "79001112233" not in text
    agents = {s.labels["agent"] for s in families["ringtally_agent_state_seconds"].samples}
    assert len(agents) == AGENT_LABELS_LIMIT + 1
    assert (await seconds(sink, 1.0))["other", "available"] == 6.0

"""The demo's traffic is a day at an office: real events, fresh ids, and calls that the core tells without a doubt."""

import re
from collections import Counter
from itertools import pairwise
from random import Random

import pytest

from daemon.demo.cast import DEPARTMENTS, EMPTY_QUEUE, TRUNKS
from daemon.demo.generator import TrafficGenerator
from handlers.core import Core
from handlers.facts import CallEnded, EventDoubted, TrunkGuessed
from tests.daemon.demo.traffic import RULES, START, UNIQUEID, Message, finished, told, traffic

pytestmark = pytest.mark.slow

STRETCH_S = 900.0


@pytest.fixture(scope="module")
def messages() -> list[Message]:
    return traffic(STRETCH_S)


@pytest.fixture(scope="module")
def stretch(messages: list[Message]) -> list[CallEnded]:
    facts = told(messages, Core(RULES))
    assert not [fact for fact in facts if isinstance(fact, EventDoubted | TrunkGuessed)]
    return finished(facts)


def test_the_same_seed_makes_the_same_traffic() -> None:
    assert traffic(60) == traffic(60)
    assert traffic(60) != traffic(60, seed=2)


def test_about_one_new_call_comes_every_two_seconds(stretch: list[CallEnded]) -> None:
    assert 0.75 * STRETCH_S / 2 < len(stretch) < 1.2 * STRETCH_S / 2


@pytest.mark.parametrize("seed", range(1, 9))
def test_within_the_first_seconds_somebody_waits_somebody_talks_and_somebody_was_missed(seed: int) -> None:
    core, states, ended = Core(RULES), set[str](), list[CallEnded]()
    for message in traffic(8, seed):
        ended += finished(told([message], core))
        states |= {call.state for call in core.live_calls()}
    assert states >= {"queued", "talking", "ringing"}
    assert any(each.call.missed for each in ended)


def test_speed_makes_everything_happen_faster() -> None:
    plain, fast = traffic(120), traffic(60, speed=2.0)
    assert [message.raw.split(b"\r\n", 1)[0] for message in fast[:500]] == [
        message.raw.split(b"\r\n", 1)[0] for message in plain[:500]
    ]
    assert fast[400].at - START == pytest.approx((plain[400].at - START) / 2)


@pytest.mark.parametrize(("calls_per_minute", "speed"), [(0, 1), (-1, 1), (30, 0)])
def test_traffic_that_stands_still_is_refused(calls_per_minute: float, speed: float) -> None:
    with pytest.raises(ValueError, match="greater than 0"):
        TrafficGenerator(Random(1), calls_per_minute, speed)


def test_every_queue_and_every_trunk_has_calls(stretch: list[CallEnded]) -> None:
    assert {each.call.queue for each in stretch} >= {department.queue for department in DEPARTMENTS}
    assert {each.call.trunk for each in stretch} == {*TRUNKS, None}
    assert {each.call.direction for each in stretch} == {"in", "out", "internal"}
    assert EMPTY_QUEUE not in {each.call.queue for each in stretch}  # it refuses at once, and is not named


def test_some_calls_are_missed_and_some_of_those_are_called_back(stretch: list[CallEnded]) -> None:
    missed = [each.call for each in stretch if each.call.missed]
    assert 0.1 < len(missed) / len(stretch) < 0.4
    assert {call.result for call in missed} == {"abandoned", "short_abandoned", "no_answer", "busy", "unavailable"}
    missed_at = {call.caller_e164: call.started_at for call in missed}
    back = [
        each.call
        for each in stretch
        if each.call.direction == "out"
        and each.call.result == "answered"
        and missed_at.get(each.call.called_e164, STRETCH_S + START) < each.call.started_at
    ]
    assert len(back) > 5


def test_nobody_is_in_two_calls_at_once(stretch: list[CallEnded]) -> None:
    # An extension may ring in a queue while it is free; what it never does is talk twice.
    talks: dict[str, list[tuple[float, float]]] = {}
    for each in stretch:
        for talk in each.talks:
            assert talk.ended_at is not None
            talks.setdefault(talk.device, []).append((talk.started_at, talk.ended_at))
    for periods in talks.values():
        periods.sort()
        assert all(one[1] <= other[0] for one, other in pairwise(periods))


def test_every_channel_has_an_id_of_its_own(messages: list[Message]) -> None:
    born = [UNIQUEID.search(message.raw) for message in messages if message.raw.startswith(b"Event: Newchannel")]
    ids = Counter(match[1] for match in born if match is not None)
    assert len(born) > 150
    assert ids.most_common(1)[0][1] == 1


def test_nothing_of_the_laboratory_is_left_in_it(messages: list[Message]) -> None:
    stream = b"".join(message.raw for message in messages)
    assert not re.search(
        rb"79001112233|79990000000|89161234567|\btrunk\b/|PJSIP/trunk|suplocal|127\.\d+\.\d+\.\d+", stream
    )


def test_all_outside_numbers_are_made_up(stretch: list[CallEnded]) -> None:
    numbers = {each.call.caller for each in stretch if each.call.direction == "in"}
    assert len(numbers) > 150
    for number in numbers:
        assert number is not None
        assert re.fullmatch(r"7900000\d{4}|7(495|812)0\d{6}", number)


def test_what_is_remembered_stays_within_the_calls_that_live(messages: list[Message]) -> None:
    core = Core(RULES)
    for start in range(0, len(messages), 200):
        told(messages[start : start + 200], core)
        live = len(list(core.live_calls()))
        assert live < 40
        assert core.sizes()["calls"] <= live + 5  # Local halves of calls to come
        assert core.sizes()["channels"] <= 8 * live + 20

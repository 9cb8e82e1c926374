"""What the demo shows: live calls whose time ticks, finished ones, sums; numbers and names masked."""

import re
from datetime import UTC
from functools import cache

import pytest
from rich.console import Console

from daemon.demo.broker import DemoBroker
from daemon.demo.picture import FINISHED_SHOWN, LIVE_SHOWN, FinishedCalls, finished_line, picture
from daemon.demo.places import Places
from daemon.reports.spelling import duration
from daemon.words import Language
from handlers.core import Core
from handlers.facts import Call, CallEnded
from storage.masking import mask_number
from tests.daemon.demo.traffic import RULES, Message, finished, told, traffic

pytestmark = pytest.mark.slow

PLACES = Places("http://127.0.0.1:1", "ringtally/demo", DemoBroker(1883, 9001, "hush"), "a-token")
FULL_NUMBER = re.compile(r"\b7(9000\d{6}|[48]\d{2}0\d{6})\b")


def drawn(live: list[Call], calls: FinishedCalls, now: float, language: Language = "en", width: int = 180) -> str:
    console = Console(width=width, force_terminal=False)
    with console.capture() as captured:
        console.print(picture(live, calls, PLACES, now, UTC, language, width))
    return captured.get()


@cache
def messages() -> list[Message]:
    return traffic(180)


def after(share: float = 1) -> tuple[Core, FinishedCalls, float]:
    """This share of them has come."""
    core, calls = Core(RULES), FinishedCalls()
    come = messages()[: int(len(messages()) * share)]
    calls.take(told(come, core))
    return core, calls, come[-1].at


def test_a_wait_ticks_until_somebody_answers_and_then_the_talk_does() -> None:
    core, live = Core(RULES), dict[str, Call]()
    for message in messages()[:400]:
        told([message], core)
        live |= {call.state: call for call in core.live_calls()}
    ringing, talking = live["ringing"], live["talking"]
    for waited_s, shown in ((7, "0:07"), (68, "1:08")):
        (line,) = [
            row
            for row in drawn([ringing], FinishedCalls(), ringing.started_at + waited_s).splitlines()
            if row.startswith("ringing")
        ]
        assert line.rstrip().endswith(shown)
    assert talking.answered_at is not None
    (line,) = [
        row
        for row in drawn([talking], FinishedCalls(), talking.answered_at + 61).splitlines()
        if row.startswith("talking")
    ]
    wait = round(talking.answered_at - talking.started_at)
    assert line.split()[-2:] == [f"0:{wait:02}", "1:01"]


def test_the_address_the_sums_and_the_last_finished_calls_are_there() -> None:
    core, calls, now = after()
    text = drawn(list(core.live_calls()), calls, now)
    total = sum(calls.results.values())
    assert total > FINISHED_SHOWN
    assert text.splitlines()[0].split()[:2] == ["wallboard", "http://127.0.0.1:1/wallboard/"]
    assert "http://127.0.0.1:1/metrics" in text
    assert "ws://127.0.0.1:9001/" in text
    assert f"{total} calls" in text
    assert f"missed {calls.missed}" in text
    assert 0 < calls.missed < total
    assert len(calls.last) == FINISHED_SHOWN


def test_no_number_and_no_name_of_a_caller_is_shown_whole() -> None:
    core, calls, now = after()
    text = drawn(list(core.live_calls()), calls, now) + "\n".join(finished_line(c, UTC, "en") for c in calls.fresh)
    assert "•••" in text
    assert not FULL_NUMBER.search(text)
    names = {call.caller_name for call in calls.fresh if call.caller_name and call.direction == "in"}
    assert names
    assert not [name for name in names if name in text]


def test_more_live_calls_than_fit_are_counted() -> None:
    core, calls, now = after(0.5)
    call = next(core.live_calls())
    assert "+ 3" in drawn([call] * (LIVE_SHOWN + 3), calls, now)


def test_it_speaks_russian() -> None:
    core, calls, now = after()
    text = drawn(list(core.live_calls()), calls, now, "ru")
    assert "ожидание" in text
    assert "входящий" in text
    assert not re.search(r"\b(talking|answered|abandoned|queued|ringing)\b", text)


def test_a_call_merged_into_another_counts_once() -> None:
    facts = told(messages(), Core(RULES))
    calls = FinishedCalls()
    calls.take(facts)
    ended = [fact for fact in facts if isinstance(fact, CallEnded)]
    assert sum(calls.results.values()) == len(finished(facts)) <= len(ended)


@pytest.mark.parametrize("language", ["en", "ru"])
def test_eighty_columns_have_room_for_what_matters(language: Language) -> None:
    core, calls, now = after()
    live = list(core.live_calls())
    text = drawn(live, calls, now, language, 80)
    assert all(len(line.rstrip()) <= 80 for line in text.splitlines())
    for call in [*live, *calls.last]:
        assert (mask_number(call.caller) or "") in text
        assert duration(call.wait_s if call.state == "ended" else (call.answered_at or now) - call.started_at) in text

"""The rig finds what it is there to find: a story that was well kept, and the same one spoilt in one way after the other."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from daemon.demo.cast import TRUNKS
from daemon.demo.generator import TrafficGenerator
from handlers.rules import Rules, TrunkRule
from tests.torture.diary import Diary, Happened, Session, Story, read_diary
from tests.torture.gaps import wrong_gaps
from tests.torture.lives import Lives
from tests.torture.rows import Row
from tests.torture.sight import LOGIN_S, End, Gap, Seen, sight_by_time, sight_of
from tests.torture.truth import TrueCall, Truth, truth_of
from tests.torture.verdict import Verdict, judge

START = 1_795_000_000.0
LASTS_S = 30.0
RULES = Rules(trunks=tuple(TrunkRule(trunk, (f"PJSIP/{trunk}-*",)) for trunk in TRUNKS))
Spoil = Callable[[list[Row], int], list[Row]]


def story_with(*sessions: Session) -> Story:
    """Half a minute of a busy day at an office, and the calls' ends, told to whoever listened."""
    at, events, traffic = START, [], TrafficGenerator(Random(1), 60.0, 4.0)
    for delay_s, raw in traffic.messages(START):
        at += delay_s
        traffic.closed = at > START + LASTS_S
        to = {
            each.number: 1 for each in sessions if each.login_at <= at and (each.over_at is None or at <= each.over_at)
        }
        events.append(Happened(at, raw, to))
    return Story(events, {each.number: each for each in sessions})


def stored(truth: Truth) -> list[Row]:
    """The rows of a daemon that heard everything."""
    calls = [each.call for each in truth.calls.values() if each.call is not None]
    return [
        Row(
            id=call.id,
            result=call.result,
            missed=call.missed,
            answered_at=call.answered_at,
            ended_at=call.ended_at,
            talk_s=call.talk_s,
            end_seen=call.end_seen,
            incomplete=call.incomplete,
            merged_into=call.merged_into,
            has_case=call.case_id is not None,
        )
        for call in calls
    ]


WHOLE = Session(1, START - 10, START - 9, None, 1)
STORY = story_with(WHOLE)
TRUTH = truth_of(STORY.events, RULES)


def verdict_of(rows: list[Row], story: Story = STORY, *ends: End) -> Verdict:
    verdict = Verdict()
    judge(verdict, story, TRUTH, sight_of(story, ends), rows)
    return verdict


def place(condition: Callable[[TrueCall], object]) -> int:
    """The row of the first finished call that counts and is so."""
    calls = [each for each in TRUTH.calls.values() if each.call is not None]
    return next(n for n, each in enumerate(calls) if each.call and each.call.merged_into is None and condition(each))


def was(**parts: Any) -> Callable[[TrueCall], bool]:
    return lambda each: all(getattr(each.call, name) == value for name, value in parts.items())


def change(**parts: Any) -> Spoil:
    return lambda rows, n: [*rows[:n], replace(rows[n], **parts), *rows[n + 1 :]]


def shift(name: str, seconds: float) -> Spoil:
    return lambda rows, n: change(**{name: getattr(rows[n], name) + seconds})(rows, n)


def test_of_a_story_that_was_heard_whole_and_kept_nothing_is_found() -> None:
    verdict = verdict_of(stored(TRUTH))
    assert verdict.made > 50
    assert not verdict.findings


@pytest.mark.parametrize(
    ("call", "spoil", "kind"),
    [
        (was(result="answered"), lambda rows, n: [*rows[:n], *rows[n + 1 :]], "lost"),
        (was(result="answered"), change(end_seen=False), "lost"),
        (was(result="answered"), lambda rows, n: [*rows, rows[n]], "doubled"),
        (was(result="answered"), lambda rows, n: [*rows, replace(rows[n], id="1795000000.99999")], "invented"),
        (was(result="answered"), change(result="no_answer"), "invented"),
        (was(missed=True), change(result="answered"), "invented"),
        (was(missed=True), change(missed=False), "invented"),
        (was(missed=True), change(has_case=False), "invented"),
        (was(result="answered"), change(has_case=True), "invented"),
        (was(result="answered"), change(answered_at=None), "invented"),
        (was(result="answered"), shift("answered_at", 1.6), "invented"),
        (was(result="answered"), shift("talk_s", -1.6), "invented"),
        (was(result="answered"), shift("ended_at", 1.6), "invented"),
        (was(result="answered"), change(incomplete=True), "mismarked"),
    ],
)
def test_whatever_is_wrong_with_one_row_is_found(call: Callable[[TrueCall], bool], spoil: Spoil, kind: str) -> None:
    rows, n = stored(TRUTH), place(call)
    findings = verdict_of(spoil(rows, n)).findings
    assert findings[0].startswith(f"{kind}: ")
    assert all(rows[n].id in each or "1795000000.99999" in each for each in findings)


def test_a_second_row_by_another_channel_of_the_call_is_a_double() -> None:
    n = place(lambda each: each.channels - {each.id})
    rows = stored(TRUTH)
    other = next(iter(TRUTH.calls[rows[n].id].channels - {rows[n].id}))
    assert verdict_of([*rows, replace(rows[n], id=other)]).doubled


def test_what_ended_within_a_quarter_of_a_second_before_a_kill_may_be_there_or_not() -> None:
    n = place(was(result="answered"))
    rows = stored(TRUTH)
    call = TRUTH.calls[rows[n].id]
    assert call.ended is not None
    ended_at = STORY.events[call.ended].t
    for before_s, is_lost in ((0.2, False), (0.3, True)):
        killed = End(ended_at + before_s, ended_at + before_s, killed=True)
        story = story_with(replace(WHOLE, over_at=killed.at), Session(2, killed.at + 1, killed.at + 1.1, None, 1))
        unended = change(end_seen=False, incomplete=True)(rows, n)
        lost = [each for each in verdict_of(unended, story, killed).lost if call.id in each]
        assert bool(lost) == is_lost, (before_s, lost)


def test_a_call_that_a_gap_touched_must_say_so_and_may_say_little() -> None:
    n = place(lambda each: each.call and each.call.result == "answered" and (each.call.talk_s or 0) > 2)
    rows = stored(TRUTH)
    call = TRUTH.calls[rows[n].id]
    assert call.ended is not None
    ended_at = STORY.events[call.ended].t
    story = story_with(replace(WHOLE, over_at=ended_at - 0.1), Session(2, ended_at + 0.5, ended_at + 0.6, None, 1))

    def of_it(rows: list[Row]) -> list[str]:
        return [each for each in verdict_of(rows, story).findings if f" {call.id} " in each]

    assert of_it(rows) == [each for each in of_it(rows) if each.startswith("mismarked")] != []
    little = change(end_seen=False, incomplete=True, result="unknown", answered_at=None, talk_s=None, ended_at=None)
    assert not of_it(little(rows, n))
    assert of_it(change(end_seen=False, incomplete=True, talk_s=99.0)(rows, n))[0].startswith("invented")
    assert of_it([*rows[:n], *rows[n + 1 :]])[0].startswith("lost")


def test_what_the_system_never_took_was_not_seen() -> None:
    cut = replace(WHOLE, over_at=START + LASTS_S, sent=10)
    events = [Happened(START, b"", {1: 10}), Happened(START + 1, b"", {1: 11})]
    assert list(sight_of(Story(events, {1: cut}), ()).seen) == [Seen.YES, Seen.NO]


def test_a_diary_is_read_as_it_was_written_but_for_a_line_that_was_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "diary"
    with path.open("wb") as file:
        diary = Diary(file)
        diary.session(1.0, 7, "login")
        diary.event(2.0, b"Event: \xff\r\n\r\n", {7: 13})
        diary.session(3.0, 7, "queuestatus")
        diary.session(4.0, 7, "over", 13)
        file.write(b'{"t": 5.0, "ra')
    assert read_diary(path) == Story(
        [Happened(2.0, b"Event: \xff\r\n\r\n", {7: 13})], {7: Session(7, 1.0, 3.0, 4.0, 13)}
    )


@pytest.mark.parametrize(
    ("recorded", "wrong"),
    [
        ([Gap(100.0, 105.0)], None),
        ([Gap(98.5, 105.2)], None),
        ([Gap(99.0, 102.0), Gap(102.1, 105.0)], None),
        ([], "is not recorded"),
        ([Gap(100.0, 103.0)], "is not recorded"),
        ([Gap(102.0, 105.0)], "is not recorded"),
        ([Gap(99.0, 102.0), Gap(103.0, 105.0)], "is not recorded"),
        ([Gap(100.0, 105.0), Gap(200.0, 201.0)], "there was none"),
    ],
)
def test_a_gap_is_recorded_with_its_bounds_and_none_that_there_was_not(recorded: list[Gap], wrong: str | None) -> None:
    found = wrong_gaps(recorded, [Gap(100.0, 105.0)])
    assert not found if wrong is None else [each for each in found if wrong in each]


async def test_when_a_daemon_stood_still_is_read_from_its_own_word(tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    journal.write_text(
        'not JSON\n{"event": "ami_ready", "timestamp": "2026-11-28T10:00:00.500000Z"}\n'
        '{"event": "ami_read_late", "timestamp": "2026-11-28T10:00:09.250000Z", "stood_still_s": 2.25}\n'
    )
    async with asyncio.TaskGroup() as tasks:
        lives = Lives(tmp_path / "ringtally.toml", journal, tasks)
        ready = datetime(2026, 11, 28, 10, tzinfo=UTC).timestamp()
        assert lives.stalls() == [(ready + 7, ready + 9.25)]
        assert lives.moments("ami_ready") == [ready + 0.5]


def test_beside_a_real_pbx_what_happened_while_the_daemon_stood_still_was_perhaps_seen() -> None:
    sight = sight_by_time(STORY.events, [START - 10], [], [(START + 5, START + 8)])
    seen = {Seen.YES: 0, Seen.PERHAPS: 0}
    for happened, each in zip(STORY.events, sight.seen, strict=True):
        seen[each] += 1
        assert (each is Seen.PERHAPS) == (START + 5 <= happened.t <= START + 8 + LOGIN_S)
    assert all(seen.values())


def test_beside_a_real_pbx_who_hung_up_as_the_daemon_became_ready_need_not_be_known() -> None:
    sight = sight_by_time(STORY.events, [START], [])
    assert not sight.was_known(START - 1, START + 0.1)
    assert sight.was_known(START - 1, START + 0.5)


def test_of_who_was_passed_on_within_the_second_of_his_birth_the_first_answer_is_asked_of_nobody() -> None:
    soon, late = (TrueCall("1795000000.7", 0, passed_on_at=1_795_000_000.0 + after_s) for after_s in (0.9, 1.2))
    assert (soon.is_forgotten, late.is_forgotten) == (True, False)
    assert any(call.passed_on_at is not None for call in TRUTH.calls.values())

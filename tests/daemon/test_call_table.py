"""Calls on a terminal: cells, durations, the time line."""

import io
from collections.abc import Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console, RenderableType

from daemon.call_table import HEADER, calls_document, row, time_line, time_line_table
from daemon.reports.spelling import duration, local_time
from daemon.reports.terminal import cell_text, rendered
from daemon.words import Language, word
from handlers.facts import Agent, Call, Hold
from tests.storage.sample_calls import START, a_call, a_missed_call, ended

ZONE = ZoneInfo("Europe/Moscow")


def listed(calls: Sequence[Call], width: int = 400, language: Language = "en") -> RenderableType:
    return rendered(calls_document(calls, ZONE, language), width)


def shown(table: RenderableType, color: bool = False) -> str:
    out = io.StringIO()
    Console(file=out, width=400, force_terminal=color, color_system="standard" if color else None).print(table)
    return out.getvalue()


def shown_at(width: int, table: RenderableType) -> str:
    out = io.StringIO()
    Console(file=out, width=width).print(table)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())


def story(call: object = None, language: Language = "en") -> str:
    return shown(time_line_table(time_line(ended(call or a_call())), ZONE, language, 200))  # type: ignore[arg-type]  # a Call


def test_a_row_has_a_cell_for_every_column() -> None:
    cells = dict(zip(HEADER, row(a_call(), "en"), strict=True))
    assert cells["start"] == a_call().started_at
    assert cells["queue"] == "support, sales"
    assert cells["agents"] == "Анна, 79161234567"
    assert (cells["wait"], cells["talk"], cells["total"]) == (8.2, 53.2, 61.5)


def test_clients_have_a_column_where_anybody_is_known() -> None:
    known = a_call(1, client="ООО «Ромашка»", responsible="Анна \x1b[31m")
    head, _, line = shown(listed([a_call(0), known])).splitlines()
    assert head.index("client") == line.index("ООО «Ромашка»")
    assert head.index("responsible") == line.index("Анна \\x1b[31m")
    assert "client" not in shown(listed([a_call(0)]))
    assert "client" in shown(listed([a_call(0), known], width=120))


def test_a_live_call_says_so() -> None:
    assert row(a_call(result=None, state="talking"), "en")[HEADER.index("result")] == "live"


def test_missed_calls_stand_out() -> None:
    table = listed([a_call(0), a_missed_call(1)])
    answered, missed = shown(table, color=True).splitlines()[1:]
    assert "\x1b[31m" not in answered
    assert "\x1b[31m" in missed


def test_the_columns_of_durations_are_under_their_heads() -> None:
    head, line = shown(listed([a_call()])).splitlines()
    for name, text in (("wait", "0:08"), ("talk", "0:53"), ("total", "1:02")):
        assert head.index(name) + len(name) == line.index(text) + len(text)


@given(st.text())
def test_a_cell_is_printable_short_and_no_markup(text: str) -> None:
    cell = cell_text(text)
    assert cell.plain.isprintable()
    assert not cell.spans
    assert len(cell.plain) <= 60 * 10 + 1


def test_a_time_line_tells_all_that_happened_in_order() -> None:
    moments = time_line(ended(a_call()))
    assert [moment.what for moment in moments] == [
        *("call", "queue stay", "queue stay", "ring", "ring", "talk period", "hold", "blind transfer", "talk period"),
        *("attended transfer", "end"),
    ]
    assert [moment.at for moment in moments] == sorted(moment.at for moment in moments)
    assert moments[-1].outcome == "answered"


def test_a_transfer_to_nobody_known_has_a_mark() -> None:
    assert "? → ?" in story()


def test_an_end_that_was_not_seen_is_not_told() -> None:
    call = a_call(ended_at=None, ended_by=None, end_seen=False, total_s=None)
    assert "end" not in [moment.what for moment in time_line(ended(call))]


def test_an_end_that_nobody_is_known_to_have_made_names_nobody() -> None:
    assert "None" not in story(a_call(ended_by=None))


def test_a_call_that_became_part_of_another_names_it() -> None:
    last = time_line(ended(a_call(merged_into="1795450000.1")))[-1]
    assert (last.what, last.who) == ("became part of", "1795450000.1")


def test_words_are_translated_and_names_are_not() -> None:
    call = ended(a_call(caller="busy"))
    call = replace(call, talks=tuple(replace(talk, name="end") for talk in call.talks))
    text = shown(time_line_table(time_line(call), ZONE, "ru", 200))
    assert "положил трубку звонивший" in text
    assert "перевод вслепую" in text
    assert " busy " in text
    assert " end " in text


def test_a_time_line_of_nothing_is_empty() -> None:
    assert len(shown(time_line_table([], ZONE, "en", 200)).splitlines()) == 1


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("width", [80, 100, 120, 140])
def test_a_narrow_terminal_leaves_columns_out_and_cuts_none_that_matters(width: int, language: Language) -> None:
    calls = [
        a_call(0, caller_name="Общество с очень ограниченной ответственностью «Рога и копыта»"),
        a_missed_call(1),
        a_call(
            2,
            direction="out",
            caller="102",
            called="89161234567",
            result="answered",
            agents=(Agent("PJSIP/102", None),),
        ),
    ]
    out = io.StringIO()
    Console(file=out, width=width).print(listed(calls, width, language))
    lines = out.getvalue().splitlines()
    assert max(map(len, lines)) <= width
    for line, call in zip(lines[1:], calls, strict=False):
        for cell in (call.id, call.caller, word(call.result or "", language), duration(call.wait_s)):
            assert cell is not None
            assert cell in line
        assert local_time(call.started_at, ZONE)[5:16] in line
    if width == 80:
        assert any(line.startswith({"en": "no room for: ", "ru": "не уместилось: "}[language]) for line in lines)


def test_a_wide_terminal_leaves_nothing_out() -> None:
    out = io.StringIO()
    Console(file=out, width=220).print(listed([a_call(0)], 220))
    assert len(out.getvalue().splitlines()) == 2


def test_no_calls_are_a_header() -> None:
    assert shown(listed([], 200)).split()[:2] == ["start", "direction"]


def test_who_was_lost_after_a_transfer_is_told_so_at_the_end() -> None:
    assert time_line(ended(a_call(lost_after_transfer=True)))[-1].outcome == "lost after transfer"
    assert "потерян при переводе" in story(a_call(lost_after_transfer=True), "ru")


def test_a_parking_is_no_hold() -> None:
    call = ended(a_call())
    parked = time_line(replace(call, holds=(Hold(START + 1, START + 4, "lot"),)))
    (moment,) = [each for each in parked if each.what in {"hold", "parked"}]
    assert (moment.what, moment.who, moment.lasted_s) == ("parked", None, 3)


def test_a_line_that_was_dialled_is_told_by_the_number_reached() -> None:
    call = ended(a_call())
    line = replace(call.legs[1], side="outside", name=None, number="89161234567")
    assert "89161234567" in [moment.who for moment in time_line(replace(call, legs=(line,)))]


def test_whom_the_town_reached_is_told_by_number_not_by_the_name_that_the_pbx_shows_there() -> None:
    call = ended(a_call())
    line = replace(call.legs[1], side="outside", name="Our company", number="89161234567")
    assert "89161234567" in [moment.who for moment in time_line(replace(call, legs=(line,)))]


def test_who_sat_in_a_conference_before_the_caller_came_does_not_come_before_the_call() -> None:
    call = ended(a_call())
    member = replace(call.legs[1], rang_at=None, ring_ended_at=None, started_at=START - 3600, joined_at=START - 60)
    first, second, *_ = time_line(replace(call, legs=(member,)))
    assert (first.what, second.what, second.at) == ("call", "leg", START)


def test_which_calls_were_not_heard_in_whole_is_a_word_of_its_own() -> None:
    told = HEADER.index("not heard")
    assert row(a_call(), "en")[told] is None
    assert row(a_call(incomplete=True), "en")[told] == "a part"
    assert row(a_call(result="unknown", end_seen=False, incomplete=True), "en")[told] == "the end"
    assert row(a_call(end_seen=False), "ru")[told] == "конец"
    assert row(a_call(result=None, state="talking", end_seen=False), "en")[told] is None
    assert HEADER[-1] == "not heard"  # programs that read CSV count columns


def test_a_terminal_marks_them_in_the_narrowest_room_and_says_what_the_marks_mean() -> None:
    calls = [a_call(0), a_call(1, incomplete=True), a_call(2, result="unknown", end_seen=False, incomplete=True)]
    head, *lines = shown_at(80, listed(calls, 80, "ru")).splitlines()
    assert head.endswith("номер звонка")
    assert [line.split()[-1] for line in lines[:3]] == [calls[0].id, "*", "**"]
    assert lines[3].startswith("не уместилось: ")
    assert lines[-1] == "* не слышали: часть   ** не слышали: конец"
    assert shown(listed(calls[:2])).splitlines()[-1] == "* not heard: a part"
    assert "*" not in shown(listed(calls[:1]))


def test_a_talk_that_was_found_after_a_gap_bears_no_duration_and_says_why() -> None:
    call = ended(a_call())
    found = replace(call, talks=(replace(call.talks[0], begun_unseen=True),))
    (moment,) = [each for each in time_line(found) if each.what == "talk period"]
    assert (moment.lasted_s, moment.outcome) == (None, "its beginning was not heard")
    assert "начало не слышали" in shown(time_line_table(time_line(found), ZONE, "ru", 200))

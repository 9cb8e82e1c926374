"""Which misses make a case, and which calls close it: by the number, by the presets, by the settings."""

from dataclasses import replace
from datetime import UTC

import pytest

from handlers.rules import MISSED_RESULTS, Rules
from handlers.working_time import WorkingTime
from tests.handlers.cases.office import BITRIX24, DAY, HOUR, MIKO, STRICT, Office
from tests.handlers.playbook import START


@pytest.mark.parametrize("number", [None, "anonymous", "<unknown>", "Restricted", "1234", "", "Иван"])
def test_who_shows_no_usable_number_has_no_case(number: str | None) -> None:
    office = Office()
    office.missed(number)
    assert office.only_call.call.missed
    assert (office.story, office.only_call.call.case_id) == ([], None)


@pytest.mark.parametrize(
    ("number", "known_as"), [("12345", "12345"), ("0" * 60, "0" * 60), ("999999", "999999"), ("111-11-11", "1111111")]
)
def test_what_the_numbering_plan_rejects_is_matched_by_its_digits(number: str, known_as: str) -> None:
    office = Office()
    office.missed(number)
    assert office.case.number == known_as
    office.missed(number)
    assert office.story == ["missed", "again"]


def test_who_is_ignored_has_no_case_however_he_is_spelled() -> None:
    office = Office(ignore=frozenset({"8 (900) 111-22-33"}))
    office.missed("+79001112233")
    assert office.story == []
    assert office.only_call.call.missed


def test_a_callers_own_next_call_counts_once_it_talked_long_enough() -> None:
    office = Office(min_talk_in_s=10.0)
    office.missed()
    office.answered(talk_s=9)
    assert office.story == ["missed"]
    office.answered(talk_s=10)
    assert office.story == ["missed", "recovered incoming"]


def test_miko_compares_the_last_nine_digits() -> None:
    office = Office(Rules(follow_up=MIKO))
    office.missed("3749001112233")
    office.called_back("89001112233", talk_s=1)
    assert office.story == ["missed", "recovered outgoing"]


def test_bitrix24_is_closed_by_our_own_calls_alone_and_waits_a_day() -> None:
    office = Office(Rules(follow_up=BITRIX24))
    office.missed()
    office.answered()
    office.at(DAY - 100)
    office.called_back(talk_s=1)
    assert office.story == ["missed", "recovered outgoing"]


def test_strict_is_truly_missed_from_the_first_second_until_contact() -> None:
    hours = WorkingTime(UTC, ((),) * 7)
    office = Office(Rules(follow_up=STRICT, working_time=hours))
    office.missed()
    assert office.story == ["missed", "truly missed"]
    assert office.case.due_at == office.case.opened_at
    office.called_back()
    assert office.story[-1] == "recovered_late outgoing"


def test_lost_after_a_transfer_is_a_miss_only_where_the_settings_count_it() -> None:
    for counted, story in ((MISSED_RESULTS, []), (MISSED_RESULTS | {"lost_after_transfer"}, ["missed"])):
        office = Office(Rules(missed_results=counted))
        caller, leg = office.picked_up()
        office.wait(10)
        office.leave(leg)
        office.leave(caller)
        office.hang_up(leg)
        second = office.dial(caller, "PJSIP/102")
        office.ring(second)
        office.wait(10)
        office.caller_cancels(caller, second)
        ended = office.only_call.call
        assert (ended.result, ended.lost_after_transfer) == ("answered", True)
        assert office.story == story
        assert ended.missed is bool(story)


def test_other_settings_keep_the_deadlines_of_what_waits() -> None:
    office = Office()
    office.missed()
    office.core.change_rules(Rules(follow_up=replace(MIKO, window_s=60.0)))
    office.at(600)
    office.missed("3799001112233")
    assert office.story == ["missed", "again"]
    assert office.case.due_at == START + 20 + HOUR
    office.at(2 * HOUR)
    office.tick()
    assert office.story[-1] == "truly missed"

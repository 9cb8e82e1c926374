"""What becomes of missed callers, as dialogues: calls in, facts about cases out."""

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from handlers.case_facts import CaseMissed, CaseRecovered, CaseTrulyMissed, CaseUnlisted
from handlers.departments import DepartmentRule
from handlers.facts import CallEnded
from handlers.rules import MISSED_RESULTS, Rules, SourceRule
from handlers.working_time import WorkingTime
from tests.handlers.calls.snapshots import back
from tests.handlers.cases.office import BITRIX24, E164, HOUR, MIKO, STRICT, Office
from tests.handlers.playbook import START

DAY = 24 * HOUR


def test_a_missed_call_opens_a_case_that_bears_its_id_and_says_all_of_it() -> None:
    rules = Rules(
        sources=(SourceRule("yandex", frozenset({"74951112233"})),),
        departments=(DepartmentRule("support", frozenset(), frozenset({"101"}), frozenset()),),
    )
    office = Office(rules)
    caller = office.missed(did="84951112233")
    (fact,) = office.case_facts
    assert isinstance(fact, CaseMissed)
    assert not fact.again
    case = fact.case
    assert (case.id, case.number, case.state, case.calls) == (caller, E164, "open", 1)
    assert (case.opened_at, case.last_missed_at, case.due_at) == (START + 20, START + 20, START + 20 + HOUR)
    assert (case.trunk, case.did, case.source, case.department) == ("trunk", "84951112233", "yandex", "support")
    assert office.waiting == [case]
    assert office.core.next_deadline == START + 20 + HOUR
    assert office.only_call.call.case_id == caller


def test_however_often_he_calls_it_is_one_case_and_the_deadline_stays() -> None:
    office = Office()
    first = office.missed()
    office.wait(600)
    again = office.missed("+7 900 111-22-33")
    office.wait(600)
    office.missed("9001112233")
    assert office.story == ["missed", "again", "again"]
    case = office.case
    assert (case.calls, case.due_at, case.last_missed_at) == (3, START + 20 + HOUR, START + 1260)
    assert case.call_ids[:2] == (first, again)
    assert [ended.call.case_id for ended in office.ended] == [first] * 3


def test_a_call_back_that_is_answered_recovers_it_as_of_the_answer() -> None:
    office = Office()
    office.missed()
    office.wait(300)
    back = office.called_back(by="102")
    assert office.story == ["missed", "recovered outgoing"]
    case = office.case
    assert (case.contact, case.contact_call, case.contact_by) == ("outgoing", back, "102")
    assert (case.contact_at, case.contact_s, case.reaction_s) == (START + 322, 302, 302)
    assert office.waiting == []
    assert office.core.next_deadline is None


def test_he_calls_again_himself_and_is_answered() -> None:
    office = Office()
    office.missed()
    office.wait(60)
    back = office.answered(talk_s=1)
    assert office.story == ["missed", "recovered incoming"]
    assert (office.case.contact_call, office.case.contact_by, office.case.attempts) == (back, "101", 0)


def test_attempts_are_counted_and_the_first_one_is_the_reaction() -> None:
    office = Office()
    office.missed()
    office.wait(100)
    office.tried()
    office.wait(100)
    office.called_back(talk_s=4)
    office.wait(100)
    office.called_back(talk_s=6)
    assert office.story == ["missed", "attempt cancelled", "attempt too_short", "recovered outgoing"]
    case = office.case
    assert (case.attempts, case.reaction_s, case.contact_s) == (2, 100, 313)


def test_a_failed_attempt_between_hides_no_success() -> None:
    office = Office(Rules(follow_up=MIKO))
    office.missed()
    dialler, leg = office.rings_out()
    office.refuse(dialler, leg)
    office.hang_up(dialler)
    office.called_back(talk_s=1)
    assert office.story == ["missed", "attempt busy", "recovered outgoing"]


def test_the_window_runs_out_at_the_deadline_itself_whenever_it_is_noticed() -> None:
    office = Office()
    office.missed()
    office.wait(5 * HOUR)
    office.tick()
    assert office.story == ["missed", "truly missed"]
    fact = office.case_facts[-1]
    assert isinstance(fact, CaseTrulyMissed)
    assert fact.at == START + 20 + HOUR
    assert [case.state for case in office.waiting] == ["truly_missed"]


def test_a_tick_before_the_deadline_says_nothing() -> None:
    office = Office()
    office.missed()
    office.at(19.999 + HOUR)
    office.tick()
    assert office.story == ["missed"]
    office.at(20 + HOUR)
    office.tick()
    assert office.story == ["missed", "truly missed"]


def test_a_contact_after_the_deadline_is_late() -> None:
    office = Office()
    office.missed()
    office.wait(2 * HOUR)
    office.called_back()
    assert office.story == ["missed", "truly missed", "recovered_late outgoing"]
    assert office.waiting == []


def test_missed_again_after_the_deadline_joins_the_case_that_nobody_took_care_of() -> None:
    office = Office()
    first = office.missed()
    office.wait(DAY)
    office.missed()
    assert office.story == ["missed", "truly missed", "again"]
    assert (office.case.id, office.case.calls, office.case.state) == (first, 2, "truly_missed")


def test_missed_again_after_a_contact_is_a_new_case() -> None:
    office = Office()
    office.missed()
    office.called_back()
    second = office.missed()
    assert office.story == ["missed", "recovered outgoing", "missed"]
    assert office.case.id == second


def test_a_call_back_answered_before_the_deadline_and_over_after_it_accuses_nobody() -> None:
    office = Office()
    office.missed()
    office.at(10 + HOUR)
    dialler, leg = office.rings_out()
    office.wait(2)
    office.answer(dialler, leg)
    office.at(600 + HOUR)
    office.tick()
    assert office.story == ["missed"]
    office.far_end_hangs_up(dialler, leg)
    assert office.story == ["missed", "recovered outgoing"]
    assert office.case.contact_at == START + 12 + HOUR


def test_a_call_back_that_turns_out_too_short_leaves_it_truly_missed_as_of_the_deadline() -> None:
    office = Office()
    office.missed()
    office.at(18 + HOUR)
    dialler, leg = office.rings_out()
    office.answer(dialler, leg)
    office.wait(4)
    office.tick()
    assert office.story == ["missed"]
    office.far_end_hangs_up(dialler, leg)
    assert office.story == ["missed", "attempt too_short", "truly missed"]
    assert office.case_facts[-1].at == START + 20 + HOUR
    office.called_back()
    assert office.story[-1] == "recovered_late outgoing"


def test_an_answer_at_the_deadline_is_late() -> None:
    office = Office()
    office.missed()
    office.at(18 + HOUR)
    office.called_back()
    assert office.story == ["missed", "truly missed", "recovered_late outgoing"]
    assert isinstance(office.case_facts[-1], CaseRecovered)


def test_a_call_missed_while_we_talk_with_that_number_is_closed_by_that_talk() -> None:
    office = Office()
    one, leg = office.picked_up()
    office.missed()
    office.wait(60)
    office.far_end_hangs_up(one, leg)
    assert office.story == ["missed", "recovered incoming"]
    assert (office.case.contact_at, office.case.contact_s) == (office.case.opened_at, 0)


def test_a_call_still_missed_after_we_talked_with_that_number_is_a_case() -> None:
    office = Office()
    waiting = office.incoming()
    ringing = office.dial(waiting, "PJSIP/102")
    office.ring(ringing)
    office.answered(talk_s=10)
    office.wait(30)
    office.caller_cancels(waiting, ringing)
    assert office.story == ["missed"]
    assert office.case.id == waiting


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


def test_other_numbers_and_internal_calls_close_nothing() -> None:
    office = Office()
    office.missed()
    office.called_back("89009998877")
    office.answered("89009998877")
    dialler = office.dialling("101", "102")
    leg = office.dial(dialler, "PJSIP/102")
    office.ring(leg)
    office.answer(dialler, leg)
    office.wait(60)
    office.far_end_hangs_up(dialler, leg)
    assert office.story == ["missed"]


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


def test_a_case_leaves_the_list_so_long_after_its_last_miss_and_a_later_miss_is_a_new_one() -> None:
    office = Office(list_for_s=DAY)
    office.missed()
    office.at(HOUR - 20)
    office.missed(after_s=10)
    office.at(HOUR - 10 + DAY - 1)
    office.tick()
    assert office.story == ["missed", "again", "truly missed"]
    office.at(HOUR - 10 + DAY)
    office.tick()
    assert isinstance(office.case_facts[-1], CaseUnlisted)
    assert office.waiting == []
    again = office.missed()
    assert (office.case.id, office.case.calls) == (again, 1)


def test_a_contact_is_noted_long_after_the_list_of_both_cases_of_a_number() -> None:
    """Called back a month later is late; never is another thing."""
    office = Office(list_for_s=DAY)
    first = office.missed()
    office.at(2 * DAY)
    office.tick()
    second = office.missed()
    office.at(30 * DAY)
    office.called_back()
    recovered = [fact.case for fact in office.case_facts if isinstance(fact, CaseRecovered)]
    assert [(case.id, case.state) for case in recovered] == [(first, "recovered_late"), (second, "recovered_late")]
    assert office.core.next_deadline is None


def test_ninety_days_after_the_last_miss_a_case_is_forgotten_for_good() -> None:
    office = Office(list_for_s=DAY)
    office.missed()
    office.at(91 * DAY)
    office.tick()
    office.called_back()
    assert office.story == ["missed", "truly missed", "CaseUnlisted"]
    assert office.core.next_deadline is None


def test_what_had_left_the_list_before_a_restart_waits_for_nothing_but_a_contact() -> None:
    before = Office(list_for_s=DAY)
    before.missed()
    before.at(2 * DAY - 1)
    before.tick()
    missed = next(fact.case for fact in before.case_facts if isinstance(fact, CaseUnlisted))
    after = Office(list_for_s=DAY)
    after.core.restore_cases([missed], START + 2 * DAY, 0.0)
    assert after.waiting == []
    after.at(3 * DAY)
    after.tick()
    after.called_back()
    assert after.story == ["recovered_late outgoing"]


def test_a_window_longer_than_the_list_still_ends_at_its_deadline() -> None:
    office = Office(list_for_s=HOUR, window_s=2 * HOUR)
    office.missed()
    office.at(3 * HOUR)
    office.tick()
    assert office.story == ["missed", "truly missed", "CaseUnlisted"]
    assert [fact.at for fact in office.case_facts[1:]] == [START + 20 + 2 * HOUR] * 2


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


def test_outside_hours_a_call_is_closed_and_its_window_begins_with_the_next_working_minute() -> None:
    # START is Friday, 2027-01-15, 08:00 UTC.
    office = Office(Rules(working_time=WorkingTime(UTC, (((540, 1080),),) * 5 + ((), ()))))
    office.missed()
    assert (office.only_call.call.closed, office.case.closed) == (True, True)
    assert office.case.due_at == START + 2 * HOUR
    office.at(9.5 * HOUR)
    office.missed("89009998877")
    assert (office.ended[-1].call.closed, office.case.closed) == (False, False)
    # Half an hour of Friday is left, the rest is Monday's.
    assert office.case.due_at == START + 3 * DAY + 1.5 * HOUR + 20
    office.at(3 * DAY + HOUR)
    office.called_back("89009998877")
    assert office.case.contact_s == 1800 - 20 + 2
    assert office.story == ["missed", "truly missed", "missed", "recovered outgoing"]


BERLIN = ZoneInfo("Europe/Berlin")
ALL_NIGHT = WorkingTime(BERLIN, (((0, 1440),),) * 7)
NIGHT_SHIFT = WorkingTime(BERLIN, (((0, 150),),) * 7)  # until 02:30
OFFICE = WorkingTime(BERLIN, (((540, 1080),),) * 5 + ((), ()), frozenset({date(2027, 3, 29)}))


# On 2027-03-28 01:59:59 is followed by 03:00:00, on 2027-10-31 02:59:59 by 02:00:00 once more, which `*` means.
@pytest.mark.parametrize(
    ("hours", "missed_at", "due_at"),
    [
        (ALL_NIGHT, "2027-03-28T01:30", "2027-03-28T03:30"),
        (ALL_NIGHT, "2027-03-28T00:59:59", "2027-03-28T01:59:59"),
        (ALL_NIGHT, "2027-03-28T01:00", "2027-03-28T03:00"),
        (NIGHT_SHIFT, "2027-03-28T01:30", "2027-03-29T00:30"),
        (ALL_NIGHT, "2027-10-31T01:59:59", "2027-10-31T02:59:59"),
        (ALL_NIGHT, "2027-10-31T02:00", "2027-10-31T02:00*"),
        (ALL_NIGHT, "2027-10-31T02:30", "2027-10-31T02:30*"),
        (ALL_NIGHT, "2027-10-31T02:30*", "2027-10-31T03:30"),
        # Worked until 02:30, and once more from 02:00 to 02:30; ten minutes are left for the next night.
        (NIGHT_SHIFT, "2027-10-31T02:10", "2027-11-01T00:10"),
        (OFFICE, "2027-03-26T17:30", "2027-03-30T09:30"),  # a weekend, the change within it, and a holiday
        (OFFICE, "2027-10-29T17:59", "2027-11-01T09:59"),
        (OFFICE, "2027-03-29T12:00", "2027-03-30T10:00"),
    ],
)
def test_a_deadline_comes_at_its_minute_when_the_clocks_are_set_too(
    hours: WorkingTime, missed_at: str, due_at: str
) -> None:
    office = Office(Rules(working_time=hours))
    office.at(local(missed_at) - START - 20)
    office.missed()
    assert office.case.opened_at == local(missed_at)
    assert office.case.due_at == local(due_at)
    office.at(local(due_at) - START - 1)
    office.tick()
    assert office.story == ["missed"]
    office.wait(1)
    office.tick()
    assert [fact.at for fact in office.case_facts[1:]] == [local(due_at)]


def local(text: str) -> float:
    return datetime.fromisoformat(text.rstrip("*")).replace(tzinfo=BERLIN, fold=text.endswith("*")).timestamp()


def test_a_restart_changes_nothing_but_who_remembers() -> None:
    before = Office()
    before.missed()
    before.tried()
    before.missed("89009998877")
    after = Office()
    after._serial, after._suffix = before._serial, before._suffix
    after.core.restore_cases(before.waiting, before.now, 0.0)
    assert after.waiting == before.waiting
    for office in (before, after):
        office.at(600)
        office.called_back()
        office.at(2 * HOUR)
        office.tick()
        assert office.story[-2:] == ["recovered outgoing", "truly missed"]
    assert before.case == after.case
    assert before.case_facts[-2].case.attempts == 1


def test_a_deadline_that_passed_while_nobody_listened_is_told_at_its_own_moment_once() -> None:
    before = Office()
    before.missed()
    after = Office()
    after.core.restore_cases(before.waiting, START + 3 * HOUR, START + 3 * HOUR + 30)
    after.at(3 * HOUR)
    after.tick()
    assert after.story == []
    assert after.core.next_deadline == START + 3 * HOUR + 30
    after.wait(HOUR)
    after.tick()
    assert after.story == []
    assert after.core.next_deadline is None
    back(after)
    after.tick()
    after.tick()
    assert after.story == ["truly missed"]
    assert after.case_facts[0].at == START + 20 + HOUR


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


def test_what_a_call_led_to_stands_directly_behind_it() -> None:
    office = Office()
    office.missed()
    places = [place for place, fact in enumerate(office.facts) if isinstance(fact, CallEnded)]
    assert isinstance(office.facts[places[0] + 1], CaseMissed)


def test_a_talk_that_outlives_even_the_list_is_waited_for() -> None:
    office = Office(list_for_s=HOUR)
    office.missed()
    office.at(10 + HOUR)
    dialler, leg = office.rings_out()
    office.answer(dialler, leg)
    office.at(9 * HOUR)
    office.tick()
    assert office.story == ["missed"]
    office.far_end_hangs_up(dialler, leg)
    assert office.story == ["missed", "recovered outgoing"]


def test_two_calls_of_one_id_which_replayed_recordings_may_have_raise_nothing() -> None:
    office = Office()
    office.missed()
    other = Office()
    other.core = office.core
    other.missed("89009998877")
    other.called_back("89009998877")
    other.called_back()
    other.at(30 * DAY)
    other.tick()
    assert other.waiting == []


def test_where_the_verdict_waits_for_one_talk_another_after_the_deadline_is_late() -> None:
    office = Office()
    office.missed()
    office.at(18 + HOUR)
    one, his = office.rings_out()
    office.answer(one, his)
    office.wait(3)
    office.called_back(by="102")
    assert office.story == ["missed", "truly missed", "recovered_late outgoing"]
    assert office.case.contact_by == "102"

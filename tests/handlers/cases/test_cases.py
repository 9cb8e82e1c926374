"""What becomes of missed callers, as dialogues: calls in, facts about cases out."""

from handlers.case_facts import CaseMissed
from handlers.departments import DepartmentRule
from handlers.facts import CallEnded
from handlers.rules import Rules, SourceRule
from tests.handlers.cases.office import DAY, E164, HOUR, MIKO, Office
from tests.handlers.playbook import START


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

"""When time has something to say of a case: the deadline, by working time too, leaving the list, being forgotten."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from handlers.case_facts import CaseRecovered, CaseTrulyMissed, CaseUnlisted
from handlers.rules import Rules
from handlers.working_time import WorkingTime
from tests.handlers.cases.office import DAY, HOUR, Office
from tests.handlers.playbook import START


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


def test_an_answer_at_the_deadline_is_late() -> None:
    office = Office()
    office.missed()
    office.at(18 + HOUR)
    office.called_back()
    assert office.story == ["missed", "truly missed", "recovered_late outgoing"]
    assert isinstance(office.case_facts[-1], CaseRecovered)


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


def test_a_window_longer_than_the_list_still_ends_at_its_deadline() -> None:
    office = Office(list_for_s=HOUR, window_s=2 * HOUR)
    office.missed()
    office.at(3 * HOUR)
    office.tick()
    assert office.story == ["missed", "truly missed", "CaseUnlisted"]
    assert [fact.at for fact in office.case_facts[1:]] == [START + 20 + 2 * HOUR] * 2


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

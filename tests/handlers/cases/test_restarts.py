"""Cases that an earlier run left: what waits, and what passed while nobody listened."""

from handlers.case_facts import CaseUnlisted
from tests.handlers.calls.snapshots import back
from tests.handlers.cases.office import DAY, HOUR, Office
from tests.handlers.playbook import START


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

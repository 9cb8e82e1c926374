"""What people say of cases: contacts elsewhere, dismissals, claims; and what is answered."""

import pytest

from handlers.case_facts import (
    NOTES_KEPT,
    CaseClaimed,
    CaseDismissed,
    CaseNoted,
    Note,
    NumberForgotten,
    RequestAnswered,
)
from handlers.cases.requests import ClaimAsked, ContactReported, DismissAsked, ForgetAsked, NoteWritten
from tests.handlers.cases.office import CLIENT, HOUR, Office
from tests.handlers.playbook import START


class Desk(Office):
    """An office where people say things too."""

    def reports(self, number: str = CLIENT, spoke_at: float | None = None, by: str = "Анна") -> RequestAnswered:
        return self.asks(ContactReported(self.now, 1, number, self.now if spoke_at is None else spoke_at, by))

    def dismisses(self, case_id: str) -> RequestAnswered:
        return self.asks(DismissAsked(self.now, 2, case_id, "Олег", "спам"))

    def claims(self, case_id: str, until: float | None, by: str = "Анна") -> RequestAnswered:
        return self.asks(ClaimAsked(self.now, 3, case_id, by, until))

    def notes(self, case_id: str, text: str) -> None:
        self.facts.extend(self.core.handle(NoteWritten(self.now, case_id, Note(self.now, "Анна", text))))

    def asks(self, event: ContactReported | DismissAsked | ClaimAsked) -> RequestAnswered:
        self.facts.extend(self.core.handle(event))
        answer = self.facts[-1]
        assert isinstance(answer, RequestAnswered)
        assert answer.request == event.request
        return answer


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_contact_elsewhere_closes_the_case_with_who_and_when(desk: Desk) -> None:
    desk.missed()
    desk.wait(600)
    answer = desk.reports("+7 (900) 111-22-33", spoke_at=desk.now - 100)
    assert desk.story == ["missed", "recovered external"]
    assert (answer.outcome, answer.cases) == ("done", (desk.case,))
    assert (desk.case.contact_by, desk.case.contact_call, desk.case.contact_s) == ("Анна", None, 500)
    assert desk.waiting == []


def test_told_twice_it_changes_nothing_more(desk: Desk) -> None:
    desk.missed()
    spoke_at = desk.now
    desk.reports(spoke_at=spoke_at)
    desk.missed()
    assert desk.reports(spoke_at=spoke_at).outcome == "no_case"
    assert desk.story == ["missed", "recovered external", "missed"]


def test_a_contact_before_the_miss_closes_nothing(desk: Desk) -> None:
    desk.missed()
    assert desk.reports(spoke_at=START).outcome == "no_case"
    assert desk.story == ["missed"]


@pytest.mark.parametrize(("number", "outcome"), [("89009998877", "no_case"), ("1234", "no_number"), ("x", "no_number")])
def test_a_contact_with_a_number_that_nobody_waits_for_is_answered(desk: Desk, number: str, outcome: str) -> None:
    desk.missed()
    assert desk.reports(number).outcome == outcome


def test_reported_after_the_deadline_it_is_late_whenever_it_was(desk: Desk) -> None:
    desk.missed()
    desk.wait(2 * HOUR)
    desk.reports(spoke_at=START + 60)
    assert desk.story == ["missed", "truly missed", "recovered_late external"]
    assert desk.case.contact_s == 40


def test_while_a_talk_that_began_in_time_goes_on_nothing_is_late_that_is_reported(desk: Desk) -> None:
    desk.missed()
    desk.at(10 + HOUR)
    dialler, leg = desk.rings_out()
    desk.answer(dialler, leg)
    desk.at(100 + HOUR)
    desk.reports(spoke_at=START + 60)
    desk.far_end_hangs_up(dialler, leg)
    assert desk.story == ["missed", "recovered external"]


def test_a_case_dismissed_ends_and_the_next_miss_is_a_new_one(desk: Desk) -> None:
    first = desk.missed()
    answer = desk.dismisses(first)
    assert answer.outcome == "done"
    assert (desk.case.state, desk.case.dismissed_by, desk.case.dismissed_why) == ("dismissed", "Олег", "спам")
    assert desk.core.next_deadline is None
    assert desk.dismisses(first).outcome == "no_case"
    assert desk.missed() != first
    assert desk.case.calls == 1


def test_a_claim_is_seen_by_all_until_its_time_is_over_and_the_deadline_stays(desk: Desk) -> None:
    case_id = desk.missed()
    until = desk.now + 900
    assert desk.claims(case_id, until).outcome == "done"
    (case,) = desk.waiting
    assert (case.claimed_by, case.claimed_until, case.state) == ("Анна", until, "open")
    desk.wait(899)
    desk.tick()
    assert desk.waiting[0].claimed_by == "Анна"
    desk.wait(2)
    desk.tick()
    last = desk.case_facts[-1]
    assert isinstance(last, CaseClaimed)
    assert (last.at, last.case.claimed_by, last.case.claimed_until) == (until, None, None)
    desk.at(20 + HOUR)
    desk.tick()
    assert desk.story[-1] == "truly missed"


def test_a_claim_beyond_the_deadline_moves_no_deadline(desk: Desk) -> None:
    case_id = desk.missed()
    desk.claims(case_id, desk.now + 3 * HOUR)
    desk.at(5 * HOUR)
    desk.tick()
    assert [fact.at for fact in desk.case_facts[2:]] == [START + 20 + HOUR, START + 20 + 3 * HOUR]
    assert desk.story[2] == "truly missed"


def test_nobody_claims_what_another_has_but_he_may_go_on_and_let_go(desk: Desk) -> None:
    case_id = desk.missed()
    desk.claims(case_id, desk.now + 900)
    answer = desk.claims(case_id, desk.now + 900, by="Олег")
    assert answer.outcome == "claimed_by_another"
    assert answer.cases[0].claimed_by == "Анна"
    assert desk.claims(case_id, desk.now + 1800).outcome == "done"
    assert desk.claims(case_id, None).outcome == "done"
    assert desk.waiting[0].claimed_by is None
    assert desk.claims(case_id, desk.now + 900, by="Олег").outcome == "done"
    assert desk.claims("1.1", desk.now).outcome == "no_case"


def test_a_claimed_case_is_restored_with_its_claim(desk: Desk) -> None:
    case_id = desk.missed()
    desk.claims(case_id, desk.now + 900)
    after = Desk()
    after.core.restore_cases(desk.waiting, desk.now, 0.0)
    after.at(1000)
    after.tick()
    assert after.waiting[0].claimed_by is None


def restarted(desk: Desk, hours: float) -> Desk:
    """The daemon was down until then; the stream is not there yet, so no deadline has been judged."""
    after = Desk()
    after.core.restore_cases(desk.waiting, START + hours * HOUR, START + hours * HOUR + 30)
    after.at(hours * HOUR)
    return after


def test_what_is_said_after_the_deadline_of_a_daemon_that_was_down_is_late(desk: Desk) -> None:
    case_id = desk.missed()
    after = restarted(desk, 3)
    after.reports(spoke_at=START + 600)
    assert after.story == ["truly missed", "recovered_late external"]
    after = restarted(desk, 3)
    after.dismisses(case_id)
    assert after.story == ["truly missed", "CaseDismissed"]


def test_what_was_said_in_time_to_a_daemon_that_was_down_is_in_time(desk: Desk) -> None:
    case_id = desk.missed()
    after = restarted(desk, 3)
    after.asks(ContactReported(after.now, 1, CLIENT, START + 600, "Анна", asked_at=START + 700))
    assert after.story == ["recovered external"]
    after = restarted(desk, 3)
    after.asks(DismissAsked(after.now, 2, case_id, "Олег", "спам", asked_at=START + 700))
    assert after.story == ["CaseDismissed"]


def test_a_case_that_waits_shows_the_notes_on_its_calls_the_latest_ones(desk: Desk) -> None:
    desk.missed()
    case_id = desk.case.id
    for number in range(NOTES_KEPT + 5):
        desk.notes(case_id, str(number))
    (case,) = desk.waiting
    assert [note.text for note in case.notes] == [str(number) for number in range(5, NOTES_KEPT + 5)]
    assert isinstance(desk.facts[-1], CaseNoted)
    assert desk.facts[-1].case == case


def test_a_note_told_again_or_on_no_case_that_waits_changes_nothing(desk: Desk) -> None:
    desk.missed()
    desk.notes(desk.case.id, "ждёт письма")
    told = len(desk.facts)
    desk.notes(desk.case.id, "ждёт письма")
    desk.notes("none", "x")
    assert len(desk.facts) == told
    assert len(desk.waiting[0].notes) == 1
    desk.dismisses(desk.case.id)
    told = len(desk.facts)
    desk.notes(desk.case.id, "поздно")
    assert len(desk.facts) == told


def test_a_claim_of_which_the_time_is_over_is_none_whoever_looks() -> None:
    desk = Desk()
    desk.missed()
    until = desk.now + 60
    desk.claims(desk.case.id, until)
    (case,) = desk.waiting
    assert case.as_of(until - 0.001) is case
    over = case.as_of(until)
    assert (over.claimed_by, over.claimed_until, over.number) == (None, None, case.number)


TOKEN = "forgotten-bcdfgh"


def forgets(desk: Desk, number: str = CLIENT) -> int:
    """A number is forgotten; how many cases that ended."""
    desk.facts.extend(desk.core.handle(ForgetAsked(desk.now, 9, number, TOKEN, "root")))
    answer = desk.facts[-1]
    assert isinstance(answer, NumberForgotten)
    assert answer.request == 9
    return answer.dismissed


def test_a_forgotten_number_waits_no_longer_and_the_case_that_is_told_has_another_word_in_its_place(desk: Desk) -> None:
    desk.missed()
    desk.notes(desk.case.id, "про Ивана")
    assert forgets(desk, "8 900 111-22-33") == 1
    assert desk.waiting == []
    ended = desk.facts[-2]
    assert isinstance(ended, CaseDismissed)
    assert (ended.case.number, ended.case.notes, ended.case.dismissed_by) == (TOKEN, (), "root")
    assert forgets(desk) == 0


def test_forgotten_after_its_deadline_a_case_was_truly_missed_first(desk: Desk) -> None:
    desk.missed()
    desk.wait(2 * HOUR)
    forgets(desk)
    assert desk.story == ["missed", "truly missed", "CaseDismissed"]


def test_others_wait_on_and_a_forgotten_caller_who_is_missed_again_is_a_new_case(desk: Desk) -> None:
    desk.missed()
    assert forgets(desk, "+79009998877") == 0
    assert len(desk.waiting) == 1
    forgets(desk)
    desk.missed()
    assert desk.waiting[0].number == "+79001112233"


def test_what_was_said_of_others_who_wait_names_the_forgotten_number_no_more(desk: Desk) -> None:
    case_id = desk.missed()
    other = desk.waiting[0]
    spelled = "8(900)999-88-77"
    desk.facts.extend(
        desk.core.handle(NoteWritten(desk.now, case_id, Note(desk.now, spelled, f"сначала {spelled}, потом она")))
    )
    desk.claims(case_id, desk.now + 900, by=f"Анна {spelled}")
    assert forgets(desk, "+79009998877") == 0
    (case,) = desk.waiting
    assert [(note.by, note.text) for note in case.notes] == [(TOKEN, f"сначала {TOKEN}, потом она")]
    assert (case.claimed_by, case.number, case.claimed_until) == (f"Анна {TOKEN}", other.number, desk.now + 900)


def test_a_forgotten_number_is_named_by_no_case_that_left_the_list_and_is_told_later(desk: Desk) -> None:
    case_id = desk.missed()
    desk.claims(case_id, desk.now + 900, by="8 900 999-88-77")
    forgets(desk, "+79009998877")
    desk.dismisses(case_id)
    assert desk.case.claimed_by == TOKEN

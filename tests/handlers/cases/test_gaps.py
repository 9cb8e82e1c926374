"""A deadline that comes while the PBX is not heard: the verdict waits until it says what went on meanwhile."""

import pytest

from handlers.ami import events as ev
from handlers.case_facts import CaseClaimed, CaseTrulyMissed, CaseUnlisted
from handlers.cases.requests import ClaimAsked, ContactReported, Said
from tests.handlers.calls.snapshots import OUTGOING, back, broken, cdr, shown, wanted
from tests.handlers.cases.office import CLIENT, DAY, HOUR, Office
from tests.handlers.playbook import START

DUE = 20 + HOUR


def rings_out_as_the_line_breaks() -> tuple[Office, str, str]:
    """A call-back rings ten seconds before the deadline, and then nothing is heard any more."""
    office = Office()
    office.missed()
    office.at(DUE - 10)
    dialler, leg = office.rings_out()
    office.wait(1)
    broken(office)
    return office, dialler, leg


def they_talk(office: Office, dialler: str, leg: str) -> None:
    """The PBX is heard again, and the call-back is answered."""
    back(
        office,
        shown(office, dialler, "Dial", f"PJSIP/{CLIENT}@trunk,30", bridge="b"),
        shown(office, leg, "AppDial", OUTGOING, linkedid=dialler, bridge="b"),
    )


def hears(office: Office, said: Said) -> None:
    """Somebody says something of a case."""
    office.facts.extend(office.core.handle(said))


def ticks(office: Office) -> None:
    """The pump turns, as long as time has something to say."""
    for _ in range(3):
        office.tick()


def test_while_the_pbx_is_not_heard_a_deadline_gets_no_verdict_and_wakes_nobody() -> None:
    office, _, _ = rings_out_as_the_line_breaks()
    office.at(DUE + HOUR)
    ticks(office)
    assert office.story == ["missed"]
    assert [case.state for case in office.waiting] == ["open"]
    assert (office.core.next_deadline or office.now + 1) > office.now


def test_who_was_answered_inside_the_gap_before_the_deadline_is_reached_in_time() -> None:
    office, dialler, leg = rings_out_as_the_line_breaks()
    office.at(DUE + 30)
    ticks(office)
    they_talk(office, dialler, leg)
    ticks(office)
    for channel in (dialler, leg):
        assert office.story == ["missed"]
        cdr(office, channel, START + DUE - 10, START + DUE - 5)
    ticks(office)
    assert office.story == ["missed"]
    office.far_end_hangs_up(leg, dialler)
    assert office.story == ["missed", "recovered outgoing"]
    assert office.case.contact_at == START + DUE - 5


def test_who_was_answered_inside_the_gap_after_the_deadline_gets_the_verdict_once_the_pbx_tells_so() -> None:
    office, dialler, leg = rings_out_as_the_line_breaks()
    office.at(DUE + 30)
    they_talk(office, dialler, leg)
    ticks(office)
    cdr(office, dialler, START + DUE - 10, START + DUE + 5)
    assert office.story == ["missed"]
    cdr(office, leg, START + DUE - 10, START + DUE + 5)
    assert office.story == ["missed", "truly missed"]
    assert office.case_facts[-1].at == START + DUE
    office.wait(20)
    office.far_end_hangs_up(leg, dialler)
    assert office.story == ["missed", "truly missed", "recovered_late outgoing"]


def test_where_the_pbx_cannot_tell_the_answer_nobody_is_accused() -> None:
    office, dialler, leg = rings_out_as_the_line_breaks()
    office.at(DUE + 30)
    they_talk(office, dialler, leg)
    for channel in (dialler, leg):
        cdr(office, channel, None, None)
    ticks(office)
    assert office.story == ["missed"]
    office.far_end_hangs_up(leg, dialler)
    assert office.story == ["missed", "recovered outgoing"]


def test_a_call_back_that_ends_before_the_pbx_tells_its_answer_closes_the_case_in_time() -> None:
    office, dialler, leg = rings_out_as_the_line_breaks()
    office.at(DUE + 30)
    they_talk(office, dialler, leg)
    office.wait(6)
    office.far_end_hangs_up(leg, dialler)
    ticks(office)
    assert office.story == ["missed", "recovered outgoing"]


def test_a_call_back_made_and_answered_inside_the_gap_is_in_time_too() -> None:
    office = Office()
    office.missed()
    office.at(DUE - 60)
    broken(office)
    office.at(DUE + 30)
    dialler, leg = f"{int(START + DUE - 40)}.7", f"{int(START + DUE - 40)}.8"
    back(
        office,
        shown(office, dialler, "Dial", f"PJSIP/{CLIENT}@trunk,30", name="PJSIP/101-1", bridge="b", number="101",
              exten=f"9{CLIENT}", age_s=70),
        shown(office, leg, "AppDial", OUTGOING, name="PJSIP/trunk-1", linkedid=dialler, bridge="b", number=CLIENT,
              context="from-trunk", age_s=70),
    )  # fmt: skip
    ticks(office)
    assert wanted(office) == {dialler, leg}
    for channel in (dialler, leg):
        cdr(office, channel, START + DUE - 40, START + DUE - 30)
    ticks(office)
    office.far_end_hangs_up(leg, dialler)
    assert office.story == ["missed", "recovered outgoing"]
    assert office.case.contact_at == START + DUE - 30


def test_of_a_caller_found_with_nobody_who_was_passed_on_or_rung_for_in_vain_the_verdict_waits_for_his_end() -> None:
    """Somebody may answer him yet. If nobody does, nobody knows whether he was spoken with before: no contact."""
    office = Office()
    office.missed()
    office.at(DUE - 60)
    broken(office)
    office.at(DUE + 30)
    caller = f"{int(START + DUE - 40)}.7"
    back(office, shown(office, caller, "Playback", name="PJSIP/trunk-1", number=CLIENT, context="from-trunk", age_s=70))
    ticks(office)
    assert (office.story, wanted(office)) == (["missed"], {caller})
    cdr(office, caller, START + DUE - 20, START + DUE - 20)  # his CDR began anew
    ticks(office)
    assert office.story == ["missed"]
    office.hang_up(caller)
    ticks(office)
    assert office.story == ["missed", "truly missed"]


def test_a_caller_found_in_the_menu_whom_nobody_passed_on_holds_up_no_verdict() -> None:
    office = Office()
    office.missed()
    office.at(DUE - 60)
    broken(office)
    office.at(DUE + 30)
    caller = f"{int(START + DUE - 40)}.7"
    back(office, shown(office, caller, "Playback", name="PJSIP/trunk-1", number=CLIENT, context="from-trunk", age_s=70))
    cdr(office, caller, START + DUE - 40, START + DUE - 40)
    assert office.story == ["missed", "truly missed"]
    assert office.case_facts[-1].at == START + DUE


def test_a_talk_that_began_before_the_gap_and_ended_inside_it_closes_the_case_in_time() -> None:
    office = Office()
    office.missed()
    office.at(DUE - 10)
    dialler, leg = office.rings_out()
    office.answer(dialler, leg)
    office.wait(1)
    broken(office)
    office.at(DUE + 30)
    ticks(office)
    back(office)
    ticks(office)
    assert office.story == ["missed", "recovered outgoing"]
    assert office.case.contact_at == START + DUE - 10


def test_a_call_back_of_which_nobody_knows_what_became_is_no_attempt_and_no_contact() -> None:
    office, _, _ = rings_out_as_the_line_breaks()
    office.at(DUE + 30)
    back(office)
    ticks(office)
    assert [ended.call.result for ended in office.ended][1:] == ["unknown"]
    assert office.story == ["missed", "truly missed"]
    assert (office.case.attempts, office.case.reaction_s) == (0, None)


def test_whom_nobody_called_gets_his_verdict_with_the_snapshot_as_of_the_deadline_once() -> None:
    office = Office()
    office.missed()
    office.at(DUE - 10)
    broken(office)
    office.at(DUE + 5 * HOUR)
    ticks(office)
    back(office)
    assert office.core.next_deadline is not None
    assert office.core.next_deadline <= office.now
    ticks(office)
    broken(office)
    office.wait(60)
    back(office)
    ticks(office)
    assert office.story == ["missed", "truly missed"]
    assert office.case_facts[-1].at == START + DUE


def test_a_deadline_before_the_gap_is_judged_though_no_tick_came_in_between() -> None:
    office = Office()
    office.missed()
    office.at(DUE + 1)
    broken(office)
    assert office.story == ["missed", "truly missed"]


def test_a_talk_that_held_up_the_verdict_before_the_gap_holds_it_up_in_it() -> None:
    office = Office()
    office.missed()
    office.at(DUE - 10)
    dialler, leg = office.rings_out()
    office.answer(dialler, leg)
    office.at(DUE + 10)
    ticks(office)
    broken(office)
    office.wait(60)
    ticks(office)
    they_talk(office, dialler, leg)
    ticks(office)
    assert office.story == ["missed"]
    office.far_end_hangs_up(leg, dialler)
    assert office.story == ["missed", "recovered outgoing"]


def test_events_read_late_inside_the_gap_lead_to_no_verdict_of_others() -> None:
    office = Office()
    office.missed()
    office.at(DUE - 10)
    office.say(ev.StreamBroken(office.now, "slow", is_late=True))
    office.at(DUE + 5)
    office.missed("89009998877")
    assert office.story == ["missed", "missed"]
    back(office)
    ticks(office)
    assert office.story == ["missed", "missed", "truly missed"]


def test_a_daemon_killed_and_started_again_inside_the_gap_tells_the_same() -> None:
    before, dialler, leg = rings_out_as_the_line_breaks()
    kept = before.core.changed_calls(before.now, at_once=True)
    before.at(DUE + HOUR)
    ticks(before)
    after = Office()
    after.names, after._linkedid, after._bridge_of = before.names, before._linkedid, before._bridge_of
    after.at(DUE + HOUR)
    after.core.restore_cases(before.waiting, after.now, after.now + 30)
    after.core.restore_calls(kept, ev.StreamBroken(START + DUE - 9, "killed"))
    for office in (before, after):
        office.at(DUE + 5 * HOUR)
        ticks(office)
        they_talk(office, dialler, leg)
        for channel in (dialler, leg):
            cdr(office, channel, START + DUE - 10, START + DUE - 5)
        ticks(office)
        office.far_end_hangs_up(leg, dialler)
        assert office.story[-1] == "recovered outgoing"
        assert not any(isinstance(fact, CaseTrulyMissed) for fact in office.case_facts)
    assert before.case == after.case


def test_claims_end_in_their_time_though_the_pbx_stays_away() -> None:
    office, _, _ = rings_out_as_the_line_breaks()
    hears(office, ClaimAsked(office.now, 1, office.waiting[0].id, "Anna", office.now + 1800))
    office.at(DUE + DAY)
    ticks(office)
    claims = [fact for fact in office.case_facts if isinstance(fact, CaseClaimed)]
    assert [(fact.at, fact.case.claimed_by) for fact in claims] == [
        (START + DUE - 9, "Anna"),
        (START + DUE - 9 + 1800, None),
    ]


def test_of_a_pbx_that_stays_away_longer_than_the_list_the_verdict_comes_before_the_case_leaves_it() -> None:
    office, _, _ = rings_out_as_the_line_breaks()
    office.at(30 * DAY)
    ticks(office)
    assert len(office.waiting) == 1
    back(office)
    ticks(office)
    assert office.story == ["missed", "truly missed", "CaseUnlisted"]
    assert isinstance(office.case_facts[-1], CaseUnlisted)
    assert office.waiting == []


@pytest.mark.parametrize("restarted", [False, True])
def test_what_is_said_after_the_deadline_inside_the_gap_is_late_whoever_remembers(restarted: bool) -> None:
    office = Office()
    office.missed()
    office.at(DUE - 10)
    broken(office)
    office.at(DUE + 60)
    ticks(office)
    if restarted:
        cases, now = office.waiting, office.now
        office = Office()
        office.at(DUE + 60)
        office.core.restore_cases(cases, now, now + 30)
        office.core.restore_calls([], ev.StreamBroken(START + DUE - 10, "killed"))
    hears(office, ContactReported(office.now, 1, CLIENT, START + DUE - 30, "Anna"))
    assert office.story[-2:] == ["truly missed", "recovered_late external"]

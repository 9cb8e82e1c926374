"""The analysis of missed calls, against a slow adding up of every call and its case."""

from collections import Counter
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest

from handlers.clients import Client
from handlers.departments import Departments
from storage.clients import store_clients
from storage.reading import reading
from storage.reports.missed import OUTCOMES, MissedCall, MissedReport, Outcome, missed_report
from storage.reports.report_filter import ReportFilter
from storage.reports.spread import spread
from tests.storage.query_plan import plan_of
from tests.storage.reports.generated import DEPARTMENTS, Made, office, stored
from tests.storage.reports.test_wait import matches
from tests.storage.sample_calls import START, a_call, a_missed_call, ended
from tests.storage.sample_cases import a_case, a_recovered_case

MOSCOW = ZoneInfo("Europe/Moscow")
DAY_S = 86_400
ONLY: list[ReportFilter] = [
    ReportFilter(),
    ReportFilter(since=START - 150 * DAY_S, until=START - 20 * DAY_S),
    ReportFilter(trunk="mts"),
    ReportFilter(queue="support"),
    ReportFilter(department="support"),
    ReportFilter(number="+79000000007"),
]


async def told(
    path: Path,
    wanted: ReportFilter | None = None,
    before: ReportFilter | None = None,
    at_deadline: bool = False,
    departments: Departments = DEPARTMENTS,
    zone: ZoneInfo = MOSCOW,
) -> MissedReport:
    async with reading(path) as connection:
        return await missed_report(connection, wanted or ReportFilter(), zone, departments, before, at_deadline)


def outcome(made: Made, at_deadline: bool) -> Outcome:
    """By the words of the contract."""
    case = made.case
    if case is None:
        return "no_case"
    if at_deadline and made.was_late:
        return "truly_missed"
    if case.state == "recovered":
        assert case.contact is not None
        by: dict[str, Outcome] = {"outgoing": "by_us", "incoming": "by_client", "external": "external"}
        return by[case.contact]
    if case.state == "recovered_late":
        return "late"
    return case.state


@pytest.mark.parametrize("at_deadline", [False, True])
@pytest.mark.parametrize("seed", range(3))
async def test_every_figure_is_that_of_the_calls_one_by_one(tmp_path: Path, seed: int, at_deadline: bool) -> None:
    made = office(Random(seed), 400)
    await stored(tmp_path / "calls.db", made)
    for wanted in ONLY:
        found = await told(tmp_path / "calls.db", wanted, at_deadline=at_deadline)
        incoming = [each for each in made if matches(each, wanted)]
        those = [each for each in incoming if each.ended.call.missed]
        assert [call.id for call in found.calls] == [each.ended.call.id for each in those]
        for call, each in zip(found.calls, those, strict=True):
            check_call(call, each, made, at_deadline)
        check_total(found, those)
        answered = [each for each in incoming if each.ended.call.result == "answered" and not each.ended.call.missed]
        assert found.total.answered == len(answered)


def check_call(call: MissedCall, each: Made, made: list[Made], at_deadline: bool) -> None:
    raw, case = each.ended.call, each.case
    assert call.started_at == pytest.approx(raw.started_at)
    assert (call.number, call.trunk, call.queue) == (raw.caller_e164 or raw.caller, raw.trunk, raw.queue)
    assert call.department == DEPARTMENTS.of(each.ended)
    assert call.wait_s == (None if raw.wait_s is None else pytest.approx(raw.wait_s))
    assert call.outcome == outcome(each, at_deadline)
    assert call.case_id == (None if case is None else case.id)
    assert call.is_again == (case is not None and case.id != raw.id)
    if case is None or (at_deadline and call.outcome not in {"by_us", "by_client", "external"}):
        assert (call.contact_at, call.contact_call, call.reaction_s, call.attempts) == (None, None, None, 0)
        return
    assert call.reaction_s == (None if case.reaction_s is None else pytest.approx(case.reaction_s))
    assert (call.contact, call.contact_by, call.contact_call) == (case.contact, case.contact_by, case.contact_call)
    later = {one.ended.call.id: one.ended.call for one in made}.get(case.contact_call or "")
    assert call.contact_talk_s == (None if later is None or later.talk_s is None else pytest.approx(later.talk_s))


def check_total(found: MissedReport, those: list[Made]) -> None:
    total, calls = found.total, found.calls
    cases = {call.case_id: call for call in calls if call.case_id}
    assert total.calls == {each: Counter(call.outcome for call in calls)[each] for each in OUTCOMES}
    assert total.callers == {each: Counter(call.outcome for call in cases.values())[each] for each in OUTCOMES}
    assert sum(total.callers.values()) == len({each.case.id for each in those if each.case})
    assert total.missed == len(those)
    assert total.closed == sum(each.ended.call.closed for each in those)
    assert total.reaction == spread(round(c.reaction_s * 1000) for c in cases.values() if c.reaction_s is not None)
    for groups, key in (
        (found.by_trunk, lambda each: each.ended.call.trunk),
        (found.by_department, lambda each: DEPARTMENTS.of(each.ended)),
        (found.by_hour, lambda each: datetime.fromtimestamp(each.ended.call.started_at, MOSCOW).strftime("%H")),
    ):
        counts = Counter(key(each) for each in those)
        assert {group.key: group.missed for group in groups if group.missed} == dict(counts)


async def test_the_figure_at_the_deadline_does_not_move_when_somebody_is_reached_later(tmp_path: Path) -> None:
    case = replace(a_case(0), state="truly_missed")
    for name, state in (("before", case), ("after", replace(a_recovered_case(0), state="recovered_late"))):
        path = tmp_path / f"{name}.db"
        await stored(path, [Made(ended(a_missed_call(0)), state, was_late=True)])
        assert (await told(path, at_deadline=True)).total.calls["truly_missed"] == 1
    assert (await told(tmp_path / "before.db")).calls[0].outcome == "truly_missed"
    assert (await told(tmp_path / "after.db")).calls[0].outcome == "late"
    assert (await told(tmp_path / "before.db", at_deadline=True)) == (
        await told(tmp_path / "after.db", at_deadline=True)
    )


async def test_a_caller_who_was_taken_off_in_time_was_not_truly_missed(tmp_path: Path) -> None:
    dismissed = replace(a_case(0), state="dismissed")
    await stored(tmp_path / "calls.db", [Made(ended(a_missed_call(0)), dismissed, was_late=False)])
    assert (await told(tmp_path / "calls.db", at_deadline=True)).calls[0].outcome == "dismissed"


async def test_the_later_call_is_the_one_of_that_id_which_had_begun_by_the_contact(tmp_path: Path) -> None:
    case = replace(a_recovered_case(0), contact_call="7.7", contact_at=START + 600)
    calls = [
        Made(ended(a_missed_call(0)), case),
        Made(ended(a_call(0, id="7.7", boot="1", started_at=START - 900, talk_s=1.0)), None),
        Made(ended(a_call(0, id="7.7", boot="2", started_at=START + 590, talk_s=2.0)), None),
        Made(ended(a_call(0, id="7.7", boot="3", started_at=START + 9000, talk_s=3.0)), None),
    ]
    await stored(tmp_path / "calls.db", calls)
    (call,) = (await told(tmp_path / "calls.db")).calls
    assert (call.contact_call, call.contact_talk_s) == ("7.7", 2.0)


async def test_the_period_before_is_added_up_by_itself(tmp_path: Path) -> None:
    made = office(Random(9), 300)
    await stored(tmp_path / "calls.db", made)
    middle = START - 200 * DAY_S
    found = await told(tmp_path / "calls.db", ReportFilter(since=middle), ReportFilter(until=middle))
    earlier = await told(tmp_path / "calls.db", ReportFilter(until=middle))
    assert found.before == earlier.total
    assert found.total != earlier.total


async def test_of_nothing_there_is_no_share_and_no_reaction(tmp_path: Path) -> None:
    await stored(tmp_path / "calls.db", [Made(ended(a_call()), None)])
    found = await told(tmp_path / "calls.db", ReportFilter(until=1.0))
    assert (found.calls, found.by_trunk, len(found.by_hour)) == ((), (), 24)
    assert (found.total.share, found.total.reaction.median_s) == (None, None)


async def test_without_departments_there_are_no_groups_of_them(tmp_path: Path) -> None:
    await stored(tmp_path / "calls.db", [Made(ended(a_missed_call(0)), None)])
    found = await told(tmp_path / "calls.db", departments=Departments([]))
    assert found.by_department == ()
    assert found.calls[0].department is None


async def test_a_client_has_the_name_that_the_directory_has(tmp_path: Path) -> None:
    calls = [a_missed_call(0), a_missed_call(1, caller_e164="+79161112233")]
    await stored(tmp_path / "calls.db", [Made(ended(call), None) for call in calls])
    store_clients(tmp_path / "calls.db", {"+79001112233": Client("ООО «Ромашка»", "Анна")})
    found = (await told(tmp_path / "calls.db")).calls
    assert [(call.name, call.client, call.responsible) for call in found] == [
        ("Иван Петров", "ООО «Ромашка»", "Анна"),
        ("Иван Петров", None, None),
    ]
    for known, those in (("known", found[:1]), ("unknown", found[1:])):
        assert (await told(tmp_path / "calls.db", ReportFilter(clients=known))).calls == those  # type: ignore[arg-type]


async def test_a_months_missed_calls_are_found_by_the_index_of_missed_calls(tmp_path: Path) -> None:
    await stored(tmp_path / "calls.db", [Made(ended(a_missed_call()), None)])
    month = ReportFilter(since=START - 30 * DAY_S, until=START)
    async with reading(tmp_path / "calls.db") as connection:
        steps = await plan_of(connection, lambda each: missed_report(each, month, MOSCOW, Departments([])))
    assert steps[0] == "SEARCH c USING INDEX call_missed_by_start (started_at>? AND started_at<?)"
    assert not [step for step in steps if step.startswith("SCAN")]


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", ["01", "03", "04"]), ("2026-10-25", ["01", "02", "02"])])
async def test_on_a_day_on_which_the_clock_is_set_a_call_counts_in_the_hour_it_showed(
    tmp_path: Path, day: str, hours: list[str]
) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    first = datetime.fromisoformat(f"{day}T01:10").replace(tzinfo=berlin).timestamp()
    calls = [replace(a_missed_call(0), id=f"{n}.0", started_at=first + 3600 * n) for n in range(3)]
    await stored(tmp_path / "calls.db", [Made(ended(call), None) for call in calls])
    found = await told(tmp_path / "calls.db", zone=berlin)
    assert [group.key for group in found.by_hour for _ in range(group.missed)] == hours

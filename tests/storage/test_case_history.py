"""What happened to a case is told in order, and to strangers without names and reasons."""

from handlers.case_facts import CaseAttempted, CaseTrulyMissed
from storage.batch import write
from storage.case_history import Step, case_history, step_json
from tests.storage.memory import in_memory
from tests.storage.sample_calls import START, a_missed_call, ended
from tests.storage.sample_cases import a_case, missed


async def test_its_steps_come_back_in_order() -> None:
    case = a_case()
    async with in_memory() as (connection, batches):
        write(batches, [ended(a_missed_call())], cases=[missed(case)])
        attempt = CaseAttempted(START + 200, case, "c.1", "boot", "busy", "101")
        write(batches, [], cases=[attempt, CaseTrulyMissed(START + 4000, case)])
        assert await case_history(connection, case.id) == [
            Step(case.opened_at, "missed", case.id, None, None),
            Step(START + 200, "attempt", "c.1", "busy", "101"),
            Step(START + 4000, "truly_missed", None, None, None),
        ]
        assert await case_history(connection, "no.1") == []


def test_strangers_see_neither_names_nor_reasons() -> None:
    for step, result, by in (
        (Step(START, "dismissed", None, "звонил Иван", "Олег"), None, "О•••"),
        (Step(START, "recovered", None, "external", "Анна"), "external", "А•••"),
        (Step(START, "recovered", "c.1", "outgoing", "PJSIP/101"), "outgoing", "PJSIP/101"),
        (Step(START, "attempt", "c.1", "busy", "79001112233"), "busy", "7900•••2233"),
    ):
        told = step_json(step, full=False)
        assert (told["result"], told["by"]) == (result, by)
        assert step_json(step, full=True)["by"] == step.by

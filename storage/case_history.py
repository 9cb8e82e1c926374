"""What happened to a case, in order: the rows that are added to and never changed (contract, section 3)."""

from dataclasses import dataclass
from typing import Any

import aiosqlite

from storage.call_filter import bindable
from storage.call_json import iso
from storage.errors import readable
from storage.masking import mask_device, mask_name

# Where several runs of a PBX had the id, the latest: as `cases.find_case` finds it.
_STEPS = (
    "SELECT at / 1000.0, kind, call, result, by_whom FROM case_fact WHERE missed_case = "
    "(SELECT m.key FROM missed_case m WHERE m.id = ? ORDER BY m.opened_at DESC, m.key DESC LIMIT 1) ORDER BY n"
)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened to a case.

    `kind`: missed, attempt, recovered, truly_missed, recovered_late, dismissed, claimed (by nobody: let go of). `call`: its id, of
    missed, attempt, and of a contact by a call. `result`: of an attempt, of a contact its kind, of a dismissal why.
    """

    at: float
    kind: str
    call: str | None
    result: str | None
    by: str | None


async def case_history(connection: aiosqlite.Connection, case_id: str) -> list[Step]:
    """The steps of the case of this id, oldest first; none if there is none. Raises StorageError."""
    with readable():
        rows = await connection.execute_fetchall(_STEPS, (bindable(case_id),))
    return [Step(*row) for row in rows]


def step_json(step: Step, full: bool) -> dict[str, Any]:
    """A step as the API tells it; not in full: names and numbers cut down as a case's are, and why it was dismissed left out."""
    by, result = step.by, step.result
    if not full:
        is_told = step.kind == "dismissed" or result == "external"
        by = (mask_name if is_told else mask_device)(by)
        result = None if step.kind == "dismissed" else result
    return {"at": iso(step.at), "kind": step.kind, "call": step.call, "result": result, "by": by}

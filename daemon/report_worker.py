"""The process that makes reports for the daemon, one after the other: whatever one costs, no call waits for it.

It reads tasks on stdin and answers on stdout, both of `report_process`, its only caller; it ends with the daemon.
"""

import asyncio
import os
import pickle
import signal
import sys
import traceback
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from config.sections import Settings
from daemon.report_answer import TooManyCallsError, report_answer, rule_json
from daemon.report_question import REPORT_NAMES, Asked, ReportQuestion
from daemon.reports.files import file_bytes
from daemon.rules import follow_up_rule
from daemon.words import Language
from storage.call_json import iso
from storage.clients import clients_known
from storage.errors import StorageError
from storage.reading import reading
from storage.reports.names import names_met
from storage.retention import kept_from

NICENESS = 10


@dataclass(frozen=True, slots=True)
class ReportTask:
    """What is to be made. `question` None: the names by which can be asked. `form`: `json`, or one of `FILE_FORMS`.

    `settings` bear no secret. JSON lists the `listed` last calls; more than `most` are too many for any form.
    """

    question: ReportQuestion | None
    database: Path
    settings: Settings
    language: Language
    form: str
    now: float
    listed: int
    most: int
    within_s: float


@dataclass(frozen=True, slots=True)
class Made:
    """What came of a task. `outcome`: `done`, and then `body` is the answer; else the body says in words what is wrong."""

    outcome: str
    body: bytes


async def made(task: ReportTask) -> bytes:
    """The answer to one task. Raises StorageError, TooManyCallsError."""
    async with reading(task.database) as connection:
        if task.question is None:
            trunks, queues = await names_met(connection)
            known, since = await clients_known(connection), await kept_from(connection)
            return orjson.dumps(_choices(task.settings, trunks, queues) | {"clients": known, "kept_from": iso(since)})
        asked = Asked(task.question, task.settings, task.language, task.now)
        is_json = task.form == "json"
        listed, most = (task.listed, None) if is_json else (None, task.most)
        answer = await report_answer(connection, asked, listed, most, task.form)
    if is_json:
        return orjson.dumps({"v": 1, "masked": task.question.masked, **answer.as_json()})
    return file_bytes(task.form, answer.document())


def _choices(settings: Settings, trunks: tuple[str, ...], queues: tuple[str, ...]) -> dict[str, Any]:
    rule = rule_json(follow_up_rule(settings.follow_up), settings.working_hours is not None)
    return {
        "v": 1,
        "reports": REPORT_NAMES,
        "site": settings.site.name,
        "language": settings.site.language,
        "timezone": str(settings.zone),
        "rule": rule | {"count": settings.follow_up.count},
        "trunks": trunks,
        "queues": queues,
        "departments": [department.name for department in settings.departments],
    }


def main() -> None:
    """Make reports until stdin ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the daemon's, which then ends us
    with suppress(OSError):  # a service may not be allowed to
        os.nice(NICENESS)
    with suppress(OSError):  # the daemon is the one that must live
        Path("/proc/self/oom_score_adj").write_text("1000", "ascii")
    tasks, answers = sys.stdin.buffer, sys.stdout.buffer
    while size := tasks.readline():
        task = pickle.loads(tasks.read(int(size)))  # noqa: S301 - by our own parent
        signal.alarm(int(task.within_s) + 1)  # should the daemon not be there any more to end us
        _tell(answers, _tried(task))
        signal.alarm(0)


def _tried(task: ReportTask) -> Made:
    try:
        return Made("done", asyncio.run(made(task)))
    except TooManyCallsError as error:
        return Made("too_many", str(error).encode())
    except StorageError as error:
        return Made("storage", str(error).encode())
    except Exception as error:
        return Made("fault", without_words(error).encode())


def without_words(error: BaseException) -> str:
    """What went wrong and on which lines, that of which it came too; not in its own words, in which a caller's number may stand."""
    told = "".join(traceback.format_tb(error.__traceback__)) + type(error).__name__
    earlier = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return told if earlier is None else f"{without_words(earlier)}\nand of it came:\n{told}"


def _tell(answers: BinaryIO, answer: Made) -> None:
    answers.write(f"{answer.outcome} {len(answer.body)}\n".encode())
    answers.write(answer.body)
    answers.flush()


if __name__ == "__main__":
    main()

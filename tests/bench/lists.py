"""How long lists and reports take in a database of a million calls, how they are found, and what its indexes cost the writer."""

import asyncio
import platform
import sqlite3
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sized
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

import aiosqlite
import click

from handlers.departments import Departments
from storage.call_filter import CallFilter
from storage.calls import find_calls
from storage.cases import CaseFilter, find_cases
from storage.reading import reading
from storage.reports.missed import missed_report
from storage.reports.report_filter import ReportFilter
from storage.reports.wait import WAIT_BY, WaitBy, wait_report
from tests.bench.index_costs import index_costs
from tests.bench.year_of_calls import DEPARTMENTS, make
from tests.storage.query_plan import plan_of

Question = Callable[[aiosqlite.Connection], Awaitable[Sized]]


def _moment(month: int, day: int = 1) -> float:
    return datetime(2026, month, day, tzinfo=UTC).timestamp()


def _cases(**wanted: object) -> Question:
    return lambda connection: find_cases(connection, CaseFilter(**wanted))  # type: ignore[arg-type]  # as below


def _calls(**wanted: object) -> Question:
    return lambda connection: find_calls(connection, CallFilter(**wanted))  # type: ignore[arg-type]  # as below


_MONTH = {"since": _moment(10), "until": _moment(11)}
_DAY = {"since": _moment(10, 14), "until": _moment(10, 15)}
_A_YEAR = ReportFilter(since=_moment(1), until=datetime(2027, 1, 1, tzinfo=UTC).timestamp())
_A_MONTH = ReportFilter(since=_moment(10), until=_moment(11))
_DEPARTMENTS = Departments(DEPARTMENTS)


def _waits(by: WaitBy) -> Question:
    async def asked(connection: aiosqlite.Connection) -> Sized:
        report = await wait_report(connection, _A_YEAR, by, UTC, _DEPARTMENTS)
        return report.rows

    return asked


async def _missed(connection: aiosqlite.Connection) -> Sized:
    report = await missed_report(connection, _A_MONTH, UTC, _DEPARTMENTS)
    return report.calls


QUESTIONS: Mapping[str, Question] = {
    "missed callers of a month": _cases(**_MONTH),
    "truly missed ones of a month": _cases(**_MONTH, states=("truly_missed",)),
    "those of one department": _cases(**_MONTH, department="team-sales"),
    "the call-back list": _cases(waiting_since=_moment(12, 25)),
    "missed calls of a month": _calls(**_MONTH, missed=True),
    "calls of a day": _calls(**_DAY),
    "the last 50 calls": _calls(last=50),
    "calls of a number": _calls(number="+79030000000"),
    "report missed, a month": _missed,
    **{f"report wait, a year, by {by}": _waits(by) for by in WAIT_BY},
}


@dataclass(frozen=True, slots=True)
class Answer:
    """How long a question took, in milliseconds, and how many rows came of it; `plan`: how SQLite looked for them.

    `cpu_ms` of all threads: on a machine that has other work the one figure that means something.
    """

    name: str
    rows: int
    ms: float
    most_ms: float
    cpu_ms: float
    plan: list[str]


async def ask(path: Path, name: str, question: Question, rounds: int) -> Answer:
    """The question asked so often, each time by a reader who has just come, as a command has."""
    took, cpu = [], []
    found: Sized = ()
    for _ in range(rounds):
        async with reading(path) as connection:
            began, cpu_began = perf_counter(), process_time()
            found = await question(connection)
            took.append((perf_counter() - began) * 1000)
            cpu.append((process_time() - cpu_began) * 1000)
    async with reading(path) as connection:
        steps = await plan_of(connection, question)
    return Answer(name, len(found), median(took), max(took), median(cpu), steps)


def sizes(path: Path) -> Iterator[str]:
    """How much of the file is whose."""
    connection = sqlite3.connect(path)
    try:
        yield f"{path.stat().st_size / 1e6:,.0f} MB"
        counts = connection.execute(
            "SELECT (SELECT count(*) FROM call), (SELECT sum(missed) FROM call), (SELECT count(*) FROM missed_case)"
        ).fetchone()
        yield "{:,} calls, {:,} of them missed, {:,} cases".format(*counts)
        yield f"{path.stat().st_size / counts[0]:,.0f} bytes a call"
    finally:
        connection.close()


def lines(answers: list[Answer]) -> Iterator[str]:
    """The table, and the plans below it."""
    yield f"{'':34} {'rows':>8} {'median ms':>10} {'most':>8} {'CPU ms':>8}"
    for each in answers:
        yield f"{each.name:34} {each.rows:8,} {each.ms:10.1f} {each.most_ms:8.1f} {each.cpu_ms:8.1f}"
    for each in answers:
        yield f"\n{each.name}:"
        yield from (f"    {step}" for step in each.plan)


@click.command()
@click.option("--calls", default=1_000_000, show_default=True, type=click.IntRange(min=1000), help="About so many.")
@click.option("--rounds", default=7, show_default=True, type=click.IntRange(min=1), help="Times each is asked.")
@click.option("--indexes", default=5, show_default=True, type=click.IntRange(min=0), help="Rounds; 0: not measured.")
@click.option("--db", type=click.Path(dir_okay=False, path_type=Path), help="Kept there, and used again.")
def main(calls: int, rounds: int, indexes: int, db: Path | None) -> None:
    """How long lists and reports take among a year's calls."""
    with tempfile.TemporaryDirectory() as directory:
        path = db or Path(directory, "year.db")
        if not path.exists():
            made = make(path, calls)
            click.echo(f"{made.calls:,} calls stored, {made.store_us:.0f} µs each, in batches of hundreds")
        click.echo(f"{'; '.join(sizes(path))}; CPython {platform.python_version()}, SQLite {sqlite3.sqlite_version}")

        async def go() -> list[Answer]:
            return [await ask(path, name, question, rounds) for name, question in QUESTIONS.items()]

        for line in lines(asyncio.run(go())):
            click.echo(line)
        if indexes:
            click.echo("\nWhat storing a call saves without an index of calls:")
            for cost in index_costs(path, indexes):
                click.echo(f"{cost.name:34} {cost.saved_us:8.1f} of {cost.us:.0f} µs {cost.mb:8.1f} MB")


if __name__ == "__main__":
    main()

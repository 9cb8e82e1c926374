"""What each index of calls costs: the writer's time for a call, and its part of the file."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import process_time

from handlers.cases.cases import Cases
from storage.batch import BatchConnection, write
from tests.bench.year_of_calls import DAYS, FIRST_DAY, RULES, Office, with_cases

# As many as the writer of a busy PBX finds together.
TOGETHER = 50
CALLS = 3_000


@dataclass(frozen=True, slots=True)
class IndexCost:
    """CPU microseconds of storing a call, and what is saved without the index: the least of each, for other work only adds. `mb`: its size."""

    name: str
    us: float
    saved_us: float
    mb: float


def index_costs(path: Path, rounds: int) -> Iterator[IndexCost]:
    """The cost of each index of `call` in the database at `path`, which has more calls afterwards. All in turn, in each round."""
    connection = sqlite3.connect(path, isolation_level=None, factory=BatchConnection)
    try:
        for setting in ("synchronous = OFF", "cache_size = -8192", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {setting}")
        indexes = dict(
            connection.execute(
                "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'call' AND sql <> ''"
            )
        )
        took: dict[str, list[float]] = {"": [], **{name: [] for name in indexes}}
        for number in range(rounds):
            for place, name in enumerate(took):
                if name:
                    connection.execute(f"DROP INDEX {name}")
                took[name].append(_store(connection, number * len(took) + place))
                if name:
                    connection.execute(indexes[name])
        whole_us = min(took.pop(""))
        for name, each in took.items():
            ((size,),) = connection.execute("SELECT sum(pgsize) FROM dbstat WHERE name = ?", (name,))
            yield IndexCost(name, whole_us, whole_us - min(each), size / 1e6)
    finally:
        connection.close()


def _store(connection: BatchConnection, seed: int) -> float:
    """CPU microseconds of a call, of calls that nobody has stored yet."""
    office, cases = Office(1_000 + seed), Cases(RULES, lambda _is_theirs, _likely: ())
    ended = office.day(FIRST_DAY + timedelta(days=DAYS + 7 * seed), CALLS)  # all on one weekday
    told = list(with_cases(cases, ended))
    began = process_time()
    for start in range(0, len(told), TOGETHER):
        some = told[start : start + TOGETHER]
        write(connection, [each for each, _ in some], cases=[fact for _, facts in some for fact in facts])
    return (process_time() - began) / len(told) * 1e6

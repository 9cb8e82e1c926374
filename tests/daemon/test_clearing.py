"""Old calls are cleared away at night and outside working hours, behind whatever is to be stored; killed, it goes on."""

import asyncio
import signal
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import structlog

from config.sections import Mqtt, Settings, Site, Storage
from config.working_hours import working_hours_of
from daemon import clearing, clock
from daemon.clearing import Clearer
from handlers.facts import CallEnded
from storage.database import writing
from storage.retention import DAY_S, settled_in
from storage.writer import Writer
from tests.daemon.fake_asterisk import SECRET, FakeAsterisk
from tests.daemon.ringtally_process import running_daemon, write_settings
from tests.storage.sample_calls import START, a_call, ended

MOSCOW = ZoneInfo("Europe/Moscow")
NOON = datetime(2026, 11, 24, 12, tzinfo=MOSCOW).timestamp()
NIGHT = datetime(2026, 11, 24, 2, tzinfo=MOSCOW).timestamp()
Log = list[structlog.typing.EventDict]


def days_old(*ages: float, now: float = NIGHT) -> list[CallEnded]:
    """Calls that began so many days before."""
    return [ended(a_call(int((now - age * DAY_S - START) // 60))) for age in ages]


def settings_with(path: Path, hours: dict[str, list[str]] | None = None, mqtt: Mqtt | None = None) -> Settings:
    return Settings(
        site=Site(timezone="Europe/Moscow"),
        storage=Storage(path=path, keep=30 * DAY_S),
        working_hours=None if hours is None else working_hours_of(hours),
        mqtt=mqtt,
    )


def calls_in(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("SELECT count(*) FROM call").fetchone()[0])


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    moment = [NIGHT]
    monkeypatch.setattr(clock, "now", lambda: moment[0])

    def set_to(now: float) -> None:
        moment[0] = now

    return set_to


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Log:
    lines = structlog.testing.LogCapture()
    monkeypatch.setattr(
        clearing,
        "log",
        structlog.wrap_logger(None, processors=[lines], wrapper_class=structlog.make_filtering_bound_logger(0)),
    )
    return lines.entries


@asynccontextmanager
async def running(path: Path, calls: list[CallEnded], settings: Settings | None = None) -> AsyncIterator[Writer]:
    """A clearer beside a writer that has stored these calls, for the time of the block."""
    async with writing(path, now=0.0) as store:
        await store.write(calls)
        writer = Writer(store)
        clearer = Clearer(path, lambda: settings or settings_with(path), writer, looks_every_s=0.01)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(writer.run())
            task = tasks.create_task(clearer.run())
            await soon(lambda: settled_in(path) is not None)
            yield writer
            task.cancel()
            await writer.close(5)


async def soon(is_so: Callable[[], bool]) -> None:
    """Wait for what another thread does in a database, which signals nothing."""
    async with asyncio.timeout(30):
        while not is_so():
            await asyncio.sleep(0.01)


async def told(log: Log, event: str, times: int = 1) -> structlog.typing.EventDict:
    def lines() -> Log:
        return [line for line in log if line["event"] == event]

    await soon(lambda: len(lines()) >= times)
    return lines()[times - 1]


async def test_what_is_older_goes_at_night_and_the_log_says_how_much(tmp_path: Path, at: object, log: Log) -> None:
    path = tmp_path / "calls.db"
    async with running(path, days_old(40, 31, 29, 0)):
        line = await told(log, "cleared")
    assert line["call"] == 2
    assert line["before"] == "2026-10-24T23:00:00.000Z"
    assert calls_in(path) == 2


@pytest.mark.parametrize(
    ("now", "hours"),
    [(NOON, None), (NOON, {"tue": ["09:00-18:00"]}), (NIGHT, {"tue": ["00:00-06:00"]})],
)
async def test_by_day_and_in_working_hours_nothing_goes_and_the_next_night_it_does(
    tmp_path: Path, at: Callable[[float], None], log: Log, now: float, hours: dict[str, list[str]] | None
) -> None:
    path = tmp_path / "calls.db"
    at(now)
    async with running(path, days_old(40, 0), settings_with(path, hours)):
        await asyncio.sleep(0.2)
        assert calls_in(path) == 2
        at(NIGHT + DAY_S)
        await told(log, "cleared")
    assert calls_in(path) == 1


async def test_a_machine_that_is_off_at_night_clears_by_day(
    tmp_path: Path, at: Callable[[float], None], log: Log
) -> None:
    path = tmp_path / "calls.db"
    at(NOON)
    async with running(path, days_old(40, 0)):
        at(NOON + 1.9 * DAY_S)
        await asyncio.sleep(0.2)
        assert calls_in(path) == 2
        at(NOON + 2.1 * DAY_S)
        await told(log, "cleared")


async def test_a_clock_a_year_ahead_is_doubted_and_takes_two_days_at_most(
    tmp_path: Path, at: Callable[[float], None], log: Log
) -> None:
    path = tmp_path / "calls.db"
    async with running(path, days_old(29.5, 27, 5, 0)):
        await soon(lambda: calls_in(path) == 4)
        at(NIGHT + 365 * DAY_S)
        line = await told(log, "clock_doubted")
        await told(log, "cleared")
        assert line["cleared_as_of"].startswith("2026-11-25T23:0")
        assert calls_in(path) == 3
        at(NIGHT + 365 * DAY_S + 3600)
        await asyncio.sleep(0.2)
        assert calls_in(path) == 3
        at(NIGHT + 3600)  # mended
        await asyncio.sleep(0.2)
        assert calls_in(path) == 3


async def test_a_daemon_that_is_killed_in_the_middle_goes_on_at_its_next_start(tmp_path: Path) -> None:
    path, now = tmp_path / "calls.db", clock.now()
    async with writing(path, now=0.0) as store:
        old = [a_call(int((now - 20 * DAY_S - START) // 60) + n) for n in range(1500)]
        for first in range(0, 1500, 500):
            await store.write([ended(call) for call in old[first : first + 500]])
        await store.write(days_old(5, 0, now=now))
    utc = datetime.fromtimestamp(now, UTC).hour
    zone = next(name for offset in range(-11, 13) if (utc - offset) % 24 == 2 for name in [f"Etc/GMT{offset:+}"])
    async with FakeAsterisk(steady=True) as pbx:
        settings = write_settings(tmp_path, "127.0.0.1", pbx.port, SECRET)
        text = settings.read_text().replace("Europe/Moscow", zone).replace("[storage]", '[storage]\nkeep = "7d"')
        settings.write_text(text)
        with closing(sqlite3.connect(path)) as connection:  # who is killed late had not done it all either
            connection.execute(
                f"CREATE TRIGGER not_yet BEFORE DELETE ON call WHEN old.id = '{old[-1].id}' BEGIN SELECT RAISE(ABORT, 'not yet'); END"
            )
        async with running_daemon(settings) as daemon:
            await soon(lambda: calls_in(path) < 1502)
            daemon.send(signal.SIGKILL)
            await daemon.ended()
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("DROP TRIGGER not_yet")
        left = calls_in(path)
        assert 2 < left < 1502
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert connection.execute("SELECT count(*) FROM leg").fetchone()[0] == 3 * left
        async with running_daemon(settings) as daemon:
            line = await daemon.told("cleared", within_s=120)
            assert line["call"] == left - 2
            assert await daemon.stop() == 0
    assert calls_in(path) == 2

"""A stop while the database takes nothing: it waits for a while, says so, and tells what it lost."""

import asyncio
import signal
import sqlite3
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
import structlog.testing

from daemon import stopping
from daemon.app import App
from daemon.stopping import NotStoredError
from storage.call_filter import CallFilter
from storage.calls import find_calls
from storage.gaps import GapFilter, find_gaps
from storage.reading import reading
from tests.daemon.app_service import settings_for
from tests.daemon.fake_asterisk import SECRET, FakeAsterisk, hangup, new_channel
from tests.daemon.http_service import until
from tests.daemon.ringtally_process import STOPS_WITHIN_S, Daemon, running_daemon, write_settings
from tests.storage.faults import held

CALLS = ["1795450254.1", "1795450254.2"]
LIVES = "1795450254.3"


def _is_kept(path: Path) -> bool:
    """Is it noted which call lives?"""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return connection.execute("SELECT id FROM live_call").fetchall() == [(LIVES,)]


@asynccontextmanager
async def waiting(pbx: FakeAsterisk, settings: Path) -> AsyncIterator[tuple[Daemon, subprocess.Popen[str]]]:
    """A daemon that was sent SIGTERM while its database was locked and two calls waited, and that waits; and who has the lock."""
    path = settings.with_name("calls.db")
    async with running_daemon(settings) as daemon:
        await daemon.told("ami_ready")
        pbx.sessions[-1].send(new_channel(LIVES))  # so that the next start knows which run of the PBX that was
        await until(lambda: _is_kept(path))
        with held(path) as holder:
            pbx.sessions[-1].send(b"".join(new_channel(each) + hangup(each) for each in CALLS))
            await daemon.until("/metrics", "ringtally_store_waiting_calls 2.0")
            await daemon.told("store_degraded")
            daemon.send(signal.SIGTERM)
            told = await daemon.told("stop_waits_for_the_database")
            assert (told["waiting"], told["at_most_s"]) == (2, stopping.PATIENCE_S)
            assert "is locked by another program" in told["reason"]
            assert "a second SIGTERM" in told["cure"]
            yield daemon, holder
            holder.kill()


async def after_it(settings: Path) -> tuple[list[str], list[str]]:
    """The calls that are stored, and the reasons of the gaps, after the next start."""
    async with running_daemon(settings) as daemon:
        await daemon.told("gap_ended")
        assert await daemon.stop() == 0
    async with reading(settings.with_name("calls.db")) as connection:
        calls = await find_calls(connection, CallFilter())
        gaps = await find_gaps(connection, GapFilter())
    return sorted(call.id for call in calls), [gap.reason for gap in gaps]


@pytest.mark.slow
async def test_what_waits_is_stored_once_the_lock_is_gone_and_the_gap_is_one_of_a_stop(tmp_path: Path) -> None:
    async with FakeAsterisk(steady=True) as pbx:
        settings = write_settings(tmp_path, "127.0.0.1", pbx.port, SECRET)
        async with waiting(pbx, settings) as (daemon, holder):
            holder.kill()
            assert await daemon.ended() == 0
            assert not daemon.events("calls_lost")
        assert await after_it(settings) == ([*CALLS, LIVES], ["stopped"])


@pytest.mark.slow
async def test_a_second_signal_ends_it_at_once_with_a_count_and_a_status_that_tells(tmp_path: Path) -> None:
    async with FakeAsterisk(steady=True) as pbx:
        settings = write_settings(tmp_path, "127.0.0.1", pbx.port, SECRET)
        async with waiting(pbx, settings) as (daemon, _):
            assert await daemon.stop(within_s=STOPS_WITHIN_S) == 1
            (lost,) = daemon.events("calls_lost")
            assert lost["number"] == 2
            assert "calls lost: 2" in daemon.lines[-1]
        assert await after_it(settings) == ([LIVES], ["killed"])


async def test_after_its_patience_it_ends_and_raises_though_no_call_waited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stopping, "PATIENCE_S", 0.2)
    with structlog.testing.capture_logs() as told:
        async with FakeAsterisk() as pbx:
            app = App(settings_for(tmp_path, pbx.port))
            running = asyncio.ensure_future(app.run())
            daemon = await app.started
            await until(lambda: daemon.client.state == "ready")
            await daemon.writer.flush()
            with held(tmp_path / "calls.db") as holder:
                app.stop.set()
                async with asyncio.timeout(10):
                    with pytest.raises(NotStoredError, match="no call lost, but the next start will say killed"):
                        await running
                holder.kill()
    events = [line["event"] for line in told]
    assert events.count("stop_waits_for_the_database") == 1
    assert "calls_lost" not in events


def test_the_service_manager_waits_longer_than_we_do() -> None:
    unit = Path(__file__).parents[2].joinpath("systemd/ringtally.service").read_text(encoding="utf-8")
    (patience,) = [line for line in unit.splitlines() if line.startswith("TimeoutStopSec=")]
    assert int(patience.removeprefix("TimeoutStopSec=").removesuffix("s")) >= stopping.PATIENCE_S + 5

"""Whatever happens to the database, the daemon runs on, says so, and has every call when it is over."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import structlog.testing
from pydantic import SecretStr

from config.sections import Http
from daemon import requests as requests_module
from handlers.facts import GapEnded
from storage import writer as writer_module
from storage.call_filter import CallFilter
from storage.calls import find_calls
from storage.cases import CaseFilter, find_cases
from storage.reading import reading
from tests.daemon.app_service import TOKEN, Ledger, lines, ready, replay, settings_for
from tests.daemon.fake_asterisk import FakeAsterisk
from tests.daemon.http_service import until
from tests.storage.faults import DAMAGES, break_table, header, held
from tests.storage.storing import checkpoint, set_aside, sound

FIRST, SECOND = "08-queue-abandon", "15-pickup"
WRITE = "write-token"


@pytest.fixture(autouse=True)
def no_long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests_module, "_RETRY_S", 0.05)
    monkeypatch.setattr(writer_module, "_LAST_RETRY_S", 0.3)
    monkeypatch.setattr(writer_module, "_LOOKS_EVERY_S", 0.1)


def settings(folder: Path, port: int) -> Any:
    http = Http(listen="127.0.0.1:0", read_token=SecretStr(TOKEN), write_token=SecretStr(WRITE))
    return settings_for(folder, port, http=http)


async def stored(path: Path) -> list[str]:
    async with reading(path) as connection:
        return sorted(call.id for call in await find_calls(connection, CallFilter(merged=True)))


async def contact(client: aiohttp.ClientSession) -> int:
    """The status with which somebody's word is taken."""
    body = {"number": "+79001112233", "by": "Anna"}
    headers = {"Authorization": f"Bearer {WRITE}"}
    async with client.post("/api/v1/contacts", json=body, headers=headers) as answer:
        return answer.status


async def text(client: aiohttp.ClientSession, path: str) -> str:
    async with client.get(path) as answer:
        return await answer.text()


async def test_while_another_program_has_the_database_it_runs_on_and_says_so(tmp_path: Path) -> None:
    ledger, path = Ledger(), tmp_path / "calls.db"
    with structlog.testing.capture_logs() as told:
        async with FakeAsterisk() as pbx, ready(settings(tmp_path, pbx.port), [ledger]) as (daemon, client):
            await replay(pbx, daemon, lines(FIRST))
            await daemon.writer.flush()
            with held(path) as holder:
                await replay(pbx, daemon, lines(SECOND))
                await until(lambda: daemon.writer.health.state == "degraded")
                waiting = daemon.writer.waiting
                assert await text(client, "/-/healthy") == (
                    f"ok, but calls are not stored now, {waiting} wait; the daemon's log says why\n"
                )
                metrics = await text(client, "/metrics")
                assert "\nringtally_store_degraded 1.0\n" in metrics
                assert f"\nringtally_store_waiting_calls {waiting:.1f}\n" in metrics
                holder.kill()
            await until(lambda: daemon.writer.health.state == "ok" and not daemon.writer.waiting)
            assert await text(client, "/-/healthy") == "ok\n"
            assert await contact(client) == 200
        assert await stored(path) == sorted(call.id for call in ledger.ended)
    events = [line["event"] for line in told]
    assert events.count("store_degraded") == events.count("store_recovered") == 1


@pytest.mark.parametrize("damage", DAMAGES)
async def test_a_file_that_is_damaged_while_it_runs_costs_the_old_calls_alone(
    damage: Callable[[Path], None], tmp_path: Path
) -> None:
    ledger, path = Ledger(), tmp_path / "calls.db"
    async with FakeAsterisk() as pbx, ready(settings(tmp_path, pbx.port), [ledger]) as (daemon, client):
        await replay(pbx, daemon, lines(FIRST))
        await daemon.writer.flush()
        before = {call.id for call in ledger.ended}
        cases = list(daemon.core.waiting_cases())
        assert cases
        checkpoint(path)
        damage(path)
        await replay(pbx, daemon, lines(SECOND))
        await until(lambda: len(set_aside(path)) == 1 and not daemon.writer.waiting)
        assert await text(client, "/-/healthy") == "ok\n"
        assert "\nringtally_store_set_aside_total 1.0\n" in await text(client, "/metrics")
        assert await contact(client) == 200
        async with reading(path) as connection:
            assert [case.id for case in await find_cases(connection, CaseFilter())] == [case.id for case in cases]
    assert set(await stored(path)) == {call.id for call in ledger.ended} - before
    assert sound(path)


@pytest.mark.parametrize("damage", DAMAGES)
async def test_a_file_that_is_damaged_while_it_is_down_does_not_keep_it_from_starting(
    damage: Callable[[Path], None], tmp_path: Path
) -> None:
    path = tmp_path / "calls.db"
    async with FakeAsterisk() as pbx:
        async with ready(settings(tmp_path, pbx.port)) as (daemon, _):
            await replay(pbx, daemon, lines(FIRST))
        damage(path)
        damaged = content(path)
        ledger = Ledger()
        async with ready(settings(tmp_path, pbx.port), [ledger]) as (daemon, client):
            await replay(pbx, daemon, lines(SECOND))
            assert await text(client, "/-/healthy") == "ok\n"
            # Without the header alone it can still be read that it was stopped.
            reason = "stopped" if damage is header else "killed"
            assert [fact.reason for fact in ledger.facts if isinstance(fact, GapEnded)] == [reason]
        assert await stored(path) == sorted(call.id for call in ledger.ended)
    (aside,) = set_aside(path)
    assert content(aside) == damaged


def content(path: Path) -> bytes:
    return path.read_bytes()


async def test_damage_that_only_a_reader_of_ours_meets_is_set_aside_though_nobody_calls(tmp_path: Path) -> None:
    ledger, path = Ledger(), tmp_path / "calls.db"
    async with FakeAsterisk() as pbx, ready(settings(tmp_path, pbx.port), [ledger]) as (daemon, client):
        await replay(pbx, daemon, lines(FIRST))
        await daemon.writer.flush()
        cases = [case.id for case in daemon.core.waiting_cases()]
        checkpoint(path)
        break_table(path, "request_to_do")
        await until(lambda: daemon.writer.health.set_aside == 1)
        assert await contact(client) == 200
        async with reading(path) as connection:
            assert [case.id for case in await find_cases(connection, CaseFilter())] == cases
    assert sound(path)


async def test_a_file_that_is_removed_while_it_runs_is_begun_anew_and_everybody_goes_on(tmp_path: Path) -> None:
    ledger, path = Ledger(), tmp_path / "calls.db"
    with structlog.testing.capture_logs() as told:
        async with FakeAsterisk() as pbx, ready(settings(tmp_path, pbx.port), [ledger]) as (daemon, client):
            await replay(pbx, daemon, lines(FIRST))
            await daemon.writer.flush()
            before = {call.id for call in ledger.ended}
            assert await contact(client) == 200
            remove_all(path)
            await until(lambda: any(line["event"] == "database_replaced" for line in told))
            async with client.get("/api/v1/calls") as answer:
                assert answer.status == 200
            assert await contact(client) == 200, "with an id that was never given out before"
            await replay(pbx, daemon, lines(SECOND))
        assert set(await stored(path)) == {call.id for call in ledger.ended} - before


def remove_all(path: Path) -> None:
    for each in path.parent.glob("calls.db*"):
        each.unlink()


async def test_a_database_of_another_program_in_its_place_is_left_alone_and_told(tmp_path: Path) -> None:
    ledger, path = Ledger(), tmp_path / "calls.db"
    async with FakeAsterisk() as pbx, ready(settings(tmp_path, pbx.port), [ledger]) as (daemon, client):
        remove_all(path)
        other = sqlite3.connect(path)
        other.execute("CREATE TABLE theirs (a)")
        other.close()
        await replay(pbx, daemon, lines(FIRST))
        await until(lambda: daemon.writer.health.state == "degraded")
        async with client.get("/api/v1/calls") as answer:
            assert (answer.status, await answer.json()) == (
                503,
                {"error": "the calls cannot be read now; the daemon's log says why"},
            )
        assert await contact(client) == 503
        remove_all(path)
        await until(lambda: daemon.writer.health.state == "ok")
        assert await contact(client) == 200
    assert await stored(path) == sorted(call.id for call in ledger.ended)

"""Forgetting within the daemon: what it has in memory, and that nothing which goes wrong there ends it."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest
import structlog

from daemon import clock, forgetting
from daemon.app import Running
from handlers.case_facts import Note
from handlers.cases.requests import NoteWritten
from storage.forgetting import Forgetting, ask_to_forget, forgotten
from tests.daemon.app_service import FULL, lines, ready, replay, settings_for
from tests.daemon.fake_asterisk import FakeAsterisk
from tests.daemon.http_service import until
from tests.documents.validity import check_stream

NUMBER = "+79001112233"


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[structlog.typing.EventDict]:
    lines = structlog.testing.LogCapture()
    quiet = structlog.wrap_logger(None, processors=[lines], wrapper_class=structlog.make_filtering_bound_logger(0))
    monkeypatch.setattr(forgetting, "log", quiet)
    return lines.entries


def ask(folder: Path) -> int:
    return ask_to_forget(folder / "calls.db", NUMBER, "root", clock.now()).id


async def missed(pbx: FakeAsterisk, daemon: Running) -> None:
    await replay(pbx, daemon, lines("05-direct-caller-abandons"))
    await daemon.writer.flush()


async def test_the_days_callers_stay_as_many_and_the_list_knows_him_no_more(tmp_path: Path) -> None:
    async with FakeAsterisk() as pbx, ready(settings_for(tmp_path, pbx.port)) as (daemon, client):
        await missed(pbx, daemon)
        before = await live(client)
        request = ask(tmp_path)
        await until(lambda: forgotten(tmp_path / "calls.db", request) is not None)
        assert list(daemon.core.waiting_cases()) == []
        assert (await live(client))["callers"] == before["callers"]


async def live(client: Any) -> dict[str, Any]:
    """What a stranger is told of the day: the stream's first frames."""
    async with client.get("/api/v1/stream") as answer:
        said = ""
        while "event: stats/today" not in said:
            said += (await answer.content.readany()).decode()
    check_stream(said.encode())
    (frame,) = [each for each in said.split("\n\n") if each.startswith("event: stats/today")][:1]
    today = orjson.loads(frame.partition("data: ")[2])
    return {"callers": today["unique_callers"]}


async def test_what_goes_wrong_is_told_without_the_number_and_ends_nothing(
    tmp_path: Path, told: list[structlog.typing.EventDict], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_forgetting: Forgetting) -> bool:
        raise KeyError(NUMBER)

    monkeypatch.setattr(Forgetting, "step", fail)
    async with FakeAsterisk() as pbx, ready(settings_for(tmp_path, pbx.port)) as (daemon, client):
        await missed(pbx, daemon)
        ask(tmp_path)
        await until(lambda: any(line["event"] == "forgetting_failed" for line in told))
        assert NUMBER[1:] not in repr(told)
        async with client.get("/-/healthy") as answer:
            assert answer.status == 200


async def test_calls_that_end_while_the_file_is_written_anew_are_stored_behind_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Forgetting, "traces", lambda _forgetting: 1)  # as if moved rows had left some
    begun: list[bool] = []
    rewrite = Forgetting.rewrite

    def rewritten(each: Forgetting) -> None:
        begun.append(True)
        rewrite(each)

    monkeypatch.setattr(Forgetting, "rewrite", rewritten)
    async with FakeAsterisk() as pbx, ready(settings_for(tmp_path, pbx.port)) as (daemon, _client):
        await missed(pbx, daemon)
        request = ask(tmp_path)
        await until(lambda: begun)
        await replay(pbx, daemon, lines("17-outgoing-answered"))
        await until(lambda: forgotten(tmp_path / "calls.db", request) is not None)
        await daemon.writer.flush()
        assert daemon.writer.health.state == "ok"
    with closing(sqlite3.connect(tmp_path / "calls.db")) as connection:
        assert connection.execute("SELECT count(*) FROM call").fetchone()[0] >= 2
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def test_on_the_list_no_note_on_another_names_him_any_more(tmp_path: Path) -> None:
    spelled = "8(900)999\u201188\u201177"
    async with FakeAsterisk() as pbx, ready(settings_for(tmp_path, pbx.port)) as (daemon, client):
        await missed(pbx, daemon)
        (case,) = daemon.core.waiting_cases()
        said = Note(clock.now(), f"Анна {spelled}", f"сначала {spelled}")
        daemon.pump.feed([NoteWritten(clock.now(), case.id, said)])
        await until(lambda: any(each.notes for each in daemon.core.waiting_cases()))
        assert spelled in await frame(client, "missed/open")
        asked = ask_to_forget(tmp_path / "calls.db", "+79009998877", "root", clock.now())
        await until(lambda: forgotten(tmp_path / "calls.db", asked.id) is not None)
        told = await frame(client, "missed/open")
    assert "99" not in told.partition('"notes"')[2]
    assert f"сначала {asked.token}" in told
    assert case.number in told


async def frame(client: Any, topic: str) -> str:
    """What who shows the read token is told of a topic first."""
    async with client.get("/api/v1/stream", headers=FULL) as answer:
        said = ""
        while f"event: {topic}\n" not in said or "\n\n" not in said.partition(f"event: {topic}\n")[2]:
            said += (await answer.content.readany()).decode()
    check_stream(said.encode())
    return said.partition(f"event: {topic}\n")[2].partition("\n\n")[0]

"""Reports by HTTP: the command line's figures in every form, masked for strangers, made beside a daemon that goes on."""

import asyncio
import csv
import io
import json
from pathlib import Path
from typing import Any

import aiohttp
import openpyxl
import pytest

from daemon import app
from daemon.http_queries import OF_REPORT, REPORT_FORMS
from daemon.report_process import WITHIN_S, ReportProcess
from tests.daemon.app_service import FULL
from tests.daemon.http_service import until
from tests.daemon.report_service import DAY, PERIOD, serving, told_by_the_command
from tests.daemon.test_analysis_commands import MADE
from tests.daemon.test_api_document import document
from tests.hostile import is_inert
from tests.storage.reports.generated import Made
from tests.storage.sample_calls import a_missed_call, ended

pytestmark = pytest.mark.slow


async def asked(client: aiohttp.ClientSession, path: str, status: int = 200, **options: Any) -> Any:
    async with client.get(f"/api/v1/reports{path}", **options) as answer:
        body = await answer.read()
        assert answer.status == status, body
        assert answer.headers["Cache-Control"] == "no-store"
        return json.loads(body) if answer.content_type == "application/json" else body


async def test_they_have_the_figures_of_the_command_line(tmp_path: Path) -> None:
    async with serving(tmp_path, MADE) as (_, client):
        names = await asked(client, "")
        assert (names["trunks"], names["queues"], names["departments"]) == (
            ["megafon", "mts"],
            ["sales", "support"],
            ["Продажи"],
        )
        for path, words in (
            (f"/wait?{DAY}", ("report", "wait", *PERIOD)),
            ("/wait?by=hour&trunk=mts", ("report", "wait", "--by", "hour", "--trunk", "mts")),
            ("/wait?by=department", ("report", "wait", "--by", "department")),
            (f"/missed?{DAY}", ("report", "missed", *PERIOD)),
            ("/missed?at_deadline=true&clients=unknown", ("report", "missed", "--at-deadline", "--unknown-clients")),
            ("/missed?number=8%20900%20999-88-77", ("report", "missed", "--number", "8 900 999-88-77")),
        ):
            told = await asked(client, path, headers=FULL)
            by_command = await asyncio.to_thread(told_by_the_command, tmp_path, *words)
            assert told == {"v": 1, "masked": False} | by_command, path
        listed = await asked(client, f"/calls?{DAY}&missed=true&limit=2", headers=FULL)
        by_command = await asyncio.to_thread(told_by_the_command, tmp_path, "calls", "--missed", *PERIOD)
        assert (listed["calls"], listed["total"]) == (by_command[-2:], 3)
        assert sum(map(sum, (await asked(client, f"/missed?{DAY}"))["by_weekday"])) == 3


async def test_a_stranger_sees_no_number_and_no_name_in_any_form(tmp_path: Path) -> None:
    number = "+79161234567"
    mean = ended(a_missed_call(4, caller_name="=HYPERLINK(1)", trunk="mts", caller=number, caller_e164=number))
    async with serving(tmp_path, [*MADE, Made(mean, None)]) as (_, client):
        for name in ("missed", "calls"):
            for form in REPORT_FORMS:
                full, cut = [await asked(client, f"/{name}?format={form}", headers=each) for each in (FULL, {})]
                texts = [content(each, form) for each in (full, cut)]
                assert "9161234567" in texts[0], (name, form)
                assert "9161" not in texts[1], (name, form)
                assert "•••4567" in texts[1], (name, form)
                assert "Иван" not in texts[1]
            (refused,) = (await asked(client, f"/{name}?number=79161234567", 403)).values()
            assert "read token" in refused
        rows = list(csv.reader(io.StringIO((await asked(client, "/missed?format=csv", headers=FULL)).decode())))
        assert all(is_inert(cell) and not cell.startswith("=") for row in rows for cell in row)
        book = openpyxl.load_workbook(io.BytesIO(await asked(client, "/missed?format=xlsx", headers=FULL)))
        assert all(cell.data_type != "f" for sheet in book for row in sheet.rows for cell in row)


def content(body: Any, form: str) -> str:
    if form == "json":
        return json.dumps(body, ensure_ascii=False)
    if form != "xlsx":
        return str(body.decode())
    book = openpyxl.load_workbook(io.BytesIO(body))
    return "\n".join(str(cell.value) for sheet in book for row in sheet.rows for cell in row)


async def test_wrong_questions_are_told_what_would_be_right(tmp_path: Path) -> None:
    async with serving(tmp_path, MADE[:1]) as (_, client):
        for path, words in (
            ("?x=1", "no parameters"),
            ("/wait?limit=5", "unknown parameter limit"),
            ("/wait?by=caller", "by is one of"),
            ("/missed?at_deadline=1", "true"),
            ("/calls?format=pdf", "xlsx"),
            ("/calls?period=today&from=2026-11-23", "not both"),
        ):
            assert words in (await asked(client, path, 400))["error"]


async def test_one_is_made_at_a_time_and_none_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[ReportProcess] = []

    def hasty() -> ReportProcess:
        made.append(ReportProcess(turn_within_s=0.0))
        return made[0]

    monkeypatch.setattr(app, "ReportProcess", hasty)
    async with serving(tmp_path, MADE[:1]) as (_, client):
        async with asyncio.TaskGroup() as tasks:
            answers = [tasks.create_task(client.get("/api/v1/reports/wait")) for _ in range(3)]
        found = [each.result() for each in answers]
        assert sorted(each.status for each in found) == [200, 503, 503]
        busy = next(each for each in found if each.status == 503)
        assert busy.headers["Retry-After"] == "2"
        for each in found:
            each.close()
        # One that takes too long is ended; the next one is made by another process.
        (process,), first = made, made[0].pid
        monkeypatch.setattr(process, "_within_s", 0.0)
        assert "shorter period" in (await asked(client, "/wait", 504))["error"]
        assert process.pid is None
        monkeypatch.setattr(process, "_within_s", WITHIN_S)
        await asked(client, "/wait")
        assert process.pid not in {None, first}
        # Nobody asks any more: it ends.
        monkeypatch.setattr(process, "_idle_s", 0.0)
        await asked(client, "/wait")
        await until(lambda: process.pid is None)


def test_the_document_names_their_parameters() -> None:
    for name, taken in OF_REPORT.items():
        named = {
            each["name"]: each["schema"] for each in document()["paths"][f"/api/v1/reports/{name}"]["get"]["parameters"]
        }
        assert named.keys() == taken.keys()
        for parameter, words in taken.items():
            if words is not None and "enum" in named[parameter]:
                assert set(named[parameter]["enum"]) == set(words)

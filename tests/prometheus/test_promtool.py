"""promtool finds nothing: neither in the exposition, at any time, nor in the scrape job that is shipped."""

from pathlib import Path

import pytest

from config.sections import Queue, Source, Trunk
from tests.daemon.app_service import lines, ready, replay, running, settings_for
from tests.daemon.fake_asterisk import FakeAsterisk
from tests.daemon.free_port import closed_port
from tests.prometheus.server import SCRAPE, promtool
from tests.recordings import NAMES

CLEAN = (0, "", "")


async def exposition(client: object) -> bytes:
    async with client.get("/metrics") as answer:  # type: ignore[attr-defined]  # an aiohttp client
        assert answer.status == 200
        body: bytes = await answer.read()
        return body


async def test_it_finds_nothing_before_the_pbx_is_there_nor_when_nothing_is_configured(tmp_path: Path) -> None:
    bare = settings_for(tmp_path, closed_port(), trunks=(), sources=(), queues={})
    async with running(bare) as (_, client):
        assert await promtool("check", "metrics", given=await exposition(client)) == CLEAN


async def test_it_finds_nothing_before_the_first_call_nor_after_all_recordings(tmp_path: Path) -> None:
    hours = {"mon-fri": ["09:00-18:00"]}
    async with (
        FakeAsterisk(steady=True) as pbx,
        ready(settings_for(tmp_path, pbx.port, working_hours=hours)) as (daemon, client),
    ):
        before = await exposition(client)
        assert b"ringtally_site_open" in before
        assert await promtool("check", "metrics", given=before) == CLEAN
        for name in NAMES:
            await replay(pbx, daemon, lines(name))
        await daemon.writer.flush()
        after = await exposition(client)
        assert await promtool("check", "metrics", given=after) == CLEAN
    assert b'ringtally_calls_total{direction="in",result="answered",trunk="town"} 0.0' in before
    assert b'ringtally_calls_total{direction="in",result="answered",trunk="town"} 0.0' not in after


async def test_it_finds_nothing_in_names_that_only_an_administrator_could_think_of(tmp_path: Path) -> None:
    name = 'Линия "№ 1" \\ {le="+Inf"}'
    strange = settings_for(
        tmp_path,
        closed_port(),
        trunks=(Trunk(name=name, channels=("PJSIP/trunk-*",)),),
        sources=(Source(name=name, dids=("7001",)),),
        queues={"Поддержка": Queue(id="support"), 'a"b': Queue(id="ab")},
    )
    async with running(strange) as (_, client):
        assert await promtool("check", "metrics", given=await exposition(client)) == CLEAN


async def test_it_does_find_what_is_wrong() -> None:
    wrong = b"# HELP ringtally_calls Calls.\n# TYPE ringtally_calls counter\nringtally_calls 1\n"
    code, _, complaint = await promtool("check", "metrics", given=wrong)
    assert code != 0
    assert "_total" in complaint


@pytest.mark.parametrize("arguments", [(), ("--lint=all", "--lint-fatal")])
async def test_it_finds_nothing_in_the_scrape_job(arguments: tuple[str, ...]) -> None:
    code, said, complaint = await promtool("check", "config", *arguments, str(SCRAPE))
    assert (code, complaint) == (0, "")
    assert "SUCCESS" in said

"""The board on the daemon's own stream, where no broker is set."""

import json
import re
import signal
from pathlib import Path

import pytest
from playwright.async_api import Route, expect

from tests.daemon.app_service import lines
from tests.daemon.fake_asterisk import FakeAsterisk, hangup, new_channel
from tests.daemon.free_port import closed_port
from tests.daemon.ringtally_process import ran, running_daemon
from tests.mqtt.service import ids
from tests.wallboard.browser import IN_ONE_BROWSER, board
from tests.wallboard.office import Office, joins, settings

pytestmark = IN_ONE_BROWSER
(A_CALL,) = ids(0, 1)


async def test_a_call_comes_and_goes(tmp_path: Path) -> None:
    port = closed_port()
    async with FakeAsterisk(steady=True) as pbx, running_daemon(settings(tmp_path, pbx, port)) as daemon:
        await daemon.until("/-/ready", "ready")
        async with board(f"http://127.0.0.1:{port}/wallboard/?board=table") as page:
            await page.link_is("live")
            await page.shows("#call-list ul", "no calls")
            pbx.sessions[-1].send(new_channel(A_CALL))
            await page.has("#call-list ul", "7900•••2233")
            pbx.sessions[-1].send(hangup(A_CALL))
            await page.shows("#call-list ul", "no calls")
            await page.shows("#answered .note p", "of 1 ended")


async def test_who_calls_a_missed_client_back_is_there_to_be_seen_until_his_time_is_over(tmp_path: Path) -> None:
    port = closed_port()
    async with FakeAsterisk(steady=True) as pbx, running_daemon(path := settings(tmp_path, pbx, port)) as daemon:
        await daemon.until("/-/ready", "ready")
        async with board(f"http://127.0.0.1:{port}/wallboard/") as page:
            await page.link_is("live")
            pbx.sessions[-1].send(b"".join(lines("05-direct-caller-abandons")))
            await page.has("#missed ul", "7900•••2233")
            await page.has("#missed ul", "town")  # he was in no queue, and no department is his
            await daemon.until("/api/v1/cases", "7900•••2233")  # told before it is stored
            (case,) = json.loads((await daemon.get("/api/v1/cases"))[1])["cases"]
            await page.watch("#missed ul")
            claimed = await ran("--config", path, "claim", case["id"], "--by", "<b>Анна</b>", "--for", "5s")
            assert claimed.status == 0, claimed.stderr
            await page.had("#missed ul", "<b>Анна</b> calls back")
            await page.had("#missed ul", "open")


async def test_the_landing_page_leads_to_it(office: Office) -> None:
    async with board(office.address) as page:
        await page.page.click("text=wallboard")
        await page.link_is("live")


@pytest.mark.parametrize(
    ("query", "languages", "word"),
    [("?lang=ru", ["en-GB"], "Ждут"), ("?lang=en", ["ru-RU"], "Waiting"), ("", ["ru-RU"], "Waiting")],
)
async def test_it_speaks_the_language_that_is_asked_for_else_the_sites(
    office: Office, query: str, languages: list[str], word: str
) -> None:
    async with board(f"{office.board}{query}", languages) as page:
        await page.link_is("live")
        await page.shows("#waiting h2", word)


async def test_a_dead_daemon_is_told_and_its_return_seen(tmp_path: Path) -> None:
    port = closed_port()
    async with FakeAsterisk(steady=True) as pbx:
        path = settings(tmp_path, pbx, port)
        async with running_daemon(path) as first:
            await first.until("/-/ready", "ready")
            async with board(f"http://127.0.0.1:{port}/wallboard/?board=table") as page:
                await page.link_is("live")
                pbx.sessions[-1].send(new_channel(A_CALL))
                await page.has("#call-list ul", "7900•••2233")
                first.send(signal.SIGKILL)
                await page.link_is("no_daemon")
                await page.says("Nothing is heard of ringtally")
                await page.knows_nothing_of_now()
                async with running_daemon(path):
                    await page.link_is("live")
                    await page.shows("#call-list ul", "no calls")


async def test_a_pbx_that_is_gone_is_told_and_its_return_seen(office: Office) -> None:
    async with office.calls() as (call,), board(f"{office.board}?board=table&lang=ru") as page:
        await page.link_is("live")
        office.send(new_channel(call))
        await page.has("#call-list ul", "7900•••2233")
        own = office.pbx.port
        await office.pbx.go_down()
        await page.link_is("no_pbx")
        await page.says("Нет связи с АТС")
        await page.knows_nothing_of_now()
        await office.pbx.listen(own)
        await page.link_is("live")


async def test_a_board_opened_while_the_pbx_is_away_says_so_at_once(tmp_path: Path) -> None:
    port = closed_port()
    async with FakeAsterisk(steady=True) as pbx:
        path = settings(tmp_path, pbx, port)
        await pbx.go_down()
        async with running_daemon(path), board(f"http://127.0.0.1:{port}/wallboard/") as page:
            await page.link_is("no_pbx")
            await page.knows_nothing_of_now()


async def test_what_a_caller_calls_himself_is_text(office: Office) -> None:
    name = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    async with office.calls(2) as (call, another), board(f"{office.board}?board=table") as page:
        await page.link_is("live")
        office.send(new_channel(call, number="<b>1</b>", name=name), new_channel(another))
        await page.has("#call-list ul", "7900•••2233")
        await expect(page.page.locator("#call-list li")).to_have_count(2)
        await expect(page.page.locator("main img, main script, #call-list b")).to_have_count(0)


async def test_of_more_calls_than_are_listed_those_who_wait_are_counted_all(office: Office) -> None:
    """The 200 oldest are listed, and who waits came last."""
    async with office.calls(252) as calls, board(f"{office.board}?board=table") as page:
        await page.link_is("live")
        office.send(*map(new_channel, calls), *map(joins, calls[-2:]))
        await page.shows("#waiting b", "2")
        await page.has("#call-list ul", re.compile(r"and 2\d\d more"))
        await page.shows("#waiting-list ul", "and 2 more")
        await page.shows("#longest b", re.compile(r"^0:(0[2-9]|[1-5]\d)$"))


async def test_a_screen_whose_clock_is_an_hour_ahead_shows_the_same_waits(office: Office) -> None:
    async with office.calls() as (call,):
        office.send(new_channel(call), joins(call))
        async with board(office.board, ahead_s=3600) as page:
            await page.link_is("live")
            await page.shows("#waiting b", "1")
            await page.shows("#longest b", re.compile(r"^0:\d\d$"))


async def test_a_page_that_was_not_loaded_whole_is_loaded_again(office: Office) -> None:
    failures = 0

    async def fail_once(route: Route) -> None:
        nonlocal failures
        failures += 1
        await (route.abort() if failures == 1 else route.continue_())

    config = {"broker": "ws://127.0.0.1:1/", "root": "ringtally/office", "language": "en"}
    async with board(office.address) as page:
        await page.page.route("**/mqtt_source.js", fail_once)
        await page.page.route("**/config.json", lambda route: route.fulfill(json=config))
        await page.page.goto(office.board)
        await page.link_is("no_broker")
        assert failures == 2
        page.faults.clear()  # the policy of this daemon, which has no broker, forbids the one that we made up


@pytest.mark.parametrize(
    ("body", "words"),
    [('{"error":"too many listeners"}', "too many listeners"), ("<html>503</html>", "Nothing is heard of ringtally")],
)
async def test_a_stream_that_is_refused_says_why_only_where_the_daemon_said_it(
    office: Office, body: str, words: str
) -> None:
    async with board(office.address) as page:
        await page.page.route("**/api/v1/stream", lambda route: route.fulfill(status=503, body=body))
        await page.page.goto(office.board)
        await page.says(words)
        await page.link_is("no_daemon")
        page.faults.clear()  # the browser itself tells of each 503

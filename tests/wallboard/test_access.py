"""Real browsers before guarded doors: the board behind TLS and a password, and pages from elsewhere that mean no good."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import bcrypt
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Browser, Page

from tests.daemon.certificates import make_certificates
from tests.daemon.fake_asterisk import FakeAsterisk, hangup, new_channel
from tests.daemon.free_port import closed_port
from tests.daemon.ringtally_process import running_daemon
from tests.mqtt.service import ids
from tests.wallboard.browser import IN_ONE_BROWSER, WITHIN_MS, board, shared
from tests.wallboard.office import settings

pytestmark = IN_ONE_BROWSER
A_CALL = ids(0, 1)[0]
TOKEN = "a-token-that-the-page-has-stolen"
EVIL = "evil.example.com"


def guarded(folder: Path, path: Path) -> Path:
    """The same settings behind TLS and a password."""
    make_certificates(folder, "IP:127.0.0.1")
    hashed = bcrypt.hashpw("Пароль".encode(), bcrypt.gensalt(4)).decode()
    web_config = folder / "web.yml"
    web_config.write_text(
        f"tls_server_config: {{cert_file: server.pem, key_file: server.pem}}\nbasic_auth_users: {{анна: {hashed}}}\n"
    )
    web_config.chmod(0o600)
    path.write_text(path.read_text().replace("[http]\n", '[http]\nweb_config_file = "web.yml"\n'))
    return path


async def test_the_board_lives_behind_tls_and_a_password(tmp_path: Path) -> None:
    port = closed_port()
    async with (
        FakeAsterisk(steady=True) as pbx,
        running_daemon(guarded(tmp_path, settings(tmp_path, pbx, port))) as daemon,
    ):
        await daemon.told("ami_ready")
        async with board(f"https://127.0.0.1:{port}/wallboard/?board=table", login=("анна", "Пароль")) as page:
            await page.link_is("live")
            pbx.sessions[-1].send(new_channel(A_CALL))
            await page.has("#call-list ul", "7900•••2233")
            pbx.sessions[-1].send(hangup(A_CALL))
            await page.shows("#call-list ul", "no calls")
        assert "Пароль" not in "".join(daemon.lines)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def one_browser() -> AsyncIterator[Browser]:
    """It takes a name of somebody's to lead to this machine."""
    # Newer Chromiums ask before a page reaches loopback; others do not, and people say yes.
    rules = [f"--host-resolver-rules=MAP {EVIL} 127.0.0.1", "--disable-features=LocalNetworkAccessChecks"]
    async with shared(*rules) as browser:
        yield browser


@asynccontextmanager
async def browsing(browser: Browser, address: str, theirs: bool = False) -> AsyncIterator[Page]:
    """A page of somebody's; `theirs`: it came from them before its name was made to lead to this machine."""
    page = await browser.new_page()
    try:
        page.set_default_timeout(WITHIN_MS)
        if theirs:
            await page.route(address, lambda route: route.fulfill(content_type="text/html", body="<!doctype html>"))
        await page.goto(address)
        yield page
    finally:
        await page.close()


@asynccontextmanager
async def somebodys_site() -> AsyncIterator[int]:
    """A web site elsewhere: its port."""

    async def page(_request: web.Request) -> web.Response:
        return web.Response(text="<!doctype html><title>evil</title>", content_type="text/html")

    app = web.Application()
    app.add_routes([web.get("/", page)])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()


READ = "async ([url, init]) => { try { const r = await fetch(url, init); return [r.status, await r.text()] } catch { return [0, ''] } }"
LISTEN = """url => new Promise(done => {
    const stream = new EventSource(url);
    stream.addEventListener("bridge/state", () => done("heard"));
    stream.onerror = () => done("nothing");
})"""


async def test_a_page_of_another_origin_reads_nothing_and_writes_nothing(tmp_path: Path, one_browser: Browser) -> None:
    port = closed_port()
    async with FakeAsterisk(steady=True) as pbx, somebodys_site() as site:
        path = settings(tmp_path, pbx, port)
        path.write_text(path.read_text().replace("[http]\n", f'[http]\nwrite_token = "{TOKEN}"\n'))
        async with running_daemon(path) as daemon:
            await daemon.until("/-/ready", "ready")
            async with browsing(one_browser, f"http://{EVIL}:{site}/") as page:
                ours = f"http://127.0.0.1:{port}"
                body = json.dumps({"number": "+79001112233", "by": "evil"})
                for init in (
                    {"method": "POST", "body": body, "headers": {"Authorization": f"Bearer {TOKEN}"}},
                    {"method": "POST", "body": body, "headers": {"X-Ringtally-Token": TOKEN}},
                    {"method": "POST", "body": body, "mode": "no-cors"},
                ):
                    assert await page.evaluate(READ, [f"{ours}/api/v1/contacts", init]) == [0, ""]
                assert await page.evaluate(READ, [f"{ours}/api/v1/calls", {}]) == [0, ""]
                assert await page.evaluate(LISTEN, f"{ours}/api/v1/stream") == "nothing"
            await daemon.until("/metrics", 'ringtally_http_refused_total{reason="origin"} 1.0')


async def test_a_page_whose_name_is_made_to_lead_here_reads_nothing(tmp_path: Path, one_browser: Browser) -> None:
    """DNS rebinding: the same origin for the browser, and so no other rule of his stops it."""
    port = closed_port()
    async with FakeAsterisk(steady=True) as pbx, running_daemon(settings(tmp_path, pbx, port)) as daemon:
        await daemon.until("/-/ready", "ready")
        async with browsing(one_browser, f"http://{EVIL}:{port}/", theirs=True) as page:
            status, told = await page.evaluate(READ, ["/api/v1/calls", {}])
            assert (status, "http.hosts" in told) == (421, True)
            assert await page.evaluate(LISTEN, "/api/v1/stream") == "nothing"
        async with browsing(one_browser, f"http://127.0.0.1:{port}/", theirs=True) as page:
            assert (await page.evaluate(READ, ["/api/v1/calls", {}]))[0] == 200

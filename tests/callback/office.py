"""A daemon whose PBX has missed somebody, and browsers of those who call back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import expect

from tests.daemon.app_service import lines
from tests.daemon.fake_asterisk import SECRET, FakeAsterisk
from tests.daemon.ringtally_process import Daemon, running_daemon, write_settings
from tests.documents.asking import asking
from tests.wallboard.browser import Board, board

READ, WRITE = "the-token-that-reads", "the-token-that-writes"
TOKENS = f'read_token = "{READ}"\nwrite_token = "{WRITE}"\n'
BOTH = {"X-Ringtally-Token": f"{READ}, {WRITE}"}
DESK, PHONE = (1440, 900), (390, 844)
NUMBER, MASKED = "+7 900 111-22-33", "+7900•••2233"


def settings(folder: Path, pbx: FakeAsterisk, port: int = 0, more: str = "") -> Path:
    """Of a daemon with both tokens, on the same port in all its lives."""
    path = write_settings(folder, "127.0.0.1", pbx.port, SECRET, more)
    path.write_text(path.read_text().replace('listen = "127.0.0.1:0"\n', f'listen = "127.0.0.1:{port}"\n{TOKENS}'))
    return path


def miss(pbx: FakeAsterisk, number: int = 0) -> None:
    """Somebody calls, waits, and gives up: each number once."""
    caller, ids = b"7900111%04d" % (2233 + number), b"1795450%03d." % (254 + number)

    def as_he(raw: bytes) -> bytes:
        return raw.replace(b"79001112233", caller).replace(b"1795450254.", ids)

    pbx.sessions[-1].send(b"".join(lines("05-direct-caller-abandons", as_he)))


@asynccontextmanager
async def office(folder: Path, port: int = 0, more: str = "") -> AsyncIterator[tuple[FakeAsterisk, Daemon]]:
    """A daemon that hears its PBX."""
    async with FakeAsterisk(steady=True) as pbx, running_daemon(settings(folder, pbx, port, more)) as daemon:
        await daemon.until("/-/ready", "ready")
        yield pbx, daemon


@asynccontextmanager
async def desk(
    daemon: Daemon, size: tuple[int, int] = DESK, by: str = "", where: str = "", token: str = f"{READ} {WRITE}"
) -> AsyncIterator[Board]:
    """The page in a browser of its own; `by`: who sits there, and has typed his tokens before."""
    async with board(f"http://127.0.0.1:{daemon.port}/callback/?lang=en{where}", size=size) as page:
        await page.link_is("live")
        if by:
            for each in token.split():
                await says_who_he_is(page, by, each)
        yield page


async def says_who_he_is(page: Board, by: str, token: str) -> None:
    """Type name and token where they are asked for."""
    await page.page.click("#me")
    await page.page.fill("#who [name=by]", by)
    await page.page.fill("#who [name=token]", token)
    await page.page.click("#who [type=submit]")
    await expect(page.page.locator("#who")).to_be_hidden()
    await page.shows("#me", by)


async def post(daemon: Daemon, path: str, **body: Any) -> int:
    """What another program, or another browser, tells the daemon; the answer's status."""
    door = f"http://127.0.0.1:{daemon.port}"
    async with asking(door, headers=BOTH) as session, session.post(f"/api/v1/{path}", json=body) as answer:
        return answer.status


async def case_id(daemon: Daemon) -> str:
    """Of the one who waits the longest."""
    door = f"http://127.0.0.1:{daemon.port}"
    async with asking(door, headers=BOTH) as session, session.get("/api/v1/cases?open=true") as answer:
        return str((await answer.json())["cases"][0]["id"])

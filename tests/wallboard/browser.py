"""A real Chromium that looks at one page, and may talk to nobody but the daemon and the broker."""

import asyncio
import os
import re
import shutil
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Locator, Page, async_playwright, expect

WITHIN_MS = 60_000
"""A machine that is busy is no fault of a page; and who waits for the right thing waits no longer than it takes."""
expect.set_options(timeout=WITHIN_MS)
IN_ONE_BROWSER = [
    pytest.mark.slow,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.usefixtures("one_browser"),
]
"""The `pytestmark` of a module whose boards are opened in one browser."""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SET_CLOCK = """
const now = Date.now;
Date.now = () => now() + AHEAD_MS;
Object.defineProperty(performance, "timeOrigin", { value: performance.timeOrigin + AHEAD_MS });
"""
# What a page's policy forbids is a fault of the page, or of somebody who got something into it.
WATCH_POLICY = """
addEventListener("securitypolicyviolation", (each) => console.error(`policy: ${each.violatedDirective} ${each.blockedURI}`));
"""
# What stands somewhere for a moment only is kept until somebody asks for it: all that the page says of what was done, and what is watched.
KEEP_WORDS = """
globalThis.keptWords = {};
globalThis.keepWords = (where) => {
  const place = document.querySelector(where);
  const words = keptWords[where] = [place.textContent];
  new MutationObserver(() => words.push(place.textContent)).observe(place, { childList: true, characterData: true, subtree: true });
};
addEventListener("DOMContentLoaded", () => { if (document.querySelector("#said")) keepWords("#said"); });
"""
TAKE_WORDS = """([where, wanted]) => {
  const words = keptWords[where] ?? [];
  const at = words.findIndex((each) => each.includes(wanted));
  return at >= 0 && words.splice(0, at + 1).length > 0;
}"""
# A network that is down is told on the console whether or not the page looks after it; that is what these tests do to it.
_NETWORK = ("net::ERR_", "WebSocket connection to", "WebSocket is already in CLOSING")


class Board:
    """An open wallboard, and all that went wrong in it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.faults: list[str] = []
        self.hosts: set[str] = set()
        page.on("dialog", lambda dialog: self.faults.append(f"dialog: {dialog.message}"))
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        page.on("console", lambda message: self._heard(message.type, message.text, message.location["url"]))
        page.on("request", lambda request: self._asked(request.url))
        page.on("websocket", lambda socket: self.hosts.add(urlsplit(socket.url).hostname or ""))

    def _asked(self, url: str) -> None:
        if not url.startswith("blob:"):  # made by the page itself
            self.hosts.add(urlsplit(url).hostname or "")

    def _heard(self, kind: str, text: str, url: str) -> None:
        # A case is told before it is stored: who looks at it at once asks in vain, and again.
        is_early = "status of 404" in text and "/api/v1/cases/" in url
        if kind in {"error", "warning"} and not is_early and not any(each in text for each in _NETWORK):
            self.faults.append(f"{kind}: {text} ({url})")

    def _at(self, where: str) -> Locator:
        return self.page.locator(where)

    async def link_is(self, link: str) -> None:
        """Wait until the board says so of its own connection."""
        await expect(self._at("body")).to_have_attribute("data-link", link, timeout=WITHIN_MS)

    async def shows(self, where: str, text: str | re.Pattern[str]) -> None:
        """Wait until just this text is there."""
        await expect(self._at(where)).to_have_text(text, timeout=WITHIN_MS)

    async def has(self, where: str, text: str | re.Pattern[str]) -> None:
        """Wait until this is part of what is there."""
        await expect(self._at(where)).to_contain_text(text, timeout=WITHIN_MS)

    async def gives(self, script: str, wanted: object, given: object = None) -> None:
        """Wait until this gives just that in the page."""
        told: object = None
        try:
            async with asyncio.timeout(WITHIN_MS / 1000):
                while (told := await self.page.evaluate(script, given)) != wanted:
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"{script} never gave {wanted!r}, and gives {told!r}") from None

    async def watch(self, where: str) -> None:
        """From here on nothing that stands there is missed by `had`."""
        await self.page.evaluate("where => keepWords(where)", where)

    async def had(self, where: str, text: str) -> None:
        """Wait until this is part of what is there, or was for a moment since it was watched, or since what `had` found the last time."""
        await self.gives(TAKE_WORDS, True, [where, text])

    async def told(self, words: str) -> None:
        """Wait until the page says, for its moment, that something was done."""
        await self.had("#said", words)

    async def is_drawn(self) -> None:
        """What was laid out anew is drawn: whatever follows a change of size by itself has done so."""
        await self.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    async def says(self, words: str) -> None:
        """Wait until the bar across the page says this; a bar that nobody can see says nothing."""
        await expect(self._at("#bar")).to_be_visible(timeout=WITHIN_MS)
        await self.has("#bar", words)

    async def level_is(self, where: str, level: str) -> None:
        """Wait until this part of the board is as bad as this."""
        await expect(self._at(where)).to_have_attribute("data-level", level, timeout=WITHIN_MS)

    async def knows_nothing_of_now(self) -> None:
        """What is true of this very moment only is not to be seen; all else is greyed."""
        told = await self.page.evaluate("[...document.querySelectorAll('[data-now]')].map((each) => each.textContent)")
        assert set(told) == {"–"}, told
        assert await self.page.evaluate("getComputedStyle(document.querySelector('main')).filter") == "grayscale(1)"

    async def fits(self) -> None:
        """Nothing has to be scrolled to be seen."""
        over = "(e => [e.scrollWidth - innerWidth, e.scrollHeight - innerHeight])(document.documentElement)"
        await self.gives(over, [0, 0])

    async def beside(self, address: str) -> "Board":
        """Another page in the same browser; what goes wrong in it counts here too."""
        other = Board(await self.page.context.new_page())
        other.faults, other.hosts = self.faults, self.hosts
        await other.page.goto(address)
        return other

    async def picture(self, name: str) -> None:
        """Keep a picture where somebody wants to look at it."""
        if folder := os.environ.get("WALLBOARD_PICTURES"):
            await self.page.screenshot(path=Path(folder) / f"{name}.png")


def chromium() -> str:
    """Where it is installed; the test fails without it."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert found is not None, "no chromium: run scripts/real-parts"
    return found


@asynccontextmanager
async def started(*flags: str) -> AsyncIterator[Browser]:
    """A browser for the time of the block."""
    async with async_playwright() as tools:
        browser = await tools.chromium.launch(executable_path=chromium(), args=[*FLAGS, *flags])
        try:
            yield browser
        finally:
            await browser.close()


_shared: list[Browser] = []


@asynccontextmanager
async def shared(*flags: str) -> AsyncIterator[Browser]:
    """A browser in which every board of the block is opened; none knows of another."""
    async with started(*flags) as browser:
        _shared.append(browser)
        try:
            yield browser
        finally:
            _shared.remove(browser)


@asynccontextmanager
async def board(
    address: str,
    languages: Iterable[str] = ("en-GB",),
    size: tuple[int, int] = (1280, 720),
    ahead_s: float = 0.0,
    login: tuple[str, str] | None = None,
) -> AsyncIterator[Board]:
    """The page at `address`, open for the time of the block; at its end nothing may have gone wrong in it.

    The clock of the screen is `ahead_s` seconds ahead. `login`: name and password that are typed where they are asked for; a certificate
    that nobody signed is then clicked away.
    """
    async with AsyncExitStack() as stack:
        browser = _shared[-1] if _shared else await stack.enter_async_context(started())
        context = await browser.new_context(
            locale=next(iter(languages)),
            viewport={"width": size[0], "height": size[1]},
            http_credentials=None if login is None else {"username": login[0], "password": login[1]},
            ignore_https_errors=login is not None,
        )
        stack.push_async_callback(context.close)
        context.set_default_timeout(WITHIN_MS)
        await context.add_init_script(WATCH_POLICY)
        await context.add_init_script(KEEP_WORDS)
        await context.add_init_script(SET_CLOCK.replace("AHEAD_MS", str(ahead_s * 1000)))
        opened = Board(await context.new_page())
        await opened.page.goto(address)
        yield opened
        assert not opened.faults, "\n".join(opened.faults)
        assert opened.hosts == {"127.0.0.1"}

"""The runs behind `tests.bench.board`: a real daemon in a process of its own, a scripted PBX, a real broker, a real Chromium."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Literal

from playwright.async_api import Page, expect

from tests.daemon.fake_asterisk import SECRET, FakeAsterisk, event, hangup, new_channel, run_of_headers
from tests.daemon.ringtally_process import running_daemon, write_settings
from tests.mqtt.broker import mosquitto, shipped
from tests.mqtt.service import mqtt
from tests.wallboard.browser import WITHIN_MS, board

Source = Literal["stream", "broker"]
Pace = Literal["quiet", "busy"]
SOURCES: tuple[Source, ...] = ("stream", "broker")
# Longer than the second in which the list of live calls is told once at most.
_QUIET_S = (1.2, 1.6)
_BUSY_MEAN_S = 1.0
# So many wait at most; then all hang up, and that is no part of the measurement.
_AT_ONCE = 10
_SEEN_WITHIN_S = 10.0
_PASSWORD = "for-the-bench"
# The moment at which each count was first there to be seen: that of the next frame's begin, by the page's own clock.
_WATCH = """() => {
  window.seen = {};
  const tile = document.querySelector("#waiting b");
  new MutationObserver(() => {
    const count = tile.textContent;
    requestAnimationFrame(() => { window.seen[count] ??= performance.timeOrigin + performance.now(); });
  }).observe(tile, { childList: true, characterData: true, subtree: true });
}"""
_CLOCK = "performance.timeOrigin + performance.now()"


@dataclass(slots=True)
class Shown:
    """How long each change took, in ms; `unseen`: those that never came."""

    took_ms: list[float] = field(default_factory=list)
    unseen: int = 0


async def shown_by(source: Source, pace: Pace, calls: int, seed: int = 7) -> Shown:
    """Callers join a queue one after another, and a board that listens to this source shows each."""
    chance, shown = Random(seed), Shown()
    async with _open_board(source) as (pbx, page):
        ahead_ms = await _clock_ahead_ms(page)
        await page.evaluate(_WATCH)
        for first in range(0, calls, _AT_ONCE):
            ids = [f"1795450260.{n}" for n in range(first, min(first + _AT_ONCE, calls))]
            sent: dict[str, float] = {}
            for count, each in enumerate(ids, 1):
                await asyncio.sleep(
                    chance.uniform(*_QUIET_S) if pace == "quiet" else chance.expovariate(1 / _BUSY_MEAN_S)
                )
                sent[str(count)] = time.monotonic() * 1000
                pbx.sessions[-1].send(new_channel(each) + _joins(each))
            await _note(page, sent, ahead_ms, shown)
            pbx.sessions[-1].send(b"".join(hangup(each) for each in ids))
            await expect(page.locator("#waiting b")).to_have_text("0", timeout=WITHIN_MS)
            await asyncio.sleep(_QUIET_S[0])
            await page.evaluate("() => { window.seen = {}; }")
    return shown


def _joins(uniqueid: str) -> bytes:
    return event("QueueCallerJoin", run_of_headers(uniqueid) + "Queue: support\r\nPosition: 1\r\nCount: 1\r\n")


async def _note(page: Page, sent: dict[str, float], ahead_ms: float, shown: Shown) -> None:
    """Wait for the last of these counts, and take how long each took. One that was passed over was seen with the next."""
    last = str(max(map(int, sent)))
    seen: dict[str, float] = {}
    ends_at = time.monotonic() + _SEEN_WITHIN_S
    while last not in seen and time.monotonic() < ends_at:
        await asyncio.sleep(0.05)
        seen = await page.evaluate("window.seen")
    for count, at in sent.items():
        later = [moment for known, moment in seen.items() if int(known) >= int(count)]
        if later:
            shown.took_ms.append(min(later) - ahead_ms - at)
        else:
            shown.unseen += 1


async def _clock_ahead_ms(page: Page) -> float:
    """The page's clock minus ours: of many askings the one that was answered soonest, from the middle of it."""
    found = []
    for _ in range(50):
        asked = time.monotonic() * 1000
        told = await page.evaluate(_CLOCK)
        answered = time.monotonic() * 1000
        found.append((answered - asked, told - (asked + answered) / 2))
    return float(min(found)[1])


@asynccontextmanager
async def _open_board(source: Source) -> AsyncIterator[tuple[FakeAsterisk, Page]]:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        section = "[queues.support]\n"
        if source == "broker":
            broker = await stack.enter_async_context(mosquitto(folder, shipped(folder, _PASSWORD)))
            address = f"ws://127.0.0.1:{broker.websocket_port}/"
            section = mqtt(broker.port, f'username = "ringtally"\npassword = "{_PASSWORD}"\nwebsocket = "{address}"\n')
        pbx = await stack.enter_async_context(FakeAsterisk(steady=True))
        settings = write_settings(folder, "127.0.0.1", pbx.port, SECRET, section)
        daemon = await stack.enter_async_context(running_daemon(settings))
        await daemon.until("/-/ready", "ready")
        if source == "broker":
            await daemon.until("/metrics", "ringtally_mqtt_connected 1.0")
        shown = await stack.enter_async_context(board(f"http://127.0.0.1:{daemon.port}/wallboard/", size=(1920, 1080)))
        await shown.link_is("live")
        await shown.shows("#waiting b", "0")
        yield pbx, shown.page

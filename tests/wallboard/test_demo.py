"""The demo's own wallboard, on the demo's own broker."""

import asyncio
import signal
import subprocess

from tests.daemon.ringtally_process import ENVIRONMENT, RINGTALLY, WITHIN_S
from tests.wallboard.browser import IN_ONE_BROWSER, board

pytestmark = IN_ONE_BROWSER


async def test_the_demos_wallboard_moves() -> None:
    demo = await asyncio.create_subprocess_exec(
        RINGTALLY,
        "demo",
        "--listen",
        "127.0.0.1:0",
        "--seed",
        "5",
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    )
    assert demo.stdout is not None
    try:
        async with asyncio.timeout(WITHIN_S):
            name, address = (await demo.stdout.readline()).decode().split()
        assert name == "wallboard"
        async with board(f"{address}?board=table", size=(1920, 1080)) as page:
            await page.link_is("live")
            assert (await (await page.page.request.get(f"{address}config.json")).json())["broker"].startswith("ws://")
            await page.shows("#site", "demo")
            await page.has("#call-list ul", "talking")
            await page.has("#waiting-list ul", "•••")
            await page.has("#longest b", ":")
            await page.picture("demo")
            demo.send_signal(signal.SIGTERM)
            await page.link_is("no_broker")
            await page.knows_nothing_of_now()
    finally:
        if demo.returncode is None:
            demo.kill()
        await demo.wait()

"""How soon there is something to see, on loopback, in a browser that has none of it yet."""

from playwright.async_api import Browser

from tests.pages.office import addresses, office
from tests.wallboard.browser import IN_ONE_BROWSER, WITHIN_MS

pytestmark = IN_ONE_BROWSER
WITHIN_PAINT_MS = 500
# Another process may have had the processor; only who is late is asked again.
TRIES = 20
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


async def test_every_page_paints_something_within_half_a_second(one_browser: Browser) -> None:
    took: dict[str, float] = {}
    async with office() as (_, daemon):
        for address in addresses():
            for _try in range(TRIES):
                context = await one_browser.new_context(viewport={"width": 1920, "height": 1080})
                page = await context.new_page()
                await page.goto(f"http://127.0.0.1:{daemon.port}{address}")
                painted = await page.wait_for_function(PAINTED, timeout=WITHIN_MS)
                took[address] = min(await painted.json_value(), took.get(address, float("inf")))
                await context.close()
                if took[address] < WITHIN_PAINT_MS:
                    break
    assert not {address: ms for address, ms in took.items() if ms >= WITHIN_PAINT_MS}

"""axe-core finds nothing wrong with any page, in either theme, on a desk and on a phone."""

import signal
from importlib.resources import files

from playwright.async_api import Browser, Page, expect

from tests.callback.office import says_who_he_is
from tests.pages.office import TOKENS, addresses, office
from tests.wallboard.browser import IN_ONE_BROWSER, WITHIN_MS, Board

pytestmark = IN_ONE_BROWSER
DESK, PHONE = (1440, 900), (390, 844)
AXE = (files("axe_playwright_python") / "axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
FOUND = """async (rules) => (await axe.run(document, { runOnly: rules, resultTypes: ["violations"] })).violations.flatMap(
  (each) => each.nodes.map((node) => `${each.id}: ${node.target} ${node.failureSummary}`))"""
# What is there once a page has heard what it shows.
HEARD = {"/wallboard/": ".queue, .cells > li:not(.none), tbody tr", "/callback/": ".case", "/reports/": "h2"}
# A page that is still on its way has nothing wrong with it; nor has what fades in, so nothing moves in these.
IS_SHOWN = (
    """() => !document.querySelector("[aria-busy=true]") && [undefined, "live"].includes(document.body.dataset.link)"""
)


async def faults(page: Page) -> list[str]:
    """What axe-core finds, an element a line. It is run beside the page's own scripts, which its policy would not let it join."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE)
    found: list[str] = await page.evaluate(FOUND, RULES)
    return found


def told(wrong: dict[str, list[str]]) -> list[str]:
    return [f"{where}: {each}" for where, found in wrong.items() for each in found]


async def test_it_finds_what_is_wrong(one_browser: Browser) -> None:
    page = await one_browser.new_page()
    await page.set_content('<html lang="en"><title>x</title><main><h1>x</h1><img src="x"><p style="color:#888">faint')
    found = [line.partition(":")[0] for line in await faults(page)]
    assert sorted(found) == ["color-contrast", "image-alt"]
    await page.close()


async def test_nothing_is_wrong_with_any_page(one_browser: Browser) -> None:
    wrong: dict[str, list[str]] = {}
    async with office() as (_, daemon):
        # What fits on a phone does so in either theme.
        for theme, size in (("dark", DESK), ("light", DESK), ("light", PHONE)):
            page = await one_browser.new_page(viewport={"width": size[0], "height": size[1]}, reduced_motion="reduce")
            for address in addresses():
                if size == PHONE and address.startswith("/wallboard/"):
                    continue  # nobody hangs a phone on the wall
                mark = "&" if "?" in address else "?"
                await page.goto(f"http://127.0.0.1:{daemon.port}{address}{mark}theme={theme}&lang=ru")
                await page.wait_for_function(IS_SHOWN, timeout=WITHIN_MS)
                if (heard := HEARD.get(address.partition("?")[0])) is not None:
                    await expect(page.locator(heard).first).to_be_visible()
                assert await page.evaluate("document.documentElement.dataset.theme") == theme
                wrong[f"{address} {theme} {size}"] = await faults(page)
            await page.close()
    assert not told(wrong), "\n".join(told(wrong))


async def test_nor_with_what_opens_in_them_or_with_what_they_say_when_the_daemon_is_gone(one_browser: Browser) -> None:
    wrong: dict[str, list[str]] = {}
    async with office() as (_, daemon):
        page = await one_browser.new_page(viewport={"width": DESK[0], "height": DESK[1]}, reduced_motion="reduce")
        await page.goto(f"http://127.0.0.1:{daemon.port}/callback/?theme=light&lang=en")
        await page.wait_for_function(IS_SHOWN, timeout=WITHIN_MS)
        await page.click("#me")
        wrong["who asks"] = await faults(page)
        await page.keyboard.press("Escape")
        for token in TOKENS:
            await says_who_he_is(Board(page), "Anna", token)
        await page.locator(".case .who a").first.click()
        for box in await page.locator(".box summary").all():
            await box.click()
        await expect(page.locator(".history .step-missed")).to_be_visible()
        wrong["a case"] = await faults(page)
        board = await one_browser.new_page()
        await board.goto(f"http://127.0.0.1:{daemon.port}/wallboard/?theme=light")
        await board.wait_for_function(IS_SHOWN, timeout=WITHIN_MS)
        daemon.send(signal.SIGTERM)
        for name, each in (("callback", page), ("board", board)):
            await expect(each.locator("#bar")).to_be_visible()
            wrong[f"{name} without the daemon"] = await faults(each)
            await each.close()
        assert await daemon.ended() == 0
    assert not told(wrong), "\n".join(told(wrong))

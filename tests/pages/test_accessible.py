"""axe-core finds nothing wrong with any page, in either theme, on a desk and on a phone."""

from importlib.resources import files

import pytest
from playwright.async_api import Page, expect

from tests.callback.office import says_who_he_is
from tests.pages.office import TOKENS, addresses, browsing, office
from tests.wallboard.browser import WITHIN_MS, Board

pytestmark = pytest.mark.slow
AXE = (files("axe_playwright_python") / "axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
FOUND = """async (rules) => (await axe.run(document, { runOnly: rules, resultTypes: ["violations"] })).violations.flatMap(
  (each) => each.nodes.map((node) => `${each.id}: ${node.target} ${node.failureSummary}`))"""
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


async def test_it_finds_what_is_wrong() -> None:
    async with browsing() as browser:
        page = await browser.new_page()
        await page.set_content(
            '<html lang="en"><title>x</title><main><h1>x</h1><img src="x"><p style="color:#888">faint'
        )
        found = [line.partition(":")[0] for line in await faults(page)]
        assert sorted(found) == ["color-contrast", "image-alt"]


@pytest.mark.parametrize("theme", ["dark", "light"])
async def test_nothing_is_wrong_with_any_page(theme: str) -> None:
    wrong: dict[str, list[str]] = {}
    async with office() as (_, daemon), browsing() as browser:
        # What fits on a phone does so in either theme.
        for size in ((1440, 900), (390, 844))[: 2 if theme == "light" else 1]:
            page = await browser.new_page(viewport={"width": size[0], "height": size[1]}, reduced_motion="reduce")
            for address in addresses():
                if size[0] < size[1] and address.startswith("/wallboard/"):
                    continue  # nobody hangs a phone on the wall
                mark = "&" if "?" in address else "?"
                await page.goto(f"http://127.0.0.1:{daemon.port}{address}{mark}theme={theme}&lang=ru")
                await page.wait_for_function(IS_SHOWN, timeout=WITHIN_MS)
                assert await page.evaluate("document.documentElement.dataset.theme") == theme
                wrong[f"{address} {size}"] = await faults(page)
            await page.close()
    assert not told(wrong), "\n".join(told(wrong))


async def test_nor_with_what_opens_in_them_or_with_what_they_say_when_the_daemon_is_gone() -> None:
    wrong: dict[str, list[str]] = {}
    async with office() as (_, daemon), browsing() as browser:
        page = await browser.new_page(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
        await page.goto(f"http://127.0.0.1:{daemon.port}/callback/?theme=light&lang=en")
        await page.wait_for_function(IS_SHOWN, timeout=WITHIN_MS)
        await page.click("#me")
        wrong["who asks"] = await faults(page)
        await page.keyboard.press("Escape")
        for token in TOKENS:
            await says_who_he_is(Board(page), "Anna", token)
        await page.click(".case .who a")
        await page.wait_for_selector(".caller h2", timeout=WITHIN_MS)
        for box in await page.query_selector_all(".box summary"):
            await box.click()
        wrong["a case"] = await faults(page)
        board = await browser.new_page()
        await board.goto(f"http://127.0.0.1:{daemon.port}/wallboard/?theme=light")
        await board.wait_for_function(IS_SHOWN, timeout=WITHIN_MS)
        assert await daemon.stop() == 0
        for name, each in (("callback", page), ("board", board)):
            await expect(each.locator("#bar")).to_be_visible(timeout=WITHIN_MS)
            wrong[f"{name} without the daemon"] = await faults(each)
    assert not told(wrong), "\n".join(told(wrong))

"""What there is to be read off the reports page, and saved from it."""

from pathlib import Path

from playwright.async_api import Page, expect

from tests.wallboard.browser import WITHIN_MS


async def shown(page: Page) -> None:
    """Wait until it shows what is asked for."""
    await expect(page.locator("main")).to_have_attribute("aria-busy", "false", timeout=WITHIN_MS)


async def figures(page: Page) -> dict[str, str]:
    """The great numbers by their titles."""
    told: list[list[str]] = await page.evaluate(
        "[...document.querySelectorAll('.figure')].map((each) => [each.querySelector('dt').textContent.split('\\u00a0?')[0], each.querySelector('.value').textContent])"
    )
    return {title: value for title, value in told}


async def saved(page: Page, form: str, folder: Path) -> Path:
    """The file of this form, as the browser saves it."""
    await page.locator(".menu summary").click()
    async with page.expect_download() as waited:
        await page.locator(f"[data-form={form}]").click()
    download = await waited.value
    path = folder / download.suggested_filename
    await download.save_as(path)
    return path

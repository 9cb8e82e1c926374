"""Reports in a real Chromium: nothing juts out of A4, on paper or screen, and hostile callers are only looked at."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Page, async_playwright

from daemon.reports.document import Document
from daemon.reports.html_page import html_text
from daemon.reports.missed_document import missed_document
from daemon.reports.wait_document import wait_document
from daemon.words import Language
from storage.reading import reading
from storage.reports.missed import missed_report
from storage.reports.report_filter import ReportFilter
from storage.reports.wait import wait_report
from tests.daemon.reports.sample_document import HOSTILE
from tests.storage.reports.generated import DEPARTMENTS, Made, office, stored
from tests.storage.sample_calls import START
from tests.wallboard.browser import FLAGS, chromium

pytestmark = pytest.mark.slow
ZONE = ZoneInfo("Europe/Moscow")
# A4 landscape without the margins of the page: (297 - 22) mm, (210 - 22) mm at 96 dpi.
PAPER = {"width": 1039, "height": 711}
SCREEN = {"width": 1280, "height": 800}
NAMES = ("Общество с ограниченной ответственностью «Рога и копыта»", "x" * 300, *HOSTILE)


@asynccontextmanager
async def opened(page: str, folder: Path) -> AsyncIterator[Page]:
    """The page, opened as a file; at the end it has run nothing and asked for nothing."""
    file = folder / "report.html"
    file.write_text(page, encoding="utf-8")
    asked: list[str] = []
    faults: list[str] = []
    async with async_playwright() as tools:
        browser = await tools.chromium.launch(executable_path=chromium(), args=FLAGS)
        try:
            sight = await browser.new_page(viewport={"width": SCREEN["width"], "height": SCREEN["height"]})
            sight.on("request", lambda request: asked.append(request.url))
            sight.on("dialog", lambda dialog: faults.append(dialog.message))
            sight.on("console", lambda message: faults.append(message.text))
            await sight.goto(file.as_uri())
            yield sight
            assert asked == [file.as_uri()]
            assert not faults
        finally:
            await browser.close()


async def reports(folder: Path, language: Language) -> list[Document]:
    """Both reports about an office whose callers have long and hostile names, compared with the time before."""
    random = Random(11)
    made = [
        Made(
            replace(
                each.ended,
                call=replace(each.ended.call, caller_name=random.choice(NAMES).encode("utf-8", "replace").decode()),
            ),
            each.case,
            each.was_late,
        )
        for each in office(random, 400, days=60)
    ]
    await stored(folder / "calls.db", made)
    wanted, before = ReportFilter(since=START - 30 * 86_400), ReportFilter(until=START - 30 * 86_400)
    lines, compared = ("period: a month",), "the month before"
    async with reading(folder / "calls.db") as connection:
        missed = await missed_report(connection, wanted, ZONE, DEPARTMENTS, before)
        waits = [
            await wait_report(connection, wanted, by, ZONE, DEPARTMENTS, before) for by in ("trunk", "hour", "day")
        ]
    return [
        missed_document(missed, lines, compared, ZONE, language),
        *(wait_document(each, lines, compared, ZONE, language) for each in waits),
    ]


@pytest.mark.parametrize("language", ["en", "ru"])
async def test_nothing_juts_out_of_the_paper_or_the_screen(tmp_path: Path, language: Language) -> None:
    for document in await reports(tmp_path, language):
        async with opened(html_text(document), tmp_path) as page:
            assert await page.evaluate("document.documentElement.scrollWidth") <= SCREEN["width"], document.title
            await page.emulate_media(media="print")
            await page.set_viewport_size({"width": PAPER["width"], "height": PAPER["height"]})
            assert await page.evaluate("document.documentElement.scrollWidth") <= PAPER["width"], document.title


async def test_a_long_report_is_pages_of_a4(tmp_path: Path) -> None:
    document = (await reports(tmp_path, "en"))[0]
    async with opened(html_text(document), tmp_path) as page:
        pdf = await page.pdf(prefer_css_page_size=True, print_background=True)
        rows = await page.evaluate("document.querySelectorAll('tbody tr').length")
    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    assert {(round(float(width)), round(float(height))) for width, height in boxes} == {(842, 595)}
    assert 2 <= len(boxes) < rows


async def test_a_link_leads_to_the_later_call(tmp_path: Path) -> None:
    document = (await reports(tmp_path, "en"))[0]
    async with opened(html_text(document), tmp_path) as page:
        link = page.locator("td a").first
        call = await link.inner_text()
        await link.click()
        assert await page.locator(":target").inner_text() == call
        assert await page.locator(":target").is_visible()

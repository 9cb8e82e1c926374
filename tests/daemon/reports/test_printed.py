"""Reports in a real Chromium: nothing juts out of A4, on paper or screen, and hostile callers are only looked at."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Browser, Page

from daemon.log import harmless
from daemon.reports.document import Document
from daemon.reports.html_page import html_text
from daemon.reports.missed_document import missed_document
from daemon.reports.wait_document import wait_document
from daemon.words import Language
from handlers.ami.texts import bounded
from storage.reading import reading
from storage.reports.missed import missed_report
from storage.reports.report_filter import ReportFilter
from storage.reports.wait import wait_report
from tests.daemon.reports.sample_document import report, texts
from tests.hostile import HOSTILE
from tests.storage.reports.generated import DEPARTMENTS, Made, office, stored
from tests.storage.sample_calls import START
from tests.wallboard.browser import IN_ONE_BROWSER, WATCH_POLICY, WITHIN_MS

pytestmark = IN_ONE_BROWSER
ZONE = ZoneInfo("Europe/Moscow")
# A4 landscape without the margins of the page: (297 - 22) mm, (210 - 22) mm at 96 dpi.
PAPER = {"width": 1039, "height": 711}
SCREEN = {"width": 1280, "height": 800}
NAMES = ("Общество с ограниченной ответственностью «Рога и копыта»", "x" * 300, *map(bounded, HOSTILE.values()))


@asynccontextmanager
async def opened(browser: Browser, page: str, folder: Path) -> AsyncIterator[Page]:
    """The page, opened as a file; at the end it has run nothing and asked for nothing."""
    file = folder / "report.html"
    file.write_text(page, encoding="utf-8")
    asked: list[str] = []
    faults: list[str] = []
    sight = await browser.new_page(viewport={"width": SCREEN["width"], "height": SCREEN["height"]})
    try:
        sight.set_default_timeout(WITHIN_MS)
        await sight.add_init_script(WATCH_POLICY)
        sight.on("pageerror", lambda error: faults.append(f"error: {error}"))
        sight.on("request", lambda request: asked.append(request.url))
        sight.on("dialog", lambda dialog: faults.append(dialog.message))
        sight.on("console", lambda message: faults.append(message.text))
        await sight.goto(file.as_uri())
        yield sight
        assert asked == [file.as_uri()]
        assert not faults
    finally:
        await sight.close()


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
async def test_nothing_juts_out_of_the_paper_or_the_screen(
    tmp_path: Path, one_browser: Browser, language: Language
) -> None:
    for document in await reports(tmp_path, language):
        async with opened(one_browser, html_text(document), tmp_path) as page:
            assert await page.evaluate("document.documentElement.scrollWidth") <= SCREEN["width"], document.title
            await page.emulate_media(media="print")
            await page.set_viewport_size({"width": PAPER["width"], "height": PAPER["height"]})
            await page.wait_for_function("wide => innerWidth === wide", arg=PAPER["width"])
            assert await page.evaluate("document.documentElement.scrollWidth") <= PAPER["width"], document.title


async def test_a_long_report_is_pages_of_a4(tmp_path: Path, one_browser: Browser) -> None:
    document = (await reports(tmp_path, "en"))[0]
    async with opened(one_browser, html_text(document), tmp_path) as page:
        pdf = await page.pdf(prefer_css_page_size=True, print_background=True)
        rows = await page.evaluate("document.querySelectorAll('tbody tr').length")
    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    assert {(round(float(width)), round(float(height))) for width, height in boxes} == {(842, 595)}
    assert 2 <= len(boxes) < rows


async def test_hostile_callers_are_only_looked_at(tmp_path: Path, one_browser: Browser) -> None:
    """Each text stands in its cell as it is told, and no element is there that would not be for anybody's name."""
    names = list(HOSTILE.values())
    async with opened(
        one_browser, html_text(texts([[text, str(n)] for n, text in enumerate(names)])), tmp_path
    ) as page:
        cells = await page.evaluate(
            "[...document.querySelectorAll('tr td:first-child')].map((each) => each.textContent)"
        )
        assert cells == [harmless(text, len(text)) for text in names]
        found = await page.evaluate("[...document.querySelectorAll('*')].map((each) => each.localName)")
        assert len(found) == 16 + 3 * len(names)
        assert set(found) == {
            "html",
            "head",
            "meta",
            "title",
            "style",
            "body",
            "section",
            "h2",
            "table",
            "thead",
            "tbody",
            "tr",
            "th",
            "td",
        }
        assert await page.evaluate("getComputedStyle(document.querySelector('table')).borderCollapse") == "collapse"


async def test_a_page_that_somebody_got_a_script_into_does_not_run_it(tmp_path: Path, one_browser: Browser) -> None:
    spoilt = html_text(report()).replace("Иван", "<script>alert(1)</script><style>*{display:none}</style>")

    async def look() -> None:
        async with opened(one_browser, spoilt, tmp_path) as page:
            assert await page.locator("td script").count() == 6
            assert await page.locator("h1").is_visible()

    with pytest.raises(AssertionError, match="Content Security Policy"):
        await look()


async def test_a_link_leads_to_the_later_call(tmp_path: Path, one_browser: Browser) -> None:
    document = (await reports(tmp_path, "en"))[0]
    async with opened(one_browser, html_text(document), tmp_path) as page:
        link = page.locator("td a").first
        call = await link.inner_text()
        await link.click()
        assert await page.locator(":target").inner_text() == call
        assert await page.locator(":target").is_visible()

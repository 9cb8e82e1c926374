"""The reports page in a real Chromium: the command line's figures, files that open, and hostile callers who are only looked at."""

import asyncio
import csv
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import openpyxl
from playwright.async_api import Page, expect

from daemon.app import Running
from handlers.ami.texts import bounded
from tests.daemon.app_service import TOKEN
from tests.daemon.report_service import DAY, PERIOD, serving, told_by_the_command
from tests.daemon.test_analysis_commands import MADE
from tests.hostile import HOSTILE, is_inert
from tests.reports_page.report_page import figures, saved, shown
from tests.storage.reports.generated import Made
from tests.storage.sample_calls import a_missed_call, ended
from tests.wallboard.browser import IN_ONE_BROWSER, Board, board

pytestmark = IN_ONE_BROWSER
A4_WIDTH = 703
"""Without the margins, at 96 dpi."""
WORDS_FIT = """field => {
    const [pen, of] = [document.createElement("canvas").getContext("2d"), getComputedStyle(field)];
    pen.font = of.font;
    return pen.measureText(field.placeholder).width <= field.clientWidth - parseFloat(of.paddingLeft) - parseFloat(of.paddingRight);
}"""
"""Is the whole of what an empty field says to be read?"""
PHONE = (390, 844)
FITS = "wide => innerWidth === wide && document.documentElement.scrollWidth <= wide"
APART = """() => document.querySelector("#report > .heading + *").getBoundingClientRect().top
    - document.querySelector("#report > .heading").getBoundingClientRect().bottom"""
# A name as a caller sends it, and a trunk and queue as a careless administrator calls them.
MEAN = [
    Made(
        ended(a_missed_call(n, caller_name=bounded(text), trunk=bounded(text), queue=bounded(text), caller=f"7916{n:07}", caller_e164=f"+7916{n:07}")),
        None,
    )
    for n, text in enumerate(HOSTILE.values())
]  # fmt: skip


@asynccontextmanager
async def page_of(daemon: Running, query: str, **options: Any) -> AsyncIterator[Board]:
    """The page, once it shows what is asked for."""
    async with board(f"http://127.0.0.1:{daemon.port}/reports/?{query}", **options) as opened:
        await shown(opened.page)
        yield opened


async def by_command(folder: Path, *words: str) -> Any:
    return await asyncio.to_thread(told_by_the_command, folder, "report", *words)


async def give_token(page: Page, token: str) -> None:
    await page.get_by_role("button", name="Show them").click()
    await page.locator("#read-token").fill(token)
    await page.get_by_role("button", name="Use it").click()


async def leads_to_the_caller_and_his_call(opened: Board, report: Any) -> None:
    """By the links in his row: in another tab, without a token, too."""
    late = next(call for call in report["calls"] if call["trunk"] == "mts")
    row = opened.page.locator("table.calls tbody tr").filter(has_text="mts")
    links = await row.locator("a").evaluate_all("all => all.map((each) => each.href)")
    callback = urljoin(opened.page.url, "../callback/?lang=en")
    assert links == [f"{callback}#call/{late['id']}", f"{callback}#{late['case_id']}"]
    beside = await opened.beside(links[1])
    await beside.shows(".caller h2", "+7900•••8877")
    await beside.page.goto(links[0])
    await beside.has(".call-line .lead", "waited 0:50")
    await expect(beside.page.locator(".call-line .back")).to_have_text("Back to the list")
    await beside.page.keyboard.press("Escape")
    await expect(beside.page.locator("#panel .none")).to_be_visible()
    await beside.page.close()


async def test_it_shows_the_figures_of_the_command_line_and_saves_them(tmp_path: Path) -> None:
    async with (
        serving(tmp_path, MADE) as (daemon, _),
        page_of(daemon, f"report=missed&{DAY}&lang=en", size=(1440, 900)) as opened,
    ):
        page = opened.page
        report = await by_command(tmp_path, "missed", *PERIOD)
        told, total = await figures(page), report["total"]
        assert told["Missed calls"] == str(total["missed"]) == "3"
        assert told["Truly missed"] == str(total["callers_by_outcome"]["truly_missed"]) == "1"
        assert told["Missed share"] == "75.0%"
        # All three began on a Monday, from seven in the evening on.
        heat = page.locator("svg[aria-label^='Missed calls by hour'] .value")
        await expect(heat).to_have_text(["3", *["0"] * 6])
        assert await page.locator("#number").evaluate(WORDS_FIT)
        rows = page.locator("table.calls tbody tr")
        await expect(rows).to_have_count(len(report["calls"]))
        assert "+79009998877" not in await page.inner_text("main")
        # What a term means is one click away.
        await page.get_by_label("What is “Truly missed”?").click()
        await expect(page.locator(".tone-bad .meaning p")).to_contain_text("Nobody has spoken with the caller")

        await give_token(page, "a-wrong-one-of-its-length")
        await expect(page.get_by_role("alert").filter(has_text="not the one")).to_be_visible()
        await page.get_by_role("button", name="Cancel").click()
        await give_token(page, TOKEN)
        await expect(rows.filter(has_text="+79009998877")).to_have_count(1)

        book = openpyxl.load_workbook(await saved(page, "xlsx", tmp_path))
        assert "+79009998877" in {cell.value for row in book["list of missed calls"].rows for cell in row}
        with (await saved(page, "csv", tmp_path)).open(encoding="utf-8", newline="") as file:
            assert len(list(csv.reader(file))) == 1 + total["missed"]

        assert "callback" not in (await saved(page, "html", tmp_path)).read_text("utf-8")
        await leads_to_the_caller_and_his_call(opened, report)

        # The address holds what is asked for: a colleague sees the same, and there is a way back.
        await page.locator("#trunk").select_option("mts")
        await expect(rows).to_have_count(1)
        await expect(page).to_have_url(re.compile("trunk=mts"))
        await page.reload()
        await expect(rows).to_have_count(1)
        await page.get_by_role("link", name="Waiting").click()
        await expect(page.locator("h2")).to_have_text("Average wait")
        await shown(page)
        wait = await by_command(tmp_path, "wait", *PERIOD, "--trunk", "mts")
        assert (await figures(page))["Calls"] == str(wait["total"]["calls"]) == "1"
        await page.go_back()
        await expect(page.locator("h2")).to_have_text("Analysis of missed calls")
        await page.go_back()
        await expect(rows).to_have_count(3)
        await page.get_by_role("link", name="Calls", exact=True).click()
        await expect(page.locator("table.calls tbody tr")).to_have_count(4)
        opened.hosts.discard("")  # a file that was saved has no host


async def test_whatever_callers_and_trunks_are_called_it_shows_text_on_a_phone_and_on_paper(tmp_path: Path) -> None:
    async with (
        serving(tmp_path, [*MADE, *MEAN]) as (daemon, _),
        page_of(daemon, f"report=missed&{DAY}&lang=ru", size=PHONE) as opened,
    ):
        page = opened.page
        plain = await elements(page)
        await page.evaluate("token => sessionStorage.setItem('ringtally.me', JSON.stringify({read: token}))", TOKEN)
        for report in ("missed", "wait", "calls"):
            await page.goto(f"http://127.0.0.1:{daemon.port}/reports/?report={report}&{DAY}&lang=ru")
            await shown(page)
            await opened.is_drawn()
            assert await page.locator("table bdi").count() > len(MEAN) / 2
            for name in await page.locator("table bdi, svg text").all_text_contents():
                assert is_inert(f"\u2068{blank(name)}\u2069"), name
            assert await elements(page) - plain <= {"bdi", "b", "button", "tfoot", "circle"}
            await opened.gives(FITS, True, PHONE[0])
            assert await page.evaluate(APART) > 0
            await page.set_viewport_size({"width": A4_WIDTH, "height": 1000})
            await page.emulate_media(media="print")
            await opened.is_drawn()
            await opened.gives(FITS, True, A4_WIDTH)
            await page.emulate_media(media="screen")
            await page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})


async def elements(page: Page) -> set[str]:
    found: list[str] = await page.evaluate("[...document.body.querySelectorAll('*')].map((each) => each.localName)")
    return set(found)


def blank(text: str) -> str:
    """A browser shows any blank as one; a terminal might not."""
    return re.sub(r"[^\S\r\n\t\x0b\x0c\x1c-\x1f\x85\u2028\u2029]", " ", text)


async def test_where_nothing_is_it_says_so_and_where_nobody_answers_too(tmp_path: Path) -> None:
    async with (
        serving(tmp_path, [replace(each, case=None) for each in MADE[:1]]) as (daemon, _),
        page_of(daemon, f"report=missed&{DAY}") as opened,
    ):
        page = opened.page
        await expect(page.locator(".empty")).to_contain_text("No call was missed in this period")
        await page.route("**/api/v1/reports/**", lambda route: route.abort())
        await page.get_by_label("Yesterday").check()
        await expect(page.get_by_role("alert")).to_contain_text("Ringtally does not answer")
        await expect(page.locator(".figure")).to_have_count(0)
        await page.unroute("**/api/v1/reports/**")
        await page.get_by_role("button", name="Try again").click()
        await expect(page.locator(".empty")).to_be_visible()
        await expect(page.get_by_role("alert")).to_be_hidden()


async def test_a_period_that_ends_before_it_begins_is_said_in_the_readers_language_and_takes_no_report_away(
    tmp_path: Path,
) -> None:
    async with (
        serving(tmp_path, MADE) as (daemon, _),
        page_of(daemon, f"report=missed&{DAY}&lang=ru", size=(1440, 900)) as opened,
    ):
        page = opened.page
        alert = page.locator("#trouble")
        began = await page.locator("#from").input_value()
        await page.locator("#to").fill("2020-01-01")
        await expect(alert).to_have_text("Конец периода раньше начала.")
        await shown(page)
        await expect(page.locator("table.calls tbody tr")).to_have_count(3)
        await expect(page.locator("#from")).to_have_value(began)
        await expect(page.locator("#to")).to_have_value("2020-01-01")
        # What is seen is what is saved.
        with (await saved(page, "csv", tmp_path)).open(encoding="utf-8", newline="") as file:
            assert len(list(csv.reader(file))) == 1 + 3
        # Another report is not there: nothing is shown under its name.
        await page.locator("#tabs a").filter(has_text="Ожидание").click()
        await expect(page.locator("#report > *")).to_have_count(0)
        await expect(alert).to_have_text("Конец периода раньше начала.")
        await page.locator("#to").fill(began)
        await expect(page.locator("h2")).to_have_text("Среднее время ожидания")
        await expect(alert).to_be_hidden()
        opened.hosts.discard("")  # a file that was saved has no host
        # Of times written by hand too.
        await page.goto(f"{page.url.split('?')[0]}?report=missed&from=2020-01-02T10:00&to=2020-01-02T09:00&lang=ru")
        await expect(alert).to_have_text("Конец периода раньше начала.")

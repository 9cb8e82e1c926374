"""What the reports page says of calls that phones really made."""

import csv
import re
from pathlib import Path

import openpyxl
from playwright.async_api import Page, expect

from tests.reports_page.report_page import figures, saved, shown
from tests.wallboard.browser import WITHIN_MS, Board

REACHED, WAITING = "+74951234567", "+79031112233"


async def says_what_the_phones_did(desk: Board, folder: Path) -> None:
    """One was answered by a phone, two were missed in the queue of Support, one of them was called back; all by one trunk.

    `desk`: where somebody has typed the token. It ends on the call-back page, at the one who is still to be called.
    """
    await desk.page.goto(desk.page.url.partition("/callback")[0] + "/reports/?lang=en")
    page = desk.page
    await missed_ones(page, folder)
    await filtered(page)
    await page.get_by_role("link", name="Waiting").click()
    await waits(page)
    await page.get_by_role("link", name="Calls", exact=True).click()
    await all_calls(page, folder)
    await page.go_back()
    await page.go_back()
    await (
        page.locator("table.calls tbody tr")
        .filter(has_text=WAITING)
        .get_by_title("The caller on the call-back page")
        .click()
    )
    await desk.shows(".caller h2", "+7 903 111-22-33")
    desk.hosts.discard("")  # a file that was saved has no host


async def missed_ones(page: Page, folder: Path) -> None:
    rows = page.locator("table.calls tbody tr")
    await expect(rows).to_have_count(2, timeout=WITHIN_MS)
    await shown(page)
    told = await figures(page)
    assert told | {"Missed calls": "2", "Missed callers": "2", "Truly missed": "0", "Missed share": "66.7%"} == told
    assert (told["Given up at once"], told["Without a number"]) == ("0", "0")
    await expect(rows.filter(has_text=REACHED)).to_contain_text("called back")
    await expect(rows.filter(has_text=WAITING)).to_contain_text("time left")
    heat = page.get_by_role("img", name="Missed calls by hour and weekday")
    assert sum(map(int, await heat.locator(".value").all_text_contents())) == 2
    became = page.get_by_role("img", name="What became of the missed callers")
    assert await became.locator("title").all_text_contents() == ["called back: 1 (50.0%)", "time left: 1 (50.0%)"]
    by_department = page.get_by_role("img", name="Missed by department")
    assert await by_department.locator("title").all_text_contents() == ["Support — 2, truly missed 0"]

    book = openpyxl.load_workbook(await saved(page, "xlsx", folder))
    head, *calls = book["list of missed calls"].iter_rows(values_only=True)
    number, state, queue = (head.index(each) for each in ("number", "state", "queue"))
    assert {(call[number], call[state], call[queue]) for call in calls} == {
        (REACHED, "called back", "support"),
        (WAITING, "time left", "support"),
    }
    assert book["by weekday and hour"]["Z9"].value == 2


async def filtered(page: Page) -> None:
    share = page.locator(".figure").filter(has_text="Missed share").locator(".value")
    await page.locator("#department").select_option("Support")
    await expect(share).to_have_text("100.0%", timeout=WITHIN_MS)  # who was answered called no queue
    await page.locator("#department").select_option("none")
    await expect(page.locator(".empty")).to_contain_text("No call was missed", timeout=WITHIN_MS)
    await page.locator("#reset").click()
    await expect(share).to_have_text("66.7%", timeout=WITHIN_MS)
    trunks = await page.locator("#trunk option").all_text_contents()
    assert trunks[0] == "all"
    assert len(trunks) == 2
    await page.locator("#trunk").select_option(trunks[1])
    await expect(page.locator(".only")).to_contain_text(trunks[1], timeout=WITHIN_MS)
    await shown(page)
    await expect(share).to_have_text("66.7%")
    await page.get_by_label("Last month").check()
    await expect(page.locator(".empty")).to_be_visible(timeout=WITHIN_MS)
    await page.locator("#reset").click()
    await page.get_by_label("7 days").check()
    await expect(share).to_have_text("66.7%", timeout=WITHIN_MS)


async def waits(page: Page) -> None:
    await expect(page.locator("h2")).to_have_text("Average wait", timeout=WITHIN_MS)
    await shown(page)
    told = await figures(page)
    assert (told["Calls"], told["Missed calls"]) == ("3", "2")
    by_trunk = page.get_by_role("img", name="Calls by trunk").locator("title")
    assert [text.partition(" — ")[2] for text in await by_trunk.all_text_contents()] == ["answered 1, missed 2"]
    by_hour = await page.get_by_role("img", name="Wait by hour").locator("title").all_text_contents()
    counts = [re.findall(r"Calls (\d+)$", text) for text in by_hour]
    assert sum(int(count) for found in counts for count in found) == 3


async def all_calls(page: Page, folder: Path) -> None:
    rows = page.locator("table.calls tbody tr")
    await expect(rows).to_have_count(4, timeout=WITHIN_MS)
    await expect(rows.filter(has_text="missed: abandoned")).to_have_count(2)
    await expect(rows.filter(has_text="← outgoing")).to_contain_text(REACHED)
    with (await saved(page, "csv", folder)).open(encoding="utf-8", newline="") as file:
        calls = list(csv.DictReader(file))
    told = sorted((call["direction"], call["result"], call["caller"]) for call in calls)
    assert [direction for direction, _, _ in told] == ["in", "in", "in", "out"]
    assert [result for _, result, _ in told] == ["abandoned", "abandoned", "answered", "answered"]

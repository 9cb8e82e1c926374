"""The call-back page on the daemon's own stream: tokens, claims, conflicts, what is typed and never lost."""

import asyncio
import re
import signal
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from playwright.async_api import Route, expect

from daemon import clock
from tests.callback.office import (
    MASKED,
    NUMBER,
    PHONE,
    READ,
    WRITE,
    case_id,
    desk,
    miss,
    office,
    post,
    says_who_he_is,
    settings,
)
from tests.daemon.fake_asterisk import FakeAsterisk
from tests.daemon.free_port import closed_port
from tests.daemon.ringtally_process import ran_here, running_daemon
from tests.wallboard.browser import IN_ONE_BROWSER, Board

pytestmark = IN_ONE_BROWSER
MOSCOW = ZoneInfo("Europe/Moscow")
# Of half an hour, for who looks within some minutes.
MINUTES_LEFT = r"2[5-9]:\d\d"
KEPT = "JSON.stringify([{...localStorage}, {...sessionStorage}])"
SMALL = """[...document.querySelectorAll("button, a.button, input, select, textarea, summary, .choice")]
    .filter((each) => each.checkVisibility() && !["radio", "checkbox"].includes(each.type))
    .map((each) => [each.className || each.localName, each.getBoundingClientRect()])
    .filter(([, box]) => box.height < 44 || box.width < 44).map(([name]) => name)"""


PICTURES = {
    "12-blind-transfer-answered": ("1795450270.0", {"talk", "ring"}, "passed on: answered101 → 102"),
    "16-park-and-retrieve": ("1795450289.0", {"talk", "ring", "parked"}, "parked"),
    "21-hold": ("1795450309.0", {"talk", "ring", "hold"}, "caller holds"),
    "07-ivr-queue-second-agent": ("1795450260.0", {"rest", "queue", "talk", "ring"}, "rings: no answerAnna"),
}
"""Recordings, what is drawn of a call of theirs, and what is told of it."""
DRAWN = "[...new Set([...document.querySelectorAll('rect.bar')].map((each) => each.classList[1]))].sort()"


async def has_stored(folder: Path, *names: str) -> None:
    """These calls were long ago."""
    for name in names:
        recording = Path(__file__).parents[1] / "recordings" / name / "events.jsonl.gz"
        replayed = await ran_here("replay", recording, "--db", folder / "calls.db")
        assert replayed.status == 0, replayed.stderr


async def is_as_wide_as_the_phone(page: Board) -> None:
    await page.gives("document.documentElement.scrollWidth <= innerWidth", True)
    await page.gives(SMALL, [])


async def test_a_token_is_typed_once_shows_the_numbers_and_can_be_forgotten(tmp_path: Path) -> None:
    async with office(tmp_path) as (pbx, daemon), desk(daemon, PHONE) as page:
        await page.shows("#none", "Nobody waits for a call. Everybody was reached.")
        miss(pbx)
        await page.shows(".case .who a", MASKED)
        await page.has("#hint", "Without a token numbers and names are hidden")
        await expect(page.page.locator(".case .acts")).to_be_hidden()
        await page.page.click("#me")
        await page.page.fill("#who [name=token]", "what-is-none")
        await page.page.fill("#who [name=by]", " Anna   K ")
        await page.page.click("#who [type=submit]")
        await page.shows("#who .wrong", "Ringtally does not know this token.")
        await page.page.click("#who .close")
        await says_who_he_is(page, "Anna", READ)
        await page.shows(".case .who a", NUMBER)
        await expect(page.page.locator(".case a.call")).to_have_attribute("href", "tel:+79001112233")
        await page.has("#hint", "the token that writes is needed too")
        late = await holding_the_first_answer(page, f"{READ}, {WRITE}")
        await says_who_he_is(page, "Anna", WRITE)
        await expect(page.page.locator("#hint")).to_be_hidden()
        # An answer that was overtaken by that to a later question is none any more.
        async with page.page.expect_event("requestfinished", lambda request: request == late[0].request):
            await late[0].fulfill(json={"reads_all": True, "writes": False})
        await page.is_drawn()
        await expect(page.page.locator("#hint")).to_be_hidden()
        await page.page.reload()
        await page.shows(".case .who a", NUMBER)
        await expect(page.page.locator(".case button.claim")).to_be_visible()
        await is_as_wide_as_the_phone(page)
        await page.page.click(".case button.claim")
        await page.has(".caller .claimed", "you call back")
        await page.has(".history .step-claimed", "Anna")
        for box in await page.page.locator(".box summary").all():
            await box.click()
        await expect(page.page.locator(".box textarea:visible")).to_have_count(1)
        await is_as_wide_as_the_phone(page)
        assert READ not in page.page.url
        kept = await page.page.evaluate(KEPT)
        assert READ in kept
        assert "ringtally.claims" in kept
        await page.page.fill(".forms > form textarea", "calls again at six")
        await page.page.click("#me")
        await page.page.click("#who .forget")
        await page.shows(".caller h2", MASKED)
        # Of what may no longer be told stays to be seen what was typed, and that alone.
        await expect(page.page.locator(".forms > form textarea")).to_be_visible()
        await expect(page.page.get_by_role("button", name="Save the note")).to_be_disabled()
        await expect(page.page.locator(".box:visible")).to_have_count(0)
        kept = await page.page.evaluate(KEPT)
        assert not any(word in kept for word in (READ, WRITE, "Anna", "ringtally.claims"))


async def holding_the_first_answer(page: Board, tokens: str) -> list[Route]:
    """To what these tokens allow: it is held until somebody gives it."""
    held: list[Route] = []

    async def hold(route: Route) -> None:
        if held or route.request.headers.get("x-ringtally-token") != tokens:
            await route.continue_()
        else:
            held.append(route)

    await page.page.route("**/api/v1/access", hold)
    return held


async def holding(page: Board, what: str) -> asyncio.Future[Route]:
    """What is told of a case next is held until somebody lets it go on."""
    held: asyncio.Future[Route] = asyncio.get_running_loop().create_future()

    def hold(route: Route) -> None:
        held.set_result(route)

    await page.page.route(f"**/{what}", hold)
    return held


async def hears_nothing(page: Board) -> None:
    """What its page shows grows old from here on; what it tells still comes through."""
    await page.page.route("**/api/v1/stream", lambda route: route.abort())
    await page.page.evaluate("dispatchEvent(new Event('offline'))")
    await expect(page.page.locator("#bar")).to_be_visible()


async def test_what_one_does_the_other_sees_and_what_he_typed_meanwhile_stays(tmp_path: Path) -> None:
    evil = "<img src=x onerror=alert(1)>\u202etxt\nтам же"
    async with (
        office(tmp_path, more='[callback]\ndial_as = "national"\ndial_prefix = "9"\n') as (pbx, daemon),
        desk(daemon, PHONE, "Anna") as anna,
        desk(daemon, by="<b>Oleg</b>") as oleg,
    ):
        for number in range(3):
            miss(pbx, number)
        await anna.shows("#count", "3")
        await expect(anna.page.locator(".case a.call").first).to_have_attribute("href", "tel:989001112233")
        await oleg.page.locator(".case .who a").first.click()
        await oleg.page.fill(".forms > form textarea", evil)
        await anna.page.locator(".case button.claim").first.click()
        await anna.has(".caller .claimed", re.compile(f"you call back, {MINUTES_LEFT}"))
        await oleg.has(".caller .claimed", re.compile(f"Anna calls back, {MINUTES_LEFT}"))
        await expect(oleg.page.locator(".caller button.claim")).to_be_hidden()
        # Whoever has marked a line of the history keeps it.
        await expect(oleg.page.locator(".step-claimed")).to_be_visible()
        await oleg.page.evaluate("document.querySelector('.step-missed').isMine = true")
        await oleg.page.press(".forms > form textarea", "Control+Enter")
        await oleg.told("Noted.")
        await anna.has(".step-note .written", "<img src=x onerror=alert(1)>\\u202etxt")
        await anna.has(".step-note .by", "<b>Oleg</b>")
        await expect(oleg.page.locator(".step-note")).to_be_visible()
        await oleg.gives("document.querySelector('.step-missed').isMine", True)

        # Another was faster: what a page shows may be a moment old.
        await oleg.page.locator(".case").nth(1).locator(".who a").click()
        await hears_nothing(oleg)
        await anna.page.click(".back")
        await anna.page.locator(".case").nth(1).locator("button.claim").click()
        await anna.has(".caller .claimed", "you call back")
        await oleg.page.locator(".caller button.claim").click()
        await oleg.has(".caller > .wrong", "\u2068Anna\u2069 was faster, and calls this one back until ")
        await oleg.has(".caller .claimed", "Anna calls back")
        await oleg.page.unroute("**/api/v1/stream")
        await oleg.link_is("live")

        # It ended while he was writing; his words can still be kept.
        await oleg.page.fill(".forms > form textarea", "wants an offer")
        await anna.page.locator(".box").nth(1).locator("summary").click()
        await anna.page.get_by_role("button", name="Take off the list").click()
        await anna.has(".box:has(fieldset) .wrong", "Choose a reason first")
        await anna.page.get_by_text("wrong number").click()
        await anna.page.get_by_role("button", name="Take off the list").click()
        await anna.has(".caller .end", "Taken off the list, Anna: wrong number")
        await oleg.has(".caller .end", "Taken off the list, Anna: wrong number")
        await oleg.shows(".caller .stays", "What you wrote is still here; it can be saved as a note.")
        await oleg.shows("#count", "2")
        await oleg.has("#gone", "Taken off the list, Anna")
        await oleg.page.get_by_role("button", name="Save the note").click()
        await oleg.told("Noted.")
        await expect(oleg.page.locator(".forms > form textarea")).to_have_value("")
        oleg.faults.clear()  # the browser itself tells of each 409
        await expect(oleg.page.locator("main img, main b")).to_have_count(0)


async def test_what_is_typed_on_while_the_daemon_answers_stays(tmp_path: Path) -> None:
    async with office(tmp_path) as (pbx, daemon), desk(daemon, by="Anna") as page:
        miss(pbx)
        await page.page.locator(".case .who a").click()
        for name, form in {"notes": ".forms > form", "contact": ".box:not(:has(fieldset))"}.items():
            held = await holding(page, name)
            if name == "contact":
                await page.page.locator(f"{form} summary").click()
            await page.page.fill(f"{form} textarea", "wants")
            await page.page.press(f"{form} textarea", "Control+Enter")
            route = await held
            await page.page.type(f"{form} textarea", " an offer")
            await route.continue_()
            await page.told({"notes": "Noted.", "contact": "Noted as reached."}[name])
            await expect(page.page.locator(f"{form} textarea")).to_have_value("wants an offer")
        await page.shows(".caller .stays", "What you wrote is still here; it can be saved as a note.")
        page.faults.clear()  # the browser itself tells of a 404, where it was asked of a case before that was stored


async def whole_on_the_smallest_phone(page: Board) -> None:
    """The title and the count beside a long name of one's own, and the number beside the time that is left."""
    size = page.page.viewport_size
    await page.page.set_viewport_size({"width": 320, "height": 640})
    cut = """() => {
        document.querySelector("#title").textContent = "Перезвонить";
        document.querySelector("#count").textContent = "128";
        document.querySelector("#me").textContent = "Анна-Мария Константинопольская-Задунайская";
        return ["#title", "#count", ".case .info", ".case .wait"].filter((each) => (({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)(document.querySelector(each)));
    }"""
    await page.gives(cut, [])
    assert size is not None
    await page.page.set_viewport_size(size)


async def test_two_of_one_name_see_which_claims_are_not_theirs(tmp_path: Path) -> None:
    async with office(tmp_path) as (pbx, daemon), desk(daemon, by="Anna") as one, desk(daemon, by="Anna") as other:
        miss(pbx)
        # The stream tells of the claim; the page is loaded anew before its answer comes.
        await one.page.route("**/claim", lambda route: route.fetch())
        await one.page.click(".case button.claim")
        await one.has(".caller .claimed", "you call back, ")
        await other.has(".case .claimed", "in your name, not claimed in this browser, ")
        await one.page.reload()
        await one.has(".case .claimed", "you call back, ")
        await whole_on_the_smallest_phone(one)
        await other.page.click(".case .who a")
        await other.page.click(".caller button.prolong")
        await other.has(".caller .claimed", "you call back, ")
        await one.has(".caller .claimed", "in your name, not claimed in this browser, ")


async def test_who_may_not_see_the_number_tells_that_he_was_reached_and_is_asked_his_name_once(tmp_path: Path) -> None:
    async with office(tmp_path) as (pbx, daemon), desk(daemon, by=" ", token="") as page:
        miss(pbx)
        await page.shows(".case .who a", MASKED)
        await page.page.evaluate(f"localStorage.setItem('ringtally.me', JSON.stringify({{write: '{WRITE}'}}))")
        await page.page.reload()
        # By keyboard alone: to the caller, back, and there again.
        await page.page.locator(".case .who a").focus()
        await page.page.keyboard.press("Enter")
        await page.shows(".caller h2", MASKED)
        await page.page.keyboard.press("Escape")
        await expect(page.page.locator(".case .who a")).to_be_focused()
        await page.page.keyboard.press("Enter")
        await expect(page.page.locator(".box summary").first).to_be_visible()
        await page.page.locator(".box summary").first.focus()
        await page.page.keyboard.press("Enter")
        await page.page.keyboard.press("Tab")
        await page.page.keyboard.type("by e-mail")
        # It was some time ago, by the site's clock: Moscow's, which the browser's is not.
        when = page.page.get_by_label("When")
        today = datetime.fromtimestamp(clock.now(), MOSCOW)
        await when.fill(f"{today + timedelta(days=1):%Y-%m-%dT12:30}")
        await when.press("Control+Enter")
        await page.shows(".box[open] .wrong", "That is still to come. Tell it once it was.")
        yesterday = today - timedelta(days=1)
        await when.fill(f"{yesterday:%Y-%m-%dT12:30}")
        async with page.page.expect_request("**/contact") as told:
            await when.press("Control+Enter")
            await page.has("#who .lead", "First your name")
            await page.page.keyboard.type("Anna")
            await page.page.keyboard.press("Enter")
        assert ((await told.value).post_data_json or {})["at"] == f"{yesterday:%Y-%m-%dT}09:30:00.000Z"
        await page.shows(".caller > .wrong", "He was missed again after that.")
        page.faults.clear()  # the browser itself tells of a 409
        # Opened again it says now.
        for _ in range(2):
            await page.page.locator(".box summary").first.click()
        await page.page.get_by_role("button", name="He was reached").click()
        await page.told("Noted as reached.")
        await page.has(".caller .end", "Reached outside of the PBX, A•••")
        await page.shows("#none", "Nobody waits for a call. Everybody was reached.")
        await page.gives("JSON.parse(localStorage.getItem('ringtally.me')).by", "Anna")


async def test_a_daemon_or_a_network_that_is_gone_is_told_and_nothing_typed_is_lost(tmp_path: Path) -> None:
    port = closed_port()
    async with FakeAsterisk(steady=True) as pbx:
        path = settings(tmp_path, pbx, port)
        await has_stored(tmp_path, *PICTURES)
        async with running_daemon(path) as first:
            await first.until("/-/ready", "ready")
            async with desk(first, PHONE, "Anna") as page:
                miss(pbx)
                await page.page.click(".case button.claim")
                await page.has(".caller .claimed", "you call back")
                await page.page.fill(".forms > form textarea", "calls again at six")
                await page.page.context.set_offline(True)
                # The network of these tests, loopback alone, is none to a browser before and after: it has no change to tell.
                await page.page.evaluate("dispatchEvent(new Event('offline'))")
                await page.link_is("offline")
                await page.says("This device is offline. Nothing can be sent.")
                await page.page.context.set_offline(False)
                await page.link_is("live")
                await page.page.evaluate("Object.defineProperty(navigator, 'onLine', { value: true })")
                first.send(signal.SIGKILL)
                await page.link_is("no_daemon")
                await page.says("No connection to ringtally")
                await page.page.get_by_role("button", name="Save the note").click()
                await page.has(".caller > .wrong", "Not sent: no connection to ringtally. What you wrote is still here")
                async with running_daemon(path) as second:
                    await second.until("/-/ready", "ready")
                    await page.link_is("live")
                    await page.has(".caller .claimed", "you call back")
                    await page.page.get_by_role("button", name="Save the note").click()
                    await page.has(".step-note .written", "calls again at six")
                    await page.page.locator(".step-missed .picture").click()
                    await expect(page.page.locator("svg.picture rect.bar.ring").first).to_be_visible()
                    await page.has(".call-line table", "rings: caller gave up")
                    await page.has(".call-line table", "the caller hung up")
                    await expect(page.page.locator("[style]")).to_have_count(0)
                    for call, kinds, words in PICTURES.values():
                        await page.page.evaluate(f"location.hash = '#1/{call}'")
                        await page.has(".call-line table", words)
                        await page.gives(DRAWN, sorted(kinds))
                        await page.page.go_back()
                    await page.page.go_back()
                    await page.shows(".caller h2", NUMBER)
                    assert await post(second, f"cases/{await case_id(second)}/claim", by="Anna", release=True) == 200
                    await expect(page.page.locator(".caller .claimed")).to_be_hidden()

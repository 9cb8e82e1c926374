"""The list while phones call through a real Asterisk: who is missed appears, is claimed, is called back, and is gone.

What was seen there is seen in the reports afterwards.
"""

from pathlib import Path

from playwright.async_api import expect

from tests.asterisk.lab.sip_phone import answer, no_answer
from tests.asterisk.pbx import SECRET, running_pbx
from tests.callback.office import PHONE, READ, TOKENS, WRITE, desk
from tests.daemon.ringtally_process import running_daemon, write_settings
from tests.reports_page.real_calls import says_what_the_phones_did
from tests.wallboard.browser import IN_ONE_BROWSER

pytestmark = IN_ONE_BROWSER
QUEUE = "7003"
MORE = """\
[follow_up]
min_talk_out = "1s"
[service_level]
short_abandon = "0s"
[[departments]]
name = "Support"
queues = ["support"]
"""


async def test_who_is_missed_is_claimed_in_one_browser_seen_so_in_another_called_back_and_gone(tmp_path: Path) -> None:
    async with running_pbx(22, 56) as pbx:
        path = write_settings(tmp_path, pbx.ip, 5038, SECRET, MORE)
        path.write_text(path.read_text().replace("[http]\n", f"[http]\n{TOKENS}"))
        async with running_daemon(path) as daemon:
            await daemon.until("/-/ready", "ready")
            async with desk(daemon, PHONE, "Anna") as anna, desk(daemon, by="Oleg", token=f"{READ} {WRITE}") as oleg:
                pbx.p["101"].behave = answer(0.1)
                call = pbx.incoming("7001", cid="79161112233")
                await pbx.up(call)
                await pbx.reached("101")
                await call.sleep(1.2)
                await call.bye()
                pbx.p["101"].behave = no_answer()
                call = pbx.incoming(QUEUE, cid="74951234567")
                await pbx.reached("101")
                await call.sleep(1.5)
                await call.cancel()
                await anna.shows(".case .who a", "+7 495 123-45-67")
                await anna.page.click(".case button.claim")
                await anna.has(".caller .claimed", "you call back")
                await oleg.has(".case .claimed", "Anna calls back")
                pbx.trunk.behave = answer(0.1)
                back = pbx.p["102"].call("974951234567")
                await pbx.up(back)
                await oleg.has(".case .now", "now: talking with us")
                await back.sleep(1.5)
                await back.bye()
                await anna.has(".caller .end", "Reached by our call, 102")
                await anna.has(".history", "reached: by our call 102")
                await oleg.shows("#none", "Nobody waits for a call. Everybody was reached.")
                await oleg.has("#gone", "Reached by our call")
                await oleg.page.locator("#gone summary").click()
                await oleg.page.locator("#gone a").click()
                await oleg.page.locator(".step-missed .picture").click()
                await expect(oleg.page.locator("svg.picture rect.bar.queue")).to_be_visible()
                await oleg.has(".call-line table", "queue: gave up")
                call = pbx.incoming(QUEUE, cid="79031112233")
                await pbx.reached("101")
                await call.cancel()
                await anna.shows("#count", "1")
                await says_what_the_phones_did(oleg, tmp_path)

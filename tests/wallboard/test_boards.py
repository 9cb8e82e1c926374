"""The three boards: what they reckon with, that they fit every screen, and how they alarm."""

import signal
from datetime import datetime
from pathlib import Path

from playwright.async_api import expect

from storage.masking import mask_number
from tests.daemon.fake_asterisk import FakeAsterisk, hangup, new_channel
from tests.daemon.free_port import closed_port
from tests.daemon.ringtally_process import running_daemon
from tests.daemon.test_inert import member, members
from tests.hostile import HOSTILE
from tests.mqtt.service import ids
from tests.wallboard.browser import IN_ONE_BROWSER, Board, board
from tests.wallboard.office import Office, joins, settings
from tests.wallboard.seen_whole import is_seen_whole

pytestmark = IN_ONE_BROWSER
NUMBERS = ["+79001112233", "8 (900) 111-22-33", "101", "*97", "123456", "Анна 5", "", "7900•••2233", "+1"]
SCREENS = [(1280, 720), (1920, 1080), (3840, 2160)]
# Screens of 4:3 and 5:4, those that stand, and a very wide one.
OTHERS = [(1024, 768), (1280, 1024), (1080, 1920), (768, 1024), (2560, 1080)]
LONG_NAME = "Customers of the north-western branch who have contract {:03}"
AGENTS = 150
QUEUES = 24
# How bad it was at each number of callers who wait.
NOTE_LEVELS = """
window.levels = [];
const tile = document.querySelector("#waiting");
const note = () => levels.push(`${tile.querySelector("b").textContent} ${tile.dataset.level}`);
new MutationObserver(note).observe(tile, { attributes: true, childList: true, characterData: true, subtree: true });
"""
COUNT_TONES = """
window.tones = 0;
const make = AudioContext.prototype.createOscillator;
AudioContext.prototype.createOscillator = function () { tones += 1; return make.call(this); };
void 0;
"""


async def reckoned(page: Board, module: str, name: str, *calls: object) -> list[object]:
    """What a function of a module gives for each of these lists of arguments."""
    found: list[object] = await page.page.evaluate(
        "async ([module, name, calls]) => { const f = (await import(module))[name]; return calls.map((each) => f(...each)); }",
        [module, name, calls],
    )
    return found


async def alarms_begin_at_once_and_end_late(page: Board) -> None:
    shown = await page.page.evaluate("""async () => {
        const { Alarms } = await import("/wallboard/alarms.js");
        const alarms = new Alarms();
        const told = [[0, ""], [10, "warn"], [20, "crit"], [30, ""], [5029, ""], [5030, ""], [6000, "crit"], [6001, "warn"],
            [9000, "crit"], [13000, "warn"], [17999, "warn"], [18000, "warn"]];
        return told.map(([now, level]) => alarms.settle("a", level, now));
    }""")
    assert shown == ["", "warn", "crit", "crit", "crit", "", *["crit"] * 5, "warn"]


async def pages_show_everybody(page: Board) -> None:
    for count, size, pinned in ((7, 15, 0), (40, 15, 2), (40, 15, 9), (40, 15, 40)):
        shown = await reckoned(
            page, "/wallboard/paging.js", "pageOf", *([list(range(count)), size, pinned, turn] for turn in range(9))
        )
        pages = [each["shown"] for each in shown if isinstance(each, dict)]
        assert {item for each in pages for item in each} == set(range(count))
        assert all(len(each) <= size for each in pages)
        assert pinned > size / 2 or all(each[:pinned] == list(range(pinned)) for each in pages)


async def grids_fit_their_boxes(page: Board) -> None:
    sizes = {"ratio": 4.3, "least": 2.7, "most": 6.4, "gap": 0.5}
    calls = [[count, {"width": 92.8, "height": 35.0}, sizes] for count in range(1, 300)]
    for count, grid in enumerate(await reckoned(page, "/wallboard/paging.js", "gridFor", *calls), start=1):
        assert isinstance(grid, dict)
        columns, rows, height = grid["columns"], grid["rows"], grid["height"]
        assert 2.7 <= height <= 6.4
        assert columns * (height * 4.3 + 0.5) <= 92.8 + 0.5 + 1e-9
        assert rows * (height + 0.5) <= 35.0 + 0.5 + 1e-9
        assert columns * rows >= min(count, 60)


async def numbers_are_masked_as_the_daemon_does(page: Board) -> None:
    told = await reckoned(page, "/wallboard/mask.js", "masked", *([number] for number in NUMBERS))
    assert told == [number if "•••" in number else mask_number(number) for number in NUMBERS]
    shown = await reckoned(page, "/wallboard/mask.js", "masked", *([text[:100]] for text in HOSTILE.values()))
    assert all(isinstance(each, str) and len(each) < 20 for each in shown)


async def hours_are_quiet_over_midnight(page: Board) -> None:
    times = ["19:59:59", "20:00:00", "23:59:00", "00:00:00", "07:59:59", "08:00:00"]
    quiet = await reckoned(page, "/wallboard/quiet.js", "isQuiet", *([time, ["20:00-08:00"]] for time in times))
    assert quiet == [False, True, True, True, True, False]
    assert await reckoned(page, "/wallboard/quiet.js", "isQuiet", ["12:00:00", ["00:00-24:00"]], ["12:00:00", []]) == [
        True,
        False,
    ]


async def nonsense_in_the_address_is_not_said(page: Board) -> None:
    wrong, right = await reckoned(
        page,
        "/wallboard/options.js",
        "optionsOf",
        ["?board=x&scale=-1&cols=1e3&root=a/../b&queues=,&sound=2"],
        ["?board=agents&scale=900&cols=4&root=pbx/calls/office&mask=1&mute=1"],
    )
    assert isinstance(wrong, dict)
    assert isinstance(right, dict)
    assert [wrong[key] for key in ("board", "scale", "columns", "root", "queues", "isMute")] == [
        *("tiles", 100, None, None, None, False),
    ]
    assert [right[key] for key in ("board", "scale", "columns", "root", "isMasked", "isMute")] == [
        *("agents", 200, 4, "pbx/calls/office", True, True),
    ]


async def tiles_are_as_large_as_all_of_them_allow(page: Board) -> None:
    least = {"width": 15, "height": 5.6, "gap": 0.9, "ratio": 1.8}
    wide, standing = {"width": 92.8, "height": 19.4}, {"width": 55.5, "height": 36}
    calls = [
        [count, box, least, asked]
        for count, box, asked in (
            *((count, wide, None) for count in (0, 1, 5, 6, 15, 40)),
            (5, standing, None),
            (40, standing, None),
            (5, wide, 2),
            (40, wide, 2),
        )
    ]
    grids = await reckoned(page, "/wallboard/paging.js", "tilesFor", *calls)
    shapes = [(1, 1), (1, 1), (5, 1), (3, 2), (5, 3), (5, 3), (2, 3), (3, 5), (2, 3), (2, 3)]
    assert grids == [{"columns": columns, "rows": rows} for columns, rows in shapes]


async def hours_are_those_of_the_site(page: Board) -> None:
    moments = ["2026-03-29T00:30Z", "2026-03-29T01:30Z", "2026-11-29T21:30Z", "2026-11-29T00:00Z"]
    epochs = [round(datetime.fromisoformat(each).timestamp() * 1000) for each in moments]
    zones = ["Europe/Berlin", "Europe/Berlin", "Europe/Moscow", "UTC"]
    hours = await reckoned(page, "/common/format.js", "hourOf", *zip(epochs, zones, strict=True))
    assert hours == [1, 3, 0, 0]


async def a_page_is_old_at_night_only(page: Board) -> None:
    hour = 3_600_000
    old = await reckoned(
        page, "/common/config.js", "isForTheNight", [13 * hour, 4], [13 * hour, 5], [11 * hour, 4], [13 * hour, 3]
    )
    assert old == [True, False, False, False]


def a_call(id_: str, state: str = "queued", queue: str | None = "support", **more: object) -> dict[str, object]:
    """A live call of which a caller from outside is told."""
    waits = [] if queue is None else [{"queue": queue, "since": f"2026-11-23T16:11:3{id_}.000Z"}]
    since = f"2026-11-23T16:11:3{id_}.000Z"
    moments: dict[str, object] = {"started_at": since, "queued_at": since, "rang_at": None, "answered_at": None}
    return {"id": id_, "direction": "in", "state": state, "queue": "support", "waits_in": waits, **moments, **more}


def a_list(seq: int, *calls: dict[str, object], more: int = 0) -> list[object]:
    """The list of live calls, and `more` that it does not tell."""
    since = min((str(call["queued_at"]) for call in calls), default=None)
    total, waiting = len(calls) + more, len(calls)
    return ["list", {"seq": seq, "total": total, "waiting": waiting, "waiting_since": since, "calls": calls}]


def an_event(seq: int, type_: str, call: dict[str, object]) -> list[object]:
    return ["happen", {"seq": seq, "type": type_, "call": call}]


ONE, TWO = a_call("1"), a_call("2")
TALKING = a_call("1", "talking", None, answered_at="2026-11-23T16:12:00.000Z")
# What is told, and which calls live then: id, state, and how many there are, wait, since when the first.
STORIES: dict[str, tuple[list[list[object]], tuple[list[str], int, int, str | None]]] = {
    "begins": ([a_list(3), an_event(4, "queued", ONE)], (["1 queued"], 1, 1, "2026-11-23T16:11:31.000Z")),
    "is answered": ([a_list(3, ONE, TWO), an_event(4, "answered", TALKING)],
                    (["1 talking", "2 queued"], 2, 1, "2026-11-23T16:11:32.000Z")),
    "ends": ([a_list(3, ONE, TWO), an_event(4, "ended", ONE)], (["2 queued"], 1, 1, "2026-11-23T16:11:32.000Z")),
    "an event that the list knows": ([a_list(5, TWO), an_event(4, "queued", ONE)],
                                     (["2 queued"], 1, 1, "2026-11-23T16:11:32.000Z")),
    "an event before a list of before": ([an_event(4, "queued", ONE), a_list(3)],
                                         (["1 queued"], 1, 1, "2026-11-23T16:11:31.000Z")),
    "an event before the list that knows it": ([a_list(2), an_event(3, "queued", ONE), an_event(4, "ended", ONE), a_list(4)],
                                               ([], 0, 0, None)),
    "a finished call is told late": ([a_list(2, ONE), an_event(4, "queued", TWO), an_event(3, "ended", ONE)],
                                     (["2 queued"], 1, 1, "2026-11-23T16:11:32.000Z")),
    "an end that overtakes what was before it": ([a_list(2, ONE), an_event(4, "ended", ONE), an_event(3, "changed", TALKING)],
                                                 ([], 0, 0, None)),
    "told twice": ([a_list(2, ONE), an_event(3, "ended", ONE), an_event(3, "ended", ONE)], ([], 0, 0, None)),
    "another run counts from the beginning": ([a_list(90, ONE), an_event(91, "queued", TWO), ["forgetNews"], a_list(0)],
                                              ([], 0, 0, None)),
    "another run that nobody told of": ([a_list(90), an_event(91, "queued", TWO), ["wait"], a_list(0)], ([], 0, 0, None)),
    "nonsense": ([a_list(3, ONE), ["happen", None], ["happen", {"seq": 4}], ["happen", {"seq": "5", "type": "ended", "call": ONE}]],
                 (["1 queued"], 1, 1, "2026-11-23T16:11:31.000Z")),
    "more than are listed": ([a_list(3, ONE, more=300), an_event(4, "started", TWO), an_event(5, "queued", TWO),
                              an_event(6, "answered", TALKING)], (["1 talking"], 302, 1, "2026-11-23T16:11:31.000Z")),
}  # fmt: skip


async def the_list_and_what_happened_since_make_one_story(page: Board) -> None:
    for name, (told, wanted) in STORIES.items():
        shown = await page.page.evaluate(
            """async (told) => {
            const { LiveCalls } = await import("/common/live_calls.js");
            const calls = new LiveCalls();
            let now = 1000;
            for (const [what, body] of told) {
              now += what === "wait" ? 10000 : 1;
              if (what !== "wait") calls[what](body, now);
            }
            const { calls: listed, total, waiting, waiting_since } = calls.current;
            return [listed.map((each) => `${each.id} ${each.state}`), total, waiting, waiting_since];
        }""",
            told,
        )
        assert (name, *shown) == (name, *wanted)


async def a_queue_and_the_list_of_who_waits_tell_one_story(page: Board) -> None:
    """The queue's own word is of before; who was passed on to another queue stands there."""
    moved = a_call("2", queue="sales")
    shown = await page.page.evaluate(
        """async (told) => {
        const { LiveState } = await import("/common/live_state.js");
        const { figuresOf } = await import("/wallboard/figures.js");
        const state = new LiveState();
        const today = { service_level: null };
        const say = (topic, body) => state.take(topic, JSON.stringify(body), true, 1000);
        for (const name of ["support", "sales", "other"]) say(`queue/${name}/state`, { name, waiting: 0, oldest_since: null, members: null, today });
        for (const [topic, body] of told) say(topic, body);
        const at = Date.parse("2026-11-23T16:11:40Z");
        return [null, new Set(["sales"])].map((chosen) => {
          const { queues, calls, waiting, longest } = figuresOf(state, undefined, chosen, true, at);
          return [queues.map((each) => [each.key, each.waiting, each.longest]), calls.waiting.map((each) => each.id), waiting, longest];
        });
    }""",
        [["calls/active", a_list(3, ONE)[1]], ["event/call", an_event(4, "queued", moved)[1]]],
    )
    assert shown == [
        [[["support", 1, 9], ["sales", 1, 8], ["other", 0, 0]], ["1", "2"], 2, 9],
        [[["sales", 1, 8]], ["2"], 1, 8],
    ]


async def test_what_the_boards_reckon_with(office: Office) -> None:
    async with board(f"{office.board}?board=agents") as page:
        await alarms_begin_at_once_and_end_late(page)
        await pages_show_everybody(page)
        await grids_fit_their_boxes(page)
        await tiles_are_as_large_as_all_of_them_allow(page)
        await hours_are_those_of_the_site(page)
        await numbers_are_masked_as_the_daemon_does(page)
        await hours_are_quiet_over_midnight(page)
        await nonsense_in_the_address_is_not_said(page)
        await a_page_is_old_at_night_only(page)
        await the_list_and_what_happened_since_make_one_story(page)
        await a_queue_and_the_list_of_who_waits_tell_one_story(page)


async def test_every_board_fits_every_screen_with_many_queues_and_agents(tmp_path: Path) -> None:
    port = closed_port()
    async with FakeAsterisk(steady=True) as pbx:
        path = settings(tmp_path, pbx, port)
        path.write_text(path.read_text() + "".join(f'\n[queues."queue {number}"]\n' for number in range(QUEUES)))
        strange = list(HOSTILE.values())
        names = (
            (f"Agent {number}", LONG_NAME.format(number), f"{strange[number % len(strange)][:200]} {number}")[
                number % 3
            ]
            for number in range(AGENTS)
        )
        pbx.answers["QueueStatus"] = members(
            member(name, f"queue {number % QUEUES}") for number, name in enumerate(names)
        )
        async with running_daemon(path) as daemon:
            await daemon.until("/-/ready", "ready")
            pbx.sessions[-1].send(b"".join(new_channel(each) + joins(each) for each in ids(0, 3)))
            await all_fit(f"http://127.0.0.1:{port}")


async def all_fit(origin: str) -> None:
    """Each board on each screen."""
    address = f"{origin}/wallboard/?lang=ru&theme=light"
    async with board(origin, size=(1000, 700)) as page:
        # A board follows its window by itself, and not with the next tick.
        await page.page.context.add_init_script("window.setInterval = () => 0")
        agents = await page.beside(f"{address}&board=agents")
        await agents.shows(".legend .agent-paused b", str(AGENTS))
        for shown in (agents, await page.beside(address), await page.beside(f"{address}&board=table&scale=90")):
            await shown.link_is("live")
            await shown.gives("document.documentElement.dataset.theme", "light")
            await shown.has(".page", "страница")
            for width, height in SCREENS:
                await shown.page.set_viewport_size({"width": width, "height": height})
                await shown.gives("[innerWidth, innerHeight]", [width, height])
                await shown.is_drawn()
                await shown.has(".page", "страница")
                await is_seen_whole(shown.page)
            for width, height in OTHERS:
                await shown.page.set_viewport_size({"width": width, "height": height})
                await shown.gives("[innerWidth, innerHeight]", [width, height])
                await shown.is_drawn()
                await is_seen_whole(shown.page)


async def test_an_alarm_is_seen_and_heard_and_ends_after_a_while_and_a_reload_moves_its_limit(tmp_path: Path) -> None:
    port = closed_port()
    async with FakeAsterisk(steady=True) as pbx:
        path = settings(tmp_path, pbx, port)
        plain = path.read_text()
        path.write_text(f'{plain}\n[wallboard]\nwaiting_alarm = 2\nwait_alarm = "10m"\n')
        async with running_daemon(path) as daemon:
            await daemon.until("/-/ready", "ready")
            async with board(f"http://127.0.0.1:{port}/") as page:
                await page.page.add_init_script(COUNT_TONES)
                await page.page.goto(f"http://127.0.0.1:{port}/wallboard/?lang=en")
                await page.link_is("live")
                await page.shows("#waiting .note p", "limit 2")
                await page.page.click("#sound")
                await page.shows("#sound", "Sound is on")
                first, second = ids(0, 2)
                pbx.sessions[-1].send(new_channel(first) + joins(first) + new_channel(second) + joins(second))
                await page.level_is("#waiting", "crit")
                await page.shows("#waiting .badge", "■alarm")
                await page.picture("alarm")
                await page.gives("tones", 1)
                await page.page.evaluate(NOTE_LEVELS)
                pbx.sessions[-1].send(hangup(second))
                await page.shows("#waiting b", "1")
                await page.level_is("#waiting", "")
                assert "1 crit" in await page.page.evaluate("levels")
                path.write_text(f'{plain}\n[wallboard]\nwaiting_alarm = 1\nquiet = ["00:00-24:00"]\n')
                daemon.send(signal.SIGHUP)
                await page.level_is("#waiting", "crit")
                await page.shows("#sound", "Quiet hours")
                await page.gives("tones", 1)
                await page.page.click("#sound")
                await page.shows("#sound", "Sound is off")


async def test_a_tone_comes_again_each_half_minute_and_in_quiet_hours_never(office: Office) -> None:
    """What sounds is told the time; here half minutes pass as fast as they are told."""
    alarms = [
        *((0, "a", False, 1), (29_999, "a", False, 1), (30_000, "a", False, 2)),
        *((31_000, "ab", False, 3), (60_999, "ab", False, 3), (61_000, "b", False, 4)),
        *((62_000, "", False, 4), (62_250, "a", False, 5)),
        *((92_250, "a", True, 5), (100_000, "ab", True, 5), (100_250, "ab", False, 6), (130_249, "ab", False, 6)),
        (130_250, "ab", False, 7),
    ]
    async with board(office.board) as page:
        await page.page.click("#sound")
        await page.shows("#sound", "Sound is on")
        await page.page.evaluate(f"() => {{{COUNT_TONES}}}")
        heard = await page.page.evaluate(
            """async (alarms) => {
                const { Sound } = await import("/wallboard/sound.js");
                const sound = new Sound(document.createElement("button"));
                await sound.context.resume();
                const take = ([now, keys, isQuiet]) => { sound.take(new Set(keys), isQuiet, now); return tones; };
                const heard = alarms.map(take);
                sound.button.click();
                take([500_000, "abc", false]);
                heard.push(tones);
                sound.button.click();
                await sound.context.resume();
                take([500_250, "abc", false]);
                return [...heard, tones];
            }""",
            [each[:3] for each in alarms],
        )
        assert heard == [*(each[3] for each in alarms), 7, 8]


async def test_a_board_of_some_queues_counts_theirs_alone(office: Office) -> None:
    async with office.calls(2) as (first, second):
        agents = [member("Anna", "sales"), member("Boris")]
        office.pbx.answers["QueueStatus"] = members(agents)
        office.send(new_channel(first), joins(first), new_channel(second), *agents)
        async with board(f"{office.board}?lang=en&board=table&queues=Support") as page:
            await page.shows("#waiting b", "1")
            await page.shows("#agents-free .note p", "of 1")
            await expect(page.page.locator("#call-list li")).to_have_count(1)
            await page.shows("#queue-table tbody th bdi", "support")
            await office.daemon.until("/api/v1/live", '"total":2')

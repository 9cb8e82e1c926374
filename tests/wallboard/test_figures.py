"""What the boards work out of what they are told, where no daemon would tell it so soon."""

from tests.wallboard.browser import IN_ONE_BROWSER, board
from tests.wallboard.office import Office

pytestmark = IN_ONE_BROWSER


async def test_each_queue_alarms_by_its_own_limits_and_the_one_in_trouble_is_named(office: Office) -> None:
    """Two queues of one name, as two sites' leftovers on a broker may be, and more callers than are told."""
    async with board(office.address) as page:
        found = await page.page.evaluate("""async () => {
            const { figuresOf } = await import("/wallboard/figures.js");
            const { LiveState } = await import("/common/live_state.js");
            const at = Date.parse("2026-11-29T12:00:00Z"), ago = (s) => new Date(at - 1000 * s).toISOString();
            const members = { available: 0, ringing: 0, talking: 0, held: 0, wrapup: 0, paused: 0, unavailable: 2 };
            const today = { offered: 0, answered: 0, abandoned: 0, timeout: 0, left: 0, service_level: null, within_threshold: 0 };
            const info = { wait_warn_s: 14, wait_alarm_s: 20, threshold_s: 20, goal: 0.8, alarms: { waiting_warn: null, waiting_alarm: null }, queues: [
                { id: "a", name: "support", wait_warn_s: 100, wait_alarm_s: 300, waiting_warn: 1, waiting_alarm: 2 },
                { id: "b", name: "support", wait_warn_s: 5, wait_alarm_s: 10, waiting_warn: null, waiting_alarm: null },
                { id: "c", name: "sales", wait_warn_s: 100, wait_alarm_s: 300, waiting_warn: 9, waiting_alarm: 99 },
            ] };
            const state = new LiveState(0);
            const say = (topic, body) => state.take(topic, JSON.stringify(body), true, at);
            const queue = (key, name, waiting, since, hands = members) => say(`queue/${key}/state`, { name, waiting, oldest_since: since, members: hands, today });
            queue("a", "support", 2, ago(30), { ...members, talking: 1 });
            queue("b", "support", 1, ago(30));
            queue("c", "sales", 240, ago(2000), { ...members, available: 1 });
            const call = (n) => ({ id: `${n}`, direction: "in", state: "queued", state_since: ago(2000 - n), queued_at: ago(2000 - n), rang_at: null, started_at: ago(2000 - n), answered_at: null, queue: "sales" });
            say("calls/active", { total: 243, waiting: 243, waiting_since: ago(2000), calls: [...Array(200).keys()].map(call) });
            say("stats/today", { day: "2026-11-29", service_level: 0.7, yesterday: { in: 5 } });
            const all = figuresOf(state, info, null, true, at);
            const some = figuresOf(state, info, new Set(["sales"]), true, at);
            const dead = figuresOf(state, info, null, false, at);
            return {
                measured: all.queues.map((each) => [each.key, each.measured, each.crowded]), fullest: all.fullest, waiting: [all.waiting, all.waitingMeasured],
                longest: [all.longest, all.longestQueue, all.longestLimits, all.longestMeasured], lonely: [all.free.lonely, all.free.measured],
                before: all.today.before, some: [some.waiting, some.fullest, some.longestQueue, some.free.lonely, some.today.before],
                dead: [dead.waiting, dead.fullest, dead.longestQueue, dead.free.lonely],
            };
        }""")
    assert found == {
        "measured": [["a", "crit", "crit"], ["b", "crit", ""], ["c", "crit", "crit"]],
        "fullest": "sales",
        "waiting": [243, "crit"],
        "longest": [2000, "sales", [100, 300], "crit"],
        "lonely": ["support", "crit"],
        "before": {"in": 5},
        "some": [240, "sales", "sales", None, None],
        "dead": [None, None, None, None],
    }


async def test_a_time_that_began_with_our_meeting_is_told_as_at_least_so_long(office: Office) -> None:
    async with board(office.address) as page:
        found = await page.page.evaluate("""async () => {
            const { figuresOf } = await import("/wallboard/figures.js");
            const { LiveState } = await import("/common/live_state.js");
            const { AgentsBoard } = await import("/wallboard/agents_board.js");
            const { wordsOf } = await import("/wallboard/words.js");
            const at = Date.parse("2026-11-29T12:00:00Z"), ago = (s) => new Date(at - 1000 * s).toISOString();
            const state = new LiveState(0);
            const say = (key, body) => state.take(`agent/${key}/state`, JSON.stringify({ name: key, device: key, reason: null, call_since: null, queues: [], ...body }), true, at);
            say("anna", { state: "available", since: ago(12), at_least: true });
            say("boris", { state: "available", since: ago(12), at_least: false });
            say("clara", { state: "available", since: ago(12) });
            say("dina", { state: "talking", since: ago(2), call_since: ago(12), at_least: true });
            const board = new AgentsBoard(wordsOf("en"), { columns: null });
            return figuresOf(state, undefined, null, true, at).agents.map((agent) => {
                const cell = board._cell();
                board._fill(cell, agent);
                return [agent.name, cell.lastChild.textContent];
            });
        }""")
    assert found == [["dina", "0:12"], ["anna", "≥\u20090:12"], ["boris", "0:12"], ["clara", "0:12"]]

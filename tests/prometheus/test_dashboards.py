"""The dashboards' queries on the real Prometheus: each panel has data, and a day of few calls with a restart in it has true numbers."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from statistics import median
from zoneinfo import ZoneInfo

from config.sections import Http, Settings, Site
from daemon import clock
from daemon.app import App
from daemon.demo.broker import NoBroker
from daemon.demo.generator import TrafficGenerator
from daemon.demo.pbx import SimulatedPbx
from daemon.demo.show import demo_settings
from handlers.facts import Call
from tests.daemon.app_service import Ledger, lines, ready, replay, settings_for
from tests.daemon.fake_asterisk import FakeAsterisk
from tests.daemon.free_port import closed_port
from tests.grafana.asked import Question, around, dashboard, filled, panels, questions
from tests.grafana.made.files import FOLDER
from tests.prometheus.server import WITHIN_S, Prometheus, scraping

SPEED = 15.0
OVERVIEW, QUEUES, HEALTH = (
    dashboard(FOLDER / "dashboards" / "en" / f"{name}.json") for name in ("overview", "queues", "health")
)


def one_language() -> Iterator[Question]:
    """Both ask the same."""
    return (asked for asked in questions() if asked.file.startswith("en/"))


def beside(port: int) -> str:
    """A second site, with phones of the same names, and somebody else's job, whose machine is down."""
    return (
        f'      - targets: ["localhost:{port}"]\n        labels: {{site: branch}}\n'
        f'  - job_name: node\n    static_configs:\n      - targets: ["127.0.0.1:{closed_port()}"]\n'
    )


async def unanswered(prometheus: Prometheus) -> dict[tuple[str, str], str]:
    """Panels that have no data, once all that will have some do: with what they ask."""
    asked: dict[tuple[str, str], list[str]] = {}
    for question in one_language():
        asked.setdefault((question.file, question.panel), []).append(f"count({question.expr})")
    waiting = {panel: " or ".join(exprs) for panel, exprs in asked.items()}
    try:
        async with asyncio.timeout(WITHIN_S):
            while waiting:
                for panel, expr in list(waiting.items()):
                    if await prometheus.ask(expr):
                        del waiting[panel]
                await asyncio.sleep(0.2)
    except TimeoutError:
        pass
    return waiting


async def test_every_panel_and_every_variable_has_data_beside_the_demo(tmp_path: Path) -> None:
    async with SimulatedPbx(TrafficGenerator(Random(1), speed=SPEED)) as pbx, asyncio.TaskGroup() as tasks:
        settings = demo_settings(tmp_path, pbx, NoBroker(), f"127.0.0.1:{closed_port()}", "en")
        # Talks are as much shorter as all goes faster: any of them is a contact.
        any_talk = settings.follow_up.model_copy(update={"min_talk_out": 0.0})
        app = App(settings.model_copy(update={"follow_up": any_talk}))
        running = tasks.create_task(app.run())
        playing = tasks.create_task(pbx.play())
        daemon = await asyncio.shield(app.started)
        async with scraping(tmp_path, daemon.port, every="1s", more=beside(daemon.port)) as prometheus:
            await prometheus.until('count(up{job="ringtally"} == 1)', 2)
            await prometheus.until('up{job="node"}', 0)
            assert await unanswered(prometheus) == {}
            (heard,) = exprs_of(OVERVIEW, "Data")
            await prometheus.until(heard, 1)
            for name in ("overview", "queues", "health"):
                for expr in around(dashboard(FOLDER / "dashboards" / "en" / f"{name}.json")):
                    # The mark of a start is asked for so long ago that the start of these tests is one.
                    asked = filled(expr, {"__rate_interval_ms": "86400000"})
                    await prometheus.until(f"count({asked}) > bool 0", 1)
            for title in ("Service level today", "Oldest without contact"):
                colours = (f"(count({expr}) or vector(0))" for expr in exprs_of(OVERVIEW, title))
                await prometheus.until(" + ".join(colours), 1)
        playing.cancel()
        app.stop.set()
        await running


def exprs_of(shown: dict[str, object], title: str) -> list[str]:
    """What a panel asks."""
    (panel,) = (panel for panel in panels(shown) if panel["title"] == title)
    return [filled(target["expr"], {"__interval": "1h", "__interval_ms": "3600000"}) for target in panel["targets"]]


def midday(now: float) -> ZoneInfo:
    """A time zone in which it is about noon: no midnight comes while a test runs."""
    hours = 12 - datetime.fromtimestamp(now, UTC).hour
    return ZoneInfo(f"Etc/GMT{-hours:+d}" if hours else "UTC")


def few_calls(folder: Path, pbx: FakeAsterisk, port: int) -> Settings:
    zone = midday(clock.now())
    return settings_for(folder, pbx.port, http=Http(listen=f"127.0.0.1:{port}"), site=Site(timezone=zone.key))


async def shows(prometheus: Prometheus, expr: str, truth: dict[tuple[tuple[str, str], ...], float]) -> None:
    """Wait until a query answers so: on a busy machine a scrape may be late, and there is nothing for a moment."""
    told = None
    try:
        async with asyncio.timeout(WITHIN_S):
            while (told := await prometheus.ask(expr)) != truth:
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"{expr} is {told}, not {truth}") from None


MORNING = ("07-ivr-queue-second-agent", "08-queue-abandon", "01-direct-caller-hangs-up")
AFTERNOON = ("04-direct-busy", "05-direct-caller-abandons")


async def test_five_calls_with_a_restart_between_them_have_true_numbers(tmp_path: Path) -> None:
    ledger, port = Ledger(), closed_port()
    async with FakeAsterisk(steady=True) as pbx, scraping(tmp_path, port) as prometheus:
        settings = few_calls(tmp_path, pbx, port)
        async with ready(settings, [ledger]) as (daemon, _):
            await prometheus.until("sum(ringtally_today_calls)", 0)
            for name in MORNING:
                await replay(pbx, daemon, lines(name))
            await prometheus.until("sum(ringtally_today_calls)", len(MORNING))
        await prometheus.until("up", 0)
        async with ready(settings, [ledger]) as (daemon, _):
            await prometheus.until("sum(ringtally_today_calls)", len(MORNING))
            await prometheus.until("sum(ringtally_calls_total)", 0)  # counters know nothing of the morning
            for name in AFTERNOON:
                await replay(pbx, daemon, lines(name))
            await prometheus.until("sum(ringtally_today_calls)", len(MORNING) + len(AFTERNOON))
            await true_numbers(prometheus, ledger.calls)
            # Told at the start: at the first scrape its counter stands at 1 already.
            gaps, _ = exprs_of(HEALTH, "Seconds in which the PBX was not heard")
            await shows(prometheus, f"{gaps} > 0", {(("reason", "stopped"),): 1})


async def true_numbers(prometheus: Prometheus, calls: list[Call]) -> None:
    """What the panels answer is what happened."""
    assert [call.direction for call in calls] == ["in"] * 5
    answered = [call for call in calls if call.result == "answered" and not call.missed]
    missed = [call for call in calls if call.missed]
    for title, truth in (
        ("Incoming today", len(calls)),
        ("Answered", len(answered)),
        ("Missed", len(missed)),
        ("Share", len(missed) / (len(missed) + len(answered))),
        ("To call back", 1),
    ):
        (expr,) = exprs_of(OVERVIEW, title)
        await shows(prometheus, expr, {(): truth})
    # Each bar is of whole calls, those before the restart too.
    (bars,) = exprs_of(OVERVIEW, "Incoming calls by result")
    by_result = Counter(str(call.result) for call in calls)
    await shows(prometheus, f"{bars} > 0", {(("result", result),): count for result, count in by_result.items()})
    p50, p90 = exprs_of(OVERVIEW, "Wait by line today, p50 and p90")
    waits = [round(call.wait_s, 3) for call in answered if call.wait_s is not None]
    labels = (("calls", str(len(answered))), ("trunk", "town"))
    await shows(prometheus, f"round({p50}, 0.0001)", {labels: round(median(waits), 4)})
    of_two = min(waits) + 0.9 * (max(waits) - min(waits))
    assert len(waits) == 2
    await shows(prometheus, f"round({p90}, 0.0001)", {labels: round(of_two, 4)})
    level = [expr for expr in exprs_of(OVERVIEW, "Service level today")]
    rated = [call for call in calls if call.result != "short_abandoned"]
    await shows(
        prometheus,
        f"({level[0]}) or ({level[1]}) or ({level[2]})",
        {(("calls", str(len(rated))),): len(answered) / len(rated)},
    )
    (stays,) = exprs_of(QUEUES, "Queues, the one furthest below its goal first")[4:5]
    await shows(prometheus, f"{stays} > 0", {(("queue", "support"),): 1})

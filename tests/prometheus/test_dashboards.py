"""The dashboards' queries on the real Prometheus: each panel has data, and a day of few calls with a restart in it has true numbers."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
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
from tests.daemon.app_service import Ledger, closed_port, lines, ready, replay, settings_for
from tests.daemon.fake_asterisk import FakeAsterisk
from tests.grafana.asked import Question, around, dashboard, filled, panels, questions
from tests.grafana.made.files import FOLDER
from tests.prometheus.server import WITHIN_S, Prometheus, scraping

SPEED = 25.0
OVERVIEW, QUEUES = (dashboard(FOLDER / "dashboards" / "en" / f"{name}.json") for name in ("overview", "queues"))


def one_language() -> Iterator[Question]:
    """Both ask the same."""
    return (asked for asked in questions() if asked.file.startswith("en/"))


async def unanswered(prometheus: Prometheus) -> dict[tuple[str, str], list[str]]:
    """Panels that have no data, once all that will have some do: with what they ask."""
    waiting: dict[tuple[str, str], list[str]] = {}
    for asked in one_language():
        waiting.setdefault((asked.file, asked.panel), []).append(asked.expr)
    try:
        async with asyncio.timeout(WITHIN_S):
            while waiting:
                for panel, exprs in list(waiting.items()):
                    for expr in exprs:
                        if await prometheus.ask(expr):
                            del waiting[panel]
                            break
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
        async with scraping(tmp_path, daemon.port) as prometheus:
            await prometheus.until("up", 1)
            assert await unanswered(prometheus) == {}
            for name in ("overview", "queues", "health"):
                for expr in around(dashboard(FOLDER / "dashboards" / "en" / f"{name}.json")):
                    if "changes(" not in expr:  # a restart, of which there was none
                        assert await prometheus.ask(filled(expr)), expr
            for shown, title in ((OVERVIEW, "Service level today"), (OVERVIEW, "Oldest without contact")):
                colours = [len(await prometheus.ask(expr)) for expr in exprs_of(shown, title)]
                assert sorted(colours) == [0, 0, 1], f"{title} has one colour"
        playing.cancel()
        app.stop.set()
        await running


def exprs_of(shown: dict[str, object], title: str) -> list[str]:
    """What a panel asks."""
    (panel,) = (panel for panel in panels(shown) if panel["title"] == title)
    return [filled(target["expr"], {"__interval": "1h"}) for target in panel["targets"]]


def midday(now: float) -> ZoneInfo:
    """A time zone in which it is about noon: no midnight comes while a test runs."""
    hours = 12 - datetime.fromtimestamp(now, UTC).hour
    return ZoneInfo(f"Etc/GMT{-hours:+d}" if hours else "UTC")


def few_calls(folder: Path, pbx: FakeAsterisk, port: int) -> Settings:
    zone = midday(clock.now())
    return settings_for(folder, pbx.port, http=Http(listen=f"127.0.0.1:{port}"), site=Site(timezone=zone.key))


def waits(calls: list[Call]) -> list[float]:
    return [call.wait_s for call in calls if call.result == "answered" and call.wait_s is not None]


async def the_one(prometheus: Prometheus, shown: dict[str, object], title: str) -> float:
    """The number that a panel shows, whichever colour it has."""
    found = [value for expr in exprs_of(shown, title) for value in (await prometheus.ask(expr)).values()]
    assert len(found) == 1, (title, found)
    return found[0]


MORNING = ("07-ivr-queue-second-agent", "08-queue-abandon", "01-direct-caller-hangs-up")
AFTERNOON = ("04-direct-busy", "05-direct-caller-abandons")


async def test_five_calls_with_a_restart_between_them_have_true_numbers(tmp_path: Path) -> None:
    ledger, port = Ledger(), closed_port()
    async with FakeAsterisk() as pbx, scraping(tmp_path, port) as prometheus:
        settings = few_calls(tmp_path, pbx, port)
        async with ready(settings, [ledger]) as (daemon, _):
            await prometheus.until("sum(ringtally_today_calls)", 0)
            for name in MORNING:
                await replay(pbx, daemon, lines(name))
            await prometheus.until("sum(ringtally_today_calls)", len(MORNING))
        await prometheus.until("up", 0)
        async with ready(settings, [ledger]) as (daemon, _):
            await prometheus.until("sum(ringtally_today_calls)", len(MORNING))
            assert await prometheus.number("sum(ringtally_calls_total)") == 0, "counters know nothing of the morning"
            for name in AFTERNOON:
                await replay(pbx, daemon, lines(name))
            await prometheus.until("sum(ringtally_today_calls)", len(MORNING) + len(AFTERNOON))
            await true_numbers(prometheus, ledger.calls)


async def true_numbers(prometheus: Prometheus, calls: list[Call]) -> None:
    """What the panels answer is what happened."""
    assert [call.direction for call in calls] == ["in"] * 5
    answered = [call for call in calls if call.result == "answered" and not call.missed]
    missed = [call for call in calls if call.missed]
    for title, truth in (
        ("Incoming today", len(calls)),
        ("Answered", len(answered)),
        ("Missed", len(missed)),
        ("Missed, share", len(missed) / (len(missed) + len(answered))),
        ("To call back", 1),
    ):
        assert await the_one(prometheus, OVERVIEW, title) == truth, title
    by_result = Counter(str(call.result) for call in calls)
    (bars,) = exprs_of(OVERVIEW, "Incoming calls by result")
    shown = {dict(labels)["result"]: count for labels, count in (await prometheus.ask(bars)).items() if count}
    assert shown == by_result, "each of the graph's bars is whole calls, the morning's too"
    p50, _ = exprs_of(OVERVIEW, "Wait by line today, p50 and p90")
    assert await prometheus.ask(p50) == {(("calls", str(len(answered))), ("trunk", "town")): truth_of(median, answered)}


def truth_of(what: Callable[[list[float]], float], calls: list[Call]) -> float:
    return round(what(waits(calls)), 4)

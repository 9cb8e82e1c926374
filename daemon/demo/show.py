"""The demo: the daemon on the simulated PBX, and a table of calls in the terminal that ticks."""

import asyncio
import signal
import sys
import tempfile
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from random import Random

import click
from pydantic import SecretStr
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from config.sections import Ami, Http, Settings, Site, Storage, Trunk
from daemon import clock
from daemon.app import App, Running
from daemon.call_table import calls_table, cell_text, duration
from daemon.demo.cast import TRUNKS
from daemon.demo.generator import TrafficGenerator
from daemon.demo.pbx import USERNAME, SimulatedPbx
from daemon.log import configure_log
from daemon.words import Language, word
from handlers.facts import Call, CallEnded, Fact
from storage.masking import mask_name, mask_number

REFRESH_S = 0.25
FINISHED_SHOWN = 12


class FinishedCalls:
    """A sink that remembers the last finished calls and counts the results."""

    def __init__(self) -> None:
        self.last: deque[Call] = deque(maxlen=FINISHED_SHOWN)
        self.results: Counter[str] = Counter()
        self.fresh: list[Call] = []

    def take(self, facts: Sequence[Fact]) -> None:
        """Note the facts."""
        for fact in facts:
            if isinstance(fact, CallEnded) and fact.call.merged_into is None:
                self.last.appendleft(fact.call)
                self.fresh.append(fact.call)
                self.results["missed" if fact.call.missed else str(fact.call.result)] += 1


def demo_settings(folder: Path, pbx: SimulatedPbx, listen: str, language: Language) -> Settings:
    """The daemon's settings for the simulated PBX."""
    return Settings(
        site=Site(name="demo", language=language),
        ami=Ami(host="127.0.0.1", port=pbx.port, username=USERNAME, secret=SecretStr(pbx.secret)),
        trunks=[Trunk(name=trunk, channels=[f"PJSIP/{trunk}-*"]) for trunk in TRUNKS],
        http=Http(listen=listen),
        storage=Storage(path=str(folder / "demo.db")),
    )


async def show_demo(listen: str, seed: int | None, language: Language, seconds: float | None) -> None:
    """Run until Ctrl-C, or for so many seconds; nothing is left behind."""
    configure_log("error")
    finished = FinishedCalls()
    with tempfile.TemporaryDirectory(prefix="ringtally-demo-") as folder:
        async with SimulatedPbx(TrafficGenerator(Random(seed))) as pbx, asyncio.TaskGroup() as tasks:
            app = App(demo_settings(Path(folder), pbx, listen, language), [finished])
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, app.stop.set)
            if seconds is not None:
                loop.call_later(seconds, app.stop.set)
            running = tasks.create_task(app.run(), name="daemon")
            playing = tasks.create_task(pbx.play(), name="pbx")
            daemon = await asyncio.shield(app.started)
            showing = tasks.create_task(_show(daemon, finished, language), name="table")
            await running
            playing.cancel()
            showing.cancel()


async def _show(daemon: Running, finished: FinishedCalls, language: Language) -> None:
    address = f"http://127.0.0.1:{daemon.port}"
    zone = datetime.fromtimestamp(clock.now(), UTC).astimezone().tzinfo or UTC
    if not sys.stdout.isatty():
        click.echo(f"metrics: {address}/metrics")
        while True:
            await asyncio.sleep(REFRESH_S)
            for call in finished.fresh:
                click.echo(_line(call))
            finished.fresh.clear()
    with Live(console=Console(), auto_refresh=False, screen=False) as live:
        while True:
            finished.fresh.clear()
            live.update(_picture(daemon, finished, address, zone, language), refresh=True)
            await asyncio.sleep(REFRESH_S)


def _line(call: Call) -> str:
    """One finished call as one plain line."""
    parts = (
        call.direction,
        mask_number(call.caller),
        call.called,
        call.result,
        f"wait {duration(call.wait_s)}",
        f"talk {duration(call.talk_s)}",
    )
    return "  ".join(cell_text(part).plain for part in parts)


def _picture(daemon: Running, finished: FinishedCalls, address: str, zone: tzinfo, language: Language) -> Group:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("live", "direction", "caller", "name", "called", "queue", "agents", "wait", "talk"):
        table.add_column(word(name, language), no_wrap=True, justify="right" if name in {"wait", "talk"} else "left")
    now = clock.now()
    for call in daemon.core.live_calls():
        waited = (call.answered_at or now) - call.started_at
        talked = now - call.answered_at if call.answered_at else None
        cells = (
            call.state,
            word(call.direction, language),
            mask_number(call.caller),
            mask_name(call.caller_name),
            mask_number(call.called),
            call.queue,
            ", ".join(agent.name or agent.device for agent in call.agents),
            duration(waited),
            duration(talked) if talked is not None else "",
        )
        colour = {"talking": "green", "held": "cyan", "queued": "yellow", "ringing": "yellow"}.get(call.state)
        table.add_row(*(cell_text(cell) for cell in cells), style=colour)
    counts = "  ".join(f"{word(result, language)} {count}" for result, count in sorted(finished.results.items()))
    return Group(
        Text(f"ringtally · {address}/  ·  {address}/metrics  ·  Ctrl-C", style="bold"),
        Text(""),
        table,
        Text(""),
        calls_table([_masked(call) for call in finished.last], zone, language),
        Text(""),
        Text(counts),
    )


def _masked(call: Call) -> Call:
    """The call with its outside numbers and names masked, as on a wallboard."""
    return replace(
        call,
        caller=mask_number(call.caller),
        caller_name=mask_name(call.caller_name),
        called=mask_number(call.called),
        answered_by=mask_number(call.answered_by),
    )

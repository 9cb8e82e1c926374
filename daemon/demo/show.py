"""The demo: the daemon on the simulated PBX, and a table of calls in the terminal that ticks."""

import asyncio
import signal
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import click
from pydantic import SecretStr
from rich.console import Console
from rich.live import Live

from config.sections import Ami, Http, Queue, Settings, Site, Storage, Trunk
from daemon import clock
from daemon.app import App, Running
from daemon.demo.cast import DEPARTMENTS, TRUNKS
from daemon.demo.generator import TrafficGenerator
from daemon.demo.pbx import USERNAME, SimulatedPbx
from daemon.demo.picture import FinishedCalls, finished_line, picture, sums
from daemon.log import configure_log
from daemon.words import Language

REFRESH_S = 0.25
WRAPUP_S = 10


def demo_settings(folder: Path, pbx: SimulatedPbx, listen: str, language: Language) -> Settings:
    """The daemon's settings for the simulated PBX."""
    return Settings(
        site=Site(name="demo", language=language),
        ami=Ami(host="127.0.0.1", port=pbx.port, username=USERNAME, secret=SecretStr(pbx.secret)),
        trunks=[Trunk(name=trunk, channels=[f"PJSIP/{trunk}-*"]) for trunk in TRUNKS],
        queues={department.queue: Queue(wrapup=WRAPUP_S) for department in DEPARTMENTS},
        http=Http(listen=listen),
        storage=Storage(path=str(folder / "demo.db")),
    )


async def show_demo(listen: str, seed: int | None, language: Language, seconds: float | None) -> None:
    """Run until Ctrl-C, or for so many seconds; nothing is left behind. The same `seed` gives the same calls."""
    configure_log("error")
    finished = FinishedCalls()
    with tempfile.TemporaryDirectory(prefix="ringtally-demo-") as folder:
        async with SimulatedPbx(TrafficGenerator(Random(seed))) as pbx, asyncio.TaskGroup() as tasks:
            app = App(demo_settings(Path(folder), pbx, listen, language), [finished])
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):  # the last: its terminal was closed
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
    if sys.stdout.isatty():
        Console().print(sums(finished, language))


async def _show(daemon: Running, finished: FinishedCalls, language: Language) -> None:
    """In a terminal a picture that ticks; into a pipe a line for each finished call."""
    address = f"http://127.0.0.1:{daemon.port}"
    zone = datetime.fromtimestamp(clock.now(), UTC).astimezone().tzinfo or UTC
    if not sys.stdout.isatty():
        click.echo(f"{address}/metrics")
        while True:
            await asyncio.sleep(REFRESH_S)
            for call in finished.fresh:
                click.echo(finished_line(call, zone, language))
            finished.fresh.clear()
    console = Console()
    with Live(console=console, auto_refresh=False, screen=True) as live:
        while True:
            finished.fresh.clear()
            calls = list(daemon.core.live_calls())
            shown = picture(calls, finished, address, clock.now(), zone, language, console.width)
            live.update(shown, refresh=True)
            await asyncio.sleep(REFRESH_S)

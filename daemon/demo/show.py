"""The demo: the daemon on the simulated PBX, a broker beside it, and a table of calls in the terminal that ticks."""

import asyncio
import secrets
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

from config.sections import Ami, Department, Http, Mqtt, Queue, Settings, Site, Storage, Trunk
from daemon import clock
from daemon.app import App, Running
from daemon.demo.broker import HOST, DemoBroker, NoBroker, demo_broker
from daemon.demo.broker import USERNAME as PUBLISHER
from daemon.demo.cast import DEPARTMENTS, TRUNKS
from daemon.demo.generator import TrafficGenerator
from daemon.demo.pbx import USERNAME, SimulatedPbx
from daemon.demo.picture import FinishedCalls, finished_line, picture, sums
from daemon.demo.places import Places
from daemon.log import configure_log
from daemon.own_address import own_address
from daemon.words import Language

REFRESH_S = 0.25
SITE = "demo"
WRAPUP_S = 10
# People type it, and it is gone with the demo.
_TOKEN_BYTES = 12


def demo_settings(
    folder: Path, pbx: SimulatedPbx, broker: DemoBroker | NoBroker, listen: str, language: Language, token: str = ""
) -> Settings:
    """The daemon's settings for the simulated PBX, published to the broker if there is one. Who shows the token reads all, and writes."""
    http = Http(listen=listen, read_token=SecretStr(token), write_token=SecretStr(token))
    return Settings(
        site=Site(name=SITE, language=language),
        ami=Ami(host="127.0.0.1", port=pbx.port, username=USERNAME, secret=SecretStr(pbx.secret)),
        trunks=[Trunk(name=trunk, channels=[f"PJSIP/{trunk}-*"]) for trunk in TRUNKS],
        departments=[
            Department(
                name=team.queue,
                queues=[team.queue],
                extensions=[member.extension for member in team.members],
                dids=[team.did(line) for line in range(10)],
            )
            for team in DEPARTMENTS
        ],
        queues={department.queue: Queue(wrapup=WRAPUP_S) for department in DEPARTMENTS},
        http=http,
        storage=Storage(path=str(folder / "demo.db")),
        mqtt=_published(broker, http) if isinstance(broker, DemoBroker) else None,
    )


def _published(broker: DemoBroker, http: Http) -> Mqtt:
    return Mqtt(
        host=HOST,
        port=broker.port,
        username=PUBLISHER,
        password=SecretStr(broker.password),
        # The broker is on loopback: browsers of other machines watch the daemon's own stream.
        websocket=broker.websocket if http.is_loopback else "",
    )


async def show_demo(listen: str, seed: int | None, language: Language, seconds: float | None) -> None:
    """Run until Ctrl-C, or for so many seconds; nothing is left behind. The same `seed` gives the same calls."""
    configure_log("error")
    finished = FinishedCalls()
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):  # the last: its terminal was closed
        loop.add_signal_handler(number, stop.set)
    with tempfile.TemporaryDirectory(prefix="ringtally-demo-") as name:
        folder = Path(name)
        async with (
            demo_broker(folder) as broker,
            SimulatedPbx(TrafficGenerator(Random(seed))) as pbx,
            asyncio.TaskGroup() as tasks,
        ):
            app = App(demo_settings(folder, pbx, broker, listen, language, token), [finished])
            app.stop = stop  # which may be set already
            if seconds is not None:
                loop.call_later(seconds, stop.set)
            running = tasks.create_task(app.run(), name="daemon")
            playing = tasks.create_task(pbx.play(), name="pbx")
            daemon = await asyncio.shield(app.started)
            places = Places(own_address(listen, daemon.port), f"{Mqtt().prefix}/{SITE}", broker, token)
            showing = tasks.create_task(_show(daemon, finished, places, language), name="table")
            await running
            playing.cancel()
            showing.cancel()
    if sys.stdout.isatty():
        Console().print(sums(finished, language))


async def _show(daemon: Running, finished: FinishedCalls, places: Places, language: Language) -> None:
    """In a terminal a picture that ticks; into a pipe where to look, and a line for each finished call."""
    zone = datetime.fromtimestamp(clock.now(), UTC).astimezone().tzinfo or UTC
    if not sys.stdout.isatty():
        for name, where in places.lines(language):
            click.echo(f"{name}  {where}")
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
            shown = picture(calls, finished, places, clock.now(), zone, language, console.width)
            live.update(shown, refresh=True)
            await asyncio.sleep(REFRESH_S)

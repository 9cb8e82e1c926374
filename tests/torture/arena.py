"""A place with a simulated PBX: many calls a second, and each knows what the daemon was told of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from config.loader import load_settings
from daemon import clock
from daemon.rules import rules_of
from tests.mqtt.broker import Mosquitto
from tests.torture import settings
from tests.torture.diary import read_diary
from tests.torture.lives import Lives
from tests.torture.pbx import SECRET
from tests.torture.place import Place
from tests.torture.sight import sight_of
from tests.torture.simulated import SimulatedPbx, simulated_pbx
from tests.torture.truth import truth_of
from tests.torture.verdict import Verdict, judge

APPEARS_WITHIN_S = 60.0


class Arena(Place):
    """The simulated PBX `pbx`, and a broker where the fault needs one; `more` are the settings for that."""

    def __init__(
        self, seed: int, lives: Lives, database: Path, pbx: SimulatedPbx, broker: Mosquitto | None, more: str
    ) -> None:
        super().__init__(seed, lives, database)
        self.pbx = pbx
        self.broker = broker
        self._more = more
        self.since = 0.0
        """What began before is not judged (epoch seconds)."""

    def use_database(self, path: Path) -> Path:
        """The settings name this one from here on."""
        self.database = path
        self.use_secret(SECRET)
        self.since = clock.now()
        return path

    def use_secret(self, secret: str) -> None:
        """The settings have this one from here on."""
        settings.write_settings(self.lives.settings, "127.0.0.1", self.pbx.port, secret, self.database, self._more)

    async def appears(self, path: Path) -> None:
        """A file is there; nobody tells of that."""
        async with asyncio.timeout(APPEARS_WITHIN_S):
            while not path.exists():  # noqa: ASYNC240 - a look at memory
                await asyncio.sleep(0.001)

    async def end_calls(self) -> None:
        """No more calls begin; returns when the last one has ended."""
        await self.pbx.end_calls()

    def judge(self) -> Verdict:
        """What became of the calls; after `settle`."""
        story = read_diary(self.pbx.diary)
        truth = truth_of(story.events, rules_of(load_settings(self.lives.settings, {}).settings))
        sight = sight_of(story, self.lives.ends, self.lives.pauses + self.stalls())
        judge(self.verdict, story, truth, sight, self.stored(), self.since)
        if not self.since:
            self.judge_gaps(sight)
        return self.verdict


@asynccontextmanager
async def arena(folder: Path, seed: int, *, broker: bool, database: Path) -> AsyncIterator[Arena]:
    """A PBX with traffic and a daemon that is not started yet; all of it killed at the end."""
    async with AsyncExitStack() as stack:
        pbx = await stack.enter_async_context(simulated_pbx(seed, folder))
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        more, mosquitto = "", None
        if broker:
            mosquitto = Mosquitto(folder)
            stack.push_async_callback(mosquitto.kill)
            more = f'[mqtt]\nport = {mosquitto.port}\ntimeout = "500ms"\nreconnect_max = "500ms"\n'
        path = folder / "ringtally.toml"
        settings.write_settings(path, "127.0.0.1", pbx.port, SECRET, database, more)
        lives = Lives(path, folder / "journal.jsonl", tasks)
        stack.push_async_callback(lives.end)
        yield Arena(seed, lives, database, pbx, mosquitto, more)

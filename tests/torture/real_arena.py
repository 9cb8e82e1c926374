"""A place with a real Asterisk and its phones: the daemon hears it through a line that can fail, a witness hears all of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import cycle
from pathlib import Path
from random import Random

from config.loader import load_settings
from daemon import clock
from daemon.rules import rules_of
from tests.asterisk.pbx import SECRET, Pbx, running_pbx
from tests.torture import settings
from tests.torture.callers import Callers
from tests.torture.diary import Diary, read_diary
from tests.torture.lives import Lives
from tests.torture.place import Place
from tests.torture.proxy import Line
from tests.torture.sight import Break, sight_by_time
from tests.torture.truth import truth_of
from tests.torture.verdict import Verdict, judge
from tests.torture.witness import Witness

ENDS_WITHIN_S = 60.0
_numbers = cycle(range(60, 200))
"""Several may run at once: each has addresses of its own."""


class RealArena(Place):
    """`pbx` is called without a pause; `line` is the daemon's only way to it."""

    def __init__(
        self, seed: int, lives: Lives, database: Path, pbx: Pbx, line: Line, callers: Callers, witness: Witness
    ) -> None:
        super().__init__(seed, lives, database)
        self.pbx = pbx
        self.line = line
        self.callers = callers
        self.breaks: list[Break] = []
        self.calling: asyncio.Task[None] | None = None
        self._witness = witness

    def line_breaks(self) -> None:
        """From here on the daemon hears nothing, until it is ready again."""
        self.breaks.append(Break(clock.now(), clock.now()))

    async def asterisk_ends(self, softly: bool = False) -> None:
        """Asterisk dies, or is told to `core stop now`; the phones notice."""
        since = clock.now()
        self.callers.open.clear()
        if softly:
            await self.pbx.stop_now()
        else:
            await self.pbx.kill()
        await self._witness.pbx_died()
        self.callers.pbx_died()
        self.breaks.append(Break(since, clock.now()))

    async def asterisk_begins(self) -> None:
        """It is there again, and called again."""
        await self.pbx.boot()
        await self._witness.listen()
        self.callers.open.set()

    async def end_calls(self) -> None:
        """No more calls begin; returns when the last one has ended."""
        self.callers.closed = True
        self.callers.open.set()
        assert self.calling is not None
        async with asyncio.timeout(ENDS_WITHIN_S):
            await self.calling
            while (await self.pbx.ctl.act("CoreStatus")).get("CoreCurrentCalls") != "0":
                await asyncio.sleep(0.1)  # it tells when it is asked

    def judge(self) -> Verdict:
        """What became of the calls; after `settle`."""
        story = read_diary(self._witness.path)
        truth = truth_of(story.events, rules_of(load_settings(self.lives.settings, {}).settings))
        ends = [Break(end.at, end.gone_at, end.killed) for end in self.lives.ends]
        sight = sight_by_time(story.events, self.lives.moments("ami_ready"), [*self.breaks, *ends], self.stalls())
        judge(self.verdict, story, truth, sight, self.stored())
        self.judge_gaps(sight)
        return self.verdict


@asynccontextmanager
async def real_arena(folder: Path, seed: int, version: int) -> AsyncIterator[RealArena]:
    """An Asterisk with phones that call as soon as the daemon is ready; all of it gone at the end."""
    async with AsyncExitStack() as stack:
        pbx = await stack.enter_async_context(running_pbx(version, next(_numbers)))
        line = Line(pbx.ip, 5038)
        await line.open()
        stack.push_async_callback(line.close)
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        file = stack.enter_context((folder / "diary.jsonl").open("wb", buffering=0))
        witness = Witness(pbx.ip, folder / "diary.jsonl", Diary(file), tasks)
        await witness.listen()
        stack.push_async_callback(witness.close)
        path, database = folder / "ringtally.toml", folder / "calls.db"
        settings.write_settings(path, "127.0.0.1", line.port, SECRET, database)
        lives = Lives(path, folder / "journal.jsonl", tasks)
        stack.push_async_callback(lives.end)
        callers = Callers(pbx, Random(seed))
        place = RealArena(seed, lives, database, pbx, line, callers, witness)
        await lives.ready()
        place.calling = tasks.create_task(callers.play(), name="callers")
        stack.callback(place.calling.cancel)
        callers.open.set()
        yield place

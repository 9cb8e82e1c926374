"""Where a fault is tried, whatever the PBX: chance, turns, the daemon's lives, and the verdict in the end."""

import asyncio
import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

from daemon import clock
from tests.torture.gaps import recorded_gaps, true_gaps, wrong_gaps
from tests.torture.lives import Lives
from tests.torture.rows import Row, integrity, rows_of
from tests.torture.sight import Sight
from tests.torture.verdict import Verdict

SETTLES_WITHIN_S = 60.0
_ACTIVE = re.compile(r'^ringtally_calls_active\{.*state="(\w+)".*\} (\S+)$', re.MULTILINE)


class Place(ABC):
    """One bout of one fault: everything in a folder of its own, and chance from a seed."""

    def __init__(self, seed: int, lives: Lives, database: Path) -> None:
        self.random = Random(seed)
        self.lives = lives
        self.database = database
        self.ends_at = 0.0
        """The monotonic moment from which on no more turn begins."""
        self.most = 1
        """How many turns there may be."""
        self.times = 0
        """How often the fault was injected."""
        self.verdict = Verdict()

    def turns(self) -> Iterator[int]:
        """One after the other while there is time, but one at least; each is one injection of the fault."""
        while self.times < self.most and (not self.times or clock.monotonic() < self.ends_at):
            yield self.times
            self.times += 1

    async def pass_time(self, least_s: float, most_s: float) -> None:
        """Calls go on for a while, as chance has it: faults come at moments that nobody chose."""
        await asyncio.sleep(self.random.uniform(least_s, most_s))

    async def settle(self) -> None:
        """The last calls end, the daemon hears of it, and stops in order."""
        await self.quiet()
        if status := await self.lives.stop():
            self.verdict.beside.append(f"stopped with {status}")

    async def quiet(self) -> None:
        """The last calls end, and the daemon has heard of it."""
        await self.lives.ready()
        await self.end_calls()
        await self.lives.daemon.until("/-/ready", "ready")
        async with asyncio.timeout(SETTLES_WITHIN_S):
            while await self._lives():
                await asyncio.sleep(0.05)  # a gauge tells nobody

    async def note_states(self) -> None:
        """Which states the calls are in that live now."""
        self.verdict.states += await self._live_calls()

    async def _lives(self) -> bool:
        """Does any call live, for all that the daemon can tell?"""
        _, text = await self.lives.daemon.get("/metrics")
        return "\nringtally_ami_connected 1.0" not in text or any(float(number) for _, number in _ACTIVE.findall(text))

    async def _live_calls(self) -> Counter[str]:
        """How many live, by state, as the metrics have them."""
        _, text = await self.lives.daemon.get("/metrics")
        found = Counter[str]()
        for state, number in _ACTIVE.findall(text):
            found[state] += int(float(number))
        return +found

    def stored(self) -> list[Row]:
        """The rows of the database; what is wrong with the file is a finding."""
        said = integrity(self.database)
        if said != "ok":
            self.verdict.beside.append(f"integrity_check: {said}")
            return []
        return rows_of(self.database)

    def stalls(self) -> list[tuple[float, float]]:
        """When the daemon stood still, and nobody had frozen it; counted, for at rest there are none."""
        frozen = self.lives.pauses
        own = [
            (since, until)
            for since, until in self.lives.stalls()
            if not any(begun <= until and since <= over for begun, over in frozen)
        ]
        self.verdict.stalls += len(own)
        return own

    def judge_gaps(self, sight: Sight) -> None:
        """Is every gap recorded?"""
        true = true_gaps(sight)
        self.verdict.gaps += len(true)
        self.verdict.ungapped += wrong_gaps(recorded_gaps(self.database), true)

    @abstractmethod
    async def end_calls(self) -> None:
        """No more calls begin; returns when the last one has ended."""

    @abstractmethod
    def judge(self) -> Verdict:
        """What became of the calls; after `settle`."""

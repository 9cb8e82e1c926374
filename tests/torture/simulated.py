"""The simulated PBX as the rig sees it: a process that obeys."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

OBEYS_WITHIN_S = 60.0
ENDS_WITHIN_S = 120.0
"""So long the last calls may take to end."""


class SimulatedPbx:
    """Its port, and what it can be told to do."""

    def __init__(self, process: asyncio.subprocess.Process, port: int, diary: Path) -> None:
        self.port = port
        self.diary = diary
        self._process = process

    async def do(self, what: str, within_s: float = OBEYS_WITHIN_S, **more: Any) -> dict[str, Any]:
        """One order (see `pbx.Pbx.obey`), and what lives then."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": what, **more}).encode() + b"\n")
        async with asyncio.timeout(within_s):
            answer: dict[str, Any] = json.loads(await self._process.stdout.readline())
        return answer

    async def end_calls(self) -> None:
        """No more calls begin; returns when the last one has ended."""
        await self.do("close", ENDS_WITHIN_S)


@asynccontextmanager
async def simulated_pbx(seed: int, folder: Path) -> AsyncIterator[SimulatedPbx]:
    """The PBX for the time of the block."""
    diary = folder / "diary.jsonl"
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.torture.pbx", str(seed), str(diary)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(OBEYS_WITHIN_S):
            port = int(await process.stdout.readline())
        yield SimulatedPbx(process, port, diary)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()

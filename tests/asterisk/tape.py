"""Tapes scenarios: what a real Asterisk told the shipped account while the phones played one, and what the phones saw.

`python -m tests.asterisk.tape [NAME...]` writes `tests/handlers/tapes/VERSION-NAME.jsonl.gz` on both versions, of all scenarios that
no recording holds, or of those named. The core's own tests replay them: without an Asterisk, in a second.
"""

import asyncio
import gzip
import json
import sys
import time
from pathlib import Path
from typing import Any

from config.ami_account import passes_filter
from tests.asterisk.pbx import Pbx, running_pbx
from tests.asterisk.scenarios import EXPECTED, SCENARIOS, scenarios_on

FOLDER = Path(__file__).parent.parent / "handlers/tapes"
AT_ONCE = 7
FIRST_NUMBER = 83
END = b"\r\n\r\n"
_OF_A_LEG = ("kind", "ua", "cid", "dialed", "ruri", "t_invite", "t_answer", "t_end", "end")
_OF_AN_EVENT = ("t", "ua", "dir", "ev", "callid")


async def listen(pbx: Pbx, lines: list[dict[str, Any]], listening: asyncio.Event) -> None:
    """Keep what the shipped account would be sent, until cancelled."""
    reader, writer = await asyncio.open_connection(pbx.ip, 5038)
    await reader.readline()
    writer.write(b"Action: Login\r\nUsername: lab\r\nSecret: lab\r\n\r\n")
    try:
        while True:
            raw = (await reader.readuntil(END)).decode().lstrip("\r\n")  # a TestEvent ends with an empty line too many
            if raw.startswith("Event: FullyBooted\r\n"):
                listening.set()
            if raw.startswith("Event: ") and passes_filter(raw):
                lines.append({"t": round(time.time(), 6), "raw": raw})  # noqa: TID251 - the arrival, as a recorder stamps it
    finally:
        writer.close()


async def tape(version: int, number: int, name: str) -> None:
    """Play one scenario and write its tape."""
    lines: list[dict[str, Any]] = []
    async with running_pbx(version, number) as pbx, asyncio.TaskGroup() as tasks:
        listening = asyncio.Event()
        listener = tasks.create_task(listen(pbx, lines, listening))
        await listening.wait()
        await SCENARIOS[name](pbx)
        await asyncio.sleep(1)  # the last Hangup
        listener.cancel()
    truth = {
        "legs": [{key: leg[key] for key in _OF_A_LEG if key in leg} for leg in pbx.recs],
        "events": [{key: event[key] for key in _OF_AN_EVENT if key in event} for event in pbx.truth],
    }
    told = [{"note": "truth", "truth": truth}, *lines]
    text = "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in told)
    (FOLDER / f"{version}-{name}.jsonl.gz").write_bytes(gzip.compress(text.encode(), 9, mtime=0))


async def main(names: list[str]) -> None:
    """Tape so many at once."""
    FOLDER.mkdir(exist_ok=True)
    free = list(range(FIRST_NUMBER, FIRST_NUMBER + AT_ONCE))
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(version: int, name: str) -> None:
        async with slots:
            number = free.pop()
            try:
                await tape(version, number, name)
            except* (TimeoutError, AssertionError) as error:
                print(f"{version} {name}: {error!r}")
            finally:
                free.append(number)

    await asyncio.gather(
        *(one(version, name) for version in (22, 16) for name in names if name in scenarios_on(version))
    )


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:] or list(EXPECTED)))

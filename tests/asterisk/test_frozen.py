"""A daemon that stands still for seconds beside a real Asterisk, with a second one as its witness that does not.

The situations are those of gaps: what happens there unseen is read late here, in order, so every call must have the result that the
witness tells. What depends on when something was is the same, or untold, and then the call is marked; with `timestampevents`
nothing is untold.
"""

import asyncio
import signal
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from config.sections import Ami, Http, Settings, Storage
from daemon import clock
from daemon.app import App
from handlers.facts import GapEnded
from storage.call_filter import CallFilter
from storage.call_json import call_json
from storage.calls import find_calls
from storage.gaps import GapFilter, find_gaps
from storage.reading import reading
from tests.asterisk.gap_situations import SITUATIONS
from tests.asterisk.pbx import SECRET, Pbx, running_pbx
from tests.asterisk.test_gaps import TOLERANCE_S, until_listening
from tests.daemon.app_service import Ledger
from tests.daemon.ringtally_process import Daemon, running_daemon, write_settings

AT_ONCE = 4
# Each of the events that a duration hangs on is among those read late; where they are stamped, none of them matters.
PLAYED = {
    False: (
        *("answered_unseen", "answered_unseen_in_a_queue", "talk_over_unseen", "unheld_unseen"),
        *("passed_on_unseen", "parked_unseen", "begun_unseen", "begun_and_over_unseen"),
    ),
    True: ("answered_unseen_in_a_queue", "talk_over_unseen", "passed_on_unseen", "begun_and_over_unseen"),
}
FROZEN_S = 3.5
STAMPED = "[general](+)\ntimestampevents = yes\n"
# What only the order of events decides.
TOLD = (
    *("direction", "trunk", "did", "caller", "called", "queue", "queues", "answered_by", "agents", "transfers"),
    *("result", "missed", "voicemail", "lost_after_transfer", "ended_by", "end_seen", "merged_into"),
)
DURATIONS = ("wait_s", "ivr_s", "queue_s", "ring_s", "talk_s", "hold_s", "total_s")
MOMENTS = ("started_at", "answered_at", "ended_at")

Row = dict[str, Any]


def order_of(row: Row) -> Row:
    """What of a call its events tell whenever they are read."""
    told = {field: row[field] for field in TOLD}
    told["transfers"] = [{**each, "at": None} for each in told["transfers"]]
    # Short is a matter of time.
    return told | {"result": str(told["result"]).removeprefix("short_")}


def differences(seen: Row, late: Row, frozen: tuple[float, float], is_stamped: bool) -> list[str]:
    """What the daemon that stood still should not have told so, beside what the witness tells."""
    wanted, got = order_of(seen), order_of(late)
    wrong = [f"{field}: {wanted[field]}, told {got[field]}" for field in TOLD if wanted[field] != got[field]]
    for field in DURATIONS:
        if late[field] is None and seen[field] is not None:
            if is_stamped or not late["incomplete"]:
                wrong.append(f"{field}: {seen[field]}, untold, and not marked")
        elif late[field] != seen[field] and (seen[field] is None or abs(late[field] - seen[field]) > TOLERANCE_S):
            wrong.append(f"{field}: {seen[field]}, told {late[field]}")
    for field in MOMENTS:
        wrong += wrong_moment(field, seen, late, frozen, is_stamped)
    if is_stamped and late["incomplete"]:
        wrong.append("marked, though every event bears its moment")
    return wrong


def wrong_moment(field: str, seen: Row, late: Row, frozen: tuple[float, float], is_stamped: bool) -> list[str]:
    """A moment of the time of standing still may be that of its reading, in a call that is marked."""
    if seen[field] is None or late[field] is None:
        is_right = seen[field] == late[field] or (late["incomplete"] and not is_stamped and seen[field] is not None)
    else:
        at, told_at = (datetime.fromisoformat(row[field]).timestamp() for row in (seen, late))
        was_meanwhile = frozen[0] - TOLERANCE_S <= at <= frozen[1] + TOLERANCE_S
        may_be_late = was_meanwhile and late["incomplete"] and not is_stamped
        is_right = -TOLERANCE_S <= told_at - at <= TOLERANCE_S + (frozen[1] - at if may_be_late else 0)
    return [] if is_right else [f"{field}: {seen[field]}, told {late[field]}"]


def wrong_gaps(
    gaps: Sequence[GapEnded], events: Sequence[float], frozen: tuple[float, float], is_stamped: bool
) -> list[str]:
    """Events that waited are one gap, of the time of standing still, unless each bears its moment: then there is none."""
    waited = [at for at in events if frozen[0] + 0.1 < at < frozen[1] - 0.1]
    if is_stamped:
        return [f"gaps {gaps}"] if gaps else []
    if not waited:
        return []
    if [gap.reason for gap in gaps] != ["slow"]:
        return [f"gaps {gaps}, though {len(waited)} segments waited"]
    (gap,) = gaps
    covers = gap.since <= frozen[0] + TOLERANCE_S and frozen[1] <= gap.at
    return [] if covers else [f"{gap} for {frozen}"]


async def rows_of(database: Path) -> tuple[dict[str, Row], list[GapEnded]]:
    """The calls by id, and the gaps."""
    async with reading(database) as connection:
        calls = [call_json(call) for call in await find_calls(connection, CallFilter(merged=True))]
        return {call["id"]: call for call in calls}, list(await find_gaps(connection, GapFilter()))


async def all_over(app: App, daemon: Daemon) -> None:
    """Until neither knows of a live call; a call that never ends shows in what is compared."""
    running = app.started.result()
    with suppress(TimeoutError):
        async with asyncio.timeout(15):
            while list(running.core.live_calls()):
                await asyncio.sleep(0.02)  # a live daemon's state has no signal
    await daemon.until("/api/v1/live", '"total":0')


async def play_frozen(name: str, pbx: Pbx, daemon: Daemon) -> tuple[float, float]:
    """Play a situation, the daemon frozen for what nobody is to see of it: from when to when."""
    playing = SITUATIONS[name].play(pbx)
    await anext(playing)
    daemon.send(signal.SIGSTOP)
    since = clock.now()
    await anext(playing)
    await asyncio.sleep(max(0.0, FROZEN_S - (clock.now() - since)))
    until = clock.now()
    daemon.send(signal.SIGCONT)
    await anext(playing, None)
    return since, until


async def play(version: int, number: int, name: str, is_stamped: bool, folder: Path) -> list[str]:
    """One situation on a fresh Asterisk: what is wrong with what was told."""
    heard: list[float] = []
    await asyncio.to_thread(folder.mkdir)
    async with running_pbx(version, number, STAMPED if is_stamped else "") as pbx, asyncio.TaskGroup() as tasks:
        settings = Settings(
            ami=Ami(host=pbx.ip, secret=SecretStr(SECRET), ping_interval=60.0),
            http=Http(listen="127.0.0.1:0"),
            storage=Storage(path=str(folder / "witness.db")),
        )
        witness = App(settings, [Ledger()])
        running = tasks.create_task(witness.run())
        seeing = await witness.started
        await until_listening(seeing)
        try:
            async with running_daemon(write_settings(folder, pbx.ip, 5038, SECRET)) as daemon:
                await daemon.told("ami_ready")
                watching = tasks.create_task(note_events(seeing, heard))
                frozen = await play_frozen(name, pbx, daemon)
                await all_over(witness, daemon)
                watching.cancel()
                await daemon.stop()
        finally:
            witness.stop.set()
        await running
    seen, _ = await rows_of(folder / "witness.db")
    late, gaps = await rows_of(folder / "calls.db")
    wrong = wrong_gaps(gaps, heard, frozen, is_stamped)
    wrong += [f"{id_} is lost" for id_ in seen.keys() - late.keys()]
    wrong += [f"{id_} is invented" for id_ in late.keys() - seen.keys()]
    for id_ in seen.keys() & late.keys():
        wrong += [f"{id_}: {each}" for each in differences(seen[id_], late[id_], frozen, is_stamped)]
    return wrong


async def note_events(seeing: Any, heard: list[float]) -> None:
    """When anything came that is an event, to a fiftieth of a second."""
    while True:
        at = seeing.client.counters.last_event_at
        if at is not None and (not heard or at > heard[-1]):
            heard.append(at)
        await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("version", "is_stamped"),
    [(22, False), (16, False), (22, True)],
    ids=["22 without stamps", "16 without stamps", "22 with stamps"],
)
async def test_a_daemon_that_stood_still_tells_what_its_witness_tells_or_says_that_it_does_not_know(
    version: int, is_stamped: bool, tmp_path: Path
) -> None:
    free = list(range(101, 101 + AT_ONCE))
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(name: str, number: int, folder: Path) -> list[str]:
        try:
            return await play(version, number, name, is_stamped, folder)
        except ExceptionGroup as error:
            return [repr(error)]

    async def among_others(name: str) -> list[str]:
        async with slots:
            number = free.pop()
            try:
                return await one(name, number, tmp_path / name)
            finally:
                free.append(number)

    found = await asyncio.gather(*map(among_others, PLAYED[is_stamped]))
    # So many at once on two cores: what drifted is played again with nothing beside it, and must agree then.
    told: list[str] = []
    for name in [name for name, wrong in zip(PLAYED[is_stamped], found, strict=True) if wrong]:
        wrong = await one(name, 101, tmp_path / f"{name}-alone")
        told += [f"{name}: {each}" for each in wrong]
    assert not told, "\n".join(told)

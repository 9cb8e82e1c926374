"""What an earlier run left in the database is taken up at a start: cases that wait, calls that lived, the figures of today."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import structlog

from config.sections import FollowUp
from daemon import clock
from daemon.board.board import Board
from daemon.board.day import Day
from handlers.ami.events import StreamBroken
from handlers.cases.rule import KNOWN_FOR_S
from handlers.core import Core
from handlers.facts import CallEnded, Fact
from handlers.steady_time import stepped_between
from storage.call_filter import CallFilter
from storage.calls import each_call, each_time_line
from storage.cases import case_counts, contact_times, waiting_cases
from storage.errors import DamagedError, StorageError
from storage.live_calls import kept_calls
from storage.reading import reading
from storage.requests import latest_note

# After a start so long at most for the PBX to say what lives, before claims end; deadlines wait for it, however long it stays away.
FIRST_SNAPSHOT_WITHIN_S = 30.0

log = structlog.get_logger()


class Left(NamedTuple):
    """What is still to be told of an earlier run: facts, since when (epoch seconds) the PBX was not heard, notes after which one."""

    facts: Sequence[Fact]
    heard_until: float | None
    noted_up_to: int


async def take_up(core: Core, day: Day, board: Board, follow_up: FollowUp, path: Path) -> Left:
    """Into the core and the day's figures with what the database at `path` has. Raises StorageError."""
    await _count_today(day, board, path)
    noted_up_to = await asyncio.to_thread(latest_note, path)  # before their cases are read: a note is rather told twice
    await _take_up_cases(core, follow_up, path)
    facts, heard_until = await _take_up_calls(core, path)
    for stands in core.break_off(clock.now()):
        day.add_living(stands)
    return Left(facts, heard_until, noted_up_to)


async def _count_today(day: Day, board: Board, path: Path) -> None:
    """Today's figures go on after a restart."""
    day.roll(clock.now())
    try:
        async with reading(path) as connection:
            # Who called before midnight may have joined a queue after it.
            async for ended in each_time_line(connection, CallFilter(since=day.since - 3600, merged=True)):
                day.add_stored(ended)
            counts = await case_counts(connection, day.since, day.until)
            board.cases_today.start(counts, await contact_times(connection, day.since, day.until))
    except DamagedError:
        raise
    except StorageError as error:
        log.warning("today_not_counted", reason=str(error), cure="figures of today begin at this start")


async def take_up_yesterday(board: Board, path: Path) -> None:
    """The calls of the day before, for today's figures to stand beside. May take a second or two, after the start and beside all else."""
    before = board.the_day_before()
    try:
        async with reading(path) as connection:
            async for call in each_call(connection, CallFilter(since=before.since, until=before.until)):
                before.add(CallEnded(call.state_since, call, (), (), (), ()))
    except StorageError as error:
        log.warning("yesterday_not_counted", reason=str(error), cure="the boards do without it until midnight")
    else:
        board.follow(before)


async def _take_up_cases(core: Core, follow_up: FollowUp, path: Path) -> None:
    """Cases that wait go on waiting after a restart. StorageError: without them nobody would be told of who still waits."""
    now = clock.now()
    async with reading(path) as connection:
        known = await waiting_cases(connection, now - max(KNOWN_FOR_S, follow_up.list_for))
    core.restore_cases(known, now, now + FIRST_SNAPSHOT_WITHIN_S)


async def _take_up_calls(core: Core, path: Path) -> tuple[Sequence[Fact], float | None]:
    """Calls that lived when an earlier run heard the PBX last live until it says otherwise; what that means at once, and since when.

    A clock that was set meanwhile is taken out of their moments. By how much is known while the machine runs on; else only that one
    which was set back has them in the future: they are moved so far, or time would stand still until then.
    """
    async with reading(path) as connection:
        kept, heard = await kept_calls(connection)
    if heard is None:
        return (), None
    now = clock.now()
    known_s = stepped_between(heard.until, heard.uptime, now, clock.uptime(now))
    set_by_s = known_s or min(0.0, now - heard.until)
    facts, unread = core.restore_calls(kept, StreamBroken(heard.until, heard.reason), set_by_s)
    for call in unread:
        log.error(
            "live_call_unreadable", call=call.id, cure="none; if it lives still, it is met again as the PBX tells it"
        )
    if known_s:
        log.warning("clock_was_set", while_we_were_down=True, by_s=round(known_s, 3))
    elif set_by_s:
        log.warning("clock_was_set_back", while_we_were_down=True, at_least_s=round(-set_by_s, 1))
    until = heard.until + set_by_s
    log.info("calls_taken_up", calls=core.live_count, silent_s=round(now - until, 1))
    return facts, until

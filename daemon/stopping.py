"""The daemon stops in order: the reader first, then what is queued is handled, the broker told, all of it stored.

Bounded in all: a second or two, or where the database takes nothing, as long as somebody needs to mend that; within the
TimeoutStopSec of systemd/ringtally.service.
"""

import asyncio
from contextlib import suppress

import structlog

from daemon import clock
from daemon.notify import Notifier
from daemon.parts import Parts
from storage.errors import StorageError
from storage.writer import Writer

FLUSH_WITHIN_S = 1.0
LAST_CALLS_WITHIN_S = 0.2
GOODBYE_WITHIN_S = 0.4
LAST_WORD_WITHIN_S = 0.2
# So long more for an operator to free the disk, or to end whoever locks the database.
PATIENCE_S = 15.0

log = structlog.get_logger()


class NotStoredError(StorageError):
    """The daemon has ended, and lost what it could not store."""


async def wind_up(
    parts: Parts,
    pumping: asyncio.Task[None],
    listening: asyncio.Task[None],
    give_up: asyncio.Event,
    notifier: Notifier,
) -> None:
    """End the parts in order. What still lives is kept as it stands: a later run takes it up."""
    await parts.client.hear_once_more(LAST_WORD_WITHIN_S)
    listening.cancel()
    with suppress(asyncio.CancelledError):
        await listening
    parts.pump.end()
    await pumping
    ends_at = clock.monotonic() + FLUSH_WITHIN_S
    if parts.mqtt is not None:
        # The last calls are stored first, so that they can be told.
        with suppress(StorageError, TimeoutError):
            async with asyncio.timeout(LAST_CALLS_WITHIN_S):
                await parts.writer.flush()
        await parts.mqtt.stop(GOODBYE_WITHIN_S)
    parts.keeper.keep("stopped")
    if not await parts.writer.finish(max(FLUSH_WITHIN_S / 2, ends_at - clock.monotonic())):
        await _wait_for(parts.writer, give_up, notifier)
    await parts.writer.close(0.0)


def check_stored(writer: Writer) -> None:
    """After the stop: raises NotStoredError if anything was lost."""
    if writer.is_finished:
        return
    reason = writer.health.reason or "the database took too long"
    lost = f"calls lost: {writer.waiting}" if writer.waiting else "no call lost, but the next start will say killed"
    raise NotStoredError(f"stopped, and not all is stored ({lost}): {reason}")


async def _wait_for(writer: Writer, give_up: asyncio.Event, notifier: Notifier) -> None:
    """Give the database more time, and tell the operator what to do with it. `give_up`, from here on, ends that."""
    give_up.clear()
    reason = writer.health.reason or "the database takes long"
    notifier.status(f"stopping; calls that wait to be stored: {writer.waiting}; {reason}")
    log.warning(
        "stop_waits_for_the_database",
        waiting=writer.waiting,
        at_most_s=PATIENCE_S,
        reason=reason,
        cure="mend that now (free the disk, end the lock), or what waits is lost; a second SIGTERM does not wait",
    )
    finishing = asyncio.ensure_future(writer.finish(PATIENCE_S))
    giving_up = asyncio.ensure_future(give_up.wait())
    try:
        await asyncio.wait((finishing, giving_up), return_when=asyncio.FIRST_COMPLETED)
    finally:
        finishing.cancel()
        giving_up.cancel()

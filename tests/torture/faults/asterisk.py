"""Beside a real Asterisk: it dies, stops, reloads, changes its modules; the line to it fails; the daemon dies in mid-call."""

import asyncio
from collections.abc import Awaitable, Callable

from tests.torture.faults.fault import RealFault
from tests.torture.real_arena import RealArena

TRIES, BETWEEN_S = 60, 0.5
VERSIONS = (22, 16)


async def asterisk_killed(place: RealArena) -> None:
    """Asterisk is killed with calls live, and started again."""
    await _restarted(place, softly=False)


async def asterisk_stopped(place: RealArena) -> None:
    """`core stop now`, and started again."""
    await _restarted(place, softly=True)


async def _restarted(place: RealArena, *, softly: bool) -> None:
    for turn in place.turns():
        await place.pass_time(4.0, 8.0)
        await place.note_states()
        await place.asterisk_ends(softly)
        await place.asterisk_begins()
        await place.lives.connected(turn + 2)


async def core_reload(place: RealArena) -> None:
    """`core reload`: nothing is lost, and nothing changes."""
    for _ in place.turns():
        await place.pass_time(1.0, 5.0)
        await place.pbx.command("core reload")


async def queues_unloaded(place: RealArena) -> None:
    """`app_queue.so` is unloaded as soon as nobody waits in a queue, called without, and loaded again."""
    for _ in place.turns():
        await place.pass_time(2.0, 5.0)
        place.callers.open.clear()
        for _try in range(TRIES):
            if "nable to unload" not in await place.pbx.command("module unload app_queue.so"):
                break
            await asyncio.sleep(BETWEEN_S)  # a module that is in use tells nobody when it is not
        else:
            raise AssertionError("app_queue.so was never let go")
        place.callers.open.set()
        await place.pass_time(1.0, 3.0)
        assert "Loaded app_queue.so" in await place.pbx.command("module load app_queue.so")


async def line_cut(place: RealArena) -> None:
    """The connection is reset."""
    for turn in place.turns():
        await place.pass_time(1.0, 5.0)
        place.line_breaks()
        place.line.cut()
        await place.lives.connected(turn + 2)


async def line_torn(place: RealArena) -> None:
    """The stream ends in mid-event."""
    for turn in place.turns():
        await place.pass_time(1.0, 5.0)
        torn = place.line.cut_in_mid_event()
        async with asyncio.timeout(30):
            await torn
        place.line_breaks()
        await place.lives.connected(turn + 2)


async def line_dead(place: RealArena) -> None:
    """Nothing passes, and nobody says so; later the line is there again."""
    for turn in place.turns():
        await place.pass_time(1.0, 5.0)
        place.line_breaks()
        place.line.black_hole()
        await place.lives.daemon.told("ami_lost", turn + 1)
        await place.line.restore()
        await place.lives.connected(turn + 2)


async def line_stalled(place: RealArena) -> None:
    """Nothing passes for less than a second, then all of it."""
    for _ in place.turns():
        await place.pass_time(1.0, 5.0)
        place.line.stall()
        await place.pass_time(0.1, 0.6)
        await place.line.restore()


async def daemon_killed(place: RealArena) -> None:
    """SIGKILL, and started again at once, or after seconds in which calls go on."""
    for turn in place.turns():
        await place.lives.ready()
        await place.pass_time(1.5, 6.0)
        await place.note_states()
        await place.lives.kill()
        if turn % 2:
            await place.pass_time(1.0, 5.0)
        await place.lives.start()


async def daemon_stopped(place: RealArena) -> None:
    """SIGTERM, and started again at once, or after seconds in which calls go on."""
    for turn in place.turns():
        await place.lives.ready()
        await place.pass_time(1.5, 6.0)
        await place.note_states()
        if status := await place.lives.stop():
            place.verdict.beside.append(f"stopped with {status}")
        if turn % 2:
            await place.pass_time(1.0, 5.0)
        await place.lives.start()


_EACH: tuple[tuple[str, Callable[[RealArena], Awaitable[None]], float, dict[int, int]], ...] = (
    ("asterisk-killed", asterisk_killed, 1.0, {22: 1, 16: 1}),
    ("asterisk-stopped", asterisk_stopped, 1.0, {}),
    ("core-reload", core_reload, 0.5, {}),
    ("queues-unloaded", queues_unloaded, 0.5, {22: 2}),
    ("line-cut", line_cut, 1.0, {16: 2}),
    ("line-torn", line_torn, 1.0, {22: 1}),
    ("line-dead", line_dead, 1.0, {22: 1}),
    ("line-stalled", line_stalled, 0.5, {}),
    ("daemon-killed", daemon_killed, 2.0, {22: 2, 16: 1}),
    ("daemon-stopped", daemon_stopped, 1.0, {22: 1}),
)
FAULTS = tuple(
    RealFault(f"{name}-{version}", bout, version, weight, short.get(version, 0))
    for version in VERSIONS
    for name, bout, weight, short in _EACH
)

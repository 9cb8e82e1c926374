"""The line between PBX and daemon: cut, torn, stalled, dead without a word, refused, flooded."""

import signal
from itertools import count

from tests.torture.arena import Arena
from tests.torture.faults.fault import Fault
from tests.torture.settings import SILENT_S


async def cut(arena: Arena) -> None:
    """The PBX resets the connection."""
    await _break(arena, "cut")


async def tear(arena: Arena) -> None:
    """The PBX ends it in mid-event."""
    await _break(arena, "tear")


async def black_hole(arena: Arena) -> None:
    """Nothing passes any more, either way, and nobody says so."""
    await _break(arena, "hole")


async def _break(arena: Arena, what: str) -> None:
    for turn in arena.turns():
        await arena.pass_time(0.5, 3.0)
        await arena.pbx.do(what)
        await arena.lives.connected(turn + 2)


async def stall(arena: Arena) -> None:
    """Nothing passes for less than a second, then all of it."""
    for _ in arena.turns():
        await arena.pass_time(0.5, 2.0)
        await arena.pbx.do("stall", seconds=arena.random.uniform(0.1, 0.6))


async def stall_long(arena: Arena) -> None:
    """Nothing passes for so long that the line is given up."""
    for turn in arena.turns():
        await arena.pass_time(0.5, 2.0)
        await arena.pbx.do("stall", seconds=SILENT_S + 2)
        await arena.lives.connected(turn + 2)


async def banner_only(arena: Arena) -> None:
    """The PBX takes connections for seconds and answers nothing."""
    for turn in arena.turns():
        await arena.pass_time(0.5, 2.0)
        await arena.pbx.do("mute", on=True)
        await arena.pbx.do("cut")
        await arena.pass_time(1.0, 3.0)
        await arena.pbx.do("mute", on=False)
        await arena.lives.connected(turn + 2)


async def wrong_secret(arena: Arena) -> None:
    """The PBX has another secret; after a while the settings have it too."""
    for turn, serial in zip(arena.turns(), count(1)):
        await arena.pass_time(0.5, 2.0)
        await arena.pbx.do("secret", new=f"secret-{serial}")
        await arena.pbx.do("cut")
        await arena.lives.daemon.told("ami_refused", serial)
        arena.use_secret(f"secret-{serial}")
        arena.lives.daemon.send(signal.SIGHUP)
        await arena.lives.connected(turn + 2)


async def flood(arena: Arena) -> None:
    """So much noise at once that the daemon is busy for a while."""
    for _ in arena.turns():
        await arena.pass_time(0.5, 2.0)
        await arena.pbx.do("flood", events=1_500)


FAULTS = (
    Fault("cut", cut, weight=2, short=2),
    Fault("tear", tear),
    Fault("black-hole", black_hole, short=1),
    Fault("stall", stall),
    Fault("stall-long", stall_long, short=1),
    Fault("banner-only", banner_only),
    Fault("wrong-secret", wrong_secret),
    Fault("flood", flood),
)

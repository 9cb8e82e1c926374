"""The daemon itself: killed, stopped, frozen, at moments that nobody chose."""

from tests.torture.arena import Arena
from tests.torture.faults.fault import Fault
from tests.torture.rows import integrity


async def kill(arena: Arena) -> None:
    """SIGKILL while calls live, three times of four while it listens, else while it starts; started again at once."""
    for _ in arena.turns():
        if arena.random.random() < 0.75:
            await arena.lives.ready()
            await arena.pass_time(0.0, 2.0)
        else:
            await arena.pass_time(0.0, 1.5)
        await arena.lives.kill()
        await arena.lives.start()


async def kill_migrating(arena: Arena) -> None:
    """SIGKILL as soon as its database is there, so that a migration is under way; the next start has to do."""
    for turn in arena.turns():
        await arena.lives.end()
        database = arena.use_database(arena.database.parent / f"fresh-{turn}.db")
        await arena.lives.start()
        await arena.appears(database)
        await arena.pass_time(0.0, 0.1)
        await arena.lives.kill()
        if (said := integrity(database)) not in {"ok", "no such table: migration"}:
            arena.verdict.beside.append(f"turn {turn}, killed while migrating: {said}")
        await arena.lives.ready()


async def stop(arena: Arena) -> None:
    """SIGTERM, and started again at once."""
    for _ in arena.turns():
        await arena.lives.ready()
        await arena.pass_time(0.5, 3.0)
        if status := await arena.lives.stop():
            arena.verdict.beside.append(f"stopped with {status}")
        await arena.lives.start()


async def freeze(arena: Arena) -> None:
    """SIGSTOP for less than a second: nothing is lost of what waits in the socket."""
    for _ in arena.turns():
        await arena.pass_time(0.5, 2.0)
        await arena.lives.pause(arena.random.uniform(0.1, 0.6))


async def freeze_long(arena: Arena) -> None:
    """SIGSTOP for seconds: what waited in the socket comes late, by a time that nobody knows."""
    for _ in arena.turns():
        await arena.pass_time(1.0, 3.0)
        await arena.lives.pause(arena.random.uniform(3.0, 6.0))


FAULTS = (
    Fault("kill", kill, weight=12, short=8),
    Fault("kill-migrating", kill_migrating),
    Fault("stop", stop, weight=2, short=2),
    Fault("freeze", freeze, short=2),
    Fault("freeze-long", freeze_long),
)

"""Tortures the daemon and prints what came of it: `python -m tests.torture [--only FAULT] [--seed N] [--minutes M] [--list]`."""

import asyncio
import os
import shutil
import sys
from itertools import count

import click

from daemon import clock
from tests.torture.bout import bout, seed_of
from tests.torture.faults import FAULTS
from tests.torture.faults.fault import Fault, RealFault
from tests.torture.table import Result, table

BOUT_S = 90.0
"""So long one bout goes on, so that its diary stays small."""
TURNS = 100
JOBS = 2
"""Faults at once: mostly they wait."""
TOLD = 30
"""So many findings of one fault are told; the table counts them all."""
OWN_NAMESPACE = "RINGTALLY_TORTURE_NAMESPACE"


async def torture(fault: Fault | RealFault, seed: int, seconds: float, lanes: int, *, short: bool) -> Result:
    """Bouts of one fault, so many at once, until its time is over."""
    result = Result(fault.name)
    began = clock.monotonic()
    numbers = count()

    async def one_after_the_other() -> None:
        for number in numbers:
            left_s = min(BOUT_S, seconds - (clock.monotonic() - began))
            its_seed = seed_of(seed, fault, number)
            times, verdict = await bout(fault, its_seed, left_s, max(fault.short, 1) if short else TURNS)
            result.add(its_seed, times, verdict)
            if short or clock.monotonic() - began >= seconds:
                return

    async with asyncio.TaskGroup() as tasks:
        for _ in range(lanes):
            tasks.create_task(one_after_the_other(), name=fault.name)
    result.seconds = clock.monotonic() - began
    return result


async def torture_all(
    faults: list[Fault | RealFault], seed: int, minutes: float, jobs: int, *, short: bool
) -> list[Result]:
    """So many faults at once, each for its share of the time."""
    weight = sum(fault.weight for fault in faults)
    turn = asyncio.Semaphore(jobs)
    lanes = 1 if short else max(1, jobs // len(faults))

    async def one(fault: Fault | RealFault) -> Result:
        async with turn:
            result = await torture(fault, seed, 60 * jobs / lanes * minutes * fault.weight / weight, lanes, short=short)
        for line in [f"{fault.name}: {result.seconds:.0f} s", *(f"  {line}" for line in result.findings[:TOLD])]:
            click.echo(line, err=True)
        if result.states:
            click.echo(f"  calls live at that moment: {result.states}", err=True)
        return result

    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(one(fault), name=fault.name) for fault in faults]
    return [task.result() for task in running]


@click.command()
@click.option("--seed", default=20261128, show_default=True, help="Where chance begins; that of a bout repeats it.")
@click.option(
    "--minutes", default=20.0, show_default=True, type=click.FloatRange(min=0), help="For all faults together."
)
@click.option("--only", multiple=True, type=click.Choice([fault.name for fault in FAULTS]), help="Only these.")
@click.option("--jobs", default=JOBS, show_default=True, type=click.IntRange(min=1), help="So many faults at once.")
@click.option("--short", is_flag=True, help="A few turns of each, whatever time they take.")
@click.option("--list", "lists", is_flag=True, help="Which faults there are.")
def main(seed: int, minutes: float, only: tuple[str, ...], jobs: int, *, short: bool, lists: bool) -> None:
    """The daemon under faults: what was lost, doubled, invented or marked wrongly; exit status 1 where anything was."""
    faults = [fault for fault in FAULTS if fault.name in only or (not only and (fault.short or not short))]
    if lists:
        for fault in faults:
            click.echo(f"{fault.name:20}  {(fault.bout.__doc__ or '').splitlines()[0]}")
        return
    if any(isinstance(fault, Fault) and fault.needs_disk for fault in faults):
        enter_own_namespace()
    results = asyncio.run(torture_all(faults, seed, minutes, jobs, short=short))
    click.echo(table(results))
    sys.exit(any(result.is_bad for result in results))


def enter_own_namespace() -> None:
    """Run again where what we mount is ours alone."""
    if OWN_NAMESPACE in os.environ:
        return
    program = shutil.which("unshare")
    if program is None:
        raise click.ClickException("no unshare: install util-linux")
    rights = [] if os.geteuid() == 0 else ["--map-root-user"]
    command = [program, "--mount", *rights, sys.executable, "-m", "tests.torture", *sys.argv[1:]]
    os.execve(program, command, os.environ | {OWN_NAMESPACE: "1"})


if __name__ == "__main__":
    main()

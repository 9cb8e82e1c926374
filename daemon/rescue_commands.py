"""The command that saves what is left in a damaged database."""

import asyncio
from pathlib import Path

import click

from daemon import clock
from daemon.command_line import attempt, examples
from storage.rescue import Rescued, rescue


@click.command("rescue", epilog=examples("ringtally rescue ringtally.db.damaged-20261128T101500Z saved.db"))
@click.argument("damaged", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("new", type=click.Path(dir_okay=False, path_type=Path))
def rescue_command(damaged: Path, new: Path) -> None:
    """Save what can be read of a DAMAGED database into a NEW file, which `--db` of the other commands reads.

    The damaged file is only read. It may take minutes and as much disk as the damaged file has.
    """

    async def go() -> list[Rescued]:
        return await asyncio.to_thread(rescue, damaged, new, clock.now())

    for table in attempt(go):
        if table.rows or table.unreadable:
            lost = f", {table.unreadable} places cannot be read" if table.unreadable else ""
            click.echo(f"{table.table}: {table.rows} rows{lost}")

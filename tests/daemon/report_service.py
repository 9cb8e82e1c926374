"""A daemon on a database of made-up calls, and what the command line says of the same."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from click.testing import CliRunner

from config.sections import Department, Site
from daemon.app import Running
from daemon.cli import main
from tests.daemon.app_service import running, settings_for
from tests.daemon.free_port import closed_port
from tests.storage.reports.generated import Made, stored

DAY = "from=2026-11-23&to=2026-11-23"
PERIOD = ("--from", "2026-11-23", "--to", "2026-11-23")
"""That of `MADE` in test_analysis_commands."""


@asynccontextmanager
async def serving(folder: Path, made: Sequence[Made]) -> AsyncIterator[tuple[Running, aiohttp.ClientSession]]:
    """The daemon for the time of the block, its PBX away, and a client of its HTTP server."""
    await stored(folder / "calls.db", made)
    own = {"site": Site(timezone="Europe/Moscow"), "departments": (Department(name="Продажи", queues=("support",)),)}
    async with running(settings_for(folder, closed_port(), **own)) as (daemon, client):
        yield daemon, client


def told_by_the_command(folder: Path, *words: str) -> Any:
    """The JSON of a command that reads the same database by the same settings."""
    settings = folder / "command.toml"
    settings.write_text(
        f'[site]\ntimezone = "Europe/Moscow"\n[storage]\npath = "{folder / "calls.db"}"\n'
        '[[departments]]\nname = "Продажи"\nqueues = ["support"]\n',
        "utf-8",
    )
    result = CliRunner().invoke(main, ["--config", str(settings), *words, "--format", "json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)

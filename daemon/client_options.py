"""The options that take known and unknown clients apart, and a word where nobody is known at all."""

import aiosqlite
import click

from storage.clients import Known, clients_known

unknown_option = click.option(
    "--unknown-clients", "clients", flag_value="unknown", help="Numbers only that the directory of clients has not."
)
known_option = click.option(
    "--known-clients", "clients", flag_value="known", help="Clients only that the directory has."
)


async def warn_without_directory(connection: aiosqlite.Connection, clients: Known | None) -> None:
    """Say it where the answer means nothing, because no directory was ever read."""
    if clients is not None and not await clients_known(connection):
        message = "warning: the directory of clients is empty; name a file in [clients], and ringtally run will read it"
        click.echo(message, err=True)

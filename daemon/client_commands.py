"""The command that tries a file of clients: what the daemon would make of it, before it does."""

from pathlib import Path

import click

from config.sections import Clients, Settings
from daemon.client_file import ClientFile, ClientFileError, read_clients
from daemon.command_line import Failure, examples, settings_of
from daemon.log import harmless
from handlers.numbers import NumberPlan


@click.command(
    "check-clients",
    epilog=examples("ringtally check-clients", "ringtally check-clients export-of-today.csv"),
)
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.pass_context
def check_clients(context: click.Context, file: Path | None) -> None:
    """Read the file of clients as the daemon would, and tell what was understood. Changes nothing.

    FILE: another than that of the settings, read in the same way.
    """
    settings = settings_of(context, needed=False, secrets=False).settings
    clients = _of(settings, file)
    numbers = settings.numbers
    plan = NumberPlan(numbers.region, numbers.area_code, tuple(numbers.strip_prefixes))
    try:
        found = read_clients(clients.file, clients, plan)
    except ClientFileError as error:
        raise Failure(str(error)) from None
    for line in _lines(found):
        click.echo(harmless(line, 500))


def _of(settings: Settings, file: Path | None) -> Clients:
    if file is None:
        if settings.clients is None:
            raise click.UsageError("the settings name no file of clients; name one")
        return settings.clients
    return Clients(file=file) if settings.clients is None else settings.clients.model_copy(update={"file": file})


def _lines(found: ClientFile) -> list[str]:
    parted = {"\t": "tabs", ";": "semicolons", ",": "commas", "|": "bars"}[found.delimiter]
    lines = [f"{len(found.clients)} numbers in {found.rows} rows; {found.encoding}, parted by {parted}"]
    lines += [f"{use}: {', '.join(titles) or 'no such column'}" for use, titles in found.columns.items()]
    if found.without_number:
        lines.append(f"{found.without_number} rows have no number")
    if found.first_refused is not None:
        line, reason = found.first_refused
        lines.append(f"{found.refused} rows are left out, the first in line {line}: {reason}")
    if found.repeated:
        lines.append(
            f"{found.repeated} numbers are there again, the first in line {found.first_repeated}; the earlier row counts"
        )
    return lines

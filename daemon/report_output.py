"""What the commands that show something share: their options, and where it goes."""

import json
import re
import sys
from collections.abc import Callable
from datetime import tzinfo
from pathlib import Path
from typing import Any

import click
import orjson
from rich.console import Console

from daemon import clock
from daemon.log import harmless
from daemon.periods import PERIODS, Period, PeriodError, between, named_period
from daemon.reports.document import Document
from daemon.reports.files import file_bytes
from daemon.reports.terminal import rendered

FORMATS = ("table", "json", "jsonl", "csv", "csv-excel", "xlsx", "html")
TABLE_ROWS = 50
# A table that goes into a file or a pipe is cut nowhere.
PIPE_WIDTH = 1000
# JSON leaves DEL, the C1 controls, and what turns the direction of writing or is not seen, as they are. Looked at is what is none of
# the usual letters.
_UNUSUAL = re.compile("[^\n -~Ѐ-џ]")

format_option = click.option("--format", "form", type=click.Choice(FORMATS), default="table", show_default=True)
lang_option = click.option("--lang", type=click.Choice(("en", "ru")), help="The words' language (default: the site's).")
db_option = click.option(
    "--db",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Another database than the configured one.",
)
from_option = click.option("--from", "since", help="Day or moment, e.g. 2026-11-23 or 2026-11-23T09:00.")
to_option = click.option("--to", "until", help="Day or moment; a day counts whole.")
period_option = click.option("--period", type=click.Choice(PERIODS))


def period_of(query: dict[str, Any], zone: tzinfo) -> Period:
    """The period of `--from`, `--to` or `--period`; wrong usage where they are no period."""
    if query["period"] and (query["since"] or query["until"]):
        raise click.UsageError("either --period or --from and --to, not both")
    try:
        if query["period"]:
            return named_period(query["period"], clock.now(), zone)
        return between(query["since"], query["until"], zone)
    except PeriodError as error:
        raise click.UsageError(str(error)) from None


def check_output(form: str) -> None:
    """Wrong usage where a terminal would get what is nothing for it."""
    if form == "xlsx" and sys.stdout.isatty():
        raise click.UsageError(
            "a spreadsheet is nothing for a terminal; write it into a file: ... --format xlsx > calls.xlsx"
        )


def show(form: str, document: Callable[[], Document], values: Callable[[], Any]) -> None:
    """What was found, in the form asked for; `values` are JSON's, a list of them is a line each in `jsonl`."""
    if form == "json":
        click.echo(as_json(values(), orjson.OPT_INDENT_2))
    elif form == "jsonl":
        for value in values():
            click.echo(as_json(value))
    elif form == "table":
        console = console_of()
        console.print(rendered(document(), console.width))
    else:
        # As bytes: the locale has no say in what a file holds.
        click.echo(file_bytes(form, document()), nl=False)


def console_of() -> Console:
    """Where tables go."""
    return Console(width=None if sys.stdout.isatty() else PIPE_WIDTH)


def as_json(value: Any, option: int = 0) -> str:
    """JSON with nothing in it that a terminal would obey."""
    return _UNUSUAL.sub(_seen, orjson.dumps(value, option=option).decode())


def _seen(found: re.Match[str]) -> str:
    character = found[0]
    return character if harmless(character) == character else json.dumps(character)[1:-1]

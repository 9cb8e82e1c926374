"""The commands: each parses, calls and prints."""

import asyncio
import os
import secrets
import sys
import tempfile
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, datetime, tzinfo
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

import click
import orjson
from rich.console import Console

from config.loader import DEFAULT_PATH, ConfigError, LoadedSettings, effective_lines, load_settings
from config.sections import Settings
from config.snippet import FLAVOURS, pbx_snippet
from daemon import clock
from daemon.app import App, account_of, run_until_signalled
from daemon.call_table import calls_table, header, row, time_line, time_line_table
from daemon.exports import csv_text, html_text, xlsx_bytes
from daemon.http_server import HttpListenError
from daemon.log import configure_log
from daemon.periods import PERIODS, PeriodError, between, named_period
from daemon.replay import replay as replay_recordings
from daemon.rules import rules_of
from daemon.words import Language
from handlers.ami.recording import RecordingError
from handlers.facts import DIRECTIONS, RESULTS, Call
from storage.call_filter import CallFilter
from storage.call_json import call_json, time_line_json
from storage.calls import find_call, find_calls
from storage.database import reading
from storage.errors import StorageError

_T = TypeVar("_T")
FORMATS = ("table", "json", "jsonl", "csv", "xlsx", "html")
TABLE_ROWS = 50
_RESULT_WORDS = sorted({result for results in RESULTS.values() for result in results})


class Failure(click.ClickException):
    """Something could not be done; the message says what to do. Exit status 1."""

    exit_code = 1


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--config", "config_path", type=click.Path(path_type=Path), help=f"Settings (default {DEFAULT_PATH}).")
@click.version_option(version("ringtally"), prog_name="ringtally")
@click.pass_context
def main(context: click.Context, config_path: Path | None) -> None:
    r"""Live call analytics beside Asterisk.

    \b
    ringtally check-config             are the settings right?
    ringtally check-ami                may the account see what it must?
    ringtally run                      the daemon
    ringtally calls --missed --period today
    ringtally call 1795450254.0        one call's story
    """
    context.obj = config_path


def _settings(context: click.Context, needed: bool = True) -> LoadedSettings:
    """The settings, or exit 1 with every problem on a line of its own."""
    path: Path | None = context.obj
    if path is None and (needed or DEFAULT_PATH.exists()):
        path = DEFAULT_PATH
    try:
        loaded = load_settings(path, os.environ)
    except ConfigError as error:
        for problem in error.problems:
            click.echo(str(problem), err=True)
        raise Failure(f"{len(error.problems)} problem(s) in the settings") from None
    return loaded


def _zone(settings: Settings) -> tzinfo:
    """The site's time zone, else the system's as of now."""
    return settings.zone or datetime.fromtimestamp(clock.now(), UTC).astimezone().tzinfo or UTC


@main.command()
@click.pass_context
def run(context: click.Context) -> None:
    """Run the daemon."""
    loaded = _settings(context)
    settings = loaded.settings
    configure_log(settings.log.level, settings.log.format)
    for warning in loaded.warnings:
        click.echo(f"warning: {warning}", err=True)

    async def go() -> None:
        await run_until_signalled(App(settings))

    _attempt(go)


@main.command()
@click.option("--listen", default="127.0.0.1:0", help="Where /metrics is served; port 0 takes a free one.")
@click.option("--seed", type=int, help="The same calls again.")
@click.option("--seconds", type=float, help="Stop by itself after so long.")
@click.option("--lang", type=click.Choice(("en", "ru")), default="en", show_default=True)
def demo(listen: str, seed: int | None, seconds: float | None, lang: Language) -> None:
    """Watch calls happen: the daemon on a simulated PBX that replays real traffic. Needs no root and no network."""
    from daemon.demo.show import show_demo  # noqa: PLC0415 - the daemon itself does without

    _attempt(lambda: show_demo(listen, seed, lang, seconds))


def _attempt(work: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
    """Run a coroutine function; what an operator can mend becomes one clear line and exit 1."""
    try:
        return asyncio.run(work())
    except (StorageError, HttpListenError, RecordingError, OSError) as error:
        raise Failure(str(error)) from None
    except BaseExceptionGroup as group:
        matched, rest = group.split((StorageError, HttpListenError, RecordingError, OSError))
        if matched is None or rest is not None:
            raise
        raise Failure(str(matched.exceptions[0])) from None


@main.command("check-config")
@click.pass_context
def check_config(context: click.Context) -> None:
    """Check the settings: all problems at once; print what is in force."""
    loaded = _settings(context)
    for warning in loaded.warnings:
        click.echo(f"warning: {warning}", err=True)
    click.echo("\n".join(effective_lines(loaded.settings)))


@main.command("check-ami")
@click.pass_context
def check_ami(context: click.Context) -> None:
    """Log in to the PBX and tell what the account may see, and what each missing right costs."""
    from daemon.ami_check import inspect_ami  # noqa: PLC0415 - only here

    settings = _settings(context).settings

    lines, good = _attempt(lambda: inspect_ami(account_of(settings.ami), rules_of(settings)))
    click.echo("\n".join(lines))
    if not good:
        raise SystemExit(1)


@main.command("pbx-snippet")
@click.option("--flavour", type=click.Choice(FLAVOURS), default="plain", show_default=True, help="Which PBX.")
@click.option("--permit", default="127.0.0.1/255.255.255.255", show_default=True, help="Where ringtally logs in from.")
def snippet(flavour: str, permit: str) -> None:
    """Print the AMI account to paste into the PBX: least rights, event filter, a fresh secret."""
    click.echo(pbx_snippet(flavour, secrets.token_urlsafe(24), permit))


@main.command()
@click.argument("recordings", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--db", type=click.Path(dir_okay=False, path_type=Path), help="Keep the calls in this database.")
@click.option(
    "--format", "form", type=click.Choice(("table", "json", "jsonl", "csv")), default="table", show_default=True
)
@click.option("--lang", type=click.Choice(("en", "ru")))
@click.pass_context
def replay(
    context: click.Context, recordings: Sequence[Path], db: Path | None, form: str, lang: Language | None
) -> None:
    """Run recordings through the same pipeline as live traffic, storage included.

    Several files are connections to one PBX, in this order, a break between them.
    """
    settings = _settings(context, needed=False).settings

    async def go(database: Path) -> list[Call]:
        ended = await replay_recordings(recordings, rules_of(settings), database, clock.now())
        return [each.call for each in ended]

    if db is not None:
        calls = _attempt(lambda: go(db))
    else:
        with tempfile.TemporaryDirectory(prefix="ringtally-") as folder:
            calls = _attempt(lambda: go(Path(folder) / "replay.db"))
    _show(calls, form, settings, lang)


@main.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_context
def record(context: click.Context, file: Path) -> None:
    """Record the AMI stream to FILE (`.gz`: compressed) until interrupted."""
    from daemon.recorder import record_to  # noqa: PLC0415 - only here

    settings = _settings(context).settings
    configure_log(settings.log.level, settings.log.format)

    async def go() -> int:
        return await record_to(account_of(settings.ami), file)

    messages = _attempt(go)
    click.echo(f"{messages} messages in {file}", err=True)


@main.command()
@click.option("--missed", is_flag=True, help="Missed calls only.")
@click.option("--direction", type=click.Choice(DIRECTIONS))
@click.option("--result", type=click.Choice(_RESULT_WORDS))
@click.option("--queue")
@click.option("--trunk")
@click.option("--number", help="The caller's or the one called, in any spelling.")
@click.option("--from", "since", help="Day or moment, e.g. 2026-11-23 or 2026-11-23T09:00.")
@click.option("--to", "until", help="Day or moment; a day counts whole.")
@click.option("--period", type=click.Choice(PERIODS))
@click.option("--format", "form", type=click.Choice(FORMATS), default="table", show_default=True)
@click.option("--lang", type=click.Choice(("en", "ru")))
@click.option("--db", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Another database.")
@click.pass_context
def calls(context: click.Context, /, db: Path | None, form: str, lang: Language | None, **query: Any) -> None:
    """List calls. Without a period: everything, or as a table the last 50."""
    settings = _settings(context, needed=False).settings
    wanted = _filter(query, form, _zone(settings))

    async def go() -> list[Call]:
        async with reading(db or Path(settings.storage.path)) as connection:
            return await find_calls(connection, wanted)

    _show(_attempt(go), form, settings, lang)


def _filter(query: dict[str, Any], form: str, zone: tzinfo) -> CallFilter:
    try:
        if query["period"]:
            period = named_period(query["period"], clock.now(), zone)
        else:
            period = between(query["since"], query["until"], zone)
    except PeriodError as error:
        raise click.UsageError(str(error)) from None
    unbounded = period.since is None and period.until is None
    return CallFilter(
        missed=True if query["missed"] else None,
        direction=query["direction"],
        result=query["result"],
        queue=query["queue"],
        trunk=query["trunk"],
        number=query["number"],
        since=period.since,
        until=period.until,
        last=TABLE_ROWS if form == "table" and unbounded else None,
    )


def _show(found: Sequence[Call], form: str, settings: Settings, lang: Language | None) -> None:
    language: Language = lang or settings.site.language
    zone = _zone(settings)
    if form == "json":
        click.echo(orjson.dumps([call_json(call) for call in found], option=orjson.OPT_INDENT_2))
    elif form == "jsonl":
        for call in found:
            click.echo(orjson.dumps(call_json(call)))
    elif form == "table":
        console = Console(width=None if sys.stdout.isatty() else 200)
        console.print(calls_table(found, zone, language))
    else:
        rows = [row(call, zone, language) for call in found]
        if form == "csv":
            click.echo(csv_text(header(language), rows), nl=False)
        elif form == "html":
            click.echo(html_text("ringtally", header(language), rows, language))
        else:
            sys.stdout.buffer.write(xlsx_bytes("ringtally", header(language), rows))


@main.command("call")
@click.argument("call_id", metavar="ID")
@click.option("--format", "form", type=click.Choice(("table", "json")), default="table", show_default=True)
@click.option("--lang", type=click.Choice(("en", "ru")))
@click.option("--db", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Another database.")
@click.pass_context
def call_story(context: click.Context, call_id: str, form: str, lang: Language | None, db: Path | None) -> None:
    """Tell the story of one call: legs, rings, queue stays, holds, talk."""
    settings = _settings(context, needed=False).settings

    async def go() -> Any:
        async with reading(db or Path(settings.storage.path)) as connection:
            return await find_call(connection, call_id)

    found = _attempt(go)
    if found is None:
        raise Failure(f"there is no call {call_id!r}; `ringtally calls` lists them")
    if form == "json":
        click.echo(orjson.dumps(time_line_json(found), option=orjson.OPT_INDENT_2))
        return
    zone, language = _zone(settings), lang or settings.site.language
    console = Console(width=None if sys.stdout.isatty() else 200)
    console.print(calls_table([found.call], zone, language))
    console.print()
    console.print(time_line_table(time_line(found), zone, language))

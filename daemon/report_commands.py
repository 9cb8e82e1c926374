"""The commands that show calls: of the database, or of recordings."""

import tempfile
from collections.abc import Sequence
from datetime import tzinfo
from pathlib import Path
from typing import Any

import click
import orjson

from config.sections import Settings
from daemon import clock
from daemon.call_table import calls_document, time_line, time_line_table
from daemon.client_options import known_option, unknown_option, warn_without_directory
from daemon.command_line import Failure, attempt, examples, settings_of
from daemon.gap_table import gap_lines, gaps_of_list
from daemon.log import harmless
from daemon.replay import replay as replay_recordings
from daemon.report_output import (
    TABLE_ROWS,
    as_json,
    check_output,
    console_of,
    db_option,
    format_option,
    from_option,
    lang_option,
    period_of,
    period_option,
    show,
    to_option,
)
from daemon.reports.terminal import rendered
from daemon.rules import rules_of
from daemon.words import Language
from handlers.facts import DIRECTIONS, RESULTS, Call, CallEnded
from storage.call_filter import CallFilter
from storage.call_json import call_json, time_line_json
from storage.calls import find_call, find_calls
from storage.gaps import NO_GAPS, GapSum
from storage.reading import reading

_RESULT_WORDS = sorted({result for results in RESULTS.values() for result in results})


@click.command(
    epilog=examples(
        "ringtally replay trouble.jsonl.gz",
        "ringtally replay monday.jsonl.gz tuesday.jsonl.gz --db week.db --format jsonl",
    )
)
@click.argument("recordings", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--db", type=click.Path(dir_okay=False, path_type=Path), help="Keep the calls in this database.")
@format_option
@lang_option
@click.pass_context
def replay(
    context: click.Context, recordings: Sequence[Path], db: Path | None, form: str, lang: Language | None
) -> None:
    """Run recordings through the same pipeline as live traffic, storage included.

    Several files are connections to one PBX, in this order, a break between them.
    """
    settings = settings_of(context, needed=False).settings
    check_output(form)

    async def go(database: Path) -> list[Call]:
        ended = await replay_recordings(recordings, rules_of(settings), database, clock.now())
        return [each.call for each in ended]

    if db is not None:
        found = attempt(lambda: go(db))
    else:
        with tempfile.TemporaryDirectory(prefix="ringtally-") as folder:
            found = attempt(lambda: go(Path(folder) / "replay.db"))
    _show(found, form, settings, lang)


@click.command(
    epilog=examples(
        "ringtally calls --missed --period today",
        'ringtally calls --number "8 900 111-22-33"',
        "ringtally calls --from 2026-11-01 --to 2026-11-30 --format xlsx > november.xlsx",
    )
)
@click.option("--missed", is_flag=True, help="Missed calls only.")
@click.option("--direction", type=click.Choice(DIRECTIONS))
@click.option("--result", type=click.Choice(_RESULT_WORDS))
@click.option("--queue", help="Joined at any time in the call.")
@click.option("--trunk")
@click.option("--number", help="The caller's or the one called, in any spelling.")
@unknown_option
@known_option
@from_option
@to_option
@period_option
@format_option
@lang_option
@db_option
@click.pass_context
def calls(context: click.Context, /, db: Path | None, form: str, lang: Language | None, **query: Any) -> None:
    """List calls. Without a period: everything, or as a table the last 50."""
    settings = settings_of(context, needed=False).settings
    wanted = _filter(query, form, settings.zone)
    check_output(form)

    async def go() -> tuple[list[Call], GapSum]:
        async with reading(db or Path(settings.storage.path)) as connection:
            await warn_without_directory(connection, wanted.clients)
            gaps = await gaps_of_list(connection, wanted.since, wanted.until)
            return await find_calls(connection, wanted), gaps

    found, gaps = attempt(go)
    _show(found, form, settings, lang, gaps)


@click.command("call", epilog=examples("ringtally call 1795450254.0"))
@click.argument("call_id", metavar="ID")
@click.option("--format", "form", type=click.Choice(("table", "json")), default="table", show_default=True)
@lang_option
@db_option
@click.pass_context
def call_story(context: click.Context, call_id: str, form: str, lang: Language | None, db: Path | None) -> None:
    """Tell the story of one call: legs, rings, queue stays, holds, transfers, talk."""
    settings = settings_of(context, needed=False).settings

    async def go() -> CallEnded | None:
        async with reading(db or Path(settings.storage.path)) as connection:
            return await find_call(connection, call_id)

    found = attempt(go)
    if found is None:
        raise Failure(f"there is no call {harmless(call_id, 60)}; `ringtally calls` lists them")
    if form == "json":
        click.echo(as_json(time_line_json(found), orjson.OPT_INDENT_2))
        return
    language: Language = lang or settings.site.language
    console = console_of()
    console.print(rendered(calls_document([found.call], settings.zone, language), console.width))
    console.print()
    console.print(time_line_table(time_line(found), settings.zone, language))


def _filter(query: dict[str, Any], form: str, zone: tzinfo) -> CallFilter:
    period = period_of(query, zone)
    unbounded = period.since is None and period.until is None
    return CallFilter(
        missed=True if query["missed"] else None,
        direction=query["direction"],
        result=query["result"],
        queue=query["queue"],
        trunk=query["trunk"],
        number=query["number"],
        clients=query["clients"],
        since=period.since,
        until=period.until,
        last=TABLE_ROWS if form == "table" and unbounded else None,
    )


def _show(found: Sequence[Call], form: str, settings: Settings, lang: Language | None, gaps: GapSum = NO_GAPS) -> None:
    language = lang or settings.site.language
    lines = gap_lines(gaps, language)
    show(
        form,
        lambda: calls_document(found, settings.zone, language, lines),
        lambda: [call_json(call) for call in found],
    )
    if lines and form != "html":
        click.echo("\n".join(lines), err=True)

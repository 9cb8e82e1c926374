"""The commands about one person's data: `forget` his number, `export` what is known of him.

Where a daemon runs it does the forgetting, for it knows the number too; else the command does it all by itself.
"""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from config.sections import Settings
from daemon import clock
from daemon.call_table import calls_document
from daemon.case_commands import by_option
from daemon.case_words import name_of
from daemon.command_line import Failure, attempt, examples, settings_of
from daemon.forgetting import person_of
from daemon.report_output import FORMATS, check_output, db_option, lang_option, show
from daemon.rules import rules_of
from daemon.words import Language, counted, mark, word
from handlers.ami.events import StreamBroken
from handlers.core import Core
from handlers.facts import CallEnded
from handlers.person import NobodyError, Person
from storage.call_json import time_line_json
from storage.damaged import files_aside
from storage.errors import AbsentError
from storage.export import Export, export, found_in
from storage.forgetting import Forgetting, Forgotten, ToForget, ask_to_forget, forgotten, is_open_elsewhere
from storage.live_calls import kept_calls
from storage.person_rows import Found
from storage.reading import reading

# A daemon looks each second; of a large database it reads every row.
DONE_WITHIN_S = 120.0
_LOOKS_EVERY_S = 0.1
_NOTHING = mark("nothing is known of this number")[0]
# One and many of each kind of row, as they are told.
_ROWS: dict[str, tuple[str, ...]] = {
    "calls": mark("{} call", "{} calls"),
    "calls_naming": mark("{} call of others that names it", "{} calls of others that name it"),
    "cases": mark("{} case", "{} cases"),
    "cases_naming": mark("{} case of others that names it", "{} cases of others that name it"),
    "notes": mark("{} note", "{} notes"),
    "contacts": mark("{} contact", "{} contacts"),
    "requests_naming": mark("{} request that names it", "{} requests that name it"),
    "clients": mark("{} entry of the directory", "{} entries of the directory"),
    "messages": mark("{} message for the broker", "{} messages for the broker"),
    "live_calls": mark("{} call that lived when ringtally ended", "{} calls that lived when ringtally ended"),
}
Say = Callable[[str], None]


@click.command(epilog=examples('ringtally forget "8 900 111-22-33"', "ringtally forget +79001112233 --yes --by Anna"))
@click.argument("number")
@click.option("--yes", is_flag=True, help="Do not ask before.")
@by_option
@lang_option
@db_option
@click.pass_context
def forget(context: click.Context, number: str, yes: bool, by: str, lang: Language | None, db: Path | None) -> None:
    """Forget a number: calls stay counted, the number and the names told with it go, everywhere.

    Out of calls, cases, notes, contacts, what waits for the broker, and the database's files. It cannot be undone. While a call with this
    number lives, its end is waited for.
    """
    settings = settings_of(context, needed=False).settings
    language: Language = lang or settings.site.language
    database, person = db or Path(settings.storage.path), _person(number, settings)
    said_by = name_of(by)

    def say(text: str) -> None:
        click.echo(text, err=True)

    async def look() -> Found:
        if not database.is_file():
            raise AbsentError(f"there is no database at {database}; start ringtally run to make it")
        return await asyncio.to_thread(found_in, database, person)

    found = attempt(look)
    if not yes:
        what = ", ".join(_counts(_found_rows(found), language)) or word(_NOTHING, language)
        click.confirm(word("forget {}: {}?", language).format(person.number, what), abort=True, err=True)

    async def go() -> Forgotten | None:
        elsewhere = is_open_elsewhere(database)
        asked = ask_to_forget(database, person.number, said_by, clock.now())
        done = await _wait_for(database, asked) if elsewhere else None
        return done if done is not None or is_open_elsewhere(database) else await _do_it(database, person, asked)

    done = attempt(go)
    if done is None:
        say(word("asked for; ringtally forgets it as soon as it runs and no call with this number lives", language))
    else:
        say(", ".join(_counts(done.rows, language)) or word(_NOTHING, language))
    _tell_what_is_left(database, settings, language, say)
    if done is not None and not done.is_gone:
        raise Failure(word("its rows are gone, old bytes are left: {}", language).format(done.why))


def _counts(rows: dict[str, int], language: Language) -> list[str]:
    return [counted(one, many, count, language) for name, (one, many) in _ROWS.items() if (count := rows.get(name))]


def _found_rows(found: Found) -> dict[str, int]:
    return {
        "calls": len(found.own),
        "calls_naming": len(found.calls) - len(found.own),
        "cases": len(found.cases),
        "notes": len(found.own_notes) + len(found.notes),
        "contacts": len(found.requests),
        "clients": len(found.clients),
        "messages": len(found.messages),
        "live_calls": len(found.live_calls),
    }


async def _wait_for(database: Path, asked: ToForget) -> Forgotten | None:
    """Nothing signals across processes. None: in all that time nothing came of it, or nobody has the database open any more."""
    ends_at = clock.monotonic() + DONE_WITHIN_S
    while clock.monotonic() < ends_at and is_open_elsewhere(database):
        done = await asyncio.to_thread(forgotten, database, asked.id)
        if done is not None:
            return done
        await asyncio.sleep(_LOOKS_EVERY_S)
    return await asyncio.to_thread(forgotten, database, asked.id)


async def _do_it(database: Path, person: Person, asked: ToForget) -> Forgotten:
    def work() -> Forgotten:
        forgetting = Forgetting(database, person, asked)
        while forgetting.step():
            pass
        rewritten = forgetting.traces() > 0
        if rewritten:
            forgetting.rewrite()
            forgetting.traces()
        return forgetting.finish(clock.now(), rewritten)

    return await asyncio.to_thread(work)


def _tell_what_is_left(database: Path, settings: Settings, language: Language, say: Say) -> None:
    """What this cannot reach."""
    for aside in files_aside(database):
        say(word("not touched: {}", language).format(aside))
    if settings.clients is not None:
        left = word("the file of clients is yours: take the number out of {}, or it is known again", language)
        say(left.format(settings.clients.file))
    say(word("backups, recordings, exports and the PBX's own journals are not touched", language))


@click.command(
    "export",
    epilog=examples(
        'ringtally export "8 900 111-22-33" > person.json',
        "ringtally export +79001112233 --format xlsx > calls.xlsx",
    ),
)
@click.argument("number")
@click.option("--format", "form", type=click.Choice(FORMATS), default="json", show_default=True)
@lang_option
@db_option
@click.pass_context
def export_command(context: click.Context, number: str, form: str, lang: Language | None, db: Path | None) -> None:
    """Tell all that is known of a number: calls, cases, contacts, notes, who spoke.

    As JSON everything, in the other forms the list of calls. It names others too, the people who spoke and other numbers: look
    through it before it is handed out.
    """
    settings = settings_of(context, needed=False).settings
    person = _person(number, settings)
    check_output(form)

    async def go() -> tuple[Export, list[dict[str, Any]]]:
        database = db or Path(settings.storage.path)
        found = await export(database, person, clock.now())
        return found, await _live_calls(database, settings, found.live_calls)

    found, live_calls = attempt(go)
    language: Language = lang or settings.site.language
    show(
        form,
        lambda: calls_document([each.call for each in found.calls], settings.zone, language),
        lambda: found.json["calls"] if form == "jsonl" else found.json | {"live_calls": live_calls},
    )


async def _live_calls(database: Path, settings: Settings, ids: Sequence[str]) -> list[dict[str, Any]]:
    """Calls that live, as they were kept last: with their time lines, without an end. Of one that cannot be read, the id alone."""
    if not ids:
        return []
    async with reading(database) as connection:
        kept, heard = await kept_calls(connection)
    named = [call for call in kept if call.id in set(ids)]
    if heard is None:
        return [{"id": call.id} for call in named]
    core = Core(rules_of(settings))
    facts, unread = core.restore_calls(named, StreamBroken(heard.until, heard.reason))
    told = [*(fact for fact in facts if isinstance(fact, CallEnded)), *core.break_off(heard.until)]
    return [*map(time_line_json, told), *({"id": call.id} for call in unread)]


def _person(number: str, settings: Settings) -> Person:
    try:
        return person_of(number, settings)
    except NobodyError:
        raise click.UsageError(
            "this is no telephone number; extensions of up to five digits are the site's own, and are nobody's data here"
        ) from None

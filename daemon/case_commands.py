"""The commands by which people say something of cases: a contact outside of the PBX, the end of a case, a claim, a note.

They go through the database: a daemon that runs hears of it within a second, one that does not when it starts.
"""

import asyncio
import getpass
import os
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from daemon import clock
from daemon.case_words import CLAIMED_FOR, BadWordsError, claim_of, contact_of, name_of, text_of
from daemon.command_line import Failure, attempt, examples, settings_of
from daemon.log import harmless, isolated
from daemon.report_output import db_option
from handlers.case_facts import Case
from storage.cases import find_case
from storage.reading import reading
from storage.requests import NOTES_MOST, Asked, Noted, add_note, ask, outcome_of

ANSWER_WITHIN_S = 3.0
_CASE_UNKNOWN = "no case of this id waits; `ringtally missed --open` lists them"


def _user() -> str:
    """Who types."""
    with suppress(OSError, KeyError, ImportError):
        return os.environ.get("SUDO_USER") or getpass.getuser()
    return "somebody"


by_option = click.option("--by", default=_user, show_default="you", help="Who says it.")


@click.command(
    epilog=examples(
        'ringtally contact "8 900 111-22-33" --by Anna --note "reached by e-mail"',
        "ringtally contact +79001112233 --at 2026-11-23T18:04",
    )
)
@click.argument("number")
@click.option("--at", help="When it was (default: now), e.g. 2026-11-23T18:04, by the site's clock.")
@by_option
@click.option("--note", "text", help="What is to be known of it.")
@db_option
@click.pass_context
def contact(context: click.Context, number: str, at: str | None, by: str, text: str | None, db: Path | None) -> None:
    """Record that somebody spoke with a missed caller outside of the PBX."""
    settings = settings_of(context, needed=False).settings
    if at is not None:
        with suppress(ValueError):
            moment = datetime.fromisoformat(at)
            at = (moment if moment.tzinfo else moment.replace(tzinfo=settings.zone)).isoformat()
    asked = _understood(lambda: contact_of(number, at, by, text, clock.now()))
    _tell(
        _asked(db or Path(settings.storage.path), asked),
        {
            "done": "noted: nobody has to call this number back any more",
            "no_case": "noted; nobody of this number waits",
        },
    )


@click.command(epilog=examples("ringtally dismiss 1795450254.0 --why spam"))
@click.argument("case_id", metavar="CASE")
@click.option("--why", help="What it was: spam, a wrong number.")
@by_option
@db_option
@click.pass_context
def dismiss(context: click.Context, case_id: str, why: str | None, by: str, db: Path | None) -> None:
    """End a case by hand: nobody has to be called back."""
    settings = settings_of(context, needed=False).settings
    asked = _understood(lambda: Asked(kind="dismiss", subject=case_id, at=None, by=name_of(by), text=text_of(why)))
    _tell(_asked_of_case(db or Path(settings.storage.path), asked), {"done": "dismissed"})


@click.command(epilog=examples("ringtally claim 1795450254.0 --by Anna", "ringtally claim 1795450254.0 --release"))
@click.argument("case_id", metavar="CASE")
@click.option("--for", "duration", default=CLAIMED_FOR, show_default=True, help="How long others leave it to you.")
@click.option("--release", is_flag=True, help="Leave it to others again.")
@by_option
@db_option
@click.pass_context
def claim(context: click.Context, case_id: str, duration: str, release: bool, by: str, db: Path | None) -> None:
    """Say that you call this one back: everybody sees it, and nobody calls twice."""
    settings = settings_of(context, needed=False).settings
    asked = _understood(lambda: claim_of(case_id, by, duration, release, clock.now()))
    _tell(_asked_of_case(db or Path(settings.storage.path), asked), {"done": "released" if release else "claimed"})


@click.command(epilog=examples('ringtally note 1795450254.0 "wants an offer by Friday"'))
@click.argument("call_id", metavar="ID")
@click.argument("text")
@by_option
@db_option
@click.pass_context
def note(context: click.Context, call_id: str, text: str, by: str, db: Path | None) -> None:
    """Note something on a call or a case (which has the id of its first call)."""
    settings = settings_of(context, needed=False).settings
    name, said = _understood(lambda: name_of(by)), _understood(lambda: text_of(text))
    if said is None:
        raise click.UsageError("the note is empty")

    async def go() -> Noted | None:
        return add_note(db or Path(settings.storage.path), call_id, name, said, clock.now())

    outcome = attempt(go)
    if outcome is None:
        raise Failure(f"there is no call {isolated(harmless(call_id, 60))}; `ringtally calls` lists them")
    if outcome == "full":
        raise Failure(f"it has {NOTES_MOST} notes, and takes no more")


def _understood(make: Callable[[], Any]) -> Any:
    try:
        return make()
    except BadWordsError as error:
        raise click.UsageError(str(error)) from None


def _asked_of_case(database: Path, asked: Asked) -> str | None:
    """The same about a case; of one that the database has not nothing is noted, whether a daemon runs or not."""

    async def found() -> Case | None:
        async with reading(database) as connection:
            return await find_case(connection, asked.subject)

    return "unknown" if attempt(found) is None else _asked(database, asked)


def _asked(database: Path, asked: Asked) -> str | None:
    """Put it in, and look for a while whether the daemon answers: nothing signals across processes."""

    async def go() -> str | None:
        request = ask(database, asked, clock.now())
        ends_at = clock.monotonic() + ANSWER_WITHIN_S
        while (outcome := outcome_of(database, request)) is None and clock.monotonic() < ends_at:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.05)
        return outcome

    return attempt(go)


def _tell(outcome: str | None, words: dict[str, str]) -> None:
    if outcome is None:
        click.echo("noted; it takes effect when ringtally runs", err=True)
    elif outcome in words:
        click.echo(words[outcome], err=True)
    elif outcome == "claimed_by_another":
        raise Failure("somebody else calls this one back; `ringtally missed --open` says who, and until when")
    elif outcome == "no_number":
        raise Failure("this is no number that could be called back")
    else:
        raise Failure(_CASE_UNKNOWN)

"""The command that shows who was missed: all cases, the call-back list, or those whom nobody has reached in time."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from config.sections import Settings
from daemon import clock
from daemon.case_table import cases_document, rule_line
from daemon.client_options import known_option, unknown_option, warn_without_directory
from daemon.command_line import attempt, examples, settings_of
from daemon.gap_table import gap_lines, gaps_of_list
from daemon.report_output import (
    TABLE_ROWS,
    check_output,
    db_option,
    format_option,
    from_option,
    lang_option,
    period_of,
    period_option,
    show,
    to_option,
)
from daemon.rules import follow_up_rule
from daemon.words import Language
from handlers.case_facts import Case, CaseState
from storage.case_json import case_json
from storage.cases import CaseFilter, find_cases
from storage.gaps import GapSum
from storage.reading import reading

_TRULY: tuple[CaseState, ...] = ("truly_missed",)
_AT_DEADLINE: tuple[CaseState, ...] = ("truly_missed", "recovered_late")


@click.command(
    epilog=examples(
        "ringtally missed --open                    whom to call back, who has waited longest first",
        "ringtally missed --truly --period yesterday",
        "ringtally missed --open --unknown-clients",
        'ringtally missed --number "8 900 111-22-33"',
        "ringtally missed --period month --format xlsx > missed.xlsx",
    )
)
@click.option("--all", "every", is_flag=True, help="Whatever became of them (the default).")
@click.option("--open", "waiting", is_flag=True, help="The call-back list: nobody has spoken with them yet.")
@click.option("--truly", is_flag=True, help="Time ran out, and nobody has spoken with them yet.")
@click.option("--at-deadline", is_flag=True, help="With --truly: those too whom somebody reached later.")
@click.option("--number", help="In any spelling.")
@unknown_option
@known_option
@click.option("--department")
@click.option("--source", help="Of call tracking.")
@click.option("--trunk")
@click.option("--queue", help="The first one joined.")
@from_option
@to_option
@period_option
@format_option
@lang_option
@db_option
@click.pass_context
def missed(context: click.Context, /, db: Path | None, form: str, lang: Language | None, **query: Any) -> None:
    """List missed callers: one row each, however often they called.

    Those who have waited longest come first. Without a period: everything, or as a table the last 50.
    """
    settings = settings_of(context, needed=False).settings
    wanted = _filter(query, form, settings)
    check_output(form)

    async def go() -> tuple[list[Case], GapSum]:
        async with reading(db or Path(settings.storage.path)) as connection:
            await warn_without_directory(connection, wanted.clients)
            now = clock.now()
            gaps = await gaps_of_list(connection, wanted.since, wanted.until)
            return [case.as_of(now) for case in await find_cases(connection, wanted)], gaps

    found, gaps = attempt(go)
    _show(found, gaps, form, settings, lang or settings.site.language)


def _filter(query: dict[str, Any], form: str, settings: Settings) -> CaseFilter:
    if sum((query["every"], query["waiting"], query["truly"])) > 1:
        raise click.UsageError("one of --all, --open and --truly")
    if query["at_deadline"] and not query["truly"]:
        raise click.UsageError("--at-deadline goes with --truly")
    period = period_of(query, settings.zone)
    unbounded = period.since is None and period.until is None
    states = None
    if query["truly"]:
        states = _AT_DEADLINE if query["at_deadline"] else _TRULY
    return CaseFilter(
        states=states,
        number=query["number"],
        clients=query["clients"],
        department=query["department"],
        source=query["source"],
        trunk=query["trunk"],
        queue=query["queue"],
        since=period.since,
        until=period.until,
        waiting_since=clock.now() - settings.follow_up.list_for if query["waiting"] else None,
        last=TABLE_ROWS if form == "table" and unbounded and not query["waiting"] else None,
    )


def _show(found: Sequence[Case], gaps: GapSum, form: str, settings: Settings, language: Language) -> None:
    follow_up = settings.follow_up
    rule = rule_line(follow_up_rule(follow_up), settings.working_hours is not None, language, follow_up.count)
    lines = (*gap_lines(gaps, language), rule)
    show(
        form,
        lambda: cases_document(found, lines, settings.zone, language),
        lambda: [case_json(case) for case in found],
    )
    if form != "html":
        click.echo("\n".join(lines), err=True)

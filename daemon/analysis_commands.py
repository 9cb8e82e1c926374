"""The command `report`: figures over many calls, in every form."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from config.sections import Settings
from daemon import clock
from daemon.client_options import known_option, unknown_option, warn_without_directory
from daemon.command_line import attempt, examples, settings_of
from daemon.report_answer import ReportAnswer, report_answer
from daemon.report_output import (
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
from daemon.report_question import Asked, ReportName, ReportQuestion
from daemon.words import Language
from storage.reading import reading
from storage.reports.wait import WAIT_BY, WaitBy

_Command = TypeVar("_Command", bound=Callable[..., Any])


@click.group(
    epilog=examples(
        "ringtally report wait --period month --by hour",
        "ringtally report missed --period yesterday --format html > missed.html",
    )
)
def report() -> None:
    """Figures over many calls: how long callers waited, and what became of those who were missed."""


def _asked(command: _Command) -> _Command:
    """The options that all reports have."""
    for option in (
        db_option,
        lang_option,
        format_option,
        period_option,
        to_option,
        from_option,
        unknown_option,
        known_option,
        click.option("--number", help="The caller's, in any spelling."),
        click.option("--department"),
        click.option("--queue", help="The first one joined."),
        click.option("--trunk"),
    ):
        command = option(command)
    return command


def _report(
    context: click.Context, name: ReportName, form: str, db: Path | None, lang: Language | None, query: dict[str, Any]
) -> None:
    """Ask, and show the answer."""
    settings: Settings = settings_of(context, needed=False).settings
    period = period_of(query, settings.zone)
    filters = {key: value for key, value in query.items() if key not in {"period", "since", "until"}}
    question = ReportQuestion(name=name, period=period, **filters)
    asked = Asked(question, settings, lang or settings.site.language, clock.now())
    check_output(form)

    async def go() -> ReportAnswer:
        async with reading(db or Path(settings.storage.path)) as connection:
            await warn_without_directory(connection, question.clients)
            return await report_answer(connection, asked, form=form)

    answer = attempt(go)
    show(form, answer.document, answer.json_lines if form == "jsonl" else answer.as_json)


@report.command(
    epilog=examples(
        "ringtally report wait --period 30d",
        "ringtally report wait --period prev-month --by hour --queue support",
        "ringtally report wait --from 2026-11-01 --to 2026-11-30 --by day --format xlsx > wait.xlsx",
    )
)
@click.option("--by", type=click.Choice(WAIT_BY), default="trunk", show_default=True)
@_asked
@click.pass_context
def wait(
    context: click.Context, /, by: WaitBy, form: str, db: Path | None, lang: Language | None, **query: Any
) -> None:
    """Tell how long incoming callers waited, answered and missed ones apart, beside the period before.

    Without a period: all calls there are.
    """
    _report(context, "wait", form, db, lang, query | {"by": by})


@report.command(
    epilog=examples(
        "ringtally report missed --period yesterday",
        "ringtally report missed --period prev-month --at-deadline --format html > missed.html",
        "ringtally report missed --period 7d --department sales --format xlsx --lang ru > missed.xlsx",
    )
)
@click.option("--at-deadline", is_flag=True, help="As it stood at each deadline: figures that move no more.")
@_asked
@click.pass_context
def missed(
    context: click.Context, /, at_deadline: bool, form: str, db: Path | None, lang: Language | None, **query: Any
) -> None:
    """Tell of each missed call what became of its caller, and what that comes to, beside the period before.

    Without a period: all missed calls there are; a table then shows the last 50.
    """
    _report(context, "missed", form, db, lang, query | {"at_deadline": at_deadline})

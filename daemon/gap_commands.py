"""The command that shows gaps: when the PBX was not heard, for how long, and why."""

from pathlib import Path
from typing import Any

import click

from daemon.command_line import attempt, examples, settings_of
from daemon.gap_table import gaps_document
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
from daemon.words import Language
from handlers.facts import GapEnded
from storage.gaps import GapFilter, find_gaps, gap_json
from storage.reading import reading


@click.command(
    epilog=examples("ringtally gaps --period 30d", "ringtally gaps --from 2026-11-01 --format csv > gaps.csv")
)
@from_option
@to_option
@period_option
@format_option
@lang_option
@db_option
@click.pass_context
def gaps(context: click.Context, /, db: Path | None, form: str, lang: Language | None, **query: Any) -> None:
    """List the times in which the PBX was not heard: what happened then was not seen.

    Those of which a part lies in the period. Without one: everything, or as a table the last 50.
    """
    settings = settings_of(context, needed=False).settings
    period = period_of(query, settings.zone)
    is_unbounded = period.since is None and period.until is None
    wanted = GapFilter(
        since=period.since, until=period.until, last=TABLE_ROWS if form == "table" and is_unbounded else None
    )
    check_output(form)

    async def go() -> list[GapEnded]:
        async with reading(db or Path(settings.storage.path)) as connection:
            return await find_gaps(connection, wanted)

    found = attempt(go)
    show(
        form,
        lambda: gaps_document(found, settings.zone, lang or settings.site.language),
        lambda: [gap_json(gap) for gap in found],
    )

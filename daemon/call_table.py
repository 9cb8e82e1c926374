"""Calls for people's eyes: the list, and one call's time line."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from rich.table import Table
from rich.text import Text

from daemon.exports import Cell
from daemon.log import harmless
from daemon.words import Language, word
from handlers.facts import Call, CallEnded

HEADER = (
    "start",
    "direction",
    "caller",
    "name",
    "called",
    "queue",
    "trunk",
    "result",
    "answered by",
    "agents",
    "wait",
    "talk",
    "total",
    "id",
)
_MINUTE = 60
_HOUR = 3600


def header(language: Language) -> list[str]:
    """The columns' names."""
    return [word(name, language) for name in HEADER]


def row(call: Call, zone: tzinfo, language: Language) -> list[Cell]:
    """One call as cells: local time, words, durations in seconds."""
    return [
        local_time(call.started_at, zone),
        word(call.direction, language),
        call.caller,
        call.caller_name,
        call.called,
        ", ".join(call.queues) or None,
        call.trunk,
        word(call.result or "live", language),
        call.answered_by,
        ", ".join(agent.name or agent.device for agent in call.agents) or None,
        call.wait_s,
        call.talk_s,
        call.total_s,
        call.id,
    ]


def local_time(at: float, zone: tzinfo) -> str:
    """A moment as people at the site read it."""
    return datetime.fromtimestamp(at, UTC).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def duration(seconds: float | None) -> str:
    """Seconds as `m:ss`, from an hour on `h:mm:ss`; a dash where it is not known."""
    if seconds is None:
        return "–"
    whole = int(seconds + 0.5)
    hours, rest = divmod(whole, _HOUR)
    minutes, left = divmod(rest, _MINUTE)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


def calls_table(calls: Iterable[Call], zone: tzinfo, language: Language) -> Table:
    """The list for a terminal; missed calls stand out by word and colour."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in header(language):
        table.add_column(
            name, justify="right" if name in {word(n, language) for n in HEADER[10:13]} else "left", no_wrap=True
        )
    for call in calls:
        cells = row(call, zone, language)
        cells[10:13] = [duration(call.wait_s), duration(call.talk_s), duration(call.total_s)]
        table.add_row(*(cell_text(cell) for cell in cells), style="red" if call.missed else None)
    return table


def cell_text(cell: Cell) -> Text:
    """A cell with nothing in it that a terminal or rich's markup would obey."""
    return Text("" if cell is None else harmless(str(cell), 60))


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of a call's story."""

    at: float
    what: str
    who: str | None
    lasted_s: float | None
    outcome: str | None


def time_line(ended: CallEnded) -> list[Moment]:
    """What happened in a call, in order: legs and rings, queue stays, talk, holds, the end."""
    call = ended.call
    moments = [Moment(call.started_at, "call", call.caller, call.total_s, call.direction)]
    for stay in ended.stays:
        moments.append(
            Moment(stay.joined_at, "queue stay", stay.queue, _lasted(stay.joined_at, stay.left_at), stay.outcome)
        )
    for leg in ended.legs:
        if leg.result is not None:
            rang_at = leg.rang_at if leg.rang_at is not None else leg.started_at
            what = "ring" if leg.rang_at is not None else "leg"
            moments.append(
                Moment(rang_at, what, leg.name or leg.device, _lasted(rang_at, leg.ring_ended_at), leg.result)
            )
    moments.extend(
        Moment(t.started_at, "talk period", t.name or t.device, _lasted(t.started_at, t.ended_at), None)
        for t in ended.talks
    )
    moments.extend(Moment(h.started_at, "hold", h.by, _lasted(h.started_at, h.ended_at), None) for h in ended.holds)
    moments.sort(key=lambda moment: moment.at)
    if call.ended_at is not None:
        moments.append(Moment(call.ended_at, "end", f"{call.ended_by} hung up", None, call.result))
    return moments


def _lasted(start: float, end: float | None) -> float | None:
    return None if end is None else max(0.0, end - start)


def time_line_table(moments: Sequence[Moment], zone: tzinfo, language: Language) -> Table:
    """The time line for a terminal, times relative to the call's start beside the local ones."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("at", "+", "what", "who", "lasted", "outcome"):
        table.add_column(word(name, language), justify="right" if name in {"+", "lasted"} else "left", no_wrap=True)
    start = moments[0].at if moments else 0.0
    for moment in moments:
        table.add_row(
            cell_text(local_time(moment.at, zone)),
            cell_text(duration(moment.at - start)),
            cell_text(word(moment.what, language)),
            cell_text(word(moment.who, language) if moment.who else None),
            cell_text(duration(moment.lasted_s) if moment.lasted_s is not None else None),
            cell_text(word(moment.outcome, language) if moment.outcome else None),
        )
    return table

"""Calls for people's eyes: the list, and one call's time line."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from rich.table import Table as RichTable

from daemon.fitted_table import Column as FittedColumn
from daemon.fitted_table import drawn
from daemon.reports.document import Cell, Column, Document, Kind, Row, Table
from daemon.reports.spelling import duration, local_time
from daemon.reports.terminal import cell_text
from daemon.words import Language, mark, word
from handlers.facts import Call, CallEnded, Leg

HEADER = mark(
    "start",
    "direction",
    "caller",
    "name",
    "client",
    "responsible",
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
    "not heard",
)
KINDS: dict[str, Kind] = {"start": "moment", "wait": "duration", "talk": "duration", "total": "duration"}
# What a narrow terminal leaves out first has the highest rank; what has none is always there.
_RANKS = {
    **{"responsible": 10, "name": 9, "total": 8, "trunk": 7, "agents": 6, "queue": 5, "direction": 4},
    **{"answered by": 3, "client": 2, "called": 1},
}
_RESULT = HEADER.index("result")
# What a gap touched, and in a terminal, where there is no room for a word, the mark for it.
_MARKS = dict(zip(mark("a part", "the end"), ("*", "**"), strict=True))


def row(call: Call, language: Language) -> tuple[Cell, ...]:
    """One call as cells, in the order of `HEADER`."""
    return (
        call.started_at,
        word(call.direction, language),
        call.caller,
        call.caller_name,
        call.client,
        call.responsible,
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
        word(not_heard, language) if (not_heard := _not_heard(call)) else None,
    )


def _not_heard(call: Call) -> str | None:
    if call.state != "ended" or (call.end_seen and not call.incomplete):
        return None
    return "a part" if call.end_seen else "the end"


def calls_document(calls: Iterable[Call], zone: tzinfo, language: Language, lines: tuple[str, ...] = ()) -> Document:
    """The list of calls; missed ones stand out by word and colour. `lines` are said before it."""
    marks = {word(what, language): sign for what, sign in _MARKS.items()}
    columns = tuple(
        Column(
            word(name, language),
            KINDS.get(name, "text"),
            _RANKS.get(name, 0),
            marks=marks if name == "not heard" else None,
        )
        for name in HEADER
    )
    rows = [Row(row(call, language), "bad" if call.missed else None) for call in calls]
    table = Table(word("list of calls", language), columns, rows, tone_column=_RESULT)
    return Document("", language, zone, (table,), lines)


# What the story of a call is told with, beside the words of the facts themselves.
mark("at", "what", "who", "lasted", "outcome")
mark(
    "call",
    "queue stay",
    "leg",
    "ring",
    "talk period",
    "hold",
    "parked",
    "person",
    "blind transfer",
    "attended transfer",
)
mark(
    "returned", "became part of", "end", "lost after transfer", "not all of it was heard", "its beginning was not heard"
)


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of a call's story. `what`, `outcome` and, where there is nobody's name in it, `who` are words to translate."""

    at: float
    what: str
    who: str | None
    lasted_s: float | None
    outcome: str | None
    is_named: bool = True


def time_line(ended: CallEnded) -> list[Moment]:
    """What happened in a call, in order: legs and rings, queue stays, talk, holds, transfers, the end."""
    call = ended.call
    moments = [Moment(call.started_at, "call", call.caller, call.total_s, call.direction)]
    for stay in ended.stays:
        moments.append(
            Moment(stay.joined_at, "queue stay", stay.queue, _lasted(stay.joined_at, stay.left_at), stay.outcome)
        )
    for leg in ended.legs:
        if leg.result is not None:
            rang_at = _sought_at(leg, call.started_at)
            what = "ring" if leg.rang_at is not None else "leg"
            # The name on a line to the town is what the PBX showed there, its own perhaps: the number says who was rung.
            whom = leg.name or leg.device if leg.side == "person" else leg.number or leg.name or leg.device
            moments.append(Moment(rang_at, what, whom, _lasted(rang_at, leg.ring_ended_at), leg.result))
    for talk in ended.talks:
        lasted_s = None if talk.begun_unseen else _lasted(talk.started_at, talk.ended_at)
        outcome = "its beginning was not heard" if talk.begun_unseen else None
        moments.append(Moment(talk.started_at, "talk period", talk.name or talk.device, lasted_s, outcome))
    for hold in ended.holds:
        is_parked = hold.by == "lot"
        who: str | None = None if is_parked else hold.by
        lasted_s = _lasted(hold.started_at, hold.ended_at)
        moments.append(Moment(hold.started_at, "parked" if is_parked else "hold", who, lasted_s, None, is_named=False))
    moments.extend(
        Moment(t.at, f"{t.kind} transfer", f"{t.by or '?'} → {t.to or '?'}", None, t.result) for t in call.transfers
    )
    moments.sort(key=lambda moment: moment.at)
    if call.merged_into is not None:
        moments.append(Moment(call.state_since, "became part of", call.merged_into, None, None))
    elif call.ended_at is not None:
        who = f"{call.ended_by} hung up" if call.ended_by else None
        outcome = "lost after transfer" if call.lost_after_transfer else call.result
        moments.append(Moment(call.ended_at, "end", who, None, outcome, is_named=False))
    if call.incomplete:
        moments.append(Moment(moments[-1].at, "not all of it was heard", None, None, None))
    return moments


def _sought_at(leg: Leg, call_started_at: float) -> float:
    """When a leg became part of the call's story: who sat in a conference before the caller came does with him."""
    if leg.rang_at is not None:
        return leg.rang_at
    return max(leg.joined_at if leg.joined_at is not None else leg.started_at, call_started_at)


def _lasted(start: float, end: float | None) -> float | None:
    return None if end is None else max(0.0, end - start)


def time_line_table(moments: Sequence[Moment], zone: tzinfo, language: Language, width: int) -> RichTable:
    """The time line for a terminal of this width, times relative to the call's start beside the local ones."""
    start = moments[0].at if moments else 0.0
    rows = [
        (
            cell_text(local_time(moment.at, zone)),
            cell_text(duration(moment.at - start)),
            cell_text(word(moment.what, language)),
            cell_text(word(moment.who, language) if moment.who and not moment.is_named else moment.who),
            cell_text(duration(moment.lasted_s) if moment.lasted_s is not None else None),
            cell_text(word(moment.outcome, language) if moment.outcome else None),
        )
        for moment in moments
    ]
    columns = [
        FittedColumn(word(name, language), [cells[n] for cells in rows], is_right=name in {"+", "lasted"})
        for n, name in enumerate(("at", "+", "what", "who", "lasted", "outcome"))
    ]
    return drawn(columns, width, [None] * len(rows))

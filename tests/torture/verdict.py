"""The truth against the database: which calls are lost, doubled, invented, and which marks are wrong.

Lost: its end was surely seen, and it is not stored with its end; or we surely knew of it, and no row tells of it. Doubled: two
rows. Invented: a row of no call, or one that says of answer, end, talk or miss what the truth contradicts. Mismarked: a row of a
call that no gap touched says that it is incomplete, or one whose end or beginning cannot have been seen does not.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf

from tests.torture.diary import Story
from tests.torture.rows import Row
from tests.torture.sight import Gap, Seen, Sight
from tests.torture.truth import TrueCall, Truth

TOLERANCE_S = 1.5
"""After a gap: Asterisk tells ages in whole seconds."""
WHOLE_TOLERANCE_S = 1.0
"""Of a call that no gap touched: what is late by less than that is the line's or the machine's."""


@dataclass(slots=True)
class Verdict:
    """Counts for the table, and a line for each fault found; `beside`: what is wrong with anything but the rows."""

    made: int = 0
    stored: int = 0
    unseen: int = 0
    """Calls of which nobody told us, and that have no row: they began and ended in one gap, or just before a kill."""
    marked: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    invented: list[str] = field(default_factory=list)
    mismarked: list[str] = field(default_factory=list)
    gaps: int = 0
    ungapped: list[str] = field(default_factory=list)
    """Gaps that are not recorded as they were."""
    beside: list[str] = field(default_factory=list)
    stalls: int = 0
    """How often the daemon stood still for two seconds though nobody froze it: the machine had no time for it."""
    states: Counter[str] = field(default_factory=Counter)
    """The states of the calls that lived when the fault came."""

    @property
    def findings(self) -> list[str]:
        """All that is wrong, each with its kind."""
        kinds = {
            "beside": self.beside,
            "lost": self.lost,
            "doubled": self.doubled,
            "invented": self.invented,
            "mismarked": self.mismarked,
            "gap": self.ungapped,
        }
        return [f"{kind}: {text}" for kind, texts in kinds.items() for text in texts]


@dataclass(frozen=True, slots=True)
class _Life:
    """One call's life and what of it was seen."""

    since: float
    until: float
    end: Seen
    touched: bool
    known: bool


def judge(
    verdict: Verdict, story: Story, truth: Truth, sight: Sight, rows: Sequence[Row], since: float = 0.0
) -> Verdict:
    """Compare, call by call, those that began after `since`, and add what is found to the verdict."""
    verdict.stored += sum(row.merged_into is None for row in rows)
    verdict.marked += sum(row.is_marked for row in rows)
    rows_of: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        call = truth.owner(row.id)
        if call is None:
            verdict.invented.append(f"{row}: the PBX never had it")
        else:
            rows_of[call.id].append(row)
    lives = {call.id: _life(call, story, sight) for call in truth.calls.values()}
    touched = _touched(truth, lives)
    for call in truth.calls.values():
        own = rows_of[call.id]
        if call.call is None or call.call.merged_into is None:
            verdict.made += 1
        if lives[call.id].since < since:
            continue
        _judge_rows(verdict, call, own, lives[call.id], call.id in touched, sight.late)
    return verdict


def _life(call: TrueCall, story: Story, sight: Sight) -> _Life:
    since = story.events[call.began].t
    until = story.events[call.ended].t if call.ended is not None else inf
    end = sight.seen[call.ended] if call.ended is not None else Seen.NO
    return _Life(since, until, end, sight.is_touched(since, until), sight.was_known(since, until))


def _touched(truth: Truth, lives: dict[str, _Life]) -> set[str]:
    """The calls that a gap touched, and those that became part of one of them, or one of them of theirs."""
    touched = {id_ for id_, life in lives.items() if life.touched}
    pairs = [(call.id, call.call.merged_into) for call in truth.calls.values() if call.call and call.call.merged_into]
    for one, other in pairs * 2:
        if one in touched or other in touched:
            touched |= {one, other}
    return touched


def _judge_rows(
    verdict: Verdict, call: TrueCall, rows: list[Row], life: _Life, touched: bool, late: Sequence[Gap]
) -> None:
    merged = call.call is not None and call.call.merged_into is not None
    counted = [row for row in rows if row.merged_into is None]
    if len(rows) > 1 and (len(counted) > 1 or len({row.id for row in rows}) < len(rows)):
        verdict.doubled.append(f"{_said(call, life)}: {'; '.join(map(str, rows))}")
        return
    if not rows:
        if not merged or not touched:
            if life.end is Seen.YES and life.known:
                verdict.lost.append(f"{_said(call, life)}: its end was seen")
            elif life.known:
                verdict.lost.append(f"{_said(call, life)}: we knew of it")
            else:
                verdict.unseen += 1
        return
    row = (counted or rows)[0]
    if merged and touched:
        return  # whether it became part of another could not be seen
    if life.end is Seen.YES and not row.end_seen:
        verdict.lost.append(f"{_said(call, life)}: its end was seen, and {row} has none")
    contradiction = _contradiction(call, row, touched, late)
    if contradiction:
        verdict.invented.append(f"{_said(call, life)}: {row}: {contradiction}")
    if row.is_marked and not touched:
        verdict.mismarked.append(f"{_said(call, life)}: {row}: no gap touched it")
    elif not row.is_marked and life.end is Seen.NO:
        verdict.mismarked.append(f"{_said(call, life)}: {row}: its end cannot have been seen")


def _contradiction(call: TrueCall, row: Row, touched: bool, late: Sequence[Gap]) -> str | None:
    """What the row says against the truth, or None. What it does not say (null, `unknown`) is no contradiction of a touched one."""
    true = call.call
    if true is None:
        return "it lives" if row.end_seen else None
    if row.result is None or (touched and row.result == "unknown"):
        return None
    is_told = not (touched and call.is_forgotten)  # docs/gaps.md, what cannot be promised
    if is_told and (
        (row.result == "answered") != (true.result == "answered") or (not touched and row.result != true.result)
    ):
        return f"{row.result}, and it was {true.result}"
    if not touched and row.missed != true.missed:
        return f"missed: {row.missed}"
    if is_told and row.has_case and true.result == "answered":
        return "a case for an answered call"
    if not touched and true.case_id is not None and not row.has_case:
        return "no case for a missed call"
    for name, said, was in (
        ("answered_at", row.answered_at, true.answered_at),
        ("talk_s", row.talk_s, true.talk_s),
        ("ended_at", row.ended_at if row.end_seen else None, true.ended_at),
    ):
        if said is None and (touched or was is None):
            continue
        if not is_told and name != "ended_at":
            continue
        if name == "ended_at" and row.is_marked and _is_within(was, said, late):
            continue  # when it was read: an end that was seen late has that bound
        if said is None or was is None or abs(said - was) > (TOLERANCE_S if touched else WHOLE_TOLERANCE_S):
            return f"{name} {said}, and it was {was}"
    return None


def _is_within(was: float | None, said: float | None, late: Sequence[Gap]) -> bool:
    """Do a moment and the one that is told of it lie in one time in which the daemon stood still?"""
    if was is None or said is None:
        return False
    return any(gap.since - TOLERANCE_S <= was <= said <= gap.until + TOLERANCE_S for gap in late)


def _said(call: TrueCall, life: _Life) -> str:
    """The call as the truth has it, without anybody's number."""
    true = call.call
    what = "live" if true is None else f"{true.direction} {true.result}" + (" merged" if true.merged_into else "")
    talk = "" if true is None or true.talk_s is None else f", talk {true.talk_s:.3f}"
    return f"{call.id} ({what}, {life.since:.3f} to {life.until:.3f}{talk}, end {life.end.name.lower()})"

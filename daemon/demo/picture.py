"""What the demo shows in the terminal: where to look, the calls that live, with their time ticking, the last finished ones, and the sums.

Numbers and names of outside parties are masked, as on a wallboard.
"""

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo

from rich.console import Group
from rich.table import Table
from rich.text import Text

from daemon.demo.places import Places, heading
from daemon.fitted_table import Column, drawn, fitted
from daemon.log import isolated
from daemon.reports.document import Cell
from daemon.reports.spelling import duration
from daemon.reports.terminal import cell_text
from daemon.words import Language, counted, mark, word
from handlers.facts import Agent, Call, CallEnded, Fact
from storage.masking import mask_name, mask_number

FINISHED_SHOWN = 12
LIVE_SHOWN = 20
_COLOURS = {"talking": "green", "held": "cyan", "queued": "yellow", "ringing": "yellow"}
_RIGHT = frozenset({"wait", "talk"})
# The columns, and how soon a narrow terminal does without them; most are columns of the list of calls too.
mark("now", "end")
_LIVE = {"now": 0, "direction": 4, "caller": 0, "name": 5, "called": 2, "queue": 1, "agents": 3, "wait": 0, "talk": 0}
_FINISHED = {
    "end": 0,
    "result": 0,
    "direction": 4,
    "caller": 0,
    "called": 3,
    "trunk": 5,
    "agents": 2,
    "wait": 0,
    "talk": 0,
}


class FinishedCalls:
    """A sink that remembers the last finished calls and counts the results."""

    def __init__(self) -> None:
        self.last: deque[Call] = deque(maxlen=FINISHED_SHOWN)
        self.results: Counter[str] = Counter()
        self.fresh: list[Call] = []
        """Those since somebody emptied this list."""
        self.missed = 0

    def take(self, facts: Sequence[Fact]) -> None:
        """Note the facts."""
        for fact in facts:
            if isinstance(fact, CallEnded) and fact.call.merged_into is None:
                self.last.appendleft(fact.call)
                self.fresh.append(fact.call)
                self.results[str(fact.call.result)] += 1
                self.missed += fact.call.missed


def picture(
    live: Sequence[Call],
    finished: FinishedCalls,
    places: Places,
    now: float,
    zone: tzinfo,
    language: Language,
    width: int,
) -> Group:
    """The whole screen as of `now` (epoch seconds), `width` columns wide."""
    return Group(
        heading(places, language),
        Text(""),
        _live_table(live, now, language, width),
        Text(""),
        _finished_table(list(finished.last), zone, language, width),
        Text(""),
        sums(finished, language),
    )


def finished_line(call: Call, zone: tzinfo, language: Language) -> str:
    """One finished call as one plain line, for a pipe."""
    return "  ".join(
        isolated(cell_text(cell).plain) for cell in _finished_cells(call, zone, language) if cell not in {None, ""}
    )


def _table(
    ranks: Mapping[str, int],
    rows: Sequence[Sequence[Cell]],
    styles: Sequence[str | None],
    language: Language,
    width: int,
) -> Table:
    columns = [
        Column(word(name, language), [cell_text(cells[n]) for cells in rows], rank, name in _RIGHT)
        for n, (name, rank) in enumerate(ranks.items())
    ]
    return drawn(fitted(columns, width)[0], width, styles)


def _live_table(live: Sequence[Call], now: float, language: Language, width: int) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (
            word(call.state, language),
            word(call.direction, language),
            mask_number(call.caller),
            mask_name(call.caller_name),
            mask_number(call.called),
            call.queue,
            _agent(call.agents[-1]) if call.agents else None,
            duration((call.answered_at or now) - call.started_at),
            duration(now - call.answered_at) if call.answered_at is not None else None,
        )
        for call in live[:LIVE_SHOWN]
    ]
    table = _table(_LIVE, rows, [_COLOURS.get(call.state) for call in live[:LIVE_SHOWN]], language, width)
    if len(live) > LIVE_SHOWN:
        table.add_row(f"+ {len(live) - LIVE_SHOWN}")
    return table


def _finished_table(calls: Sequence[Call], zone: tzinfo, language: Language, width: int) -> Table:
    rows = [_finished_cells(call, zone, language) for call in calls]
    return _table(_FINISHED, rows, ["red" if call.missed else None for call in calls], language, width)


def _finished_cells(call: Call, zone: tzinfo, language: Language) -> tuple[Cell, ...]:
    ended_at = call.ended_at if call.ended_at is not None else call.state_since
    return (
        datetime.fromtimestamp(ended_at, UTC).astimezone(zone).strftime("%H:%M:%S"),
        word(call.result or "unknown", language),
        word(call.direction, language),
        mask_number(call.caller),
        mask_number(call.called),
        call.trunk,
        ", ".join(map(_agent, call.agents)) or None,
        duration(call.wait_s),
        duration(call.talk_s) if call.talk_s else None,
    )


def _agent(agent: Agent) -> str:
    """By name, else by phone; a mobile is masked."""
    is_phone = "/" in agent.device
    return agent.name or (agent.device if is_phone else mask_number(agent.device) or agent.device)


def sums(finished: FinishedCalls, language: Language) -> Text:
    """One line: how many calls, how many of them missed, and how they ended."""
    total = sum(finished.results.values())
    text = Text(f"{counted('{} call', '{} calls', total, language)}   ", style="bold")
    text.append(f"{word('missed', language)} {finished.missed}   ", style="red")
    parts = (f"{word(result, language)} {count}" for result, count in finished.results.most_common())
    text.append("   ".join(parts), style="default")
    return text

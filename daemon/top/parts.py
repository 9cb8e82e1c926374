"""What is on the screen, as rows of typed cells: queues, who waits, live calls, agents, clients missed and not reached."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from daemon.reports.document import Cell, Kind
from daemon.top.heard import Heard, moment
from daemon.words import Language, mark, word

Level = Literal["", "warn", "crit", "good", "sought", "busy", "faint"]
Limits = tuple[float | None, float | None]
_GRAVE: tuple[Level, ...] = ("crit", "warn")
_SEEK = frozenset({"queued", "ringing"})
_ARROWS = {"in": "→", "out": "←", "internal": "↔"}
_AGENT_ORDER = mark("ringing", "talking", "held", "wrapup", "paused", "available", "unavailable")
_AGENT_LEVELS: Mapping[str, Level] = {
    "ringing": "sought",
    "talking": "busy",
    "held": "busy",
    "available": "good",
    "unavailable": "faint",
}
# Of a call "unavailable" means something else.
_AGENT_WORDS = {"unavailable": mark("offline")[0]}
_CALL_LEVELS: Mapping[str, Level] = {"talking": "busy", "held": "busy", "queued": "sought", "ringing": "sought"}


@dataclass(frozen=True, slots=True)
class Column:
    """`rank`: how soon a narrow terminal does without it, the highest first, 0 never."""

    title: str
    rank: int = 0
    kind: Kind = "text"

    @property
    def is_number(self) -> bool:
        """Is the greatest the first that somebody wants to see?"""
        return self.kind != "text"


@dataclass(frozen=True, slots=True)
class Row:
    """`cells` as its part has columns, texts raw; the level is told by a sign beside its colour."""

    cells: tuple[Cell, ...]
    level: Level = ""


COLUMNS: Mapping[str, tuple[Column, ...]] = {
    "queues": (
        Column("queues"),
        Column("waiting", 0, "count"),
        Column("longest", 0, "duration"),
        Column("free", 1, "count"),
        Column("talking", 4, "count"),
        Column("wrapup", 6, "count"),
        Column("paused", 5, "count"),
        Column("answered calls", 3, "count"),
        Column("gave up", 2, "count"),
        Column("service level", 1, "share"),
    ),
    "callers": (
        Column("who waits"),
        Column("wait", 0, "duration"),
        Column("queue", 1),
        Column("name", 3),
        Column("state", 4),
        Column("called", 5),
        Column("trunk", 6),
    ),
    "calls": (
        Column("live calls"),
        Column("state", 0),
        Column("time", 0, "duration"),
        Column("person", 1),
        Column("queue", 2),
        Column("called", 4),
        Column("name", 3),
        Column("trunk", 5),
    ),
    "agents": (
        Column("agents"),
        Column("state", 0),
        Column("time", 0, "duration"),
        Column("reason", 2),
        Column("queue", 1),
    ),
    "missed": (
        Column("without contact"),
        Column("waited", 0, "duration"),
        Column("state", 1),
        Column("calls", 3, "count"),
        Column("attempts", 2, "count"),
        Column("client", 4),
        Column("queue", 5),
        Column("trunk", 6),
    ),
}
PARTS = tuple(COLUMNS)
_TITLES = mark(
    "queues",
    "waiting",
    "longest",
    "free",
    "gave up",
    "service level",
    "who waits",
    "live calls",
    "person",
    "reason",
    "without contact",
    "answered calls",
    "attempts",
    "calls",
    "client",
    "called",
    "trunk",
    "time",
    "waited",
)


def rows_of(part: str, heard: Heard, at: float, language: Language) -> list[Row]:
    """The rows of a part as of `at` (the daemon's clock), in the order in which they matter. What is not known now is not there."""
    if part != "missed" and heard.verdict().link != "live":
        return []
    return list(_MAKERS[part](heard, at, language))


def level_of(wait_s: float, limits: Limits) -> Level:
    """How bad a wait is."""
    warn_s, alarm_s = limits
    if alarm_s is not None and wait_s >= alarm_s:
        return "crit"
    return "warn" if warn_s is not None and wait_s >= warn_s else ""


def limits_of(heard: Heard, queue: str | None) -> Limits:
    """From how many seconds on a wait in this queue is warned of and alarms, as on the wallboard; None: never."""
    own: Mapping[str, Any] = next((each for each in heard.about.get("queues", ()) if each.get("name") == queue), {})
    warn_s, alarm_s = (own.get(name, heard.about.get(name)) for name in ("wait_warn_s", "wait_alarm_s"))
    return warn_s, alarm_s


def _queues(heard: Heard, at: float, _language: Language) -> Iterable[Row]:
    found = sorted(heard.all("queue"), key=lambda each: (moment(each.get("oldest_since")) or at, str(each.get("name"))))
    for each in found:
        since = moment(each.get("oldest_since"))
        longest = None if since is None else max(0.0, at - since)
        members, today = each.get("members") or {}, each.get("today") or {}
        talking = members.get("talking", 0) + members.get("held", 0) if members else None
        cells: tuple[Cell, ...] = (
            each.get("name"),
            each.get("waiting"),
            longest,
            members.get("available"),
            talking,
            members.get("wrapup"),
            members.get("paused"),
            today.get("answered"),
            today.get("abandoned"),
            today.get("service_level"),
        )
        yield Row(cells, "" if longest is None else _queue_level(each, longest, heard))


def _queue_level(queue: Mapping[str, Any], longest_s: float | None, heard: Heard) -> Level:
    """How bad it stands with a queue: how long somebody waits there, how many do."""
    own: Mapping[str, Any] = next(
        (each for each in heard.about.get("queues", ()) if each.get("name") == queue.get("name")), {}
    )
    many = level_of(queue.get("waiting") or 0, (own.get("waiting_warn"), own.get("waiting_alarm")))
    long = "" if longest_s is None else level_of(longest_s, limits_of(heard, queue.get("name")))
    return next((each for each in _GRAVE if each in {many, long}), "")


def waits_since(call: Mapping[str, Any]) -> float | None:
    """Since when this caller waits: in the queue, or at a ringing phone; after having been passed on, since then."""
    if call.get("answered_at") is not None:
        return moment(call.get("state_since"))
    return moment(call.get("queued_at") or call.get("rang_at") or call.get("started_at"))


def _calls(heard: Heard) -> list[dict[str, Any]]:
    return list((heard.get("calls/active") or {}).get("calls", ()))


def _is_waiting(call: Mapping[str, Any]) -> bool:
    return call.get("direction") == "in" and call.get("state") in _SEEK


def _callers(heard: Heard, at: float, language: Language) -> Iterable[Row]:
    waiting = [call for call in _calls(heard) if _is_waiting(call)]
    for call in sorted(waiting, key=lambda call: waits_since(call) or at):
        wait = max(0.0, at - (waits_since(call) or at))
        cells: tuple[Cell, ...] = (
            call.get("caller") or word("anonymous", language),
            wait,
            call.get("queue"),
            call.get("client") or call.get("caller_name"),
            word(str(call.get("state")), language),
            call.get("did") or call.get("called"),
            call.get("trunk"),
        )
        yield Row(cells, level_of(wait, limits_of(heard, call.get("queue"))))


def _live(heard: Heard, at: float, language: Language) -> Iterable[Row]:
    """All but those who wait: they have a part of their own. The newest first."""
    for call in reversed(_calls(heard)):
        if _is_waiting(call):
            continue
        is_ours = call.get("direction") == "out"
        other = call.get("called") if is_ours else call.get("caller")
        agents = [str(each.get("name") or each.get("device")) for each in call.get("agents", ())]
        person = agents[-1] if agents else call.get("caller") if is_ours else call.get("answered_by")
        cells: tuple[Cell, ...] = (
            f"{_ARROWS.get(str(call.get('direction')), ' ')} {other or word('anonymous', language)}",
            word(str(call.get("state")), language),
            max(0.0, at - (moment(call.get("state_since")) or at)),
            person,
            call.get("queue"),
            call.get("did") or call.get("called"),
            call.get("client") or call.get("caller_name"),
            call.get("trunk"),
        )
        yield Row(cells, _CALL_LEVELS.get(str(call.get("state")), ""))


def known_agents(heard: Heard) -> list[dict[str, Any]]:
    """The agents whose state is known."""
    return [each for each in heard.all("agent") if each.get("state") in _AGENT_ORDER]


def _agents(heard: Heard, at: float, language: Language) -> Iterable[Row]:
    found = known_agents(heard)
    found.sort(key=lambda each: (_AGENT_ORDER.index(each["state"]), str(each.get("name") or each.get("device"))))
    for each in found:
        since = moment(each.get("since"))
        cells: tuple[Cell, ...] = (
            each.get("name") or each.get("device"),
            word(_AGENT_WORDS.get(each["state"], each["state"]), language),
            None if since is None else max(0.0, at - since),
            each.get("reason"),
            ", ".join(str(membership.get("queue")) for membership in each.get("queues", ())),
        )
        yield Row(cells, _AGENT_LEVELS.get(each["state"], ""))


def _missed(heard: Heard, at: float, language: Language) -> Iterable[Row]:
    for case in (heard.get("missed/open") or {}).get("cases", ()):
        claimed = case.get("claimed_by")
        state = str(case.get("state"))
        cells: tuple[Cell, ...] = (
            case.get("number"),
            max(0.0, at - (moment(case.get("opened_at")) or at)),
            f"{word('claimed by', language)} {claimed}" if claimed else word(state, language),
            case.get("calls"),
            case.get("attempts"),
            case.get("client"),
            case.get("queue"),
            case.get("trunk"),
        )
        yield Row(cells, "good" if claimed else "crit" if state == "truly_missed" else "")


_MAKERS: Mapping[str, Callable[[Heard, float, Language], Iterable[Row]]] = {
    "queues": _queues,
    "callers": _callers,
    "calls": _live,
    "agents": _agents,
    "missed": _missed,
}

"""The lines above the parts: where, when and how it is connected; what is so now; the day so far; what is wrong."""

from collections.abc import Iterator, Sequence

from rich.text import Text

from daemon.log import harmless
from daemon.reports.spelling import duration, local_time, percent, shown
from daemon.top.heard import Heard, Verdict, moment
from daemon.top.parts import known_agents, level_of, limits_of, rows_of
from daemon.words import Language, mark, word

_GAP = "   "
_CLOCK = "%H:%M:%S"
_WITH_DAY = "%Y-%m-%d %H:%M:%S"
_A_DAY_S = 86_400.0
_NOTHING = "–"
_LINKS = dict(
    zip(
        ("connecting", "live", "no_daemon", "no_pbx"),
        mark("connecting", "connected", "ringtally is gone", "the PBX is gone"),
        strict=True,
    )
)
_LEVELS = {"warn": "bold yellow", "crit": "bold red"}


def fitting(pieces: Sequence[Text], width: int) -> Text:
    """The pieces in one line, as many as have room whole; the first in any case."""
    line = Text(no_wrap=True, overflow="ellipsis")
    for piece in pieces:
        if line.cell_len and line.cell_len + len(_GAP) + piece.cell_len > width:
            break
        line.append(_GAP if line.cell_len else "")
        line.append_text(piece)
    return line


def heading(heard: Heard, at: float, language: Language, width: int, is_paused: bool) -> list[Text]:
    """Three lines, and up to three that say what is wrong if anything is."""
    verdict = heard.verdict()
    lines = [
        fitting(list(_first(heard, verdict, at, language, is_paused)), width),
        fitting(list(_now(heard, verdict, at, language)), width),
        fitting(list(_today(heard, verdict, language)), width),
    ]
    if verdict.link != "live":
        for told in trouble_of(heard, verdict, at, language):
            line = Text(f" {told} ", style="bold white on red", no_wrap=True)
            line.truncate(width, overflow="ellipsis", pad=True)
            lines.append(line)
    return lines


def trouble_of(heard: Heard, verdict: Verdict, at: float, language: Language) -> list[str]:
    """What is wrong and since when; why, and of which moment the figures are; what may help."""

    def time_of(when: float) -> str:
        return local_time(when, heard.zone, _CLOCK if abs(at - when) < _A_DAY_S else _WITH_DAY)

    since = "" if verdict.since is None else word(" since {}", language).format(time_of(verdict.since))
    match verdict.link:
        case "no_daemon":
            said = word("Nothing is heard of ringtally{}. It may not be running.", language).format(since)
        case "no_pbx":
            said = word("The PBX is not connected{}. Nothing is known of its calls.", language).format(since)
        case _:
            return [word("Connecting. Nothing is shown before it is known.", language)]
    why = f"{harmless(word(verdict.why, language))}. " if verdict.why else ""
    stale = "" if heard.told_at is None else word("Figures are of {}.", language).format(time_of(heard.told_at))
    hint = word(heard.hint, language) if verdict.link == "no_daemon" else ""
    return [each for each in (said, (why + stale).strip(), hint) if each]


mark("no answer in time", "the connection was closed")


def _first(heard: Heard, verdict: Verdict, at: float, language: Language, is_paused: bool) -> Iterator[Text]:
    yield Text(harmless(str(heard.about.get("site", "ringtally")), 40), style="bold")
    yield Text(local_time(at, heard.zone, _CLOCK))
    sign, style = ("●", "green") if verdict.link == "live" else ("■", "bold red")
    yield Text(f"{sign} {word(_LINKS[verdict.link], language)}", style=style)
    if is_paused:
        yield Text(word("paused, Z goes on", language), style="bold reverse")
    if version := heard.about.get("version"):
        yield Text(f"ringtally {harmless(str(version), 20)}", style="dim")


def _figure(title: str, value: str, style: str = "bold") -> Text:
    return Text.assemble((f"{title} ", "default"), (value, style))


def _now(heard: Heard, verdict: Verdict, at: float, language: Language) -> Iterator[Text]:
    active = heard.get("calls/active") if verdict.link == "live" else None
    if active is None:
        for name in mark("waiting", "longest", "live calls", "free"):
            yield _figure(word(name, language), _NOTHING)
    else:
        waiting, since = int(active.get("waiting", 0)), moment(active.get("waiting_since"))
        longest = 0.0 if since is None else max(0.0, at - since)
        rows = rows_of("callers", heard, at, language)
        levels = {row.level for row in rows}
        if waiting > len(rows):
            levels.add(level_of(longest, limits_of(heard, None)))
        level = next((each for each in ("crit", "warn") if each in levels), "")
        sign = {"crit": " !!", "warn": " !"}.get(level, "")
        yield _figure(word("waiting", language), str(waiting), _LEVELS.get(level, "bold"))
        yield _figure(word("longest", language), duration(longest) + sign, _LEVELS.get(level, "bold"))
        yield _figure(word("live calls", language), str(active.get("total", 0)))
        agents = known_agents(heard)
        present = [each for each in agents if each["state"] != "unavailable"]
        free = sum(each["state"] == "available" for each in present)
        share = word("{} of {}", language).format(free, len(present)) if agents else _NOTHING
        yield _figure(word("free", language), share, "bold yellow" if agents and not free else "bold")
    missed = heard.get("missed/open")
    count = None if missed is None else int(missed.get("total", 0))
    style = "bold yellow" if count and verdict.link == "live" else "bold"
    yield _figure(word("without contact", language), _NOTHING if count is None else str(count), style)


def _today(heard: Heard, verdict: Verdict, language: Language) -> Iterator[Text]:
    today = heard.get("stats/today") or {}
    style = "bold" if verdict.link == "live" else "dim"

    def whole(name: str) -> str:
        return str(today.get(name, _NOTHING))

    yield Text(word("today", language) + ":", style="default")
    yield _figure(word("came in", language), whole("in"), style)
    yield _figure(word("answered calls", language), whole("answered"), style)
    share = today.get("missed_share")
    shown_share = "" if share is None else f" ({percent(share, language)})"
    yield _figure(word("missed calls", language), whole("missed") + shown_share, style)
    level, goal = today.get("service_level"), heard.about.get("goal")
    yield _figure(
        word("service level", language),
        shown(level, "share", heard.zone, language) or _NOTHING,
        "bold yellow" if style == "bold" and level is not None and goal is not None and level < goal else style,
    )
    if goal is not None:
        seconds = f"{heard.about.get('threshold_s', 0):g}"
        yield Text(word("goal {} within {} s", language).format(percent(goal, language), seconds), style="dim")
    yield _figure(word("average wait", language), duration(today.get("mean_wait_s")), style)
    yield _figure(word("went out", language), whole("out"), style)

"""The picture: lines of figures above, the parts in tables that share the room, keys below; or all of it at once, for a script."""

from collections.abc import Sequence
from dataclasses import replace

from rich.console import Group, RenderableType
from rich.layout import Layout
from rich.table import Table
from rich.text import Text

from daemon.fitted_table import Column, drawn, fitted
from daemon.reports.document import Cell, Kind
from daemon.reports.spelling import duration, percent
from daemon.reports.terminal import cell_text
from daemon.top.figures import heading
from daemon.top.heard import Heard
from daemon.top.parts import COLUMNS, PARTS, Row, rows_of
from daemon.top.view import View
from daemon.words import Language, mark, word

# From here on there is room for two columns of parts.
WIDE = 132
_LEFT = ("queues", "callers", "calls")
_LEAST = 2
_GAP = 2
_STYLES = {
    "warn": "yellow",
    "crit": "bold red",
    "good": "green",
    "sought": "yellow",
    "busy": "cyan",
    "faint": "dim",
    "": None,
}
_SIGNS = {"warn": "!", "crit": "!!"}
_RIGHT = frozenset({"count", "duration", "share"})
_NOTHING = dict(
    zip(
        PARTS,
        mark("no queues are known", "nobody waits", "no calls", "no agents are known", "everybody was reached"),
        strict=True,
    )
)
_KEYS = tuple(
    zip(
        ("F1", "Tab", "1-5", "F4", "F6", "I", "Z", "F10"),
        mark("help", "next part", "alone", "filter", "sort", "turn round", "pause", "quit"),
        strict=True,
    )
)
# A narrow screen does without telling of these, one after the other.
_SPARED = ("I", "Z", "F6", "1-5", "Tab", "F4")
_HELP = mark(
    "Tab, Shift-Tab: the next part, the one before. Arrows, PgUp, PgDn, Home, End: scroll in it.",
    "1 to 5: a part alone on the screen; Enter: the one in focus; 0: all of them again.",
    "F4 or /: show only rows with a text; Enter keeps it, Esc ends it.",
    "F6 or >, <: sort by the next column, the one before. I: turn the order round.",
    "Z: pause, and go on. Ctrl-L: draw anew. F10, q, Ctrl-C: quit.",
    "! warns and !! alarms by the limits of the wallboard.",
    "→ came in, ← went out, ↔ stays inside. Numbers are masked without the read token (--token-file).",
)


def screen(heard: Heard, view: View, at: float, language: Language, size: tuple[int, int]) -> Layout:
    """The whole screen of `size` (columns, lines), as of `at` (the daemon's clock)."""
    width, height = size
    head = heading(heard, at, language, width, view.is_paused)
    body = Layout()
    room = max(1, height - len(head) - 1)
    if view.has_help:
        body.update(_help(language))
    elif view.is_alone:
        body.update(_part(view.part, heard, view, at, language, (width, room)))
    elif width >= WIDE:
        columns = (width - _GAP) * 3 // 5
        left, right = Layout(size=columns), Layout()
        rest = tuple(part for part in PARTS if part not in _LEFT)
        _stack(left, _LEFT, heard, view, at, language, (columns, room))
        _stack(right, rest, heard, view, at, language, (width - _GAP - columns, room))
        body.split_row(left, Layout(Text(" "), size=_GAP), right)
    else:
        _stack(body, PARTS, heard, view, at, language, (width, room))
    whole = Layout()
    whole.split_column(Layout(Group(*head), size=len(head)), body, Layout(_foot(view, language, width), size=1))
    return whole


def once(heard: Heard, at: float, language: Language, width: int) -> RenderableType:
    """All rows of all parts, one below the other."""
    view = View()
    parts: list[RenderableType] = [*heading(heard, at, language, width, False)]
    for part in PARTS:
        parts += [Text(""), _part(part, heard, view, at, language, (width, 1_000_000), is_plain=True)]
    return Group(*parts)


def shares(needs: Sequence[int], room: int) -> list[int]:
    """How many lines each gets: no more than it needs, and what is short is short for the greatest; the last get none first."""
    given = [min(need, _LEAST) for need in needs]
    while sum(given) > max(room, 0):
        given[max(place for place, lines in enumerate(given) if lines)] = 0
    while sum(given) < room:
        wanting = [place for place, need in enumerate(needs) if 0 < given[place] < need]
        if not wanting:
            break
        given[min(wanting, key=lambda place: given[place])] += 1
    return given


def _stack(
    layout: Layout,
    parts: Sequence[str],
    heard: Heard,
    view: View,
    at: float,
    language: Language,
    size: tuple[int, int],
) -> None:
    width, room = size
    needs = [len(_chosen(part, heard, view, at, language)) or 1 for part in parts]
    lines = shares([need + 1 for need in needs], room)
    shown = [
        Layout(_part(part, heard, view, at, language, (width, height)), size=height)
        for part, height in zip(parts, lines, strict=True)
        if height
    ]
    layout.split_column(*shown, Layout(Text(" ")))


def _chosen(part: str, heard: Heard, view: View, at: float, language: Language) -> list[Row]:
    """The rows of a part that the filter leaves, in the order that somebody chose."""
    rows = rows_of(part, heard, at, language)
    if view.filter:
        wanted = view.filter.casefold()
        rows = [row for row in rows if any(wanted in str(cell).casefold() for cell in row.cells if cell is not None)]
    if (chosen := view.order.get(part)) is not None:
        column, is_down = chosen
        if column >= 0:
            known = [row for row in rows if row.cells[column] is not None]
            unknown = [row for row in rows if row.cells[column] is None]
            rows = sorted(known, key=lambda row: _sort_key(row.cells[column]), reverse=is_down) + unknown
        elif is_down:
            rows.reverse()
    return rows


def _sort_key(cell: Cell) -> tuple[float, str]:
    return (0.0, cell.casefold()) if isinstance(cell, str) else (float(cell or 0), "")


def _part(
    part: str,
    heard: Heard,
    view: View,
    at: float,
    language: Language,
    size: tuple[int, int],
    is_plain: bool = False,
) -> Table:
    width, height = size
    rows = _chosen(part, heard, view, at, language)
    first = 0 if is_plain else view.first_of(part, len(rows), height - 1)
    seen = rows[first : first + height - 1]
    link, in_focus = heard.verdict().link, not is_plain and part == view.part
    # Of a column that says nothing nobody needs the title.
    places = [n for n, column in enumerate(COLUMNS[part]) if column.rank == 0 or any(row.cells[n] for row in rows)]
    shown = [
        Column(
            ("▸ " if place == 0 and in_focus else "")
            + _title(part, place, len(rows), first, len(seen), view, language),
            [_cell(row.cells[place], COLUMNS[part][place].kind, language) for row in seen],
            COLUMNS[part][place].rank,
            COLUMNS[part][place].kind in _RIGHT,
        )
        for place in places
    ]
    if not seen:
        known = link == "live" or (part == "missed" and heard.get("missed/open") is not None)
        said = word(_NOTHING[part], language) if known and not view.filter else "–"
        shown = [replace(each, cells=[Text("" if n else said, style="dim")]) for n, each in enumerate(shown)]
    signs = Column("", [Text(_SIGNS.get(row.level, " ")) for row in seen] or [Text(" ")])
    kept, _ = fitted([shown[0], signs, *shown[1:]], width)
    styles = [_STYLES[row.level] if link == "live" else "dim" for row in seen] or [None]
    table = drawn(kept, width, styles)
    if not is_plain:
        table.header_style = (
            "bold black on cyan" if in_focus else "black on green" if link == "live" else "black on white"
        )
        table.width = width
    return table


def _title(part: str, place: int, rows: int, first: int, seen: int, view: View, language: Language) -> str:
    """A column's title; the first one names the part, and which of its rows are seen where not all are."""
    title = word(COLUMNS[part][place].title, language)
    column, is_down = view.order.get(part, (-1, False))
    arrow = (" ▼" if is_down else " ▲") if column == place else ""
    if place == 0:
        which = f" {first + 1}–{first + seen}/{rows}" if seen < rows else f" {rows}" if rows else ""
        return f"{title}{which}{arrow}"
    return title + arrow


def _cell(cell: Cell, kind: Kind, language: Language) -> Text:
    if isinstance(cell, (int, float)):
        if kind == "duration":
            return Text(duration(cell))
        if kind == "share":
            return Text(percent(cell, language))
    return cell_text("–" if cell is None and kind in _RIGHT else cell)


def _foot(view: View, language: Language, width: int) -> Text:
    if view.is_typing:
        return Text.assemble((f"{word('filter', language)}: ", "bold"), cell_text(view.filter), ("▏", "bold"))
    line = Text(no_wrap=True)
    if view.filter:
        line.append_text(Text.assemble((f"{word('filter', language)}: ", "bold yellow"), cell_text(view.filter), "  "))
    keys = {key: Text.assemble((key, "bold"), (f" {word(name, language)} ", "black on cyan")) for key, name in _KEYS}
    for key in _SPARED:
        if line.cell_len + sum(each.cell_len + 1 for each in keys.values()) <= width:
            break
        del keys[key]
    line.append_text(Text(" ").join(keys.values()))
    return line


def _help(language: Language) -> Group:
    return Group(Text(""), *(Text(word(line, language)) for line in _HELP))

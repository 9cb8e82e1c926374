"""How moments, durations and shares are written for people."""

import math
from datetime import date, tzinfo

from daemon.log import harmless
from daemon.reports.document import Cell, Document, Figure, Kind, local
from daemon.words import Language, mark, word

ISO_MOMENT = "%Y-%m-%d %H:%M:%S"
SHORT_MOMENT = "%m-%d %H:%M"
_PAGE_MOMENT = {"en": "%Y-%m-%d %H:%M", "ru": "%d.%m.%Y %H:%M"}
_PAGE_DATE = {"en": "%Y-%m-%d", "ru": "%d.%m.%Y"}
_MINUTE = 60
_HOUR = 3600
_NARROW_SPACE = "\u202f"
_UNITS = tuple(zip((86_400, _HOUR, _MINUTE), mark("d", "h", "min"), strict=True))


def local_time(at: float, zone: tzinfo, form: str = ISO_MOMENT) -> str:
    """A moment as people at the site read it."""
    return local(at, zone).strftime(form)


def page_moment(at: float, zone: tzinfo, language: Language) -> str:
    """A moment as a page of this language has it, to the minute."""
    return local_time(at, zone, _PAGE_MOMENT[language])


def page_date(day: str, language: Language) -> str:
    """An ISO date as a page of this language has it; what is none stays."""
    try:
        return date.fromisoformat(day).strftime(_PAGE_DATE[language])
    except ValueError:
        return day


def duration(seconds: float | None) -> str:
    """Seconds as `m:ss`, from an hour on `h:mm:ss`; a dash where it is not known."""
    if seconds is None:
        return "–"
    hours, minutes, left = _parts(seconds)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


def long_duration(seconds: float) -> str:
    """Seconds as `h:mm:ss`, which a spreadsheet takes for a time."""
    hours, minutes, left = _parts(seconds)
    return f"{hours}:{minutes:02}:{left:02}"


def round_duration(seconds: float, language: Language) -> str:
    """A duration of the settings in the largest unit of which it is a whole number: `7 d`, `90 min`, `5 s`."""
    for size, unit in _UNITS:
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:.0f} {word(unit, language)}"
    return f"{seconds:g} {word('s', language)}"


def _parts(seconds: float) -> tuple[int, int, int]:
    hours, rest = divmod(math.floor(seconds + 0.5), _HOUR)
    return hours, *divmod(rest, _MINUTE)


def percent(share: float, language: Language) -> str:
    """A share as a percentage with one decimal."""
    text = f"{share * 100:.1f}"
    return text.replace(".", ",") + _NARROW_SPACE + "%" if language == "ru" else text + "%"


def change(value: float, before: float, language: Language) -> str:
    """By how much more or less than before, in percent; empty where there was nothing to compare with."""
    if not before:
        return ""
    part = (value - before) / before * 100
    text = f"{abs(part):.0f}"
    sign = "" if text == "0" else "+" if part > 0 else "−"
    return f"{sign}{text}{_NARROW_SPACE if language == 'ru' else ''}%"


def shown(cell: Cell, kind: Kind, zone: tzinfo, language: Language) -> str:
    """A cell as a page has it; what a caller wrote with nothing in it that anything would obey. Empty where there is nothing."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return page_date(cell, language) if kind == "date" else harmless(cell, len(cell))
    if kind == "moment":
        return page_moment(cell, zone, language)
    if kind == "duration":
        return duration(cell)
    if kind == "share":
        return percent(cell, language)
    return str(cell)


def earlier_text(figure: Figure, document: Document) -> str:
    """What a figure was before, and by how much it has changed; empty where nothing is compared."""
    if not document.compared:
        return ""
    language = document.language
    earlier = shown(figure.before, figure.kind, document.zone, language) or "–"
    moved = ""
    if figure.kind != "share" and isinstance(figure.value, (int, float)) and isinstance(figure.before, (int, float)):
        moved = change(figure.value, figure.before, language)
    return f"{word('before', language)}: {earlier}" + (f" ({moved})" if moved else "")

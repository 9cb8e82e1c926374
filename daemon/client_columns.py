"""Which columns of a file of clients are which: named by the settings, or known by what such columns are called."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from config.sections import Clients

# As address books, spreadsheets and CRMs export them. What names somebody of ours comes first: "телефон менеджера" is not a client's.
_RESPONSIBLE = re.compile(r"ответственн|менеджер|куратор|вед[её]т|responsible|manager|owner|assigned")
_NUMBER = re.compile(r"телефон|мобильн|сотов|phone|mobile|^(?:номера?|тел|numbers?|tel)\b\.?(?:\s*\d+)?$|^номера? тел")
_NAMES = (  # the first that is there; two in one are joined
    ("клиент",),
    ("client",),
    ("контрагент",),
    ("фамилия", "имя"),
    ("last name", "first name"),
    ("фио",),
    ("ф.и.о.",),
    ("name",),
    ("имя",),
    ("название",),
    ("наименование",),
    ("организация",),
    ("компания",),
    ("название компании",),
    ("контакт",),
    ("full name",),
    ("customer",),
    ("company",),
    ("organization",),
    ("contact",),
)


class NoColumnsError(ValueError):
    """The first line does not say which columns are which; the message says what it lacks, and what would be understood."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The places of the columns, from 0; `has_header`: the first line names them, and is no client."""

    numbers: tuple[int, ...]
    names: tuple[int, ...]
    responsible: tuple[int, ...]
    has_header: bool


def columns_of(first: Sequence[str], settings: Clients) -> Columns:
    """The columns, by the file's first line; raises NoColumnsError."""
    titles = [" ".join(cell.split()).casefold() for cell in first]
    numbers = _named(titles, settings.number_columns)
    names = _named(titles, settings.name_columns)
    responsible = _named(titles, settings.responsible_columns)
    ours = responsible or tuple(place for place, title in enumerate(titles) if _RESPONSIBLE.search(title))[:1]
    others = [place for place, title in enumerate(titles) if not _RESPONSIBLE.search(title)]
    numbers = numbers or tuple(place for place in others if _NUMBER.search(titles[place]))
    if numbers:
        return Columns(numbers, names or _sniffed_names(titles), ours, has_header=True)
    if not (names or responsible) and first and any(character.isdigit() for character in first[0]):
        return Columns((0,), (1,), (2,), has_header=False)
    raise NoColumnsError(
        "no column looks like telephone numbers; begin the file with a line such as number;name;responsible, "
        "or name the column in clients.number_columns"
    )


def _named(titles: Sequence[str], wanted: Sequence[str]) -> tuple[int, ...]:
    places = []
    for name in wanted:
        title = " ".join(name.split()).casefold()
        if title not in titles:
            there = ", ".join(f'"{each}"' for each in titles if each)[:300]
            raise NoColumnsError(f'there is no column "{name}"; there are {there or "none"}; correct [clients]')
        places.append(titles.index(title))
    return tuple(places)


def _sniffed_names(titles: Sequence[str]) -> tuple[int, ...]:
    for group in _NAMES:
        if all(title in titles for title in group):
            return tuple(titles.index(title) for title in group)
    return ()

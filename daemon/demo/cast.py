"""Who takes part in the demo: the people of a made-up office, its queues and lines, and the subscribers who call it.

Nobody real is called. Mobile numbers are `+7 900 000-xx-xx`; town numbers and the office's own begin with a 0 after the area
code (495, 812, 499), which no Russian subscriber's number does.
"""

from dataclasses import dataclass
from random import Random

TRUNKS = ("megafon", "mts", "rostelecom")
EMPTY_QUEUE = "partners"
"""A queue without members: who is sent there is turned away."""
PARKING_SPACES = tuple(str(space) for space in range(701, 710))
_NAMED_SHARE = 0.4
_TOWN_SHARE = 0.3

_STEMS = (
    *(
        "Ivanov",
        "Smirnov",
        "Kuznetsov",
        "Popov",
        "Sokolov",
        "Lebedev",
        "Kozlov",
        "Novikov",
        "Morozov",
        "Volkov",
        "Pavlov",
    ),
    *("Golubev", "Bogdanov", "Belov", "Komarov", "Orlov", "Makarov"),
)
_WOMEN = ("Anna", "Clara", "Elena", "Galina", "Irina", "Marina", "Olga", "Polina", "Tatiana", "Vera", "Yulia")
_MEN = ("Boris", "Denis", "Egor", "Fedor", "Gleb", "Igor", "Kirill", "Maxim", "Oleg", "Pavel", "Timur")
_CALLER_STEMS = ("Иванов", "Петров", "Смирнов", "Попов", "Соколов", "Лебедев", "Козлов", "Новиков", "Морозов", "Зайцев")
_CALLER_WOMEN = ("Анна", "Елена", "Ирина", "Мария", "Наталья", "Ольга", "Светлана", "Юлия")
_CALLER_MEN = ("Алексей", "Дмитрий", "Иван", "Николай", "Павел", "Роман", "Сергей", "Фёдор")


@dataclass(frozen=True, slots=True)
class Member:
    """One of the office's people: the extension of the phone, the name, and how a queue reaches it (None: in no queue)."""

    extension: str
    name: str
    interface: str | None

    @property
    def device(self) -> str:
        """The phone."""
        return f"PJSIP/{self.extension}"


@dataclass(frozen=True, slots=True)
class Department:
    """People behind one queue; `digit` stands in the department's outside numbers."""

    queue: str
    digit: int
    members: tuple[Member, ...]

    @property
    def is_local(self) -> bool:
        """Does the queue ring its members through Local channels?"""
        return any((member.interface or "").startswith("Local/") for member in self.members)

    def did(self, line: int) -> str:
        """The outside number of one of the department's lines, 0 to 9: the direct one, the one with a menu and so on."""
        return f"7499000{self.digit}00{line}"


def _people(first: int, count: int, interface: str | None) -> tuple[Member, ...]:
    found = []
    for index in range(count):
        is_woman = index % 2 == 0
        given = (_WOMEN if is_woman else _MEN)[(first + index // 2) % len(_WOMEN)]
        family = _STEMS[(first // 100 * 5 + index) % len(_STEMS)] + ("a" if is_woman else "")
        extension = str(first + index)
        found.append(Member(extension, f"{given} {family}", interface and interface.format(extension)))
    return tuple(found)


DEPARTMENTS = (
    Department("support", 1, _people(101, 16, "PJSIP/{}")),
    Department("sales", 2, _people(201, 14, "PJSIP/{}")),
    Department("service", 3, _people(301, 12, "Local/{}@from-queue/n")),
)
OFFICE = _people(401, 12, None)
"""People in no queue: who takes over a call, who is forwarded to."""


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Somebody outside: the number as a Russian line presents it (11 digits from 7), and the name in the phone book."""

    number: str
    name: str | None


class Town:
    """The subscribers, each with one name for good. `somebody` never gives one who is on the line already."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._names: dict[str, str | None] = {}
        self.on_the_line: set[str] = set()

    def somebody(self) -> Subscriber:
        """Somebody at random who is not on the line."""
        while True:
            number = self._number()
            if number not in self.on_the_line:
                return self.subscriber(number)

    def subscriber(self, number: str) -> Subscriber:
        """Who has this number."""
        if number not in self._names:
            self._names[number] = self._name()
        return Subscriber(number, self._names[number])

    def _number(self) -> str:
        if self._random.random() < _TOWN_SHARE:
            return f"7{self._random.choice(('495', '812'))}0{self._random.randrange(1_000_000):06d}"
        return f"7900000{self._random.randrange(10_000):04d}"

    def _name(self) -> str | None:
        draw = self._random
        if draw.random() >= _NAMED_SHARE:
            return None
        is_woman = draw.random() < 0.5  # noqa: PLR2004 - one in two
        given = draw.choice(_CALLER_WOMEN if is_woman else _CALLER_MEN)
        return f"{given} {draw.choice(_CALLER_STEMS)}{'а' if is_woman else ''}"

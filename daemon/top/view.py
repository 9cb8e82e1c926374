"""What somebody at the keys wants to see: which part, from where on, in which order, with which filter. The keys are htop's."""

from dataclasses import dataclass, field
from typing import Final

from daemon.top.keys import command
from daemon.top.parts import COLUMNS, PARTS

_FILTER_LONGEST = 40
_PAGE: Final = 10
_FAR: Final = 1_000_000
_STEPS = {"up": -1, "k": -1, "down": 1, "j": 1, "page up": -_PAGE, "page down": _PAGE, "home": -_FAR, "end": _FAR}


@dataclass(slots=True)
class View:
    """Changed by `press`; `first` remembers from which row on each part is shown."""

    focus: int = 0
    is_alone: bool = False
    """Does the part in focus have the whole screen?"""
    first: dict[str, int] = field(default_factory=dict)
    order: dict[str, tuple[int, bool]] = field(default_factory=dict)
    """By part: the column, and whether the greatest comes first; -1: the part's own order, turned round."""
    filter: str = ""
    is_typing: bool = False
    has_help: bool = False
    is_paused: bool = False
    is_over: bool = False

    @property
    def part(self) -> str:
        """The part in focus."""
        return PARTS[self.focus]

    def press(self, key: str) -> None:
        """React to a key."""
        if self.is_typing:
            self._type(key)
            return
        pressed = command(key)
        if pressed in {"q", "Q", "F10"}:
            self.is_over = True
        elif self.has_help:
            self.has_help = False
        elif pressed in {"h", "?", "F1"}:
            self.has_help = True
        elif pressed in _STEPS:
            self.first[self.part] = max(0, self.first.get(self.part, 0) + _STEPS[pressed])
        else:
            self._choose(pressed)

    def _choose(self, pressed: str) -> None:
        match pressed:
            case "tab":
                self.focus = (self.focus + 1) % len(PARTS)
            case "shift tab":
                self.focus = (self.focus - 1) % len(PARTS)
            case "1" | "2" | "3" | "4" | "5":
                self.focus, self.is_alone = int(pressed) - 1, True
            case "0":
                self.is_alone = False
            case "enter":
                self.is_alone = not self.is_alone
            case "escape":
                self.is_alone, self.filter = False, ""
            case "F3" | "F4" | "/" | "\\":
                self.is_typing = True
            case "F6" | ">" | ".":
                self._sort(1)
            case "<" | ",":
                self._sort(-1)
            case "I" | "i":
                column, is_down = self.order.get(self.part, (-1, False))
                self.order[self.part] = column, not is_down
            case "Z" | "z":
                self.is_paused = not self.is_paused
            case _:
                pass

    def _sort(self, step: int) -> None:
        """By the next column; before the first one it is in the part's own order."""
        columns = len(COLUMNS[self.part])
        at = self.order.get(self.part, (-1, False))[0] + step
        if at < -1:
            at = columns - 1
        if not 0 <= at < columns:
            self.order.pop(self.part, None)
        else:
            self.order[self.part] = at, COLUMNS[self.part][at].is_number

    def _type(self, key: str) -> None:
        if key == "enter":
            self.is_typing = False
        elif key == "escape":
            self.is_typing, self.filter = False, ""
        elif key == "backspace":
            self.filter = self.filter[:-1]
        elif len(key) == 1 and len(self.filter) < _FILTER_LONGEST:
            self.filter += key

    def first_of(self, part: str, rows: int, room: int) -> int:
        """From which row on a part is shown that has room for so many; it never scrolls past its end."""
        found = min(self.first.get(part, 0), max(0, rows - room))
        self.first[part] = found
        return found

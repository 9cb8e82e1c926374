"""Outside or inside? Which channels are lines to the world and which are our people's devices.

The contract, section 2, gives the order of the evidence: `[[trunks]]`; queue members and extensions of departments;
the context; a name of up to five digits; anything else is a trunk named after its endpoint, warned about once.

Of a guess alone no name is taken that could be a number or an address: chan_sip lets guests name their channel by the domain of their From.
"""

import re
from fnmatch import fnmatchcase
from typing import NamedTuple

from handlers.calls.names import is_extension, parse_channel_name
from handlers.rules import Rules

OUTSIDE_CONTEXTS = ("from-pstn*", "from-trunk*", "*incoming*")
INSIDE_CONTEXTS = ("from-internal*",)
OTHER = "other"
_ADDRESS = re.compile(r"\d{1,3}(\.\d{1,3}){3}(:\d+)?")
_STRANGE = re.compile(r"[.:]|\d{6}")
_GUESTS = frozenset({"anonymous", "guest"})
_CACHE_LIMIT = 10_000


class Side(NamedTuple):
    """Whose a channel is: `trunk` is the outside line's name, None for a device of our own.

    `guessed`: by its name alone; where that is no name to be shown, the trunk is `other`.
    """

    trunk: str | None
    guessed: bool = False


INSIDE = Side(None)


class Evidence:
    """Tells the side of a channel, and remembers it per endpoint and context."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._members: set[str] = set()
        self._sides: dict[tuple[str, str], Side] = {}

    def change_rules(self, rules: Rules) -> None:
        """Channels that begin from here on are judged by these rules."""
        self._rules = rules
        self._sides.clear()

    def add_member(self, interface: str) -> None:
        """A queue knows this device: it is inside. An interface with `@` dials a number and proves nothing."""
        if interface not in self._members and "@" not in interface:
            self._members.add(interface)
            self._sides.clear()

    def side_of(self, channel: str, context: str) -> Side:
        """The side of a channel by its name and the context of its `Newchannel`."""
        name = parse_channel_name(channel)
        key = (name.device, context)
        side = self._sides.get(key)
        if side is None:
            if len(self._sides) >= _CACHE_LIMIT:
                self._sides.clear()
            side = self._sides[key] = self._decide(channel, name.device, name.endpoint, context)
        return side

    def _decide(self, channel: str, device: str, endpoint: str, context: str) -> Side:
        for trunk in self._rules.trunks:
            if any(fnmatchcase(channel, pattern) for pattern in trunk.channels):
                return Side(trunk.name)
        if device in self._members or endpoint in self._rules.extensions:
            return INSIDE
        guest = endpoint.lower() in _GUESTS or _ADDRESS.fullmatch(endpoint) is not None
        if any(fnmatchcase(context, pattern) for pattern in OUTSIDE_CONTEXTS):
            return Side(OTHER if guest else endpoint)
        if any(fnmatchcase(context, pattern) for pattern in INSIDE_CONTEXTS) or is_extension(endpoint):
            return INSIDE
        if guest:
            return Side(OTHER)
        return Side(OTHER if _STRANGE.search(endpoint) else endpoint, guessed=True)

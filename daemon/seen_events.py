"""Which classes of events an AMI account is sent: told from the `Privilege` header of what comes."""

import asyncio
import re

from handlers.ami.framing import BLOCK_LIMIT, END

NEEDED = ("system", "call", "agent", "dialplan")
_EVENT = re.compile(rb"\s*Event: (\w{1,60})\r\nPrivilege: ([a-z,]{1,120})(?=\r\n|$)")
# A variable set on a channel that does not exist: what we provoke to see whether we are told.
_PROVOKED = re.compile(rb"\r\nChannel: none\r\nUniqueid: none\r\nVariable: (\w{1,60})\r\n")


# Asterisk says this to one session, and so without a stamp whatever is set.
_NEVER_STAMPED = b"FullyBooted"
_STAMP = b"\r\nTimestamp: "


class SeenEvents:
    """Feed it every byte of one connection. `changed` is set whenever something new was seen; who waits clears it."""

    def __init__(self) -> None:
        self._tail = b""
        self.classes: set[str] = set()
        self.names: set[str] = set()
        self.provoked: set[str] = set()
        self.stamped: bool | None = None
        """Do events bear the PBX's time? None: none came that would."""
        self.changed = asyncio.Event()

    def feed(self, data: bytes) -> None:
        """The next bytes, as they came."""
        blocks = (self._tail + data).split(END)
        self._tail = blocks.pop()[-BLOCK_LIMIT:]
        for block in blocks:
            event = _EVENT.match(block)
            if event is None or b"\r\nActionID: " in block:
                continue  # an answer is given to whoever may ask
            classes = set(event[2].decode().split(",")) - {"all"}
            if len(classes) == 1:  # of two classes either would do, and none is proved
                self._note(self.classes, *classes)
            self._note(self.names, event[1].decode())
            if event[1] != _NEVER_STAMPED:
                self.stamped = block.startswith(_STAMP, event.end())
            variable = _PROVOKED.search(block)
            if variable is not None:
                self._note(self.provoked, variable[1].decode())

    def _note(self, seen: set[str], word: str) -> None:
        if word not in seen:
            seen.add(word)
            self.changed.set()

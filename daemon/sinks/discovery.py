"""What Home Assistant is told of us, and that it is told no more once we are not to: what there is to publish, each in its turn.

Where it was told stands in a retained topic of our own: so a later run with other settings knows what to take back, and on this
very broker. Kept to by a daemon that has never announced anything, this looks at no topic but its own.
"""

import re
from collections import deque
from dataclasses import dataclass
from typing import Any

import orjson

from daemon.board.board import INFO, Board
from daemon.board.encoding import encoded
from daemon.board.home_assistant import device, gone_since, without

DISCOVERY = "bridge/discovery/state"
HOME_ASSISTANT_IS_HERE = b"online"


@dataclass(frozen=True, slots=True)
class Announcement:
    """To publish with QoS 1, retained; `topic` is whole, an empty body clears it."""

    topic: str
    body: bytes


class Discovery:
    """For one connection after the other: `heard` what the broker says, then `next` until there is nothing; `forget` at its end.

    `prefix` is Home Assistant's; None: it is not to know of us.
    """

    def __init__(self, board: Board, root: str, device_id: str, prefix: str | None) -> None:
        self._board = board
        self._root = root
        self._device_id = device_id
        self._topic = None if prefix is None else f"{prefix}/device/{device_id}/config"
        self._status = None if prefix is None else f"{prefix}/status"
        self._ours = re.compile(rf"[^+#]+/device/{re.escape(device_id)}/config")
        self.forget()

    @property
    def listens_to(self) -> tuple[str, ...]:
        """The topics that are not ours and are to be heard."""
        return () if self._topic is None or self._status is None else (self._topic, self._status)

    def forget(self) -> None:
        """The connection is over: all is to be told anew."""
        self._marked = ""
        self._earlier: Any = None
        self._told = b""
        self._looked_at = -1
        self._turns: deque[Announcement] = deque()
        self.is_refused = False

    def heard(self, topic: str, payload: bytes, retained: bool) -> bool:
        """To be told of every message; was it for this?"""
        if topic == self._root + DISCOVERY:
            words = payload.decode(errors="replace")
            if retained and self._ours.fullmatch(
                words
            ):  # whatever else somebody may have written there is not ours to clear
                self._marked = words
        elif topic == self._topic:
            if retained and payload:
                self._earlier = _understood(payload)
        elif topic == self._status:
            if payload == HOME_ASSISTANT_IS_HERE and not retained:
                self._told, self._looked_at = b"", -1
        else:
            return False
        return True

    def next(self) -> Announcement | None:
        """What is to be published next; it counts as told."""
        if self.is_refused:
            return None
        if not self._turns:
            self._turns.extend(self._clearing())
            self._turns.extend(self._announcing())
        return self._turns.popleft() if self._turns else None

    def _clearing(self) -> list[Announcement]:
        marked = self._marked
        if not marked or marked == self._topic:
            return []
        self._marked = ""
        taken_back = Announcement(marked, b"")
        # The mark goes last: who dies in between takes back once more.
        return [taken_back] if self._topic is not None else [taken_back, Announcement(self._root + DISCOVERY, b"")]

    def _announcing(self) -> list[Announcement]:
        touched = self._board.touched[INFO]
        if self._topic is None or touched == self._looked_at:
            return []
        self._looked_at = touched
        payload = device(self._board.payload(INFO, full=False), self._root, self._device_id)
        body = encoded(payload)
        if body == self._told:
            return []
        found = []
        if self._marked != self._topic:
            self._marked = self._topic
            found.append(Announcement(self._root + DISCOVERY, self._topic.encode()))
        if gone := gone_since(self._earlier, payload["components"]):
            found.append(Announcement(self._topic, encoded(without(payload, gone))))
        self._told, self._earlier = body, payload
        return [*found, Announcement(self._topic, body)]


def _understood(payload: bytes) -> Any:
    try:
        return orjson.loads(payload)
    except orjson.JSONDecodeError:
        return None

"""What messages say of time and of queues, told as it is in a replay: how long somebody held or rang, positions, calls taken."""

import re

from daemon.demo.switchboard import QueueMember, Switchboard, headers_of

PARKING_TIMEOUT_S = 45
_FIGURE = re.compile(
    rb"(?<=\r\n)(HoldTime|TalkTime|RingTime|ParkingDuration|ParkingTimeout|Position|OriginalPosition|Count|CallsTaken|LastCall"
    rb"|LastPause|LoginTime|Penalty): (\d+)(?=\r\n)"
)
_OF_MEMBERS = frozenset({"CallsTaken", "LastCall", "LastPause", "LoginTime", "Penalty"})


class Figures:
    """The figures of one replay. `retell` wants its messages in order."""

    def __init__(self) -> None:
        self._joined: dict[str, tuple[float, int]] = {}
        self._called: dict[str, float] = {}
        self._connected: dict[str, tuple[float, int]] = {}
        self._parked: dict[str, float] = {}

    def retell(self, raw: bytes, at: float, board: Switchboard) -> bytes:
        """The message with true figures, as it happens at `at` (epoch seconds) on a PBX of this state."""
        if _FIGURE.search(raw) is None and not raw.startswith((b"Event: AgentCalled", b"Event: DialBegin")):
            return raw
        event = headers_of(raw)
        self._note(event, at, board)
        return _FIGURE.sub(
            lambda match: b"%s: %d" % (match[1], self._figure(match[1].decode(), int(match[2]), event, at, board)), raw
        )

    def _note(self, event: dict[str, str], at: float, board: Switchboard) -> None:
        match event["Event"]:
            case "QueueCallerJoin":
                self._joined[event["Uniqueid"]] = at, board.queues[event["Queue"]].position(event["Uniqueid"])
            case "AgentCalled" | "DialBegin":
                self._called.setdefault(event["DestUniqueid"], at)
            case "AgentConnect":
                self._connected[event["Uniqueid"]] = at, self._held(event, at)
            case "ParkedCall":
                self._parked[event["ParkeeUniqueid"]] = at

    def _held(self, event: dict[str, str], at: float) -> int:
        return int(at - self._joined[event["Uniqueid"]][0])

    def _figure(self, name: str, recorded: int, event: dict[str, str], at: float, board: Switchboard) -> int:
        if name in _OF_MEMBERS:
            return _of_member(name, recorded, event, at, board)
        match event["Event"], name:
            case "AgentComplete", "HoldTime":
                return self._connected[event["Uniqueid"]][1]
            case _, "HoldTime":
                return self._held(event, at)
            case _, "TalkTime":
                return int(at - self._connected[event["Uniqueid"]][0])
            case "AgentRingNoAnswer", "RingTime":  # in milliseconds, and 0 for one who is busy (30-queue-agent-actions)
                return int(at - self._called[event["DestUniqueid"]]) * 1000 if recorded else 0
            case _, "RingTime":
                return int(at - self._called[event["DestUniqueid"]])
            case _, "ParkingDuration" | "ParkingTimeout":
                parked_s = int(at - self._parked[event["ParkeeUniqueid"]])
                return parked_s if name == "ParkingDuration" else max(0, PARKING_TIMEOUT_S - parked_s)
            case _, "OriginalPosition":
                return self._joined[event["Uniqueid"]][1]
        queue = board.queues[event["Queue"]]
        if name == "Position":
            return queue.position(event["Uniqueid"])
        return len(queue.waiting) + (1 if event["Event"] == "QueueCallerJoin" else -1)


def _of_member(name: str, recorded: int, event: dict[str, str], at: float, board: Switchboard) -> int:
    """A figure that the queue keeps of a member: what this event sets, else what it was."""
    kind = event["Event"]
    member: QueueMember | None = board.queues[event["Queue"]].members.get(event["Interface"])
    if name == "LoginTime" and kind == "QueueMemberAdded":
        return int(at)
    if name == "LastPause" and kind == "QueueMemberPause" and event["Paused"] == "1":
        return int(at)
    if member is None or (name == "Penalty" and kind in {"QueueMemberAdded", "QueueMemberPenalty"}):
        return recorded
    return int(member.figures[name])

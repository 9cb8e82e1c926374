"""What must be told of a call, in the words of the contract: the rows that scenarios expect."""

from typing import Any

MOBILE = "89161234567"
# A phone calls, and there is no call to tell of.
NO_CALL: dict[str, Any] = {"no_call": True}

Row = dict[str, Any]


def incoming(result: str, called: str, **special: Any) -> dict[str, Any]:
    """What must be told of an incoming call. `phones`: whose legs are its own, where another call has the same number."""
    return {
        "direction": "in",
        "result": result,
        "missed": result != "answered",
        "caller": "79001112233",
        "caller_e164": f"+{special.get('caller', '79001112233')}",
        "called": called,
        "trunk": "trunk",
        "queue": None,
        "queues": [],
        "answered_by": None,
        "agents_devices": [],
        "voicemail": False,
        "wait_s": 0.0,
        "talk_s": 0.0,
        "total_s": 0.0,
        "started_at": 0.0,
    } | special


def answered(by: str, called: str, **special: Any) -> dict[str, Any]:
    """What must be told of an incoming call that this extension or mobile answered."""
    return incoming("answered", called, **{"answered_by": by, "agents_devices": [by]} | special)


def outgoing(result: str, by: str, **special: Any) -> Row:
    """What must be told of a call that this extension of ours made to the mobile."""
    answered_by = MOBILE if result == "answered" else None
    return {
        "direction": "out",
        "result": result,
        "missed": False,
        "caller": by,
        "called": MOBILE,
        "trunk": "trunk",
        "queue": None,
        "queues": [],
        "answered_by": answered_by,
        "agents_devices": [by] if answered_by else [],
        "voicemail": False,
        "started_at": 0.0,
    } | special


def internal(result: str, by: str, called: str, **special: Any) -> Row:
    """What must be told of a call between two of our phones."""
    return {
        "direction": "internal",
        "result": result,
        "missed": False,
        "caller": by,
        "called": called,
        "queue": None,
        "answered_by": called if result == "answered" else None,
        "started_at": 0.0,
    } | special


def merged(by: str, called: str, into: int = 1) -> Row:
    """What must be told of a call that became part of the `into`th of the scenario."""
    return {"direction": "internal", "caller": by, "called": called, "merged_into": into, "started_at": 0.0}


def passed(kind: str, by: str, to: str, result: str = "answered") -> Row:
    """What must be told of one transfer."""
    return {"kind": kind, "by": by, "to": to, "result": result}

"""Does what the program says of one field meet what is expected of it?"""

import re
from typing import Any

TIMES = ("wait_s", "talk_s", "hold_s", "total_s")
_TECHNOLOGY = re.compile(r"^(PJSIP|SIP|IAX2|DAHDI|Local|Agent)[/:]", re.IGNORECASE)
_UNIQUE_PART = re.compile(r"-[0-9a-f]{8}(;[12])?$")
_AGENT_KEYS = ("device", "extension", "exten", "ext", "number", "interface", "id", "agent", "name")


def device(agent: Any) -> str | None:
    """An agent as an extension or number: a string, a channel or interface name, or an object that holds one."""
    if isinstance(agent, dict):
        agent = next((agent[key] for key in _AGENT_KEYS if agent.get(key) not in (None, "")), None)
    if agent is None or agent == "":
        return None
    return _UNIQUE_PART.sub("", _TECHNOLOGY.sub("", str(agent))).split("@")[0]


def number(value: Any) -> str | None:
    """A number for comparing: 8900.., +7900.. and 7900.. are one, anything else as it is."""
    if value is None or value == "":
        return None
    text = str(value)
    digits = re.sub(r"\D", "", text)
    return digits[-10:] if len(digits) >= 10 and not re.search(r"[^\d+() -]", text) else text


def same(field: str, want: Any, got: Any, tolerance_s: float) -> bool:
    """Does what the program says meet one expectation? `{"any": [...]}` is met by each, `{"min", "max"}` by what is between."""
    if isinstance(want, dict) and "any" in want:
        return any(same(field, each, got, tolerance_s) for each in want["any"])
    if field in TIMES:
        return _same_time(want, got, tolerance_s)
    if field in ("caller", "called"):
        return _same_party(want, got)
    if field == "answered_by":
        return _same_party(device(want), device(got))
    if field == "agents_devices":
        return [number(device(each)) for each in want] == _distinct([number(device(each)) for each in got or []])
    if field == "agents_names":
        return bool(want == [each.get("name") if isinstance(each, dict) else None for each in got or []])
    if field == "queues":
        return bool(want == _distinct(got or []))
    if field == "transfers":
        return [_passed(each) for each in want] == [_passed(each) for each in got or []]
    if field in ("missed", "voicemail", "end_seen", "lost_after_transfer"):
        return bool(want) == bool(got)
    return bool((want or None) == (got or None))


def _same_time(want: Any, got: Any, tolerance_s: float) -> bool:
    if want is None:
        return True  # the truth does not tell
    if got is None and (want == 0 or (isinstance(want, dict) and want["min"] <= 0)):
        got = 0
    if isinstance(got, bool) or not isinstance(got, (int, float)):
        return False
    if isinstance(want, dict):
        return bool(want["min"] - tolerance_s <= got <= want["max"] + tolerance_s)
    return bool(abs(got - want) <= tolerance_s)


def _same_party(want: Any, got: Any) -> bool:
    if (want or None) == (got or None):
        return True
    wanted = number(want)
    return wanted is not None and len(wanted) == 10 and wanted == number(got)


def _passed(transfer: Any) -> tuple[Any, ...]:
    """A transfer without its moment."""
    if not isinstance(transfer, dict):
        return (transfer,)
    return tuple(transfer.get(key) for key in ("kind", "by", "to", "result"))


def _distinct(values: list[Any]) -> list[Any]:
    found: list[Any] = []
    for value in values:
        if value not in found:
            found.append(value)
    return found

"""What the phones of one run saw, set into what the contract says of the scenario.

A scenario's calls are known beforehand, their durations only nearly: a phone that answers "after two seconds" answers when its
machine lets it. So the durations come from the phones' own log of the same run (a recording's is in its `truth.jsonl`).
"""

from collections.abc import Iterable, Sequence
from typing import Any

Row = dict[str, Any]
# The caller's own end and the last sign of a search are one moment, to the phones.
SAME_MOMENT_S = 0.05


def with_the_phones_times(expected: Row, legs: Sequence[Row], events: Sequence[Row]) -> Row:
    """The expectation with the durations and starts of this run; seconds, epoch seconds UTC.

    Calls are taken in the order of their INVITEs. What the phones cannot know (transfers, pickups, how long the
    PBX looked for one that is unplugged) stays as it was.
    """
    callers = sorted((leg for leg in legs if _was_taken(leg)), key=lambda leg: leg["t_invite"])
    calls = [call for call in expected["calls"] if not call.get("merged_into")]
    assert len(callers) == len(calls), "the phones began another number of calls"
    seen = {id(call): _seen(call, caller, legs, events) for call, caller in zip(calls, callers, strict=True)}
    return expected | {"calls": [call | seen.get(id(call), {}) for call in expected["calls"]]}


def _was_taken(leg: Row) -> bool:
    # pjsip drops an INVITE whose From has a folded or a badly quoted name; no event ever tells of it (28-strange-names).
    return bool(leg["kind"] == "caller" and leg["end"] != "never_answered_by_asterisk")


def _seen(call: Row, caller: Row, legs: Iterable[Row], events: Iterable[Row]) -> Row:
    began, over = caller["t_invite"], caller["t_end"]
    dialled = [
        leg
        for leg in legs
        if leg["kind"] == "phone" and leg["cid"] == caller["cid"] and began - 0.05 <= leg["t_invite"] <= over
    ]
    answered = [leg for leg in dialled if "t_answer" in leg]
    found: Row = {"started_at": began, "total_s": over - began}
    if call["result"] == "answered":
        found["wait_s"] = min(leg["t_answer"] for leg in answered) - began
        found["talk_s"] = sum(leg["t_end"] - leg["t_answer"] for leg in answered)
    elif call["total_s"] - call["wait_s"] <= SAME_MOMENT_S:
        found["wait_s"] = over - began
    elif dialled:
        found["wait_s"] = max(leg["t_end"] for leg in dialled) - began
    if call.get("hold_s"):
        found["hold_s"] = _held(events)
    return {name: value for name, value in found.items() if name in call}


def _held(events: Iterable[Row]) -> float:
    total = 0.0
    since: dict[str, float] = {}
    for event in events:
        if event["ev"] == "hold":
            since[event["callid"]] = event["t"]
        elif event["ev"] == "unhold":
            total += event["t"] - since.pop(event["callid"])
    return total

"""What the phones of one run saw, set into what the contract says of the scenario.

A scenario's calls are known beforehand, their durations only nearly: a phone that answers "after two seconds" answers when its
machine lets it. So the durations come from the phones' own log of the same run (a recording's is in its `truth.jsonl`).

Where calls are handed on, the scenario says in words which moments of which phones a duration lies between (`seen`):
`"101 answer - 101 refer; 102 answer - caller end"`. `caller` is the town's phone where it calls, `mobile` where it is called,
anything else an extension; a number behind the word takes the second or third of such moments.
"""

from collections.abc import Iterable, Sequence
from typing import Any

Row = dict[str, Any]
# The caller's own end and the last sign of a search are one moment, to the phones.
SAME_MOMENT_S = 0.05
# How far a run may be from what was written down where the phones cannot tell: pickups, parking, attended transfers.
HANDED_OVER_S = 0.5
# The contract's `short_abandon`.
SHORT_S = 5.0
ABANDONED = ("short_abandoned", "abandoned")


def with_the_phones_times(expected: Row, legs: Sequence[Row], events: Sequence[Row]) -> Row:
    """The expectation with the durations and starts of this run; seconds, epoch seconds UTC.

    Calls are taken in the order of their INVITEs. What the phones cannot know stays as it was: how long the PBX looked for
    a phone that is unplugged, and (nearly: `HANDED_OVER_S`) who talked for how long where another call became part of one.
    """
    callers = sorted((leg for leg in legs if was_taken(leg)), key=lambda leg: leg["t_invite"])
    calls = expected["calls"]
    dialled = [call for call in calls if "began" not in call]
    assert len(callers) == len(dialled), "the phones began another number of calls"
    caller_of = {id(call): caller for call, caller in zip(dialled, callers, strict=True)}
    merges = any(call.get("merged_into") for call in calls)
    filled = []
    for call in calls:
        caller = caller_of.get(id(call))
        if call.get("no_call"):
            continue
        if "seen" in call or caller is None:
            times = _as_told(call, caller, events)
        elif merges:
            times = _seen_by_the_caller(caller)
        else:
            times = _seen(call, caller, legs, events)
        filled.append(call | times)
    return expected | {"calls": filled}


def was_taken(leg: Row) -> bool:
    """Did Asterisk take this caller's INVITE, so that there is a call to tell of?"""
    # pjsip drops an INVITE whose From has a folded or a badly quoted name; no event ever tells of it (28-strange-names).
    return bool(leg["kind"] == "caller" and leg["end"] != "never_answered_by_asterisk")


def _as_told(call: Row, caller: Row | None, events: Sequence[Row]) -> Row:
    """The durations that the scenario words itself; without `total_s` among them the caller's own leg is the whole."""
    found = {name: between(words, events) for name, words in call.get("seen", {}).items()}
    if caller is None:
        return found | {"started_at": _moment(call["began"], events)}
    return {"total_s": caller["t_end"] - caller["t_invite"]} | found | {"started_at": caller["t_invite"]}


def between(words: str, events: Sequence[Row]) -> float:
    """The seconds between the moments that these words name, as the phones saw them."""
    spans = [span.split(" - ") for span in words.split("; ") if span]
    return sum(_moment(until, events) - _moment(since, events) for since, until in spans)


def _moment(words: str, events: Sequence[Row]) -> float:
    """The time of `101 answer`, `caller end 2`; epoch seconds."""
    who, what, *which = words.split()
    found = [event["t"] for event in events if _who(event) == who and event["ev"] == what]
    serial = int(which[0]) if which else 1
    assert len(found) >= serial, f"no phone saw {words!r}"
    return float(found[serial - 1])


def _who(event: Row) -> str:
    if event["ua"] != "trunk":
        return str(event["ua"])
    return "caller" if event["dir"] == "out" else "mobile"


def _seen_by_the_caller(caller: Row) -> Row:
    """All that is sure of a call that another became part of, and of the other."""
    total_s = caller["t_end"] - caller["t_invite"]
    return {"started_at": caller["t_invite"], "total_s": total_s, "tolerance": HANDED_OVER_S}


def _same_number(caller: str, phone: str) -> bool:
    """Asterisk writes escapes in lower case, and a number ends at a NUL (28b-injected-numbers)."""
    return phone.lower() == caller.lower().partition("%00")[0]


def _seen(call: Row, caller: Row, legs: Iterable[Row], events: Iterable[Row]) -> Row:
    began, over = caller["t_invite"], caller["t_end"]
    dialled = [
        leg
        for leg in legs
        if leg["kind"] == "phone"
        and _same_number(caller["cid"], leg["cid"])
        and began - 0.05 <= leg["t_invite"] <= over
    ]
    answered = [leg for leg in dialled if "t_answer" in leg]
    found: Row = {"started_at": began, "total_s": over - began}
    if call["result"] == "answered":
        found["wait_s"] = min(leg["t_answer"] for leg in answered) - began
        found["talk_s"] = sum(leg["t_end"] - leg["t_answer"] for leg in answered)
    elif "wait_s" not in call:
        pass
    elif call["total_s"] - call["wait_s"] <= SAME_MOMENT_S:
        found["wait_s"] = over - began
        if call["result"] == "short_abandoned" and over - began > SHORT_S - HANDED_OVER_S:
            # A slow machine made it a longer wait than was meant.
            found["result"] = "abandoned" if over - began > SHORT_S + HANDED_OVER_S else {"any": list(ABANDONED)}
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

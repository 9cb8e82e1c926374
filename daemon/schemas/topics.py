"""Every topic that there is, published or listened to: how it is told, and what it says."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, get_args

from daemon.board import call_events, missed
from daemon.board.call_events import CALLS_ACTIVE, EVENT_CALL
from daemon.board.missed import EVENT_MISSED, MISSED_COUNT, MISSED_OPEN
from daemon.case_words import NAME_LONGEST, NUMBER_LONGEST, TEXT_LONGEST
from daemon.schemas import calls, cases, home_assistant, states
from daemon.schemas.values import Schema, count, moment, one_of, shared, text, thing
from daemon.sinks.discovery import DISCOVERY
from daemon.sinks.mqtt import CONTACT_IN

VERSION: Schema = {"const": 1, "description": "Of this shape; a change that readers must know of raises it"}
_TS = moment("When this was said")
_HEAD: Mapping[str, Schema] = {"v": VERSION, "ts": _TS}
# Of a topic that goes on changing; after a quiet time a change is told at once.
_CHANGES = "When it changes, in the long run at most"
TWICE_A_SECOND, ONCE_A_SECOND = f"{_CHANGES} twice a second", f"{_CHANGES} once a second"


@dataclass(frozen=True, slots=True)
class Channel:
    """One topic, or one for each thing of a kind.

    `address` is below the site's root, `name` that of its message. `is_cleared`: an empty payload says that the thing is no more.
    `rate` in words. `is_streamed`: `/api/v1/stream` tells it too. `is_ours`: we publish it, else we listen to it. `root`: below what.
    """

    address: str
    name: str
    says: str
    payload: Schema
    retained: bool = True
    qos: Literal[0, 1] = 1
    rate: str = TWICE_A_SECOND
    is_cleared: bool = False
    is_streamed: bool = True
    is_ours: bool = True
    content_type: str = "application/json"
    root: Literal["{prefix}/{site}", "{homeAssistant}"] = "{prefix}/{site}"


def _state(fields: Mapping[str, Schema], says: str) -> Schema:
    return thing(says, {**_HEAD, **fields})


def _event(kinds: tuple[Any, ...], says: str, happened: str, more: Mapping[str, Schema]) -> Schema:
    return thing(
        says,
        {
            **_HEAD,
            "type": one_of(happened, kinds),
            "seq": count("Counts since the daemon's start, so that a gap shows", at_least=1),
            "event_id": text("Lasting: the same event told twice has the same"),
            **more,
        },
    )


_thing_of = partial(Channel, is_cleared=True)
_event_of = partial(Channel, retained=False, rate="When it happens")
_CALL_KINDS = (
    "What happened. `queued`: it joins a queue, each time. `changed`: its state is another, or what was dialled is known better, and no "
    "other type says so. Pass over those that you do not know: more may come"
)
_CASE_KINDS = (
    "What happened. `missed`: the first time or again. `claimed`: somebody calls back until `claimed_until`, or prolongs that. "
    "`released`: no longer"
)
_MISSED = get_args(missed.Kind)
_CONTACT: Schema = {
    "type": "object",
    "additionalProperties": False,
    "required": ["number", "by"],
    "properties": {
        "number": text("Five digits at least, in any spelling", longest=NUMBER_LONGEST),
        "by": text("Who spoke with him", longest=NAME_LONGEST),
        "at": {
            "type": ["string", "number", "null"],
            "description": "When: ISO 8601 with its zone, or seconds since 1970, UTC; null or left out: now",
        },
        "note": text("What about", "nothing", TEXT_LONGEST),
        "v": {"description": "Taken from whoever sends it; of no effect"},
    },
    "description": "A contact; up to 64 KiB. The same twice is one",
}

CHANNELS: tuple[Channel, ...] = (
    Channel(
        "bridge/state",
        "bridgeState",
        "Is there a daemon, and may the states be believed?",
        one_of(
            "`online` once all states were told; `offline` also by the broker, for one that died", ("online", "offline")
        ),
        rate="With each connection and each end of one",
        is_streamed=False,
        content_type="text/plain",
    ),
    Channel("bridge/info", "bridgeInfo", "What the site is", _state(states.INFO, "The site")),
    Channel(
        "bridge/health",
        "bridgeHealth",
        "How the daemon does",
        _state(states.HEALTH, "The daemon"),
        rate=f"{TWICE_A_SECOND}, and every 30 s",
    ),
    Channel(
        CALLS_ACTIVE,
        "callsActive",
        "The calls that live",
        _state(states.ACTIVE, "The live calls"),
        qos=0,
        rate="When it changes, at most once a second",
    ),
    _thing_of("queue/{id}/state", "queueState", "One queue, now and today", _state(states.QUEUE, "A queue")),
    _thing_of("trunk/{id}/state", "trunkState", "One outside line, now and today", _state(states.TRUNK, "A line")),
    _thing_of(
        "department/{id}/state", "departmentState", "One department, today", _state(states.DEPARTMENT, "A department")
    ),
    _thing_of("agent/{id}/state", "agentState", "One agent, now", _state(states.AGENT, "An agent")),
    Channel("stats/today", "statsToday", "The site, today", _state(states.TODAY, "The day")),
    Channel(MISSED_COUNT, "missedCount", "How many callers wait for a contact", count("A bare number: callers")),
    Channel(
        MISSED_OPEN,
        "missedOpen",
        "The call-back list",
        _state(states.MISSED_OPEN, "The list"),
        rate=ONCE_A_SECOND,
    ),
    _event_of(
        EVENT_CALL,
        "eventCall",
        "Something happened to a call; its end is told at least once, whatever breaks",
        _event(get_args(call_events.Kind), "What happened to a call", _CALL_KINDS, {"call": calls.any_call()}),
    ),
    _event_of(
        EVENT_MISSED,
        "eventMissed",
        "Something happened to a missed caller; told at least once, whatever breaks",
        _event(
            _MISSED,
            "What happened to a case",
            _CASE_KINDS,
            {"at": moment("When it happened, be it told later", "the PBX's clock was absurd"), "case": shared("Case")},
        ),
    ),
    Channel(
        DISCOVERY,
        "bridgeDiscovery",
        "Where Home Assistant was told of us, for our own later runs",
        {"type": "string", "pattern": "^[^+#]+/device/[a-zA-Z0-9_-]+/config$", "description": "A topic"},
        rate="With a connection, if `mqtt.home_assistant` is set",
        is_cleared=True,
        is_streamed=False,
        content_type="text/plain",
    ),
    Channel(
        "device/{device}/config",
        "homeAssistantConfig",
        "The device that Home Assistant is to show",
        home_assistant.DEVICE,
        rate="With each connection, when Home Assistant starts, and when it changes; if `mqtt.home_assistant` is set",
        is_cleared=True,
        is_streamed=False,
        root="{homeAssistant}",
    ),
    Channel(
        CONTACT_IN,
        "contactIn",
        "Somebody spoke with a number outside of the PBX; heard with `mqtt.accept_contacts`",
        _CONTACT,
        retained=False,
        rate="When somebody says so",
        is_streamed=False,
        is_ours=False,
    ),
    Channel(
        "status",
        "homeAssistantStatus",
        "Home Assistant is here; heard if `mqtt.home_assistant` is set",
        one_of("`online`: we tell it of us anew", ("online", "offline")),
        retained=False,
        rate="When it starts and stops",
        is_streamed=False,
        is_ours=False,
        content_type="text/plain",
        root="{homeAssistant}",
    ),
)
SHARED: dict[str, Schema] = {**calls.SHARED, **cases.SHARED}
LIVE_CALLS = _state(states.LIVE, "The live calls")
"""Those of `/api/v1/live`, which counts no events."""

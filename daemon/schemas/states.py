"""What the state topics say (contract, section 8), field by field, in the order in which they are told."""

from typing import get_args

from daemon.ami_client import AmiState
from daemon.board.call_events import LISTED as CALLS_LISTED
from daemon.board.missed import LISTED as CASES_LISTED
from daemon.mqtt_teller import MqttState
from daemon.schemas.calls import ALL_RESULTS
from daemon.schemas.cases import GAP
from daemon.schemas.values import (
    Schema,
    count,
    flag,
    listed,
    moment,
    one_of,
    seconds,
    share,
    shared_list,
    table,
    text,
    thing,
)
from handlers.facts import AGENT_STATES

_NO_DATA = "no data"
_TODAY_SO_FAR = "Today's figures; the day is that of the site's time zone"
_CALLS: dict[str, Schema] = {
    "calls": count("Finished calls"),
    "in": count("From outside"),
    "out": count("To outside"),
    "answered": count("Calls from outside that a person answered"),
    "missed": count("Calls from outside that are missed"),
    "missed_share": share("missed / (answered + missed)", _NO_DATA),
    "mean_wait_s": seconds("The mean wait of answered and missed calls, to a tenth", _NO_DATA),
    "p95_wait_s": seconds("Of 95 in a hundred of those the wait was no longer, to a tenth", _NO_DATA),
}
_CALLERS = {"unique_callers": count("Different numbers that called")}
_STAYS: dict[str, Schema] = {
    "offered": count("Stays that count: answered, abandoned, timeout and left"),
    "answered": count("Ended in an answer"),
    "abandoned": count("The caller hung up, not shortly"),
    "timeout": count("The queue gave up"),
    "left": count("The caller left by a key, or was taken out"),
    "short_abandoned": count("Hung up within `short_abandon_s`; in none of the others"),
    "within_threshold": count("Answered within the threshold"),
    "service_level": share("within_threshold / offered", _NO_DATA),
    "mean_wait_s": seconds("The mean wait of those answered, to a tenth", _NO_DATA),
    "p95_wait_s": seconds("Of 95 in a hundred of those the wait was no longer, to a tenth", _NO_DATA),
}
_LIMITS: dict[str, Schema] = {
    "wait_warn_s": seconds("A wait of which the wallboard warns"),
    "wait_alarm_s": seconds("A wait of which it alarms"),
}
_NAMED: dict[str, Schema] = {"id": text("The key in its topic"), "name": text("Its name")}
_NEVER = "it never does"

HEALTH: dict[str, Schema] = {
    "ami": one_of("How it stands with the PBX", get_args(AmiState)),
    "since": moment("Since when", "the PBX's clock was absurd"),
    "last_event": moment("When the PBX was heard last; alone no reason to tell it anew", "not yet"),
    "last_gap": thing("The last time since the start in which the PBX was not heard", GAP, "none"),
    "store": one_of("`degraded`: calls wait in memory", ("ok", "degraded")),
    "mqtt": one_of("How it stands with the broker; `off`: none is set", (*get_args(MqttState), "off")),
    "outbox": count("Finished calls that the broker does not have yet"),
    "incomplete_calls": count("Of today's calls those of which a part was not heard"),
}
INFO: dict[str, Schema] = {
    "version": text("Of ringtally"),
    "site": text("The site's name, as in the topics"),
    "timezone": text("The site's time zone, by its IANA name"),
    "language": one_of("The site's language", ("en", "ru")),
    "threshold_s": seconds("The service level's threshold"),
    "goal": share("The service level's goal"),
    "short_abandon_s": seconds("Who hangs up sooner is not in the service level"),
    "missed_goals": table("By department, the missed share that is not to be exceeded", share("A department's goal")),
    **_LIMITS,
    "alarms": thing(
        "The other limits of the wallboard",
        {
            "waiting_warn": count("So many waiting callers of the whole site warn", _NEVER, at_least=1),
            "waiting_alarm": count("So many alarm", _NEVER, at_least=1),
            "level_alarm": share("A service level below it alarms"),
            "talk_limit_s": seconds("A longer talk warns", _NEVER),
            "pause_limit_s": seconds("A longer pause warns", _NEVER),
            "quiet": listed("When no alarm sounds", text("`hh:mm-hh:mm`, the site's time zone")),
        },
    ),
    "queues": listed(
        "The queues that have a topic",
        thing(
            "A queue",
            {
                **_NAMED,
                "threshold_s": seconds("Its own threshold"),
                "goal": share("Its own goal"),
                **_LIMITS,
                "waiting_warn": count("So many who wait in it warn", _NEVER, at_least=1),
                "waiting_alarm": count("So many alarm", _NEVER, at_least=1),
                "level_alarm": share("A service level below it alarms"),
            },
        ),
    ),
    "trunks": listed(
        "The lines that have a topic; `other`: all that the settings do not name", thing("A line", _NAMED)
    ),
    "departments": listed("The departments; `none`: calls of no department", thing("A department", _NAMED)),
}
LIVE: dict[str, Schema] = {
    "total": count("All calls that live"),
    "waiting": count("Of them, callers from outside who wait for a person in queues or at ringing phones"),
    "waiting_since": moment("Since when the first of those has", "nobody waits"),
    "calls": shared_list("The oldest ones", "LiveCall", CALLS_LISTED),
}
ACTIVE: dict[str, Schema] = LIVE | {"seq": count("That of the last `event/call` that is in it; 0: there was none yet")}
QUEUE: dict[str, Schema] = {
    "name": text("The queue's name on the PBX"),
    "waiting": count("Callers in it"),
    "oldest_since": moment("Since when the first of them has waited", "nobody waits"),
    "members": thing(
        "How many of its members are in each state",
        {state: count(f"Members in the state `{state}`") for state in AGENT_STATES},
        "the PBX is not heard",
    ),
    "today": thing(_TODAY_SO_FAR, _STAYS),
}
TRUNK: dict[str, Schema] = {
    "name": text("The line's name in the settings"),
    "channels": count("Channels in use now"),
    "today": thing(_TODAY_SO_FAR, _CALLS),
}
DEPARTMENT: dict[str, Schema] = {
    "name": text("The department's name in the settings"),
    "today": thing(_TODAY_SO_FAR, _CALLS | _CALLERS),
}
AGENT: dict[str, Schema] = {
    "name": text("As a queue knows him; telephone numbers in it masked", "by no name"),
    "device": text("His device, or `Agent:…` of an agents' pool; telephone numbers in it masked"),
    "state": one_of("What he does", AGENT_STATES, "the PBX is not heard"),
    "since": moment("Since when", "the PBX is not heard"),
    "at_least": flag("At `since` he was found in the state, after a start or a gap: it may have lasted longer"),
    "reason": text("Why he is paused in all of his queues", "not paused, or not said"),
    "call_since": moment("Since when he is on the phone, hold included", "he is not"),
    "queues": listed(
        "The queues that he is a member of",
        thing(
            "One of them",
            {
                "queue": text("Its name"),
                "paused": flag("He rests from it"),
                "reason": text("Why", "not paused, or not said"),
            },
        ),
    ),
}
_LEVEL = "Calls from outside answered within the threshold, of those that count"
_YESTERDAY: dict[str, Schema] = {
    **{name: _CALLS[name] for name in ("in", "answered", "missed", "missed_share")},
    "service_level": share(_LEVEL, _NO_DATA),
}
TODAY: dict[str, Schema] = {
    "day": {
        "type": "string",
        "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
        "description": "The day, in the site's time zone",
    },
    "since": moment("Its beginning, midnight of the site's time zone", "nothing is counted yet"),
    **_CALLS,
    "internal": count("Finished calls between the site's own phones"),
    "missed_closed": count("Missed calls outside of working hours"),
    "missed_anonymous": count("Missed calls that nobody can call back"),
    "results": table("Calls from outside by result; those that there were", count("Calls"), ALL_RESULTS),
    **_CALLERS,
    "talk_s": seconds("All talk, to a tenth"),
    "service_level": share(_LEVEL, _NO_DATA),
    "yesterday": thing(
        "As yesterday's figures stood at this minute of the local clock", _YESTERDAY, "nothing is known of that day"
    ),
    "missed_cases": count("Callers whose first miss was today"),
    "truly_missed_cases": count("Callers whose deadline passed today without a contact"),
    "recovered_cases": count("Callers reached in time, today"),
    "recovered_late_cases": count("Callers reached after their deadline, today"),
    "callback_attempts": count("Call-backs in vain, today"),
}
MISSED_OPEN: dict[str, Schema] = {
    "total": count("Callers who wait for a contact"),
    "cases": shared_list("Those who have waited longest", "Case", CASES_LISTED),
}

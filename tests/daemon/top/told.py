"""An office as the daemon's stream tells it, in the fields that the terminal shows."""

from datetime import UTC, datetime
from typing import Any

import orjson

from daemon.top.heard import Heard

NOW = 1795450300.0


def iso(at: float | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")


def say(heard: Heard, topic: str, **body: Any) -> None:
    """One message, of this moment."""
    heard.take(topic, orjson.dumps({"v": 1, "ts": iso(NOW), **body}))


def a_call(state: str, since_s: float, **more: Any) -> dict[str, Any]:
    """A call in this state for so long."""
    since = iso(NOW - since_s)
    values: dict[str, Any] = {
        "direction": "in",
        "caller": "7900•••2233",
        "caller_name": None,
        "client": None,
        "called": "74990001002",
        "did": "74990001002",
        "queue": "support",
        "trunk": "town",
        "answered_by": None,
        "agents": [],
        "state": state,
        "state_since": since,
        "started_at": since,
        "queued_at": since if state in {"queued", "ringing"} else None,
        "rang_at": None,
        "answered_at": since if state == "talking" else None,
    }
    return values | more


def calls(heard: Heard, *found: dict[str, Any]) -> None:
    """These calls live, and no others."""
    waiting = [call for call in found if call["state"] in {"queued", "ringing"} and call["direction"] == "in"]
    since = min((call["state_since"] for call in waiting), default=None)
    say(heard, "calls/active", total=len(found), waiting=len(waiting), waiting_since=since, calls=list(found))


def agent(heard: Heard, key: str, state: str | None, since_s: float = 5, **more: Any) -> None:
    values: dict[str, Any] = {
        "name": key,
        "device": f"PJSIP/{key}",
        "state": state,
        "since": iso(NOW - since_s),
        "reason": None,
    }
    say(heard, f"agent/{key}/state", **(values | {"queues": [{"queue": "support"}]} | more))


def queue(heard: Heard, name: str, waits_s: float | None = None, /, **more: Any) -> None:
    members = dict.fromkeys(("available", "ringing", "talking", "held", "wrapup", "paused", "unavailable"), 0)
    today = {"answered": 4, "abandoned": 1, "service_level": 0.8}
    since = None if waits_s is None else iso(NOW - waits_s)
    values: dict[str, Any] = {
        "name": name,
        "waiting": int(waits_s is not None),
        "oldest_since": since,
        "members": members,
        "today": today,
    }
    say(heard, f"queue/{name}/state", **(values | more))


def case(number: str, waits_s: float, state: str = "open", **more: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "number": number,
        "opened_at": iso(NOW - waits_s),
        "state": state,
        "calls": 1,
        "attempts": 0,
    }
    return values | {"claimed_by": None, "client": None, "queue": "support", "trunk": "town"} | more


def office(ami: str = "ready") -> Heard:
    """Two queues, two who wait, one who talks, three agents, two missed."""
    heard = Heard()
    heard.begin(0)
    limits = [
        {"name": "support", "wait_warn_s": 14.0, "wait_alarm_s": 20.0, "waiting_warn": 3, "waiting_alarm": 5},
        {"name": "sales", "wait_warn_s": 42.0, "wait_alarm_s": 60.0, "waiting_warn": None, "waiting_alarm": None},
    ]
    say(
        heard,
        "bridge/info",
        site="office",
        version="1.2.3",
        timezone="Europe/Moscow",
        goal=0.8,
        threshold_s=20.0,
        wait_warn_s=14.0,
        wait_alarm_s=20.0,
        queues=limits,
    )
    say(heard, "bridge/health", ami=ami, since=iso(NOW - 90))
    calls(
        heard,
        a_call("talking", 61, agents=[{"device": "PJSIP/101", "name": "Анна"}], answered_by="101"),
        a_call("queued", 15),
        a_call("queued", 25, queue="sales", caller="7495•••0001"),
    )
    queue(heard, "sales", 25)
    queue(heard, "support", 15)
    agent(heard, "anna", "talking", 61)
    agent(heard, "boris", "available")
    agent(heard, "vera", "unavailable")
    say(heard, "missed/open", total=2, cases=[case("7900•••1111", 3700, "truly_missed"), case("7900•••2222", 60)])
    today = {"in": 7, "out": 2, "answered": 4, "missed": 3, "missed_share": 0.43, "mean_wait_s": 4.2}
    say(heard, "stats/today", **today, service_level=0.57)
    heard.complete()
    return heard

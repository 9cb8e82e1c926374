"""Settings in the board's words: who this is, and which queues, lines and departments there are."""

import math
from functools import partial

from config.sections import Settings, WaitLimits, Wallboard
from daemon.board.board import Payload, Site, trunk_names
from daemon.board.day import Day
from daemon.board.topic_names import TopicNames
from daemon.rules import rules_of

# Of a limit that alarms, and of a goal that is missed.
_WARN_PART = 0.7
_LEVEL_PART = 0.9


def day_of(settings: Settings) -> Day:
    """The day's figures, by the settings' time zone and rules, still empty."""
    rules = rules_of(settings)
    return Day(settings.zone, rules, rules.departments)


def site_of(settings: Settings, version: str, day: Day) -> Site:
    """What others are told of the settings."""
    lasting = {"version": version, "site": settings.site.name, "timezone": settings.zone.key}
    return Site(
        about=lasting | limits_of(settings),
        queues=TopicNames("queue", settings.queues, {name: queue.id for name, queue in settings.queues.items()}),
        trunks=TopicNames("trunk", trunk_names(trunk.name for trunk in settings.trunks)),
        departments=TopicNames("department", day.department_names),
        queue_goals=partial(queue_goals, settings),
    )


def limits_of(settings: Settings) -> Payload:
    """What `bridge/info` says of goals and alarms, and in which language: a reload may change it."""
    level, limits = settings.service_level, settings.wallboard
    return {
        "language": settings.site.language,
        "threshold_s": level.threshold,
        "goal": level.goal,
        "short_abandon_s": level.short_abandon,
        "missed_goals": {each.name: each.missed_goal for each in settings.departments if each.missed_goal is not None},
        **_wait_limits(limits, level.threshold),
        "alarms": {
            "waiting_warn": _waiting_warn(limits),
            "waiting_alarm": limits.waiting_alarm,
            "level_alarm": _level_alarm(limits, level.goal),
            "talk_limit_s": limits.talk_limit,
            "pause_limit_s": limits.pause_limit,
            "quiet": list(limits.quiet),
        },
    }


def queue_goals(settings: Settings, queue: str) -> Payload:
    """What a queue's entry in `bridge/info` says of its service level, and of when too many of its callers wait, or too long."""
    level, own = settings.service_level, settings.queues.get(queue)
    threshold = level.threshold if own is None or own.threshold is None else own.threshold
    goal = level.goal if own is None or own.goal is None else own.goal
    return {
        "threshold_s": threshold,
        "goal": goal,
        **_wait_limits(settings.wallboard, threshold, own),
        "waiting_warn": None if own is None else _waiting_warn(own),
        "waiting_alarm": None if own is None else own.waiting_alarm,
        "level_alarm": _level_alarm(settings.wallboard, goal),
    }


def _wait_limits(site: WaitLimits, threshold_s: float, own: WaitLimits | None = None) -> Payload:
    """A queue's `own` come first: with an alarm of its own it is warned of before that, whatever the site says."""
    alarm_s, warn_s = site.wait_alarm, site.wait_warn
    if own is not None:
        if own.wait_alarm is not None:
            alarm_s, warn_s = own.wait_alarm, None
        warn_s = warn_s if own.wait_warn is None else own.wait_warn
    alarm_s = threshold_s if alarm_s is None else alarm_s
    return {"wait_warn_s": round(_WARN_PART * alarm_s, 3) if warn_s is None else warn_s, "wait_alarm_s": alarm_s}


def _waiting_warn(limits: WaitLimits) -> int | None:
    if limits.waiting_warn is not None or limits.waiting_alarm is None:
        return limits.waiting_warn
    return math.ceil(_WARN_PART * limits.waiting_alarm)


def _level_alarm(limits: Wallboard, goal: float) -> float:
    return round(_LEVEL_PART * goal, 4) if limits.level_alarm is None else limits.level_alarm

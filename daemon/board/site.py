"""Settings in the board's words: who this is, and which queues, lines and departments there are."""

from typing import Any

from config.sections import Settings
from daemon.board.board import Site, trunk_names
from daemon.board.day import Day
from daemon.board.topic_names import TopicNames
from daemon.rules import rules_of


def day_of(settings: Settings) -> Day:
    """The day's figures, by the settings' time zone and rules, still empty."""
    rules = rules_of(settings)
    return Day(settings.zone, rules, rules.departments)


def site_of(settings: Settings, version: str, day: Day) -> Site:
    """What others are told of the settings."""
    level = settings.service_level

    def goals(queue: str) -> dict[str, Any]:
        own = settings.queues.get(queue)
        return {
            "threshold_s": level.threshold if own is None or own.threshold is None else own.threshold,
            "goal": level.goal if own is None or own.goal is None else own.goal,
        }

    return Site(
        about={
            "version": version,
            "site": settings.site.name,
            "timezone": settings.zone.key,
            "threshold_s": level.threshold,
            "goal": level.goal,
            "short_abandon_s": level.short_abandon,
            "missed_goals": {
                each.name: each.missed_goal for each in settings.departments if each.missed_goal is not None
            },
        },
        queues=TopicNames("queue", settings.queues, {name: queue.id for name, queue in settings.queues.items()}),
        trunks=TopicNames("trunk", trunk_names(trunk.name for trunk in settings.trunks)),
        departments=TopicNames("department", day.department_names),
        queue_goals=goals,
    )

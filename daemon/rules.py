"""Settings in the core's words."""

from datetime import tzinfo
from math import inf

from config.sections import FollowUp, Settings
from config.working_hours import WorkingHours
from handlers.cases.rule import KNOWN_FOR_S, FollowUpRule
from handlers.departments import DepartmentRule
from handlers.rules import Rules, SourceRule, TrunkRule
from handlers.working_time import WorkingTime


def rules_of(settings: Settings) -> Rules:
    """What the core must know of the settings."""
    return Rules(
        pbx=settings.site.name,
        trunks=tuple(TrunkRule(trunk.name, tuple(trunk.channels)) for trunk in settings.trunks),
        extensions=frozenset(extension for department in settings.departments for extension in department.extensions),
        sources=tuple(SourceRule(source.name, frozenset(source.dids)) for source in settings.sources),
        region=settings.numbers.region,
        area_code=settings.numbers.area_code,
        strip_prefixes=tuple(settings.numbers.strip_prefixes),
        short_abandon_s=settings.service_level.short_abandon,
        missed_results=frozenset(settings.follow_up.count),
        service_level_s=settings.service_level.threshold,
        queue_service_level_s={
            name: settings.service_level.threshold if queue.threshold is None else queue.threshold
            for name, queue in settings.queues.items()
        },
        queue_wrapup_s={name: queue.wrapup for name, queue in settings.queues.items() if queue.wrapup},
        departments=tuple(
            DepartmentRule(each.name, frozenset(each.queues), frozenset(each.extensions), frozenset(each.dids))
            for each in settings.departments
        ),
        working_time=None if settings.working_hours is None else working_time(settings.working_hours, settings.zone),
        follow_up=follow_up_rule(settings.follow_up, settings.storage.keep),
    )


def working_time(hours: WorkingHours, zone: tzinfo) -> WorkingTime:
    """Working hours by the clock of a zone."""
    weekdays = tuple(tuple((span.begin, span.end) for span in spans) for spans in hours.weekdays)
    return WorkingTime(zone, weekdays, frozenset(hours.holidays))


def follow_up_rule(follow_up: FollowUp, keep_s: float = inf) -> FollowUpRule:
    """When a missed call is truly missed. No case is known for longer than calls are kept."""
    return FollowUpRule(
        name=follow_up.rule,
        window_s=follow_up.window,
        min_talk_out_s=follow_up.min_talk_out,
        min_talk_in_s=follow_up.min_talk_in,
        list_for_s=min(follow_up.list_for, keep_s),
        known_for_s=min(KNOWN_FOR_S, keep_s),
        closed_by=frozenset({*follow_up.closed_by, "external"}),
        match=follow_up.match,
        ignore=frozenset(follow_up.ignore),
    )

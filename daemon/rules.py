"""Settings in the core's words."""

from config.sections import Settings
from handlers.rules import Rules, SourceRule, TrunkRule


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
    )

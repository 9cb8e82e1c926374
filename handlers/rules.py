"""What an administrator decides about calls, in the core's own words: the settings that change what events mean."""

from dataclasses import dataclass, field

from handlers.cases.rule import FollowUpRule
from handlers.departments import DepartmentRule
from handlers.working_time import WorkingTime

MISSED_RESULTS = frozenset({"abandoned", "short_abandoned", "no_answer", "busy", "unavailable"})


@dataclass(frozen=True, slots=True)
class TrunkRule:
    """An outside line: its name and the shell patterns of its channels (`PJSIP/megafon-*`)."""

    name: str
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SourceRule:
    """Call tracking: the numbers dialled that tell where the client saw them."""

    name: str
    dids: frozenset[str]


@dataclass(frozen=True, slots=True)
class Rules:
    """All that the core is told from outside; durations in seconds."""

    pbx: str = "pbx"
    trunks: tuple[TrunkRule, ...] = ()
    extensions: frozenset[str] = frozenset()
    """Extensions named by a department: inside, whatever their length."""
    sources: tuple[SourceRule, ...] = ()
    region: str = "RU"
    area_code: str = ""
    strip_prefixes: tuple[str, ...] = ()
    short_abandon_s: float = 5.0
    missed_results: frozenset[str] = MISSED_RESULTS
    service_level_s: float = 20.0
    queue_service_level_s: dict[str, float] = field(default_factory=dict)
    departments: tuple[DepartmentRule, ...] = ()
    working_time: WorkingTime | None = None
    """None: always open."""
    follow_up: FollowUpRule = field(default_factory=FollowUpRule)
    queue_wrapup_s: dict[str, float] = field(default_factory=dict)
    """What follows a queue's call; a queue that isn't here has no wrap-up."""

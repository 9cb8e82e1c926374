"""docs/metrics.md, out of the registry of a daemon that has seen a call, and of the notes on when each metric moves."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from prometheus_client.metrics_core import Metric

from config.sections import Department, Http, Mqtt, Queue, Settings, Source, Storage, Trunk
from config.working_hours import working_hours_of
from daemon.ami_counters import AmiCounters
from daemon.parts import build
from handlers.ami.events import Event
from tests.daemon.sinks.scraping import OPEN_METRICS, parsed
from tests.documents.metric_notes import SECTIONS, Note
from tests.recordings import events

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/metrics.md"
PREFIX = "ringtally_"
# A name ends as its kind wants it.
_ENDS = {"counter": "_total", "info": "_info"}
_OF_THE_SITE = frozenset({"queue", "trunk", "source", "department", "agent", "name", "version"})
_VALUES_SHOWN = 15
_HEAD = """# Metrics

Written by `make docs` from the definitions in the code and [the notes on when each moves](../tests/documents/metric_notes.py). What is promised of
them is [the contract](contract.md#7-prometheus), section 7; how to scrape them, [scrape.yml](../config/prometheus/scrape.yml); what to be woken
for, [alerts](alerts.md).

Counters begin at 0 with each start of the daemon; `rate()` and `increase()` know that. Every combination of labels that can occur is there at 0 from
the start, so that the first call counts. For "today" ask `ringtally_today_*`, which a restart does not bend, rather than `increase()` over a day.
What is true only while the PBX is heard (calls that live, who waits) has no sample while it is not.
A histogram has `_bucket`, `_sum` and `_count`; a summary `_sum`, `_count` and the quantiles 0.5 and 0.9.
"""


@dataclass(frozen=True, slots=True)
class Defined:
    """A metric as the registry has it. `name` as one asks for it."""

    name: str
    kind: str
    labels: Mapping[str, tuple[str, ...]]
    """With their values, as far as they stand at 0 from the start."""
    meaning: str

    @property
    def unit(self) -> str:
        """By its name, as conventions have it."""
        bare = self.name.removesuffix("_total")
        if bare.endswith("_timestamp_seconds"):
            return "epoch seconds"
        for unit in ("seconds", "bytes"):
            if bare.endswith(f"_{unit}"):
                return unit
        return "0 to 1" if bare.endswith("_ratio") else ""


def defined() -> Mapping[str, Defined]:
    """Every metric of ours, in the order of the exposition."""
    found = (_defined(family) for family in asyncio.run(_families()))
    return {each.name: each for each in found if each.name.startswith(PREFIX)}


def _defined(family: Metric) -> Defined:
    own = {"le", "quantile"} if family.type in {"histogram", "summary"} else set()
    labels: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for sample in family.samples:
        for label in sample.labels.keys() - own:
            labels[label][sample.labels[label]] = None
    told = {label: tuple(labels[label]) for label in sorted(labels)}
    return Defined(family.name + _ENDS.get(family.type, ""), family.type, told, family.documentation)


async def _families() -> list[Metric]:
    """What a daemon with everything switched on serves after a call through a queue."""
    with TemporaryDirectory() as folder:
        settings = Settings(
            trunks=(Trunk(name="town", channels=("PJSIP/trunk-*",)),),
            sources=(Source(name="site", dids=("7001",)),),
            queues={"support": Queue()},
            departments=(Department(name="support", queues=("support",)),),
            working_hours=working_hours_of({"mon-sun": ["00:00-24:00"]}),
            mqtt=Mqtt(),
            http=Http(),
            storage=Storage(path=f"{folder}/calls.db"),
        )
        async with AsyncExitStack() as stack:
            parts = await build(lambda: settings, Path(settings.storage.path), (), stack)
            told: list[Event] = events("07-ivr-queue-second-agent")
            for event in told:
                facts = parts.core.handle(event)
                parts.metrics.take(facts)
                parts.board.take(facts)
            body, _ = await parts.metrics.render(AmiCounters(connected=True), told[-1].at, OPEN_METRICS)
        return list(parsed(body))


def page() -> str:
    """The whole page."""
    known = defined()
    return "\n".join(
        [_HEAD, *(line for title, names in SECTIONS.items() for line in _section(title, names, known)), *_TAIL]
    )


def _section(title: str, names: Mapping[str, Note], known: Mapping[str, Defined]) -> Iterator[str]:
    yield from (
        "",
        f"## {title}",
        "",
        "| metric | what it is | labels | moves | for example |",
        "|---|---|---|---|---|",
    )
    for name, note in names.items():
        each = known[name]
        kind = f"{each.kind}, {each.unit}" if each.unit else each.kind
        labels = "; ".join(_label(label, values) for label, values in each.labels.items())
        asked = note.example.replace("|", "\\|")
        yield f"| `{name}`<br>{kind} | {each.meaning} | {labels} | {note.moves} | `{asked}` |"


def _label(label: str, values: tuple[str, ...]) -> str:
    """With its values, but where they are the site's own names, or too many."""
    if label in _OF_THE_SITE or len(values) > _VALUES_SHOWN:
        return f"`{label}`"
    return f"`{label}` ({', '.join(sorted(values))})"


_TAIL = (
    "",
    "## Of every Python program",
    "",
    "`process_*` (CPU seconds, resident memory, open files, start) and `python_info` are prometheus_client's own. A restart shows as a change of",
    "`process_start_time_seconds`.",
    "",
)

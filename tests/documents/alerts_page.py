"""docs/alerts.md, out of the rules and of the runbook beside them."""

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/alerts.md"
FOLDER = ROOT / "config/prometheus"
ALERTS, RECORDS = FOLDER / "ringtally.alerts.yml", FOLDER / "ringtally.records.yml"
RUNBOOK = FOLDER / "runbook.yml"
WORDS = {
    "en": {"means": "What it means", "look": "Look first at", "do": "What to do", "ends": "When it goes away"},
    "ru": {"means": "Что это значит", "look": "Сначала посмотрите", "do": "Что делать", "ends": "Когда пройдёт"},
}
SITE = "{{ or $labels.site $labels.instance }}: "
_HEAD = """# Alerts

Written by `make docs` from [the rules](../config/prometheus/ringtally.alerts.yml) and
[the runbook beside them](../config/prometheus/runbook.yml); corrections belong there.

Copy `ringtally.records.yml` and `ringtally.alerts.yml` of `config/prometheus` beside your prometheus.yml, and name them in its `rule_files`
([one site](../config/prometheus/scrape.yml), [several](../config/prometheus/sites.yml), one file each in `sites/`). The job must be called
`ringtally`. `keep_firing_for` wants Prometheus 2.42 or later. [Alertmanager's example](../config/prometheus/alertmanager.yml) sends each
site's alerts to its people, in English or Russian, by mail ([the words of the mail](../config/prometheus/ringtally.tmpl)).

- **Set `[working_hours]`.** What judges by silence or by waiting people (`RingtallyNoEvents`, `RingtallyTrunkSilent`,
  `RingtallyTrulyMissedRising`, `RingtallyOldestCaseWaits`) speaks in working hours alone, and not at all where the settings name none: an
  office that is silent at night is not broken. What is about people who wait in a queue (`RingtallyLongestWait`, `RingtallyQueueUnattended`,
  `RingtallyNoFreeAgents`, `RingtallyServiceLevelLow`) is silent outside of the hours, and without `[working_hours]` speaks at any time. It always
  needs somebody who waits, or ten callers within an hour: a night in which nobody calls is silent, a queue into which callers are let
  at night while nobody is there is not. A place that never closes writes `mon-sun = ["00:00-24:00"]`.
- **Low traffic is normal.** Silence is measured by the site's own pace of the last seven days, in working time in which the PBX was heard;
  a service level by how far chance alone takes so few callers. Starts of ringtally, of Asterisk and of the broker are over before an
  alert comes. A change to summer time is none.
- **Who watches the watchman.** A target that does not answer is `RingtallyDown`; one that vanished from prometheus.yml or from `sites/` has
  nothing that could be 0, and is `RingtallyNotScraped`. That Prometheus itself stands still no rule of its own can tell: let a second
  one, or a service that misses a regular call, watch it.
- **`runbook_url`** leads here, relative to where you keep this documentation. Say where that is in prometheus.yml, and links in messages work:
  `global: {external_labels: {ringtally_docs: "…/"}}`.
- Each alert bears `summary`, `summary_ru`, `description`, `description_ru`, and a label `severity`: `critical` wants somebody now,
  `warning` today, `info` some day.

**По-русски.** Скопируйте `ringtally.records.yml` и `ringtally.alerts.yml` к своему prometheus.yml и впишите их в `rule_files`. Обязательно задайте
`[working_hours]`: без рабочих часов предупреждения о тишине и о тех, кому не перезвонили, молчат, потому что тишина ночью — не поломка. Предупреждения об ожидающих в
очереди (`RingtallyLongestWait`, `RingtallyQueueUnattended`, `RingtallyNoFreeAgents`, `RingtallyServiceLevelLow`) без рабочих часов приходят в любое
время, но только если кто-то ждёт или за час было не меньше десяти звонков: ночь без звонков их не вызовет, а очередь, в которую ночью пускают
звонящих, хотя там никого нет, вызовет. Где работают круглосуточно, пишут `mon-sun = ["00:00-24:00"]`. Если цель пропала из настроек Prometheus, придёт
`RingtallyNotScraped`; что остановился сам Prometheus, должен заметить кто-то другой. Русские тексты
лежат в `summary_ru` и `description_ru`; пример Alertmanager рассылает их письмами площадкам, перечисленным в маршруте `russian`. Что делать при каждом
предупреждении, ниже написано на обоих языках.
"""


def page() -> str:
    """The whole page."""
    runbook = yaml.safe_load(RUNBOOK.read_text())
    rules = [rule for group in _groups(ALERTS) for rule in group["rules"]]
    return "\n".join(
        [_HEAD, *_table(rules), *(line for rule in rules for line in _section(rule, runbook)), *_records()]
    )


def _groups(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(path.read_text())["groups"]
    return found


def _table(rules: list[dict[str, Any]]) -> list[str]:
    rows = ["| alert | severity | after | |", "|---|---|---|---|"]
    for rule in rules:
        name, notes = rule["alert"], rule["annotations"]
        said = f"{_plain(notes['summary'])} / {_plain(notes['summary_ru'])}"
        rows.append(
            f"| [{name}](#{name.lower()}) | {rule['labels']['severity']} | {rule.get('for', 'at once')} | {said} |"
        )
    return rows


def _plain(summary: str) -> str:
    """Without the site, and with what is put in as a word."""
    either = re.sub(r"\{\{ or \$labels\.(\w+) \$labels\.(\w+) \}\}", r"*\1 / \2*", summary.removeprefix(SITE))
    return either.replace("{{ $labels.", "*").replace(" }}", "*")


def _section(rule: dict[str, Any], runbook: dict[str, Any]) -> list[str]:
    waits = [
        f"{word} {rule[key]}" for key, word in (("for", "after"), ("keep_firing_for", "told on for")) if key in rule
    ]
    lines = [
        "",
        f"## {rule['alert']}",
        "",
        f"`{rule['labels']['severity']}`{''.join(f', {wait}' for wait in waits)}",
        "",
    ]
    for language, words in WORDS.items():
        told = runbook[rule["alert"]][language]
        summary = rule["annotations"]["summary_ru" if language == "ru" else "summary"]
        lines += [f"**{_plain(summary)}**", ""]
        lines += [f"- *{word}:* {told[key]}" for key, word in words.items()]
        lines.append("")
    return [*lines, "```promql", str(rule["expr"]).strip(), "```"]


def _records() -> list[str]:
    lines = [
        "",
        "## Recorded figures",
        "",
        "What [ringtally.records.yml](../config/prometheus/ringtally.records.yml) adds up, for alerts, for dashboards of a fleet, and for you.",
        "",
        "| name | of | expression |",
        "|---|---|---|",
    ]
    for group in _groups(RECORDS):
        for rule in group["rules"]:
            level, _, _ = rule["record"].partition(":")
            expression = " ".join(str(rule["expr"]).split()).replace("|", "\\|")
            lines.append(f"| `{rule['record']}` | {'one daemon' if level == 'instance' else level} | `{expression}` |")
    return [*lines, ""]

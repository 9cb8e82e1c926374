"""The shipped examples: promtool and amtool find nothing, every site gets its people, and a message reads well in both languages."""

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml

from tests.prometheus.server import ALERTMANAGER, SCRAPE, SHIPPED, SITES, TEMPLATE, promtool, ran

SAID_IN_RUSSIAN = re.compile("[а-яё]", re.IGNORECASE)


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """All of them where an administrator puts them, with the files that they name."""
    folder = tmp_path / "prometheus"
    shutil.copytree(SHIPPED, folder)
    for name in ("ringtally-ca.pem", "ringtally.password"):
        (folder / name).write_text("")
    for path in (folder / SITES.name, folder / SCRAPE.name):
        path.write_text(path.read_text().replace("/etc/prometheus/", f"{folder}/"))
    return folder


@pytest.mark.parametrize("name", [SCRAPE.name, SITES.name])
async def test_promtool_finds_nothing_in_the_scrapes_and_in_the_rules_that_they_name(
    name: str, installed: Path
) -> None:
    code, said, complaint = await promtool("check", "config", "--lint=all", "--lint-fatal", str(installed / name))
    assert (code, complaint) == (0, ""), said
    assert "2 rule files found" in said
    assert said.count(" rules found") == 2


async def test_promtool_reads_the_files_of_the_sites_and_finds_what_is_wrong_in_one(installed: Path) -> None:
    (installed / "sites/berlin.yml").write_text("- targets: berlin.example:9796\n")
    code, _, complaint = await promtool("check", "config", str(installed / SITES.name))
    assert code != 0
    assert "berlin" in complaint


def test_each_site_of_the_example_has_a_name_of_its_own() -> None:
    told = [group for path in sorted((SHIPPED / "sites").glob("*.yml")) for group in yaml.safe_load(path.read_text())]
    names = [group["labels"]["site"] for group in told]
    assert len(set(names)) == len(names) > 1


async def test_amtool_finds_nothing_in_the_alertmanagers_file(installed: Path) -> None:
    code, said, _ = await ran("amtool", "check-config", str(installed / ALERTMANAGER.name))
    assert code == 0
    assert "2 receivers" in said
    assert "1 templates" in said


@pytest.mark.parametrize(
    ("site", "receiver"), [("moscow", "russian"), ("kazan", "russian"), ("berlin", "english"), ("office", "english")]
)
async def test_each_site_has_its_people(site: str, receiver: str) -> None:
    config = f"--config.file={ALERTMANAGER}"
    labels = (f"site={site}", "alertname=RingtallyDown", "severity=critical")
    code, said, _ = await ran("amtool", "config", "routes", "test", config, *labels)
    assert (code, said) == (0, f"{receiver}\n")


def a_message(status: str) -> dict[str, object]:
    """What Alertmanager knows of one alert."""
    annotations = {
        "summary": "office: nobody is free in support",
        "summary_ru": "office: в очереди support нет свободных операторов",
        "description": "Waiting now: 2.",
        "description_ru": "Сейчас ждут: 2.",
        "runbook_url": "docs/alerts.md#ringtallynofreeagents",
    }
    labels = {"alertname": "RingtallyNoFreeAgents", "site": "office"}
    times = {"startsAt": "2026-03-02T10:00:00Z", "endsAt": "2026-03-02T10:07:00Z"}
    alert = {"status": status, "labels": labels, "annotations": annotations, **times}
    return {
        "receiver": "any",
        "status": status,
        "alerts": [alert],
        "groupLabels": labels,
        "commonLabels": labels,
        "commonAnnotations": annotations,
    }


@pytest.mark.parametrize(
    ("template", "status", "wanted"),
    [
        ("subject", "firing", "office: nobody is free in support"),
        ("subject", "resolved", "Over: office: nobody is free in support"),
        ("subject.ru", "resolved", "Прошло: office: в очереди support нет свободных операторов"),
        (
            "text",
            "resolved",
            "Over: office: nobody is free in support\nWaiting now: 2.\nSince 2026-03-02 10:00:00 UTC, over at "
            "2026-03-02 10:07:00 UTC. What to do: docs/alerts.md#ringtallynofreeagents",
        ),
        (
            "text.ru",
            "firing",
            "office: в очереди support нет свободных операторов\nСейчас ждут: 2.\nС 02.03.2026 10:00:00 UTC. "
            "Что делать: docs/alerts.md#ringtallynofreeagents",
        ),
    ],
)
async def test_a_message_says_what_is_and_since_when(template: str, status: str, wanted: str, tmp_path: Path) -> None:
    data = tmp_path / "message.json"
    data.write_text(json.dumps(a_message(status)))
    code, said, complaint = await ran(
        *("amtool", "template", "render", f"--template.glob={TEMPLATE}", f"--template.data={data}"),
        f'--template.text={{{{ template "ringtally.{template}" . }}}}',
    )
    assert (code, complaint) == (0, "")
    assert said.strip() == wanted

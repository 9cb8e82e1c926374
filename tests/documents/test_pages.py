"""The pages are what the definitions say, and what they say is so."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.documents import alerts_page, metrics_page
from tests.documents.alerts_page import ALERTS, RECORDS, RUNBOOK
from tests.documents.metric_notes import NOTES
from tests.documents.metrics_page import Defined, defined
from tests.grafana.promql import OF_TARGETS, named_labels, selected, tree

SUFFIXES = re.compile(r"_(?:bucket|sum|count)$")
OF_PROMETHEUS = frozenset({"up", "ALERTS", "process_start_time_seconds"})
RUSSIAN = re.compile("[а-яё]", re.IGNORECASE)


def rules(path: Any) -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(path.read_text())["groups"] for rule in group["rules"]]


@pytest.fixture(scope="module")
def known() -> dict[str, Defined]:
    return dict(defined())


@pytest.mark.parametrize("module", [alerts_page, metrics_page], ids=["alerts", "metrics"])
def test_the_page_is_what_the_definitions_say(module: Any) -> None:
    assert module.PAGE.read_text() == module.page(), "make docs writes it anew"


def test_every_metric_has_a_note_and_no_note_is_of_another(known: dict[str, Defined]) -> None:
    assert set(NOTES) == set(known)


def expressions() -> Iterator[tuple[str, str]]:
    for name, note in NOTES.items():
        yield name, note.example
    for path in (ALERTS, RECORDS):
        for rule in rules(path):
            yield rule.get("alert") or rule["record"], str(rule["expr"])


def test_every_expression_of_notes_and_rules_speaks_of_metrics_and_labels_that_there_are(
    known: dict[str, Defined],
) -> None:
    recorded = {rule["record"] for rule in rules(RECORDS)}
    wrong = []
    for name, expression in expressions():
        node, there = tree(expression), set(OF_TARGETS)
        for each in selected(node):
            metric = known.get(each.metric) or known.get(SUFFIXES.sub("", each.metric))
            if metric is None:
                if each.metric not in recorded | OF_PROMETHEUS:
                    wrong.append(f"{name}: no metric {each.metric}")
                # Which labels a recorded figure has is what its own expression leaves.
                there |= {"queue", "trunk", "direction", "result", "state"}
                continue
            of_kind = {"histogram": {"le"}, "summary": {"quantile"}}.get(metric.kind, set())
            there |= metric.labels.keys() | of_kind
            wrong += [
                f"{name}: {each.metric} has no label {label}"
                for label in each.labels - metric.labels.keys() - of_kind - OF_TARGETS
            ]
        wrong += [f"{name}: nothing has a label {label}" for label in set(named_labels(node)) - there]
    assert not wrong


def test_each_example_asks_for_the_metric_that_it_stands_beside() -> None:
    beside = {
        name
        for name, note in NOTES.items()
        if name in {SUFFIXES.sub("", each.metric) for each in selected(tree(note.example))}
        or name in {each.metric for each in selected(tree(note.example))}
    }
    assert beside == set(NOTES)


def test_every_alert_is_told_in_both_languages_and_has_a_place_in_the_runbook() -> None:
    runbook = yaml.safe_load(RUNBOOK.read_text())
    page = alerts_page.page()
    assert set(runbook) == {rule["alert"] for rule in rules(ALERTS)}
    for rule in rules(ALERTS):
        name, notes, told = rule["alert"], rule["annotations"], runbook[rule["alert"]]
        assert set(notes) == {"summary", "summary_ru", "description", "description_ru", "runbook_url"}, name
        assert notes["runbook_url"] == "{{ $externalLabels.ringtally_docs }}docs/alerts.md#" + name.lower()
        assert f"\n## {name}\n" in page
        assert rule["labels"]["severity"] in {"critical", "warning", "info"}
        for text in (notes["summary_ru"], notes["description_ru"], *told["ru"].values()):
            assert RUSSIAN.search(text), name
        for text in (notes["summary"], notes["description"], *told["en"].values()):
            assert not RUSSIAN.search(text), name
        assert notes["summary"].startswith(alerts_page.SITE)
        assert notes["summary_ru"].startswith(alerts_page.SITE)

"""A dashboard around its panels: variables, links, and where each panel stands."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from tests.grafana.made.parts import DATASOURCE, ENVIRONS, Json, Language, Panel, Said, link

COLUMNS = 24
ALL = {"en": "All", "ru": "Все"}


@dataclass(frozen=True, slots=True)
class Row:
    """Panels beside each other, below a heading if there is one."""

    height: int
    panels: Sequence[Panel]
    heading: Said | None = None


@dataclass(frozen=True, slots=True)
class Dashboard:
    """One dashboard, in both languages."""

    name: str
    title: Said
    about: Said
    rows: Sequence[Row]
    narrowed_by: Sequence[Literal["trunk", "queue"]] = ("trunk", "queue")
    since: str = "now/d"

    def json(self, language: Language) -> Json:
        """As Grafana imports it."""
        return {
            "id": None,
            "uid": f"ringtally-{self.name}-{language}",
            "title": f"ringtally: {self.title.of(language)}",
            "description": self.about.of(language),
            "tags": ["ringtally", f"ringtally-{language}"],
            "timezone": "browser",
            "schemaVersion": 39,
            "version": 1,
            "editable": False,
            "graphTooltip": 1,
            "refresh": "30s",
            "time": {"from": self.since, "to": "now"},
            "weekStart": "",
            "annotations": {"list": [_restarts(language)]},
            "links": _links(language),
            "templating": {"list": list(self._variables(language))},
            "panels": list(self._panels(language)),
        }

    def _variables(self, language: Language) -> Iterable[Json]:
        yield {
            "name": "datasource",
            "type": "datasource",
            "label": Said("Data source", "Источник данных").of(language),
            "query": "prometheus",
            "regex": "",
            "refresh": 1,
            "hide": 0,
            "includeAll": False,
            "multi": False,
            "options": [],
        }
        whose = 'job=~"$job"'
        for name, label, query, hide in (
            ("job", Said("Job", "Задание"), "label_values(ringtally_build_info, job)", 2),
            ("site", Said("Site", "Площадка"), f"label_values(ringtally_build_info{{{whose}}}, site)", 0),
            (
                "instance",
                Said("Daemon", "Сервер"),
                f'label_values(ringtally_build_info{{{whose},site=~"$site"}}, instance)',
                0,
            ),
        ):
            yield _query(name, label, query, hide, language)
        whose = 'job=~"$job",site=~"$site",instance=~"$instance"'
        for name, label, metric in (
            ("trunk", Said("Line", "Линия"), "today_incoming_calls"),
            ("queue", Said("Queue", "Очередь"), "queue_members"),
        ):
            if name in self.narrowed_by:
                yield _query(name, label, f"label_values(ringtally_{metric}{{{whose}}}, {name})", 0, language)
        yield {
            "name": "pages",
            "type": "textbox",
            "label": Said("ringtally's pages", "Страницы ringtally").of(language),
            "description": Said(
                "Where browsers reach ringtally's own pages, for the links.",
                "Адрес, по которому браузеры открывают страницы ringtally: для ссылок.",
            ).of(language),
            "hide": 0,
            "query": "http://127.0.0.1:9796",
            "current": {"text": "http://127.0.0.1:9796", "value": "http://127.0.0.1:9796"},
            "options": [],
        }

    def _panels(self, language: Language) -> Iterable[Json]:
        number = y = 0
        for row in self.rows:
            if row.heading is not None:
                number += 1
                yield {
                    "id": number,
                    "type": "row",
                    "title": row.heading.of(language),
                    "collapsed": False,
                    "gridPos": {"x": 0, "y": y, "w": COLUMNS, "h": 1},
                    "panels": [],
                }
                y += 1
            x = 0
            for panel in row.panels:
                number += 1
                yield panel.json(number, {"x": x, "y": y, "w": panel.width, "h": row.height}, language)
                x += panel.width
            y += row.height


def _query(name: str, label: Said, query: str, hide: int, language: Language) -> Json:
    return {
        "name": name,
        "type": "query",
        "label": label.of(language),
        "datasource": DATASOURCE,
        "query": {"query": query, "refId": f"variable-{name}"},
        "regex": "",
        "refresh": 2,
        "sort": 1,
        "hide": hide,
        "includeAll": True,
        "multi": True,
        "options": [],
        "current": {"text": [ALL[language]], "value": ["$__all"]},
    } | (
        {} if name == "job" else {"allValue": ".*"}
    )  # of all jobs of a Prometheus ours are those alone that the query finds


def _links(language: Language) -> list[Json]:
    others = Said("Dashboards", "Дашборды").of(language)
    return [
        {
            "title": others,
            "type": "dashboards",
            "icon": "external link",
            "tooltip": "",
            "url": "",
            "tags": [f"ringtally-{language}"],
            "asDropdown": False,
            "targetBlank": False,
            "includeVars": True,
            "keepTime": True,
        },
        link(Said("Wallboard", "Табло").of(language), "${pages:raw}/wallboard/"),
        link(Said("Call back", "Перезвонить").of(language), "${pages:raw}/callback/"),
        link(Said("Reports", "Отчёты").of(language), "${pages:raw}/reports/"),
    ]


def _restarts(language: Language) -> Json:
    return {
        "name": Said("Restarts", "Перезапуски").of(language),
        "datasource": DATASOURCE,
        "enable": True,
        "hide": False,
        "iconColor": "purple",
        "target": {
            "refId": "restarts",
            "expr": f"time() - process_start_time_seconds{{{ENVIRONS}}} < $__rate_interval_ms / 1000",
            "interval": "1m",
            "legendFormat": "{{instance}}",
        },
    }

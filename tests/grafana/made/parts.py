"""What dashboards are made of: texts in two languages, selectors, targets and the kinds of panels, as Grafana's JSON has them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Json = dict[str, Any]
Language = Literal["en", "ru"]
DATASOURCE: Json = {"type": "prometheus", "uid": "${datasource}"}
ENVIRONS = 'job=~"$job",site=~"$site",instance=~"$instance"'
"""Whose samples are asked for: in every selector."""
GREEN, AMBER, RED, BLUE, GREY = "green", "orange", "red", "blue", "text"
Threshold = tuple[float | None, str]


@dataclass(frozen=True, slots=True)
class Said:
    """A text in both languages."""

    en: str
    ru: str

    def of(self, language: Language) -> str:
        """In one of them."""
        return self.en if language == "en" else self.ru


def of(metric: str, *matchers: str) -> str:
    """A selector of what is looked at: `ringtally_` is added."""
    return f"ringtally_{metric}{{{','.join((ENVIRONS, *matchers))}}}"


def equal(label: str, value: str) -> str:
    """A matcher."""
    return f'{label}="{value}"'


def unequal(label: str, value: str) -> str:
    """Another."""
    return f'{label}!="{value}"'


def like(label: str, value: str) -> str:
    """By a regular expression."""
    return f'{label}=~"{value}"'


SECONDS = Said("suffix:s", "suffix:с")
"""Never milliseconds or minutes: what stands below each other compares."""
QUEUE, TRUNK = 'queue=~"$queue"', 'trunk=~"$trunk"'


@dataclass(frozen=True, slots=True)
class Ask:
    """A query; `now`: one value as of the end of the time shown, else one for each point of a graph."""

    expr: str
    legend: str | Said = ""
    now: bool = False
    table: bool = False


Override = tuple[str, str | Said, Mapping[str, Any]]
"""By what a series is found (`byName`, `byRegexp`, `byFrameRefID`), which, and what it is like."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel, in both languages. What it says of itself is for who reads it the first time."""

    title: Said
    about: Said
    kind: Literal["stat", "timeseries", "bargauge", "table"]
    asks: Sequence[Ask]
    unit: str | Said
    width: int
    thresholds: Sequence[Threshold] = ((None, BLUE),)
    options: Json = field(default_factory=dict)
    custom: Json = field(default_factory=dict)
    overrides: Sequence[Override] = ()
    mappings: Mapping[str, tuple[Said, str]] = field(default_factory=dict)
    transformations: Sequence[Json] = ()
    color: str | None = None
    decimals: int | None = None
    least: float | None = None
    most: float | None = None
    interval: str = ""
    link: tuple[Said, str] | None = None
    empty: Said | None = None

    def json(self, number: int, grid: Json, language: Language) -> Json:
        """As Grafana reads it."""
        defaults: Json = {
            "unit": _said(self.unit, language),
            "thresholds": {
                "mode": "absolute",
                "steps": [{"value": value, "color": color} for value, color in self.thresholds],
            },
            "color": {"mode": "fixed", "fixedColor": self.color} if self.color else self._color(),
            "mappings": self._mappings(language),
        }
        for key, value in (
            ("decimals", self.decimals),
            ("min", self.least),
            ("max", self.most),
            ("noValue", (self.empty or Said("no data", "нет данных")).of(language)),
        ):
            if value is not None:
                defaults[key] = value
        if self.custom:
            defaults["custom"] = self.custom
        made: Json = {
            "id": number,
            "type": self.kind,
            "title": self.title.of(language),
            "description": self.about.of(language),
            "datasource": DATASOURCE,
            "gridPos": grid,
            "targets": [self._target(chr(ord("A") + place), ask, language) for place, ask in enumerate(self.asks)],
            "fieldConfig": {"defaults": defaults, "overrides": self._overrides(language)},
            "options": _said(self.options, language),
        }
        if self.interval:
            made["interval"] = self.interval
        if self.transformations:
            made["transformations"] = _said(list(self.transformations), language)
        if self.link is not None:
            made["links"] = [link(self.link[0].of(language), self.link[1])]
        return made

    def _color(self) -> Json:
        return {"mode": "palette-classic" if self.kind == "timeseries" else "thresholds"}

    def _mappings(self, language: Language) -> list[Json]:
        told = {
            value: {"text": text.of(language), "color": color, "index": place}
            for place, (value, (text, color)) in enumerate(self.mappings.items())
        }
        return [{"type": "value", "options": told}] if told else []

    def _target(self, ref: str, ask: Ask, language: Language) -> Json:
        legend = ask.legend.of(language) if isinstance(ask.legend, Said) else ask.legend
        return {
            "refId": ref,
            "datasource": DATASOURCE,
            "editorMode": "code",
            "expr": ask.expr,
            "format": "table" if ask.table else "time_series",
            "instant": ask.now,
            "range": not ask.now,
            "legendFormat": legend or "__auto",
        }

    def _overrides(self, language: Language) -> list[Json]:
        return [
            {
                "matcher": {"id": matcher, "options": _said(which, language)},
                "properties": [{"id": key, "value": _said(value, language)} for key, value in properties.items()],
            }
            for matcher, which, properties in self.overrides
        ]


def _said(value: Any, language: Language) -> Any:
    """The same in one language, all through."""
    if isinstance(value, Said):
        return value.of(language)
    if isinstance(value, Mapping):
        return {key: _said(each, language) for key, each in value.items()}
    return [_said(each, language) for each in value] if isinstance(value, list) else value


def link(title: str, url: str) -> Json:
    """A link to a page."""
    return {
        "title": title,
        "type": "link",
        "icon": "external link",
        "tooltip": title,
        "url": url,
        "tags": [],
        "asDropdown": False,
        "targetBlank": True,
        "includeVars": False,
        "keepTime": False,
    }


LAST: Json = {"calcs": ["lastNotNull"], "fields": "", "values": False}


def fixed(color: str) -> Json:
    """One colour, whatever the value."""
    return {"color": {"mode": "fixed", "fixedColor": color}}


def dashed(color: str) -> Json:
    """A limit among lines."""
    return {
        **fixed(color),
        "custom.lineStyle": {"fill": "dash", "dash": [8, 8]},
        "custom.lineWidth": 1,
        "custom.fillOpacity": 0,
        "custom.stacking": {"group": "A", "mode": "none"},
    }


def by_goal(value: str, bad: str, good: str, legend: str | Said = "") -> tuple[Ask, Ask, Ask]:
    """A value with the colour that the daemon's own goal gives it: red where `bad`, amber between, green where `good`.

    Colours by Grafana's thresholds are numbers of the dashboard, and goals are the site's: each query answers only where its colour
    holds, so that exactly one does. `bad` and `good` are the same value, filtered.
    """
    return (
        Ask(bad, legend, now=True),
        Ask(f"({value}) unless ({bad}) unless ({good})", legend, now=True),
        Ask(good, legend, now=True),
    )


BY_GOAL: tuple[Override, ...] = (
    ("byFrameRefID", "A", fixed(RED)),
    ("byFrameRefID", "B", fixed(AMBER)),
    ("byFrameRefID", "C", fixed(GREEN)),
)


def stat(title: Said, about: Said, asks: Iterable[Ask], unit: str | Said, width: int, **more: Any) -> Panel:
    """One number, big."""
    named = bool(more.pop("named", False))
    options: Json = {
        "colorMode": more.pop("color_mode", "value"),
        "graphMode": "none",
        "justifyMode": "center",
        "orientation": "auto",
        "percentChangeColorMode": "standard",
        "reduceOptions": LAST,
        "showPercentChange": False,
        "textMode": "value_and_name" if named else more.pop("text_mode", "value"),
        "wideLayout": False,
    }
    return Panel(title, about, "stat", tuple(asks), unit, width, options=options, **more)


def graph(title: Said, about: Said, asks: Iterable[Ask], unit: str | Said, width: int, **more: Any) -> Panel:
    """Lines over the time shown; `bars`: stacked bars, `area`: stacked areas, `steps`: as it stood until the next point."""
    bars, area, steps = (bool(more.pop(name, False)) for name in ("bars", "area", "steps"))
    custom: Json = {
        "drawStyle": "bars" if bars else "line",
        "lineInterpolation": "stepAfter" if steps or area else "linear",
        "lineWidth": 1 if bars or area else 2,
        "fillOpacity": 80 if bars else 40 if area else 8,
        "gradientMode": "none",
        "showPoints": "never",
        "spanNulls": False,
        "stacking": {"group": "A", "mode": "normal" if bars or area else "none"},
        "axisSoftMin": 0,
        "barAlignment": -1,
    }
    if bars:
        custom["axisSoftMax"] = 1  # an axis to 100 where nothing happened would look broken
    options: Json = {
        "legend": {
            "calcs": [],
            "displayMode": more.pop("legend", "list"),
            "placement": more.pop("placement", "bottom"),
            "showLegend": True,
        },
        "tooltip": {"mode": "multi", "sort": "desc", "hideZeros": bars},
    }
    return Panel(title, about, "timeseries", tuple(asks), unit, width, options=options, custom=custom, **more)


def rows(title: Said, about: Said, asks: Iterable[Ask], unit: str | Said, width: int, **more: Any) -> Panel:
    """A bar for each."""
    options: Json = {
        "displayMode": "basic",
        "legend": {"calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": False},
        "maxVizHeight": 40,
        "minVizHeight": 16,
        "minVizWidth": 8,
        "namePlacement": "left",
        "orientation": "horizontal",
        "reduceOptions": LAST,
        "showUnfilled": True,
        "text": {"titleSize": 12, "valueSize": 18},  # Grafana leaves room for a name of 12, however low the bar
        "sizing": "auto",
        "valueMode": "text",
    }
    return Panel(title, about, "bargauge", tuple(asks), unit, width, options=options, **more)


@dataclass(frozen=True, slots=True)
class Column:
    """One of a table: its query's value, as it is called, and what it is like."""

    expr: str
    name: Said
    look: Mapping[str, Any] = field(default_factory=dict)


def table(
    title: Said,
    about: Said,
    keys: Mapping[str, Said],
    columns: Sequence[Column],
    width: int,
    *,
    sort: tuple[Said, bool],
    key_looks: Mapping[str, Mapping[str, Any]] | None = None,
) -> Panel:
    """A line for each combination of `keys`, which are labels; `sort`: by which column first, and whether descending."""
    asked = {f"Value #{chr(ord('A') + place)}": column for place, column in enumerate(columns)}
    named = [*keys.values(), *(column.name for column in columns)]
    looks = [*((key_looks or {}).get(key, {}) for key in keys), *(column.look for column in columns)]
    return Panel(
        title,
        about,
        "table",
        [Ask(column.expr, now=True, table=True) for column in columns],
        "none",
        width,
        options={
            "cellHeight": "sm",
            "frameIndex": 0,
            "showHeader": True,
            "showTypeIcons": False,
            "sortBy": [{"displayName": sort[0], "desc": sort[1]}],
        },
        custom={"align": "auto", "cellOptions": {"type": "auto"}, "inspect": False, "minWidth": 60},
        thresholds=((None, GREY),),
        overrides=[("byName", name, look) for name, look in zip(named, looks, strict=True) if look],
        transformations=[
            {"id": "merge", "options": {}},
            {
                "id": "organize",
                "options": {
                    "excludeByName": {"Time": True},
                    "indexByName": {name: place for place, name in enumerate((*keys, *asked))},
                    "renameByName": {**keys, **{name: column.name for name, column in asked.items()}},
                },
            },
        ],
        empty=Said("—", "—"),
    )


def cell(unit: str | Said, width: int = 0, *, steps: Sequence[Threshold] = (), decimals: int | None = None) -> Json:
    """A column's unit; `steps`: the colour of its text."""
    look: Json = {"unit": unit}
    if width:
        look["custom.width"] = width
    if decimals is not None:
        look["decimals"] = decimals
    if steps:
        look["custom.cellOptions"] = {"type": "color-text"}
        look["thresholds"] = {
            "mode": "absolute",
            "steps": [{"value": value, "color": color} for value, color in steps],
        }
        look["color"] = {"mode": "thresholds"}
    return look

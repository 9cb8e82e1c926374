"""The device that Home Assistant shows (MQTT discovery, device form): which figures of our topics are its sensors. No caller is in it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from daemon.board.board import HEALTH, TODAY
from daemon.board.call_events import CALLS_ACTIVE
from daemon.board.missed import MISSED_COUNT
from daemon.words import Language, mark, word

AVAILABILITY = "bridge/state"
_PERCENT = "{{ none if value_json.service_level is none else (value_json.service_level * 100) | round(1) }}"
(
    _WAITING,
    _WAITING_SINCE,
    _CALLS,
    _MISSED_OPEN,
    _LEVEL,
    _CALLS_TODAY,
    _MISSED_TODAY,
    _PBX,
    _QUEUE_WAITING,
    _QUEUE_SINCE,
    _QUEUE_FREE,
    _QUEUE_LEVEL,
) = mark(
    "Callers waiting",
    "First caller waits since",
    "Calls in progress",
    "Missed callers to call back",
    "Service level today",
    "Calls today",
    "Missed calls today",
    "PBX is heard",
    "{queue}: callers waiting",
    "{queue}: first caller waits since",
    "{queue}: agents available",
    "{queue}: service level today",
)
Component = dict[str, Any]


def device(info: Mapping[str, Any], root: str, device_id: str) -> dict[str, Any]:
    """The discovery payload, by what `bridge/info` says. `root`: that of our topics, with a slash.

    What has no value is told by our topics as null, which a template makes `None`: Home Assistant shows it as unknown.
    """
    components = dict(_site_components(info["language"]))
    for queue in info["queues"]:
        components |= _queue_components(queue["id"], queue["name"], info["language"])
    for key, component in components.items():
        component |= {"unique_id": f"{device_id}_{key}", "state_topic": root + component["state_topic"]}
    return {
        "device": {
            "identifiers": [device_id],
            "name": f"ringtally {info['site']}",
            "manufacturer": "ringtally",
            "model": "Asterisk",
            "sw_version": info["version"],
        },
        "origin": {"name": "ringtally", "sw_version": info["version"]},
        "availability_topic": root + AVAILABILITY,
        "qos": 1,
        "components": components,
    }


def without(payload: Mapping[str, Any], gone: Mapping[str, str]) -> dict[str, Any]:
    """The same with what is to be removed: components of an earlier payload, by key, each with its platform and nothing else."""
    removed = {key: {"platform": platform} for key, platform in gone.items()}
    return {**payload, "components": {**payload["components"], **removed}}


def gone_since(earlier: Any, keys: Iterable[str]) -> dict[str, str]:
    """The components of an earlier payload, whoever wrote it, that are there no more: their platforms by key."""
    components = earlier.get("components") if isinstance(earlier, dict) else None
    if not isinstance(components, dict):
        return {}
    now = set(keys)
    return {
        key: each["platform"]
        for key, each in components.items()
        if key not in now and isinstance(each, dict) and each.get("platform") in {"sensor", "binary_sensor"}
    }


def _site_components(language: Language) -> Iterator[tuple[str, Component]]:
    yield "waiting", _number(word(_WAITING, language), CALLS_ACTIVE, "waiting", "mdi:phone-clock")
    yield "waiting_since", _moment(word(_WAITING_SINCE, language), CALLS_ACTIVE, "waiting_since")
    yield "calls", _number(word(_CALLS, language), CALLS_ACTIVE, "total", "mdi:phone-in-talk")
    missed = _number(word(_MISSED_OPEN, language), MISSED_COUNT, "", "mdi:phone-missed")
    yield "missed_open", missed
    yield "service_level", _level(word(_LEVEL, language), TODAY)
    yield "calls_today", _sum(word(_CALLS_TODAY, language), "calls", "mdi:phone")
    yield "missed_today", _sum(word(_MISSED_TODAY, language), "missed", "mdi:phone-missed")
    yield (
        "pbx",
        {
            "platform": "binary_sensor",
            "name": word(_PBX, language),
            "state_topic": HEALTH,
            "value_template": "{{ 'ON' if value_json.ami == 'ready' else 'OFF' }}",
            "device_class": "connectivity",
            "entity_category": "diagnostic",
        },
    )


def _queue_components(key: str, name: str, language: Language) -> dict[str, Component]:
    topic = f"queue/{key}/state"

    def named(text: str) -> str:
        return word(text, language).format(queue=name)

    free = _number(named(_QUEUE_FREE), topic, "", "mdi:account-check")
    free["value_template"] = "{{ none if value_json.members is none else value_json.members.available }}"
    return {
        f"queue_{key}_waiting": _number(named(_QUEUE_WAITING), topic, "waiting", "mdi:phone-clock"),
        f"queue_{key}_oldest_since": _moment(named(_QUEUE_SINCE), topic, "oldest_since"),
        f"queue_{key}_available": free,
        f"queue_{key}_service_level": _level(named(_QUEUE_LEVEL), topic, "value_json.today"),
    }


def _number(name: str, topic: str, field: str, icon: str) -> Component:
    template = {"value_template": f"{{{{ value_json.{field} }}}}"} if field else {}
    sensor = {"platform": "sensor", "name": name, "state_topic": topic, "icon": icon, "state_class": "measurement"}
    return sensor | template


def _sum(name: str, field: str, icon: str) -> Component:
    """It grows, and begins anew with the day."""
    return _number(name, TODAY, field, icon) | {"state_class": "total_increasing"}


def _moment(name: str, topic: str, field: str) -> Component:
    template = f"{{{{ value_json.{field} }}}}"
    return {
        "platform": "sensor",
        "name": name,
        "state_topic": topic,
        "device_class": "timestamp",
        "value_template": template,
    }


def _level(name: str, topic: str, of: str = "value_json") -> Component:
    return {
        "platform": "sensor",
        "name": name,
        "state_topic": topic,
        "value_template": _PERCENT.replace("value_json", of),
        "unit_of_measurement": "%",
        "state_class": "measurement",
        "icon": "mdi:percent",
    }

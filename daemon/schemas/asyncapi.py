"""All topics as one document for programs: AsyncAPI 3.0, from the daemon's side (it sends what it publishes)."""

import re
from typing import Any

from daemon.case_words import BODY_LONGEST
from daemon.schemas.topics import CHANNELS, SHARED, Channel
from daemon.schemas.values import REFERENCE

_PARAMETERS = {
    "prefix": {"default": "ringtally", "description": "`mqtt.prefix`"},
    "site": {"default": "office", "description": "`site.name`"},
    "id": {"description": "The key of the thing: its `id` or its name in `a-z0-9-`; never a telephone number"},
    "homeAssistant": {"default": "homeassistant", "description": "`mqtt.home_assistant_prefix`"},
    "device": {"default": "ringtally-office", "description": "Prefix and site, with `-` between"},
}
_DESCRIPTION = f"""\
What ringtally tells an MQTT broker, and what it listens to; in words: `docs/mqtt.md`.

- States are retained, and told anew with each connection; `bridge/state` says `online` once all were. An empty payload clears one
  of a thing that is no more.
- Events are not retained. The ends of calls, and all about missed callers, are told at least once: `event_id` shows repeats.
- Numbers and names are masked, and notes left out, unless `mqtt.numbers = "full"`.
- Moments are ISO 8601 in UTC, durations seconds, shares ratios from 0 to 1; days are those of the site's time zone.
- What is listened to may be {BODY_LONGEST // 1024} KiB long.
- The same topics below the site's root come as server-sent events from `/api/v1/stream`, but for those that say otherwise.
"""


def document() -> dict[str, Any]:
    """The document."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "ringtally",
            "version": "1",
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "broker": {
                "host": "127.0.0.1:1883",
                "protocol": "mqtt",
                "protocolVersion": "3.1.1",
                "description": "`mqtt.host` and `mqtt.port`; MQTT 5 with `mqtt.version`, TLS with `mqtt.tls`",
            }
        },
        "channels": {channel.name: _channel(channel) for channel in CHANNELS},
        "operations": {_operation_name(channel): _operation(channel) for channel in CHANNELS},
        "components": {
            "messages": {channel.name: _message(channel) for channel in CHANNELS},
            "schemas": {schema_name(channel): channel.payload for channel in CHANNELS} | SHARED,
        },
    }


def schema_name(channel: Channel) -> str:
    """The name of its payload's schema."""
    return channel.name[0].upper() + channel.name[1:]


def _channel(channel: Channel) -> dict[str, Any]:
    address = f"{channel.root}/{channel.address}"
    return {
        "address": address,
        "description": _told(channel),
        "servers": [{"$ref": "#/servers/broker"}],
        "messages": {channel.name: {"$ref": f"#/components/messages/{channel.name}"}},
        "parameters": {name: _PARAMETERS[name] for name in re.findall(r"\{(\w+)\}", address)},
    }


def _told(channel: Channel) -> str:
    words = [channel.says if channel.says.endswith("?") else f"{channel.says}.", f"{channel.rate}."]
    if channel.is_cleared:
        words.append("An empty payload: it is no more.")
    if channel.is_ours and not channel.is_streamed:
        words.append("Not on the stream.")
    return " ".join(words)


def _operation_name(channel: Channel) -> str:
    return f"{'tell' if channel.is_ours else 'hear'}{schema_name(channel)}"


def _operation(channel: Channel) -> dict[str, Any]:
    return {
        "action": "send" if channel.is_ours else "receive",
        "channel": {"$ref": f"#/channels/{channel.name}"},
        "summary": channel.says,
        "messages": [{"$ref": f"#/channels/{channel.name}/messages/{channel.name}"}],
        "bindings": {"mqtt": {"qos": channel.qos, "retain": channel.retained, "bindingVersion": "0.2.0"}},
    }


def _message(channel: Channel) -> dict[str, Any]:
    return {
        "name": channel.name,
        "title": channel.says,
        "contentType": channel.content_type,
        "payload": {"$ref": f"{REFERENCE}{schema_name(channel)}"},
    }

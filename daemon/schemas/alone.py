"""Each message's schema as a document of its own: JSON Schema 2020-12, with what it refers to inside."""

import re
from collections.abc import Iterator
from typing import Any

from daemon.schemas.topics import CHANNELS, SHARED, Channel
from daemon.schemas.values import REFERENCE, Schema

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schemas() -> dict[str, Schema]:
    """By the name of a file without its end: `queue-state`."""
    return {_file_name(channel): alone(channel.payload, channel.says) for channel in CHANNELS}


def alone(schema: Schema, title: str) -> Schema:
    """A schema with all that it refers to as `$defs`."""
    needed: dict[str, Schema] = {}
    _gather(schema, needed)
    found = {"$schema": DIALECT, "title": title, **_turned(schema)}
    if needed:
        found["$defs"] = {name: _turned(each) for name, each in sorted(needed.items())}
    return found


def _file_name(channel: Channel) -> str:
    return re.sub("[A-Z]", lambda letter: f"-{letter[0].lower()}", channel.name)


def _gather(schema: Any, needed: dict[str, Schema]) -> None:
    for name in _references(schema):
        if name not in needed:
            needed[name] = SHARED[name]
            _gather(SHARED[name], needed)


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if "$ref" in part:
            yield part["$ref"].removeprefix(REFERENCE)
        for each in part.values():
            yield from _references(each)
    elif isinstance(part, list):
        for each in part:
            yield from _references(each)


def _turned(part: Any) -> Any:
    """The same, its references leading to `$defs`."""
    if isinstance(part, dict):
        return {
            key: f"#/$defs/{each.removeprefix(REFERENCE)}" if key == "$ref" else _turned(each)
            for key, each in part.items()
        }
    return [_turned(each) for each in part] if isinstance(part, list) else part

"""docs/mqtt.md: what people wrote (docs/sources/mqtt.md), with the topics, their fields and examples, and the files that we ship, put in."""

import json
import re
import textwrap
from collections.abc import Iterator
from typing import Any

from daemon.schemas.topics import CHANNELS, SHARED, Channel
from daemon.schemas.values import REFERENCE, Schema
from tests.documents.written import ROOT, example_of

PAGE, SOURCE = ROOT / "docs/mqtt.md", ROOT / "docs/sources/mqtt.md"
_PLACE = re.compile(r"^<!-- put in: (\S+) -->\n", re.MULTILINE)
_TOLD = ("LiveCall", "FinishedCall", "Case", "Note")
_HEAD = {"v", "ts"}
_WIDTH = 120
_ROOTS = {"{prefix}/{site}": "", "{homeAssistant}": "homeassistant/"}
_FIRST = "<!-- Written by `make docs` from docs/sources/mqtt.md and daemon/schemas: change those. -->\n"


def page() -> str:
    """The page as it must be."""
    return _FIRST + _PLACE.sub(lambda found: _part(found[1]), SOURCE.read_text())


def _part(name: str) -> str:
    if name == "topics":
        return "\n".join(_overview())
    if name == "fields":
        return "\n".join([*(line for channel in CHANNELS for line in _described(channel)), *_things()])
    return f"```\n{(ROOT / name).read_text()}```\n"


def _overview() -> Iterator[str]:
    yield "| topic | retained | QoS | told | says |"
    yield "|---|---|---|---|---|"
    for each in CHANNELS:
        kept = "yes" if each.retained else "no"
        if not each.is_ours:
            kept = "listened to"
        yield f"| {_link(each)} | {kept} | {each.qos} | {_lower(each.rate)} | {_cell(each.says)} |"
    yield ""


def _name(channel: Channel) -> str:
    address = channel.address.replace("{id}", "<id>").replace("{device}", "<prefix>-<site>")
    return f"{_ROOTS[channel.root]}{address}"


def _link(channel: Channel) -> str:
    anchor = re.sub(r"[^a-z0-9_-]", "", _name(channel).lower())
    return f"[`{_name(channel)}`](#{anchor})"


def _described(channel: Channel) -> Iterator[str]:
    yield f"### `{_name(channel)}`\n"
    says = channel.says if channel.says.endswith("?") else f"{channel.says}."
    cleared = " Cleared by an empty payload." if channel.is_cleared else ""
    streamed = "" if channel.is_streamed or not channel.is_ours else " Not on the stream."
    yield f"{says}{cleared}{streamed}\n"
    if "properties" in channel.payload:
        yield from _table(channel.payload, _HEAD)
    else:
        yield f"{_kind(channel.payload)}: {_text(channel.payload)}.\n"
    yield f"`{example_of(channel.name)['topic']}`\n"
    yield f"```\n{_example(channel)}\n```\n"


def _things() -> Iterator[str]:
    for name in _TOLD:
        yield f"### {_title(name)}\n"
        yield f"{SHARED[name]['description']}.\n"
        if name == "FinishedCall":
            yield "The same as one that lives, without `state`, `state_since` and `waits_in`.\n"
        else:
            yield from _table(SHARED[name], set())


def _table(schema: Schema, left_out: set[str]) -> Iterator[str]:
    yield "| field | type | meaning |"
    yield "|---|---|---|"
    for path, each in _fields(schema):
        if path not in left_out:
            yield f"| `{path}` | {_cell(_kind(each))} | {_cell(_text(each))} |"
    yield ""


def _fields(schema: Schema, path: str = "") -> Iterator[tuple[str, Schema]]:
    for name, each in schema.get("properties", {}).items():
        here = f"{path}{name}"
        yield here, each
        yield from _fields(each, f"{here}.")
        items = each.get("items", {})
        if "$ref" not in items:
            yield from _fields(items, f"{here}[].")


def _kind(schema: Schema) -> str:
    if "$ref" in schema:
        return _shared(schema)
    if "oneOf" in schema:
        return " or ".join(_kind(each) for each in schema["oneOf"])
    if "enum" in schema:
        return ", ".join("null" if word is None else f"`{word}`" for word in schema["enum"])
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    kind = schema.get("type", "anything")
    kinds = [kind] if isinstance(kind, str) else kind
    if kinds[0] == "array":
        return f"list of {_kind(schema['items'])}"
    if kinds[0] == "object" and "properties" not in schema and isinstance(schema.get("additionalProperties"), dict):
        kinds = ["object of values by name", *kinds[1:]]
    return " or ".join(kinds)


def _shared(schema: Schema) -> str:
    name = schema["$ref"].removeprefix(REFERENCE)
    title = _title(name)
    return f"[{title}](#{title.replace(' ', '-')})"


def _title(name: str) -> str:
    return re.sub("(?<=.)[A-Z]", lambda letter: f" {letter[0]}", name).lower()


def _text(schema: Schema) -> str:
    said = str(schema.get("description") or SHARED[schema["$ref"].removeprefix(REFERENCE)]["description"])
    each = schema.get("items") or schema.get("additionalProperties") or {}
    if "description" in each and "properties" not in each and "oneOf" not in each:
        said += f". Each: {_lower(each['description'])}"
    return said


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _lower(text: str) -> str:
    return text[0].lower() + text[1:]


def _example(channel: Channel) -> str:
    """On lines of a sane length, and still JSON: broken between its tokens only."""
    payload: Any = example_of(channel.name)["payload"]
    if channel.content_type == "text/plain":
        return str(payload)
    kept = "\N{NO-BREAK SPACE}"
    whole = json.dumps(_with_spaces(payload, " ", kept), ensure_ascii=False)
    lines = textwrap.wrap(whole, _WIDTH, break_long_words=False, break_on_hyphens=False)
    return "\n".join(lines).replace(kept, " ")


def _with_spaces(value: Any, old: str, new: str) -> Any:
    if isinstance(value, str):
        return value.replace(old, new)
    if isinstance(value, dict):
        return {_with_spaces(key, old, new): _with_spaces(each, old, new) for key, each in value.items()}
    return [_with_spaces(each, old, new) for each in value] if isinstance(value, list) else value

"""The documents as they must be, by the paths that they are at."""

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from daemon.schemas import alone, asyncapi, topics
from daemon.schemas.values import Schema

ROOT = Path(__file__).parents[2]
ASYNCAPI = ROOT / "daemon/web/asyncapi.yaml"
OPENAPI = ROOT / "daemon/web/openapi.yaml"
SCHEMAS = ROOT / "docs/schemas"
EXAMPLES = ROOT / "docs/sources/mqtt-examples.json"
_SHARED = re.compile(r"(?<=    # <shared>\n).*(?=    # </shared>\n)", re.DOTALL)


class _Dumper(yaml.SafeDumper):
    """Long texts as blocks, nothing by anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


def _list(dumper: yaml.SafeDumper, found: list[Any]) -> yaml.Node:
    flat = not any(isinstance(each, (dict, list)) for each in found)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", found, flow_style=flat)


def _dict(dumper: yaml.SafeDumper, found: dict[str, Any]) -> yaml.Node:
    return dumper.represent_mapping("tag:yaml.org,2002:map", found.items(), flow_style=list(found) == ["$ref"])


_Dumper.add_representer(str, _text)
_Dumper.add_representer(list, _list)
_Dumper.add_representer(dict, _dict)


def as_yaml(data: Any) -> str:
    """A document in YAML, in the order that it has."""
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=130)


def shared_schemas() -> dict[str, Schema]:
    """What HTTP tells as MQTT does: the components that OpenAPI has from here."""
    return topics.SHARED | {"LiveCalls": topics.LIVE_CALLS}


@cache
def _examples() -> Any:
    return json.loads(EXAMPLES.read_text())


def example_of(name: str) -> dict[str, Any]:
    """A topic and a payload that were really published, by the channel's name: see `tests.documents.examples`."""
    found: dict[str, Any] = _examples()[name]
    return found


def asyncapi_document() -> str:
    document = asyncapi.document()
    for name, message in document["components"]["messages"].items():
        message["examples"] = [{"payload": example_of(name)["payload"]}]
    return "# Written by `make docs` from daemon/schemas.\n" + as_yaml(document)


def openapi_document() -> str:
    """As it is, the shared components anew."""
    shared = re.sub("^(?=.)", "    ", as_yaml(shared_schemas()), flags=re.MULTILINE)
    return _SHARED.sub(lambda _: shared, OPENAPI.read_text())


def schema_documents() -> dict[Path, str]:
    return {
        SCHEMAS / f"{name}.json": json.dumps(schema, indent=1, ensure_ascii=False) + "\n"
        for name, schema in alone.schemas().items()
    }


def documents() -> dict[Path, str]:
    """All that programs read."""
    return {ASYNCAPI: asyncapi_document(), OPENAPI: openapi_document(), **schema_documents()}


def write(wanted: Mapping[Path, str]) -> None:
    """Write those that are not as they must be; in `docs/schemas` is nothing else."""
    for path in SCHEMAS.glob("*.json"):
        if path not in wanted:
            path.unlink()
    for path, text in wanted.items():
        if not path.is_file() or path.read_text() != text:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)

"""`shrink FOLDER VERSION`: what the generator made becomes one small file, without the types' explanations."""

import json
import sys
from pathlib import Path
from typing import Any

from tests.grafana.schema.check import FILE

LICENCE = (
    "Made by ts-json-schema-generator from the types of @grafana/schema {version}, whose files of raw types are Copyright Grafana Labs, "
    "licensed under the Apache License 2.0, https://www.apache.org/licenses/LICENSE-2.0; changed: as JSON Schema, without comments."
)


def bare(node: Any) -> Any:
    """The same without descriptions; a property may be called so."""
    if isinstance(node, list):
        return [bare(each) for each in node]
    if not isinstance(node, dict):
        return node
    kept = {}
    for key, value in node.items():
        if key in {"description", "deprecated"} and isinstance(value, (str, bool)):
            continue
        kept[key] = {name: bare(each) for name, each in value.items()} if key == "properties" else bare(value)
    return kept


def main(folder: Path, version: str) -> None:
    """Write the file."""
    found = {path.stem: bare(json.loads(path.read_text())) for path in sorted(folder.glob("*.json"))}
    made = {"$comment": LICENCE.format(version=version), "version": version, "schemas": found}
    FILE.write_text(json.dumps(made, separators=(",", ":"), sort_keys=True) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])

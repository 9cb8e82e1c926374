"""The kinds of values that messages have, as JSON Schemas: each says its unit or time zone by itself.

They keep to what JSON Schema 2020-12, OpenAPI 3.1 and AsyncAPI's own dialect (draft 07) understand alike: so nothing stands beside
a `$ref`, and objects are written out.
"""

from collections.abc import Iterable, Mapping
from typing import Any

Schema = dict[str, Any]

MOMENT = "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}Z$"
TEXT_LONGEST = 256
REFERENCE = "#/components/schemas/"


def _maybe(kind: str, null: bool) -> str | list[str]:
    return [kind, "null"] if null else kind


def _or_null(says: str, null: str) -> str:
    return f"{says}; null: {null}" if null else says


def moment(says: str, null: str = "") -> Schema:
    """A moment. `null`: what it means that there is none; empty: there always is one."""
    says = f"{_or_null(says, null)}. ISO 8601, UTC, to the millisecond"
    return {"type": _maybe("string", bool(null)), "pattern": MOMENT, "description": says}


def seconds(says: str, null: str = "", unit: str = "Seconds") -> Schema:
    """A duration."""
    return {
        "type": _maybe("number", bool(null)),
        "minimum": 0,
        "description": f"{_or_null(says, null)}. {unit}",
    }


def share(says: str, null: str = "") -> Schema:
    """A part of a whole."""
    return {
        "type": _maybe("number", bool(null)),
        "minimum": 0,
        "maximum": 1,
        "description": f"{_or_null(says, null)}. A ratio from 0 to 1",
    }


def count(says: str, null: str = "", at_least: int = 0) -> Schema:
    """How many."""
    return {"type": _maybe("integer", bool(null)), "minimum": at_least, "description": _or_null(says, null)}


def flag(says: str) -> Schema:
    """Yes or no."""
    return {"type": "boolean", "description": says}


def text(says: str, null: str = "", longest: int | None = None) -> Schema:
    """Free text, a name, an id."""
    bound = {} if longest is None else {"maxLength": longest}
    return {"type": _maybe("string", bool(null)), **bound, "description": _or_null(says, null)}


def one_of(says: str, words: Iterable[str], null: str = "") -> Schema:
    """One of the words of the code."""
    return {"enum": [*words, *([None] if null else [])], "description": _or_null(says, null)}


def listed(says: str, items: Schema, most: int | None = None) -> Schema:
    """A list."""
    bound = {} if most is None else {"maxItems": most}
    return {"type": "array", "items": items, **bound, "description": says}


def table(says: str, values: Schema, words: Iterable[str] = ()) -> Schema:
    """Values by name; of `words` alone where there are any."""
    names = {"propertyNames": {"enum": list(words)}} if words else {}
    return {"type": "object", "additionalProperties": values, **names, "description": says}


def thing(says: str, properties: Mapping[str, Schema], null: str = "") -> Schema:
    """An object that has all of these and nothing else."""
    return {
        "type": _maybe("object", bool(null)),
        "additionalProperties": False,
        "required": list(properties),
        "properties": dict(properties),
        "description": _or_null(says, null),
    }


def shared(name: str) -> Schema:
    """What is defined once, by its name."""
    return {"$ref": f"{REFERENCE}{name}"}


def shared_list(says: str, name: str, most: int | None = None) -> Schema:
    """A list of such."""
    return listed(says, shared(name), most)

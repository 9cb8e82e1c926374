"""The settings that are in force, as a settings file; secrets as `***`."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import BeforeValidator, SecretStr
from pydantic.fields import FieldInfo

from config.durations import DurationRange, duration_text
from config.sections import Section, Settings
from config.working_hours import WorkingHours, working_hours_table

_BARE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
_ABSENT = {"working_hours": "always open", "mqtt": "nothing is published", "clients": "no client has a name"}
_HIDDEN = "***"


def effective(settings: Settings) -> str:
    """All settings as TOML text, defaults included. Reads back as the same settings, but for secrets."""
    return "\n".join(effective_lines(settings)) + "\n"


def effective_lines(settings: Settings) -> list[str]:
    """The lines of `effective`."""
    lines: list[str] = []
    for name in type(settings).model_fields:
        lines += _section_lines(name, getattr(settings, name))
    return lines[1:]


def _section_lines(name: str, value: Any) -> Iterator[str]:
    if value is None:
        yield from ("", f"# no [{name}]: {_ABSENT[name]}")
    elif isinstance(value, WorkingHours):
        yield from (
            "",
            f"[{name}]",
            *(f"{key} = {toml_value(spans)}" for key, spans in working_hours_table(value).items()),
        )
    elif isinstance(value, dict):
        for key, table in value.items():
            yield from ("", f"[{name}.{_key(key)}]", *_pairs(table))
    elif isinstance(value, tuple):
        for table in value:
            yield from ("", f"[[{name}]]", *_pairs(table))
    else:
        yield from ("", f"[{name}]", *_pairs(value))


def _pairs(section: Section) -> Iterator[str]:
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        if isinstance(value, SecretStr):
            # A secret from a file is named by the file.
            if value.get_secret_value() and getattr(section, f"{name}_file") is None:
                yield f'{name} = "{_HIDDEN}"'
        elif value is not None:
            yield f"{name} = {field_value(field, value)}"


def field_value(field: FieldInfo, value: object) -> str:
    """A field's value as the settings file has it."""
    if isinstance(value, float) and is_duration(field):
        return f'"{duration_text(value)}"'
    return toml_value(value)


def is_duration(field: FieldInfo) -> bool:
    """Does the field hold a duration?"""
    parts = [*field.metadata, *(meta for arg in getattr(field.annotation, "__args__", ()) for meta in _metadata(arg))]
    return any(isinstance(part, BeforeValidator) and isinstance(part.func, DurationRange) for part in parts)


def _metadata(annotation: Any) -> tuple[Any, ...]:
    metadata: tuple[Any, ...] = getattr(annotation, "__metadata__", ())
    return metadata


def toml_value(value: object) -> str:
    """A value in TOML's spelling."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml_value, value))}]"
    if isinstance(value, str | Path | date):
        return f'"{_escaped(str(value))}"'
    raise TypeError(f"{type(value).__name__} has no place in settings")


def _key(name: str) -> str:
    return name if name and set(name) <= _BARE else f'"{_escaped(name)}"'


def _escaped(text: str) -> str:
    signs = text.replace("\\", "\\\\").replace('"', '\\"')
    return "".join(sign if sign.isprintable() else f"\\U{ord(sign):08x}" for sign in signs)

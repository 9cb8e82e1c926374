"""Which keys there are: found in the sections, so that nothing has to be listed twice."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from config.sections import Section, Settings
from config.working_hours import DAYS, HOLIDAYS

PREFIX = "RINGTALLY_"
LEVEL = "__"


class Key(NamedTuple):
    """A key within a section that is a table of its own."""

    section: str
    name: str

    @property
    def file(self) -> str:
        """The key beside it that names a file with the value."""
        return f"{self.name}_file"

    def __str__(self) -> str:
        """`ami.secret`."""
        return f"{self.section}.{self.name}"


def section_model(section: str) -> type[Section] | None:
    """The model of a section: of the table itself, or of each one in a list or a table of tables."""
    field = Settings.model_fields.get(section)
    return None if field is None else next(_models(field.annotation), None)


def _models(annotation: Any) -> Iterator[type[Section]]:
    if isinstance(annotation, type) and issubclass(annotation, Section):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)


def is_single(section: str) -> bool:
    """Is the section one table, and not many of a kind?"""
    annotation = Settings.model_fields[section].annotation
    return get_origin(annotation) not in (tuple, dict)


def names_at(path: Sequence[str | int]) -> list[str]:
    """The keys that may stand in the table at `path`; none where any name will do."""
    if not path:
        return list(Settings.model_fields)
    section = str(path[0])
    if section == "working_hours":
        return [*DAYS, HOLIDAYS]
    model = section_model(section)
    depth = 1 if model is None or is_single(section) else 2
    return list(model.model_fields) if model is not None and len(path) == depth else []


def _keys_of(wanted: type) -> tuple[Key, ...]:
    return tuple(
        Key(section, name)
        for section in Settings.model_fields
        if is_single(section) and (model := section_model(section)) is not None
        for name, field in model.model_fields.items()
        if is_of(field, wanted)
    )


def is_of(field: FieldInfo, wanted: type) -> bool:
    """Does the field hold values of that type, or of that type and None?"""
    return wanted in _types(field.annotation)


def _types(annotation: Any) -> Iterator[Any]:
    yield annotation
    if get_origin(annotation) not in (tuple, dict, Literal):
        for part in get_args(annotation):
            yield from _types(part)


SECRETS = _keys_of(SecretStr)
PATHS = _keys_of(Path)


def variable(path: Sequence[str]) -> str:
    """The environment variable of a key: `RINGTALLY_AMI__PORT`."""
    return PREFIX + LEVEL.join(path).upper()


def variables() -> Iterator[str]:
    """The environment variables of all sections and of all keys in sections that are one table."""
    for section in Settings.model_fields:
        yield variable((section,))
        model = section_model(section)
        if model is not None and is_single(section):
            yield from (variable((section, name)) for name in model.model_fields)

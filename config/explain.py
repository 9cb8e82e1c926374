"""pydantic's findings in an administrator's words."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, get_args, get_origin

from pydantic import SecretStr, ValidationError

from config.keys import is_of, names_at, section_model
from config.problems import Fault, KeyPath, did_you_mean, key_text, quoted
from config.refusal import REFUSED, faults_of
from config.sections import Settings

_SIMPLE = {
    "string_type": ("is no text", "write it in quotes"),
    "int_parsing": ("is no whole number", "write digits alone"),
    "int_type": ("is no whole number", "write digits alone"),
    "int_from_float": ("is no whole number", "write digits alone"),
    "int_parsing_size": ("is no whole number", "write digits alone"),
    "float_parsing": ("is no number", "write e.g. 0.8"),
    "float_type": ("is no number", "write e.g. 0.8"),
    "bool_parsing": ("is neither true nor false", "write true or false, without quotes"),
    "bool_type": ("is neither true nor false", "write true or false, without quotes"),
    "path_type": ("is no path", 'write it in quotes, e.g. "/etc/ringtally/ami.secret"'),
}


def explained(error: ValidationError) -> Iterator[Fault]:
    """The faults of a failed validation, with what to do about each. No secret and no value of an unknown key is in them."""
    for each in error.errors(include_url=False):
        path: KeyPath = tuple(part for part in each["loc"] if part != "[key]")
        if each["type"] == REFUSED:
            for fault in faults_of(each["ctx"]):
                yield Fault((*path, *fault.path), fault.message, fault.cure)
        else:
            yield _fault(path, each["type"], each["msg"], each.get("input"), each.get("ctx", {}))


def _fault(path: KeyPath, kind: str, told: str, value: Any, context: Mapping[str, Any]) -> Fault:
    shown = "" if _is_secret(path) else f"{quoted(value)} "
    if kind == "extra_forbidden":
        return unknown_key(path)
    if kind == "missing":
        return Fault(path, "is missing", "add it")
    if kind == "literal_error":
        words = _words(path)
        one_of = " or ".join(f'"{word}"' for word in words)
        return Fault(path, f"{shown}is not one of its words", did_you_mean(str(value), words, f"write {one_of}"))
    if kind in {"tuple_type", "model_type", "dict_type"} or isinstance(value, dict | list | tuple):
        return _wrong_shape(path)
    message, cure = _SIMPLE.get(kind, (told[:1].lower() + told[1:], "see docs/settings.md"))
    if kind == "string_type" and isinstance(value, int) and shown and not isinstance(value, bool):
        cure = f'write it in quotes: "{value}"'
    return Fault(path, f"{shown}{message}", cure)


def unknown_key(path: KeyPath) -> Fault:
    """The fault of a key that there is not: a slip of the pen, or one that belongs elsewhere."""
    name, known = str(path[-1]), names_at(path[:-1])
    homes = [section for section in Settings.model_fields if name in names_at((section,))]
    otherwise = f"remove it; there are {', '.join(known)}"
    if homes and len(path) <= 2:  # noqa: PLR2004 - a section and a key
        otherwise = f"it belongs in {' or '.join(f'[{home}]' for home in homes)}"
    return Fault(path, "unknown key", did_you_mean(name, known, otherwise))


def _wrong_shape(path: KeyPath) -> Fault:
    section, many = str(path[0]), get_origin(Settings.model_fields[str(path[0])].annotation)
    if len(path) == 1 and many is tuple:
        return Fault(path, "is no list of tables", f"write each as [[{section}]], a line of its own above its keys")
    if len(path) == 1 and many is dict:
        return Fault(path, "is no table of tables", f"write each as [{section}.NAME], a line of its own above its keys")
    if len(path) == 1:
        return Fault(path, "is no table", f"write [{section}] on a line of its own, its keys below")
    if len(path) == 2 and many in (tuple, dict):  # noqa: PLR2004 - one of many tables
        spelled = f"[[{section}]]" if many is tuple else f"[{key_text(path)}]"
        return Fault(path, "is no table", f"write {spelled} on a line of its own, its keys below")
    if isinstance(path[-1], str) and get_origin(_bare(_field(path).annotation)) is tuple:
        return Fault(path, "is no list", 'write e.g. ["one", "two"]')
    return Fault(path, "is a list or a table where one value belongs", "write the value alone")


def _bare(annotation: Any) -> Any:
    """The type without what is noted beside it."""
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation


def _field(path: Sequence[str | int]) -> Any:
    model = section_model(str(path[0]))
    names = [part for part in path[1:] if isinstance(part, str)]
    return model.model_fields.get(names[-1]) if model is not None and names else None


def _is_secret(path: KeyPath) -> bool:
    field = _field(path)
    return field is not None and is_of(field, SecretStr)


def _words(path: KeyPath) -> list[str]:
    """The words that a key, or each one in its list, may be."""
    return [str(word) for word in _literals(_field(path).annotation)]


def _literals(annotation: Any) -> Iterator[object]:
    for part in get_args(annotation):
        if isinstance(part, str):
            yield part
        else:
            yield from _literals(part)

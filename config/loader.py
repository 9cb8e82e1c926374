"""Reads settings: the TOML file, then the environment over it, then secrets from their files. All problems at once."""

import difflib
import os
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr, ValidationError

from config.sections import Settings

DEFAULT_PATH = Path("/etc/ringtally/ringtally.toml")
PREFIX = "RINGTALLY_"
_SECRETS = (("ami", "secret"), ("mqtt", "password"), ("http", "read_token"))


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong: in which file, at which key, what, and what to do."""

    file: str
    key: str
    message: str

    def __str__(self) -> str:
        """One line for people."""
        return f"{self.file}: {self.key + ': ' if self.key else ''}{self.message}"


class ConfigError(Exception):
    """The settings cannot be used; `problems` are all that is wrong with them."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class LoadedSettings:
    """Settings that can be used, and what an administrator should still look at."""

    settings: Settings
    warnings: list[str]


def load_settings(path: Path | None, environ: Mapping[str, str]) -> LoadedSettings:
    """Load and check everything. `path` None: defaults and environment only. Raises ConfigError with all problems."""
    problems: list[Problem] = []
    raw = _read(path, problems) if path is not None else {}
    file = str(path) if path is not None else "environment"
    _overlay(raw, environ, problems)
    warnings: list[str] = []
    _read_secrets(raw, environ, problems, warnings)
    settings = None
    try:
        settings = Settings.model_validate(raw)
    except ValidationError as error:
        problems.extend(_explained(error, file))
    if problems or settings is None:
        raise ConfigError(problems)
    if not settings.ami.is_loopback and not settings.ami.tls:
        warnings.append(
            f"ami.host {settings.ami.host} is not this machine and ami.tls is off: calls and numbers cross the network in the "
            "clear (the login itself uses MD5 challenge); set ami.tls = true or use a tunnel"
        )
    return LoadedSettings(settings, warnings)


def _read(path: Path, problems: list[Problem]) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_bytes().decode())
    except FileNotFoundError:
        message = "there is no such file; copy the example from the documentation, or name another with --config"
    except UnicodeDecodeError as error:
        message = f"is not UTF-8 (byte {error.start}); save it as UTF-8"
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
    except tomllib.TOMLDecodeError as error:
        message = f"is not TOML: {error}"
    problems.append(Problem(str(path), "", message))
    return {}


def _overlay(raw: dict[str, Any], environ: Mapping[str, str], problems: list[Problem]) -> None:
    """`RINGTALLY_AMI__SECRET` is ami.secret. Lists are written as TOML."""
    for name in sorted(environ):
        if not name.startswith(PREFIX):
            continue
        section, _, key = name.removeprefix(PREFIX).lower().partition("__")
        field = Settings.model_fields.get(section)
        if field is None or not key:
            close = difflib.get_close_matches(section, Settings.model_fields, 1)
            hint = f'; did you mean "{PREFIX}{close[0].upper()}__..."?' if close else ""
            problems.append(Problem("environment", name, f"is no setting{hint}"))
            continue
        table = raw.setdefault(section, {})
        if isinstance(table, dict):
            table[key] = _value(environ[name])


def _value(text: str) -> object:
    if text[:1] in {"[", "{"} or text in {"true", "false"}:
        try:
            return tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            return text
    return text


def _read_secrets(
    raw: dict[str, Any], environ: Mapping[str, str], problems: list[Problem], warnings: list[str]
) -> None:
    credentials = environ.get("CREDENTIALS_DIRECTORY")
    for section, key in _SECRETS:
        table = raw.get(section)
        named = table.get(f"{key}_file") if isinstance(table, dict) else None
        source = Path(named) if isinstance(named, str) and named else None
        if source is None and credentials:
            credential = Path(credentials) / f"{section}.{key}"
            source = credential if credential.exists() else None
        if source is None:
            continue
        if isinstance(table, dict) and table.get(key):
            problems.append(
                Problem(str(source), f"{section}.{key}", f"is set beside {section}.{key}_file; keep one of them")
            )
            continue
        secret = _secret(source, f"{section}.{key}_file", problems, warnings)
        if secret is not None:
            raw.setdefault(section, {})[key] = SecretStr(secret)
            raw[section].pop(f"{key}_file", None)


def _secret(path: Path, key: str, problems: list[Problem], warnings: list[str]) -> str | None:
    try:
        text = path.read_text().rstrip("\r\n")
        if path.stat().st_mode & stat.S_IROTH:
            warnings.append(f"{path} is readable by everybody on this machine: chmod 640 {path}")
    except (OSError, UnicodeDecodeError) as error:
        reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else "it is not text"
        problems.append(Problem(str(path), key, f"cannot be read: {reason}"))
        return None
    if not text:
        problems.append(Problem(str(path), key, "is empty; put the secret into it"))
        return None
    return text


def _explained(error: ValidationError, file: str) -> list[Problem]:
    problems = []
    for each in error.errors(include_url=False, include_input=False):
        location = [str(part) for part in each["loc"]]
        key = ".".join(location)
        message = each["msg"].removeprefix("Value error, ")
        if each["type"] == "extra_forbidden":
            close = difflib.get_close_matches(location[-1], _names_at(location[:-1]), 1)
            message = "unknown key" + (f'; did you mean "{close[0]}"?' if close else "")
        problems.append(Problem(file, key, message))
    return problems


def _names_at(location: list[str]) -> list[str]:
    """The keys that there are at one place of the settings."""
    model: Any = Settings
    for part in location:
        field = model.model_fields.get(part) if isinstance(model, type) and issubclass(model, BaseModel) else None
        candidates = [field.annotation, *getattr(field.annotation, "__args__", ())] if field is not None else [model]
        model = next((c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel)), model)
    return list(model.model_fields) if isinstance(model, type) and issubclass(model, BaseModel) else []


def effective_lines(settings: Settings) -> list[str]:
    """The effective settings as TOML, secrets as `***`."""
    lines: list[str] = []
    plain = settings.model_dump(mode="json")
    for name, value in plain.items():
        tables = value if isinstance(value, list) else [value]
        if name == "queues":
            for queue, table in value.items():
                lines += ["", f"[queues.{_toml(queue)}]", *_pairs(table)]
        elif value is not None:
            for table in tables:
                lines += ["", f"[[{name}]]" if isinstance(value, list) else f"[{name}]", *_pairs(table)]
    return lines[1:]


def _pairs(table: dict[str, Any]) -> list[str]:
    return [f"{key} = {_toml(value)}" for key, value in table.items() if value is not None and value != ""]


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, int | float):
        return f"{value:g}"
    text = "***" if str(value).startswith("***") else str(value)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

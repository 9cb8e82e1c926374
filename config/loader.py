"""Reads settings: the TOML file, the environment over it, secrets from where they are kept; all problems at once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr, ValidationError

from config.cautions import cautions
from config.checks import faults_in
from config.effective import effective_lines
from config.environment import ENVIRONMENT, environment_values, unknown_variables
from config.explain import explained, unknown_key
from config.files import UnreadableError, check_readable, is_open_to_all, read_toml
from config.keys import PATHS, SECRETS
from config.layers import Layers, Table, anchored, bare_names, file_name
from config.problems import ConfigError, Fault, Problem, printable
from config.secret_sources import forget_secret_files, resolve_secrets
from config.sections import Settings
from config.system_zone import system_zone
from config.web_check import checked_web_config, web_warnings
from config.web_config import WebConfig

__all__ = ["DEFAULT_PATH", "ConfigError", "LoadedSettings", "Problem", "effective_lines", "load_settings"]

DEFAULT_PATH = Path("/etc/ringtally/ringtally.toml")
# Files that are read later, by others; whether they can be is told now.
_READ_LATER = tuple(key for key in PATHS if key.name in {"ca_file", "cert_file", "key_file"})
_TOKENS = tuple(key for key in SECRETS if key.section == "http")
# Of letters and digits as good as random; what is shorter can be guessed where nobody counts the tries.
_TOKEN_LEAST = 16


@dataclass(frozen=True, slots=True)
class LoadedSettings:
    """Settings that can be used, and what an administrator should still look at; a warning prints like a problem."""

    settings: Settings
    warnings: tuple[Problem, ...]


def load_settings(path: Path | None, environ: Mapping[str, str], *, secrets: bool = True) -> LoadedSettings:
    """The settings of a file under those of the environment. Without `path`: environment and defaults.

    Without `secrets` no file of a secret is read: for commands that log in nowhere. Relative paths in the file are meant
    from its folder. Raises ConfigError with every problem there is.
    """
    layers = _layers(path, environ)
    web = None
    if secrets:
        resolve_secrets(layers, environ)
        _warn_of_open_file(path, layers)
        _warn_of_short_tokens(layers)
        _check_files(layers)
        web = _check_web(layers)
    else:
        forget_secret_files(layers)
    _settle_zone(layers, environ)
    for fault in faults_in(layers.values):
        layers.add(fault)
    settings = _validated(layers)
    if settings is None or layers.problems:
        raise ConfigError(_in_order(layers.problems))
    for caution in cautions(settings, web):
        if secrets or caution.path != ("ami", "secret"):
            layers.warn(caution.path, caution.message, caution.cure)
    return LoadedSettings(settings, tuple(layers.warnings))


def _layers(path: Path | None, environ: Mapping[str, str]) -> Layers:
    problems = list(unknown_variables(environ))
    values: Table = {}
    bare: frozenset[tuple[str, str]] = frozenset()
    if path is not None:
        try:
            values = read_toml(path)
            bare = bare_names(values)
            values = anchored(values, path.parent)
        except ConfigError as error:
            problems = [*error.problems, *problems]
    layers = Layers(file_name(path) if path is not None else ENVIRONMENT, values, bare=bare, problems=problems)
    for name in [name for name in values if name not in Settings.model_fields]:
        layers.add(unknown_key((name,)))
        del values[name]
    layers.overlay(environment_values(environ))
    return layers


def _warn_of_open_file(path: Path | None, layers: Layers) -> None:
    inline = [key for key in SECRETS if layers.get(*key) and not layers.is_from_environment(*key)]
    named = [key for key in inline if not layers.get(key.section, key.file)]
    if path is not None and named and is_open_to_all(path):
        message = f"holds {named[0]} and may be read by every user of this machine"
        layers.warn((), message, f"chmod o= {printable(str(path))}")


def _check_files(layers: Layers) -> None:
    for section, name in _READ_LATER:
        file = layers.get(section, name)
        if isinstance(file, str) and file.strip():
            try:
                check_readable(Path(file))
            except UnreadableError as error:
                layers.add(Fault((section, name), f"{printable(file)}: {error}", error.cure))
                continue
            if name == "key_file" and is_open_to_all(Path(file)):
                message = f"{printable(file)} may be read by every user of this machine"
                layers.warn((section, name), message, f"chmod o= {printable(file)}")


def _check_web(layers: Layers) -> WebConfig | None:
    file = layers.get("http", "web_config_file")
    if not isinstance(file, str) or not file.strip():
        return None
    try:
        check_readable(Path(file))
        web = checked_web_config(Path(file))
    except UnreadableError as error:
        layers.add(Fault(("http", "web_config_file"), f"{printable(file)}: {error}", error.cure))
        return None
    except ConfigError as error:
        layers.problems += error.problems
        return None
    layers.warnings += web_warnings(Path(file), web)
    return web


def _warn_of_short_tokens(layers: Layers) -> None:
    for section, name in _TOKENS:
        given = layers.get(section, name)
        token = given.get_secret_value() if isinstance(given, SecretStr) else given
        if isinstance(token, str) and 0 < len(token) < _TOKEN_LEAST:
            layers.warn((section, name), "is short enough to be guessed", "ringtally make-token prints a better one")


def _settle_zone(layers: Layers, environ: Mapping[str, str]) -> None:
    """Name the system's zone where the site names none, so that it shows in what is in force."""
    if layers.get("site", "timezone"):
        return
    site = layers.values.setdefault("site", {})
    if isinstance(site, dict):
        zone = system_zone(environ)
        site["timezone"] = zone.name
        if not zone.certain:
            message = f"is not set, and this machine does not clearly say its own: {zone.name} is used"
            layers.warn(("site", "timezone"), message, 'set it, e.g. timezone = "Europe/Moscow"')


def _validated(layers: Layers) -> Settings | None:
    try:
        return Settings(**layers.values)
    except ValidationError as error:
        faults = list(explained(error))
    # Outside the handler: pydantic's error holds what was given, secrets too, and must not hang on to ours.
    for fault in faults:
        layers.add(fault)
    return None


def _in_order(problems: Iterable[Problem]) -> list[Problem]:
    """The problems without repeats, those of the file first and in the order of its sections."""
    order = {section: place for place, section in enumerate(Settings.model_fields)}

    def rank(problem: Problem) -> tuple[bool, bool, int]:
        section = problem.key.partition(".")[0].partition("[")[0]
        return (problem.file == ENVIRONMENT, bool(problem.key), order.get(section, -1))

    return sorted(dict.fromkeys(problems), key=rank)

"""The web config file: TLS, passwords, headers and a rate limit of the HTTP server, in the format of Prometheus' exporter-toolkit.

Its document `docs/web-configuration.md` is the source of the keys, their defaults and what contradicts what. What Python's TLS cannot
do as Go's does is refused, never passed over: who asks for protection gets it or is told that there is none.
"""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from config.durations import seconds_of
from config.files import UnreadableError, check_readable, read_bytes
from config.problems import ConfigError, Problem, did_you_mean, key_text, printable, quoted
from config.web_hashes import bcrypt_fault
from config.web_tls_words import CIPHERS, CLIENT_AUTH, CURVES, VERSIONS

_MOST = 1_048_576
# PyYAML lets slip what its own constructors trip over: `!!timestamp x`, `!!bool x`, `!!int ""`.
_NO_YAML = (yaml.YAMLError, ValueError, TypeError, AttributeError, LookupError, RecursionError)
_TLS, _HTTP, _USERS, _RATE = "tls_server_config", "http_server_config", "basic_auth_users", "rate_limit"
_KEYS: dict[str, tuple[str, ...]] = {
    _TLS: (
        *("cert", "key", "client_ca", "cert_file", "key_file", "client_ca_file", "client_auth_type"),
        *("client_allowed_sans", "min_version", "max_version", "cipher_suites", "prefer_server_cipher_suites"),
        "curve_preferences",
    ),
    _HTTP: ("http2", "headers"),
    _USERS: (),
    _RATE: ("interval", "burst"),
}
_HEADERS: dict[str, tuple[str, ...]] = {
    "Content-Security-Policy": (),
    "X-Frame-Options": ("deny", "sameorigin"),
    "X-Content-Type-Options": ("nosniff",),
    "X-XSS-Protection": (),
    "Strict-Transport-Security": (),
}
_TLS_AT_ALL = ("cert", "key", "client_ca", "cert_file", "key_file", "client_ca_file", "client_auth_type")


@dataclass(frozen=True, slots=True)
class WebTls:
    """How to prove who serves, and who may ask. Of `cert` and `cert_file` one is set, of the others alike."""

    cert: str = ""
    key: str = field(default="", repr=False)
    client_ca: str = ""
    cert_file: Path | None = None
    key_file: Path | None = None
    client_ca_file: Path | None = None
    client_auth: str = "NoClientCert"
    client_allowed_sans: tuple[str, ...] = ()
    min_version: str = "TLS12"
    max_version: str = "TLS13"
    ciphers: tuple[str, ...] = ()
    """By their names in OpenSSL; none: its own choice."""
    prefer_server_ciphers: bool = True
    curve: str | None = None

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that it is read from."""
        return tuple(each for each in (self.cert_file, self.key_file, self.client_ca_file) if each is not None)


@dataclass(frozen=True, slots=True)
class WebConfig:
    """What a web config file says. `users`: bcrypt hashes by name; none: no password is asked for."""

    tls: WebTls | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    users: Mapping[str, str] = field(default_factory=dict, repr=False)
    interval_s: float = 0.0
    """Between two requests in the long run; 0: as fast as they come."""
    burst: int = 0


class _Loader(yaml.SafeLoader):
    """YAML in which no key can be given twice: the last one would win, and nobody would notice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for each, _ in node.value:
            name = each.value if isinstance(each, yaml.ScalarNode) else None
            if name in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{name} is there twice", each.start_mark)
            if name is not None:
                seen.add(name)
        return super().construct_mapping(node, deep)


def read_web_config(path: Path) -> WebConfig:
    """What the file says; its relative paths are meant from its own folder. ConfigError with all that is wrong, and never a secret."""
    shown = printable(str(path))
    try:
        given = yaml.load(read_bytes(path, _MOST), _Loader)  # noqa: S506 - a SafeLoader
    except UnreadableError as error:
        raise ConfigError([Problem(shown, "", str(error), error.cure)]) from None
    except _NO_YAML as error:
        raise ConfigError([_malformed(shown, error)]) from None
    return _Reading(shown, path.parent).whole({} if given is None else given)


def _malformed(shown: str, error: Exception) -> Problem:
    # No part of the file is quoted: it may be a secret.
    mark = getattr(error, "problem_mark", None)
    where = "" if mark is None else f"line {mark.line + 1}, column {mark.column + 1}: "
    told = getattr(error, "problem", None) if isinstance(error, yaml.constructor.ConstructorError) else None
    return Problem(shown, "", f"{where}{told or 'is no YAML'}", "see docs/settings.md for an example")


class _Reading:
    """One file as it is read: gathers what is wrong."""

    def __init__(self, shown: str, folder: Path) -> None:
        self._shown = shown
        self._folder = folder
        self._problems: list[Problem] = []

    def whole(self, given: object) -> WebConfig:
        """The file's content; ConfigError."""
        table = self._table(given, (), tuple(_KEYS))
        tls = self._tls(self._section(table, _TLS))
        headers = self._headers(self._section(table, _HTTP))
        users = self._users(self._section(table, _USERS))
        interval_s, burst = self._rate(self._section(table, _RATE))
        if self._problems:
            raise ConfigError(self._problems)
        return WebConfig(tls, headers, users, interval_s, burst)

    def _wrong(self, path: tuple[str, ...], message: str, cure: str) -> None:
        self._problems.append(Problem(self._shown, key_text(path), message, cure))

    def _table(self, given: object, path: tuple[str, ...], known: tuple[str, ...]) -> dict[str, Any]:
        if given is None:
            return {}
        if not isinstance(given, dict):
            self._wrong(path, "is no table", "write its keys below it, moved in by two spaces")
            return {}
        for name in given:
            if known and name not in known:
                cure = did_you_mean(str(name), known, f"remove it; there are {', '.join(known)}")
                self._wrong((*path, str(name)), "unknown key", cure)
        return given

    def _section(self, table: Mapping[str, Any], name: str) -> dict[str, Any]:
        return self._table(table.get(name), (name,), _KEYS[name])

    def _text(self, table: Mapping[str, Any], path: tuple[str, ...]) -> str:
        value = table.get(path[-1])
        if value is None or isinstance(value, str):
            return value or ""
        self._wrong(path, "is no text", "write it in quotes")
        return ""

    def _texts(self, table: Mapping[str, Any], path: tuple[str, ...]) -> tuple[str, ...]:
        value = table.get(path[-1])
        if value is None:
            return ()
        if isinstance(value, list) and all(isinstance(each, str) for each in value):
            return tuple(value)
        self._wrong(path, "is no list of texts", "write each on a line of its own, after a dash")
        return ()

    def _truth(self, table: Mapping[str, Any], path: tuple[str, ...], default: bool) -> bool:
        value = table.get(path[-1], default)
        if not isinstance(value, bool):
            self._wrong(path, "is neither true nor false", "write true or false")
        return value is True

    def _word(self, table: Mapping[str, Any], name: str, words: Mapping[str, str | None], default: str) -> str:
        """One of `words`; None beside one of them: Python's TLS cannot do that, or it is not safe any more."""
        value = self._text(table, (_TLS, name)) or default
        self._known(name, value, words)
        return value

    def _known(self, name: str, value: str, words: Mapping[str, str | None]) -> str | None:
        good = [each for each, meaning in words.items() if meaning is not None]
        if value not in words:
            cure = did_you_mean(value, good, f"write one of {', '.join(good)}")
            self._wrong((_TLS, name), f"{quoted(value)} is not one of its words", cure)
            return None
        if words[value] is None:
            self._wrong((_TLS, name), f"{quoted(value)} is not safe", f"write one of {', '.join(good)}")
        return words[value]

    def _tls(self, table: Mapping[str, Any]) -> WebTls | None:
        if not any(table.get(name) for name in _TLS_AT_ALL):
            if table:
                self._wrong((_TLS,), "has neither certificate nor key", "set cert_file and key_file")
            return None
        cert, cert_file = self._either(table, "cert")
        key, key_file = self._either(table, "key")
        client_ca, client_ca_file = self._either(table, "client_ca", needed=False)
        asks = self._word(table, "client_auth_type", CLIENT_AUTH, "NoClientCert")
        self._check_clients(asks, bool(client_ca or client_ca_file), table)
        lowest = self._word(table, "min_version", VERSIONS, "TLS12")
        highest = self._word(table, "max_version", VERSIONS, "TLS13")
        if lowest in VERSIONS and highest in VERSIONS and list(VERSIONS).index(lowest) > list(VERSIONS).index(highest):
            self._wrong((_TLS, "max_version"), "is lower than min_version", "leave it out")
        return WebTls(
            cert,
            key,
            client_ca,
            cert_file,
            key_file,
            client_ca_file,
            asks,
            self._texts(table, (_TLS, "client_allowed_sans")),
            lowest,
            highest,
            tuple(self._ciphers(table)),
            self._truth(table, (_TLS, "prefer_server_cipher_suites"), True),
            self._curve(table),
        )

    def _either(self, table: Mapping[str, Any], name: str, *, needed: bool = True) -> tuple[str, Path | None]:
        """The text of a PEM, or the file that has it."""
        text, file = self._text(table, (_TLS, name)), self._text(table, (_TLS, f"{name}_file"))
        if text and file:
            self._wrong((_TLS, name), f"is set beside {name}_file", "keep one of them")
        if needed and not text and not file:
            self._wrong((_TLS, f"{name}_file"), "is missing", "add it")
        if not file:
            return text, None
        path = self._folder / file
        try:
            check_readable(path)
        except UnreadableError as error:
            self._wrong((_TLS, f"{name}_file"), f"{printable(str(path))}: {error}", error.cure)
        return text, path

    def _check_clients(self, asks: str, has_ca: bool, table: Mapping[str, Any]) -> None:
        if has_ca and asks == "NoClientCert":
            message = "is NoClientCert, and yet client_ca_file is set"
            self._wrong((_TLS, "client_auth_type"), message, "write RequireAndVerifyClientCert")
        if asks in {"VerifyClientCertIfGiven", "RequireAndVerifyClientCert"} and not has_ca:
            self._wrong((_TLS, "client_ca_file"), "is missing", "name who signs the certificates of clients")
        if table.get("client_allowed_sans") and asks == "NoClientCert":
            message = "means nothing where no certificate is asked for"
            self._wrong((_TLS, "client_allowed_sans"), message, "set client_auth_type: RequireAndVerifyClientCert")

    def _ciphers(self, table: Mapping[str, Any]) -> Iterator[str]:
        for name in self._texts(table, (_TLS, "cipher_suites")):
            if found := self._known("cipher_suites", name, CIPHERS):
                yield found

    def _curve(self, table: Mapping[str, Any]) -> str | None:
        names = self._texts(table, (_TLS, "curve_preferences"))
        if len(names) > 1:
            self._wrong(
                (_TLS, "curve_preferences"), "has more than one curve, which cannot be set", "leave one, or none"
            )
        return self._known("curve_preferences", names[0], CURVES) if names else None

    def _headers(self, table: Mapping[str, Any]) -> dict[str, str]:
        self._truth(table, (_HTTP, "http2"), True)  # taken, and of no effect: HTTP/1.1 alone is spoken
        path = (_HTTP, "headers")
        given = self._table(table.get("headers"), path, tuple(_HEADERS))
        headers = {name: self._text(given, (*path, name)) for name in given if name in _HEADERS}
        for name, value in headers.items():
            if not value.isprintable():
                self._wrong((*path, name), "has a line end or a control character in it", "write it on one line")
            elif value and _HEADERS[name] and value not in _HEADERS[name]:
                self._wrong((*path, name), f"{quoted(value)} is none", f"write {' or '.join(_HEADERS[name])}")
        return {name: value for name, value in headers.items() if value}

    def _users(self, table: Mapping[str, Any]) -> dict[str, str]:
        for name in table:
            path = (_USERS, str(name))
            if not isinstance(name, str) or ":" in name:
                self._wrong(path, "cannot be a user's name", "write a text without colon, in quotes if it is a number")
                continue
            fault = bcrypt_fault(table[name])
            if fault is not None:
                self._wrong(path, *fault)
        return dict(table)

    def _rate(self, table: Mapping[str, Any]) -> tuple[float, int]:
        given, burst = table.get("interval", 0), table.get("burst", 0)
        interval_s = 0.0
        try:
            interval_s = seconds_of(given)
        except ValueError:
            self._wrong((_RATE, "interval"), f"{quoted(given)} is no duration", "write e.g. 100ms or 1s; 0: no limit")
        if not isinstance(burst, int) or isinstance(burst, bool) or burst < 0:
            self._wrong((_RATE, "burst"), f"{quoted(burst)} is no number", "write how many may come at once, e.g. 20")
        elif interval_s and not burst:
            self._wrong((_RATE, "burst"), "is 0, and so nothing would be answered", "write e.g. 20")
        return interval_s, burst if isinstance(burst, int) else 0

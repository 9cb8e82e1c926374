"""The web config file while the daemon runs: read again when it or a file that it names has changed, and never worse than before.

Prometheus' exporters read it with each request; so do we look with each whether it is another. One that cannot be used is told with
all its problems, and the last good one stays in force.
"""

import ssl
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import structlog

from config.files import UnreadableError
from config.problems import ConfigError, Problem, printable
from config.web_config import WebConfig, read_web_config
from config.web_tls import server_context

log = structlog.get_logger()
_Stamp = tuple[tuple[int, int, int] | None, ...]
_KINDS = frozenset({"DNS", "IP Address", "email", "URI"})  # in Python's words


class WebConfigWatch:
    """One file. Raises ConfigError where it cannot be used at the start."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp = self._stamp_of(path)
        self._config, self._context = self._read()
        self._stamp = self._stamp_of(*self._files)

    def config(self) -> WebConfig:
        """What is in force."""
        self._look()
        return self._config

    @property
    def has_tls(self) -> bool:
        """Is there TLS? That is settled at the start."""
        return self._context is not None

    def context(self) -> ssl.SSLContext:
        """TLS for a connection that begins now."""
        self._look()
        assert self._context is not None  # noqa: S101 - who asks has looked
        return self._context

    def accepts(self, certificate: Any) -> bool:
        """Is the client's certificate, as `getpeercert` gives it, one of those that are let in?"""
        allowed = () if self._config.tls is None else self._config.tls.client_allowed_sans
        names = {name for kind, name in certificate.get("subjectAltName", ()) if kind in _KINDS}
        return not allowed or not names.isdisjoint(allowed)

    @property
    def _files(self) -> tuple[Path, ...]:
        return (self._path, *(() if self._config.tls is None else self._config.tls.files))

    def _look(self) -> None:
        stamp = self._stamp_of(*self._files)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            config, context = self._read()
        except ConfigError as error:
            _tell_refused(error.problems)
            return
        if (context is None) != (self._context is None):
            message = "TLS comes and goes at a restart only"
            _tell_refused([Problem(printable(str(self._path)), "tls_server_config", message, "restart ringtally")])
            return
        self._config, self._context = config, context
        self._stamp = self._stamp_of(*self._files)
        log.info("web_config_reread", users=len(config.users))

    def _read(self) -> tuple[WebConfig, ssl.SSLContext | None]:
        config = read_web_config(self._path)
        try:
            return config, None if config.tls is None else server_context(config.tls)
        except UnreadableError as error:
            problem = Problem(printable(str(self._path)), "tls_server_config", str(error), error.cure)
            raise ConfigError([problem]) from None

    @staticmethod
    def _stamp_of(*paths: Path) -> _Stamp:
        return tuple(map(_stamp, paths))


def _tell_refused(problems: Iterable[Problem]) -> None:
    for problem in problems:
        log.error("web_config_problem", problem=str(problem))
    log.error("web_config_refused", cure="correct it; what was in force before stays")


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino

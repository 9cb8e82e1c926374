"""Settings from environment variables: `RINGTALLY_AMI__PORT=5039`. Lists and tables are written as in the file, in one line."""

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic_settings import EnvSettingsSource

from config.keys import LEVEL, PREFIX, variables
from config.problems import Problem, closest, printable
from config.sections import Settings

ENVIRONMENT = "environment"


class EnvironmentSource(EnvSettingsSource):
    """pydantic-settings' reading of variables, but of those it is given, and without giving up at the first bad one."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        super().__init__(Settings)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        # An empty variable is one that somebody wanted to unset.
        return {name.lower(): value for name, value in self._environ.items() if value}

    def decode_complex_value(self, field_name: str, field: Any, value: Any) -> Any:
        """The list or table that the text means; text that means none stays, and is refused where its section is checked."""
        try:
            return tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            return value


def environment_values(environ: Mapping[str, str]) -> dict[str, Any]:
    """The settings that the variables hold, as tables of raw values. Names count in any case, and queues in lower case."""
    return EnvironmentSource(environ)()


def unknown_variables(environ: Mapping[str, str]) -> Iterator[Problem]:
    """A problem for each variable that looks like ours and belongs to no section."""
    for name in sorted(environ):
        section = name.upper().removeprefix(PREFIX).partition(LEVEL)[0].lower()
        if not name.upper().startswith(PREFIX) or section in Settings.model_fields:
            continue
        # Without the prefix, which would make everything look alike.
        close = closest(name.upper().removeprefix(PREFIX), [each.removeprefix(PREFIX) for each in variables()])
        cure = (
            f"unset it; a key is written {PREFIX}SECTION{LEVEL}KEY"
            if close is None
            else f'did you mean "{PREFIX}{close}"?'
        )
        yield Problem(ENVIRONMENT, printable(name), "is no setting", cure)

"""Every setting: its name, type, default and meaning (contract, section 5). Frozen; unknown keys are errors."""

import re
from datetime import date
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

import phonenumbers
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    field_validator,
    model_validator,
)

from config.durations import Seconds

MISSABLE = (
    "abandoned",
    "short_abandoned",
    "no_answer",
    "busy",
    "unavailable",
    "ivr_only",
    "failed",
    "lost_after_transfer",
)
_SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_KEY = r"^[a-z0-9-]+$"
_LOOPBACK = ("localhost", "::1")


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


def _zone(name: str) -> str:
    if name and name not in available_timezones():
        raise ValueError(f'{name!r} is no time zone; write e.g. "Europe/Moscow"')
    return name


def _address(text: str) -> str:
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdigit() or not 0 <= int(port) <= 65535:  # noqa: PLR2004 - ports end there
        raise ValueError(f'{text!r} is no address; write host:port, e.g. "127.0.0.1:9796" or "[::1]:9796"')
    return text


class Site(_Section):
    """This PBX among others."""

    name: Annotated[str, StringConstraints(pattern=_KEY)] = "office"
    timezone: Annotated[str, AfterValidator(_zone)] = ""
    """Empty: the system's."""
    language: Literal["en", "ru"] = "en"


class Ami(_Section):
    """How to reach Asterisk's Manager Interface."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 5038
    username: str = "ringtally"
    secret: SecretStr = SecretStr("")
    secret_file: str = ""
    auth: Literal["auto", "plain", "md5"] = "auto"
    tls: bool = False
    ca_file: str = ""
    ping_interval: Seconds = 10.0
    ping_timeout: Seconds = 5.0
    timeout: Seconds = 10.0
    reconnect_max: Seconds = 60.0

    @property
    def is_loopback(self) -> bool:
        """Does the connection stay on this machine?"""
        return self.host in _LOOPBACK or self.host.startswith("127.")


class Trunk(_Section):
    """An outside line; first match wins."""

    name: str
    channels: list[str]


class Queue(_Section):
    """What Asterisk does not tell of a queue."""

    wrapup: Seconds | None = None
    id: Annotated[str, StringConstraints(pattern=_KEY)] | None = None
    threshold: Seconds | None = None


class Source(_Section):
    """The number dialled -> where the client saw it."""

    name: str
    dids: list[str]


class Department(_Section):
    """Queues, extensions and numbers of one team."""

    name: str
    queues: list[str] = []
    extensions: list[str] = []
    dids: list[str] = []
    missed_goal: Annotated[float, Field(ge=0, le=1)] | None = None


class Numbers(_Section):
    """How numbers are read."""

    region: str = "RU"
    area_code: str = ""
    strip_prefixes: list[str] = []

    @field_validator("region")
    @classmethod
    def _known_region(cls, value: str) -> str:
        if value not in phonenumbers.SUPPORTED_REGIONS:
            raise ValueError(f'{value!r} is no region; write two capital letters, e.g. "RU"')
        return value


class ServiceLevel(_Section):
    """What counts as answered in time."""

    threshold: Seconds = 20.0
    goal: Annotated[float, Field(ge=0, le=1)] = 0.8
    short_abandon: Seconds = 5.0


class FollowUp(_Section):
    """When a missed call counts as truly missed."""

    rule: Literal["default", "miko", "bitrix24", "strict"] = "default"
    window: Seconds = 3600.0
    min_talk_out: Seconds = 5.0
    min_talk_in: Seconds = 0.0
    list_for: Seconds = 604_800.0
    ignore: list[str] = []
    count: list[Literal[MISSABLE]] = ["abandoned", "short_abandoned", "no_answer", "busy", "unavailable"]  # type: ignore[valid-type]


class Storage(_Section):
    """Where calls are kept."""

    path: str = "/var/lib/ringtally/ringtally.db"
    keep: Seconds = 400 * 86_400.0
    durability: Literal["normal", "full"] = "normal"


class Mqtt(_Section):
    """The broker; no [mqtt] section: not published."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 1883
    prefix: Annotated[str, StringConstraints(pattern=r"^[^+#\s\x00]+$")] = "ringtally"
    username: str = ""
    password: SecretStr = SecretStr("")
    password_file: str = ""
    numbers: Literal["masked", "full"] = "masked"
    accept_contacts: bool = False


class Http(_Section):
    """What the daemon serves."""

    listen: Annotated[str, AfterValidator(_address)] = "127.0.0.1:9796"
    read_token: SecretStr = SecretStr("")
    read_token_file: str = ""


class Log(_Section):
    """What the daemon says."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["console", "json"] = "console"


def working_spans(days: str, spans: list[str]) -> dict[str, list[tuple[int, int]]]:
    """The minutes of the day that are worked, per weekday, of one line such as `mon-fri = ["09:00-18:00"]`; ValueError."""
    first, dash, last = days.partition("-")
    if first not in _DAYS or (dash and last not in _DAYS):
        raise ValueError(f'{days!r} are no weekdays; write "mon-fri", "sat"')
    begin, end = _DAYS.index(first), _DAYS.index(last or first)
    if end < begin:
        raise ValueError(f"{days!r} runs backwards")
    minutes: list[tuple[int, int]] = []
    for span in spans:
        match = _SPAN.fullmatch(span)
        if match is None:
            raise ValueError(f'{span!r} is no span of hours; write "09:00-18:00"')
        start, stop = (int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4]))
        if stop <= start:
            raise ValueError(f"{span!r} ends before it starts")
        if minutes and start < minutes[-1][1]:
            raise ValueError(f"{span!r} overlaps the span before it")
        minutes.append((start, stop))
    return {day: minutes for day in _DAYS[begin : end + 1]}


class Settings(_Section):
    """All settings."""

    site: Site = Site()
    ami: Ami = Ami()
    trunks: list[Trunk] = []
    queues: dict[str, Queue] = {}
    sources: list[Source] = []
    departments: list[Department] = []
    numbers: Numbers = Numbers()
    service_level: ServiceLevel = ServiceLevel()
    working_hours: dict[str, list[str]] = {}
    follow_up: FollowUp = FollowUp()
    storage: Storage = Storage()
    mqtt: Mqtt | None = None
    http: Http = Http()
    log: Log = Log()

    @field_validator("trunks", "sources", "departments")
    @classmethod
    def _names_differ(cls, value: list[Trunk | Source | Department]) -> list[Trunk | Source | Department]:
        names = [each.name for each in value]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"named twice: {', '.join(twice)}")
        return value

    @field_validator("working_hours")
    @classmethod
    def _hours_make_sense(cls, value: dict[str, list[str]]) -> dict[str, list[str]]:
        worked: set[str] = set()
        for days, spans in value.items():
            if days == "holidays":
                for day in spans:
                    date.fromisoformat(day)
                continue
            named = working_spans(days, spans).keys()
            if worked & named:
                raise ValueError(f"{days!r} names a day that another line names too")
            worked |= named
        return value

    @model_validator(mode="after")
    def _one_secret(self) -> "Settings":
        if self.ami.secret.get_secret_value() and self.ami.secret_file:
            raise ValueError("ami.secret and ami.secret_file are both set; keep one")
        return self

    @property
    def zone(self) -> ZoneInfo | None:
        """The site's time zone, None for the system's."""
        return ZoneInfo(self.site.timezone) if self.site.timezone else None

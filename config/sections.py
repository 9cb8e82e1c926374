"""Every setting: name, type, default and meaning (contract, section 5). Frozen; durations are seconds.

docs/settings.md is the reference for people; a test holds the two together.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, SecretStr, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from config.durations import CENTURY, DAY, HOUR, DurationRange
from config.fields import (
    AreaCode,
    Channels,
    Count,
    DaySpan,
    DialledPrefix,
    Dids,
    FilePath,
    Host,
    Listen,
    Number,
    OptionalText,
    Port,
    Region,
    Secret,
    Share,
    Text,
    TopicKey,
    TopicPrefix,
    Zone,
    host_and_port,
    is_loopback,
)
from config.problems import Fault
from config.refusal import refusals
from config.system_zone import system_zone
from config.web_hashes import TokenHash
from config.websocket_address import WebsocketAddress
from config.working_hours import WorkingHours, working_hours_of

Seconds = Annotated[float, BeforeValidator(DurationRange())]
# Keeping a connection alive: neither so often that it is all the traffic, nor so seldom that a dead peer goes unnoticed.
Patience = Annotated[float, BeforeValidator(DurationRange(0.001, HOUR))]
Retention = Annotated[float, BeforeValidator(DurationRange(DAY, CENTURY))]

MissedResult = Literal[
    "abandoned", "short_abandoned", "no_answer", "busy", "unavailable", "ivr_only", "failed", "lost_after_transfer"
]
MISSED_RESULTS: tuple[MissedResult, ...] = get_args(MissedResult)


class Section(BaseModel):
    """A table of the settings file."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=False, hide_input_in_errors=True)


class Site(Section):
    """Which PBX this is, among others."""

    name: TopicKey = "office"
    timezone: Zone = ""
    """Of working hours, days and reports; empty: the system's."""
    language: Literal["en", "ru"] = "en"


class Ami(Section):
    """How to reach Asterisk's Manager Interface."""

    host: Host = "127.0.0.1"
    port: Port = 5038
    username: Text = "ringtally"
    secret: Secret = SecretStr("")
    secret_file: FilePath | None = None
    auth: Literal["auto", "plain", "md5"] = "auto"
    """`auto`: MD5 challenge where the secret would cross a network in the clear."""
    tls: bool = False
    ca_file: FilePath | None = None
    """Who may have signed the PBX's certificate; None: the system's authorities."""
    ping_interval: Patience = 2.0
    ping_timeout: Patience = 5.0
    timeout: Patience = 10.0
    """For one action's answer."""
    reconnect_max: Patience = 60.0
    strict_rights: bool = False
    """Refuse an account that may change something on the PBX."""

    @property
    def is_loopback(self) -> bool:
        """Does the connection stay on this machine?"""
        return is_loopback(self.host)

    @property
    def crosses_in_clear(self) -> bool:
        """Can others on the network read the connection?"""
        return not (self.tls or self.is_loopback)


class Trunk(Section):
    """An outside line, known by its channels; the first match wins."""

    name: Text
    channels: Channels


class WaitLimits(Section):
    """When so many who wait, or one who waits so long, warn and alarm on the boards."""

    waiting_warn: Count | None = None
    """None: 0.7 of `waiting_alarm`."""
    waiting_alarm: Count | None = None
    wait_warn: Seconds | None = None
    """None: 0.7 of what alarms."""
    wait_alarm: Seconds | None = None

    @model_validator(mode="after")
    def _warns_before_it_alarms(self) -> "WaitLimits":
        pairs = ((self.waiting_warn, self.waiting_alarm, "waiting"), (self.wait_warn, self.wait_alarm, "wait"))
        faults = [
            Fault((f"{name}_warn",), f"would warn no sooner than {name}_alarm alarms", "write less, or remove it")
            for warn, alarm, name in pairs
            if warn is not None and alarm is not None and warn >= alarm
        ]
        if faults:
            raise refusals(faults)
        return self


class Queue(WaitLimits):
    """What Asterisk does not tell of a queue. None: the site's; of how many wait in it at once: never."""

    id: TopicKey | None = None
    wrapup: Seconds | None = None
    threshold: Seconds | None = None
    goal: Share | None = None


class Source(Section):
    """Call tracking: the numbers dialled that tell where the client saw them."""

    name: Text
    dids: Dids


class Department(Section):
    """Queues, extensions and numbers of one team."""

    name: Text
    queues: tuple[Text, ...] = ()
    extensions: tuple[Text, ...] = ()
    dids: tuple[Text, ...] = ()
    missed_goal: Share | None = None


class Numbers(Section):
    """How numbers are read."""

    region: Region = "RU"
    area_code: AreaCode = ""
    strip_prefixes: tuple[DialledPrefix, ...] = ()


class Clients(Section):
    """The site's directory of clients, as a CSV file. Columns that are not named are known by what they are called."""

    file: FilePath
    number_columns: tuple[Text, ...] = ()
    name_columns: tuple[Text, ...] = ()
    responsible_columns: tuple[Text, ...] = ()
    """Of several the cells are joined, or, of numbers, all counted."""
    delimiter: Literal["auto", ";", ",", "tab"] = "auto"
    encoding: Literal["auto", "utf-8", "cp1251", "utf-16"] = "auto"


class ServiceLevel(Section):
    """What counts as answered in time."""

    threshold: Seconds = 20.0
    goal: Share = 0.8
    short_abandon: Seconds = 5.0


Rule = Literal["default", "miko", "bitrix24", "strict"]
ContactCall = Literal["outgoing", "incoming"]
# What a preset of the rule says (contract, section 3); a key that is set wins over its preset.
_BOTH = ("outgoing", "incoming")
PRESETS: dict[Rule, dict[str, Any]] = {
    "default": {"window": HOUR, "min_talk_out": 5.0, "min_talk_in": 0.0, "match": "number", "closed_by": _BOTH},
    "miko": {"window": HOUR, "min_talk_out": 0.0, "min_talk_in": 0.0, "match": "last9", "closed_by": _BOTH},
    "bitrix24": {"window": DAY, "min_talk_out": 0.0, "min_talk_in": 0.0, "match": "number", "closed_by": _BOTH[:1]},
    "strict": {"window": 0.0, "min_talk_out": 5.0, "min_talk_in": 0.0, "match": "number", "closed_by": _BOTH},
}


class FollowUp(Section):
    """When a missed call counts as truly missed."""

    rule: Rule = "default"
    window: Seconds = HOUR
    """In working time."""
    min_talk_out: Seconds = 5.0
    min_talk_in: Seconds = 0.0
    match: Literal["number", "last9"] = "number"
    """By which two numbers are one: the whole number as normalised, or its last nine digits."""
    closed_by: tuple[ContactCall, ...] = ("outgoing", "incoming")
    """Answered calls that end a case. What is recorded by hand always does."""
    list_for: Seconds = 7 * DAY
    ignore: tuple[Number, ...] = ()
    count: tuple[MissedResult, ...] = MISSED_RESULTS[:5]

    @model_validator(mode="before")
    @classmethod
    def _with_preset(cls, given: Any) -> Any:
        rule = given.get("rule", "default") if isinstance(given, dict) else None
        return {**PRESETS[rule], **given} if isinstance(rule, str) and rule in PRESETS else given

    @model_validator(mode="after")
    def _contradicts_nothing(self) -> "FollowUp":
        faults = list(self._contradictions())
        if faults:
            raise refusals(faults)
        return self

    def _contradictions(self) -> Iterator[Fault]:
        if self.rule == "strict" and self.window:
            yield Fault(("window",), 'the rule "strict" knows no window', "remove it, or choose another rule")
        if self.rule != "strict" and not self.window:
            yield Fault(("window",), "leaves no time for a call-back", 'write e.g. "60m", or rule = "strict"')
        if "outgoing" not in self.closed_by:
            message = "holds a call-back that was answered for none"
            yield Fault(("closed_by",), message, 'write ["outgoing"], or ["outgoing", "incoming"]')
        elif self.min_talk_in and "incoming" not in self.closed_by:
            message = "means nothing where the caller's own next call ends no case"
            yield Fault(("min_talk_in",), message, 'remove it, or add "incoming" to closed_by')
        if not self.count:
            yield Fault(
                ("count",), "leaves nothing that is missed", 'write e.g. ["abandoned", "no_answer"], or remove it'
            )


class Storage(Section):
    """Where calls are kept, and for how long."""

    path: FilePath = Path("/var/lib/ringtally/ringtally.db")
    keep: Retention = 400 * DAY
    durability: Literal["normal", "full"] = "normal"
    """`full` survives a power cut to the last transaction, for a disk flush each."""


class Mqtt(Section):
    """The broker to publish to."""

    host: Host = "127.0.0.1"
    port: Port = 1883
    username: OptionalText = ""
    password: Secret = SecretStr("")
    password_file: FilePath | None = None
    tls: bool = False
    ca_file: FilePath | None = None
    cert_file: FilePath | None = None
    """Our own certificate, for brokers that know their clients by one."""
    key_file: FilePath | None = None
    version: Literal["3.1.1", "5"] = "3.1.1"
    client_id: OptionalText = ""
    """Empty: made of prefix and site. The same each time, so that the broker knows who came back."""
    websocket: WebsocketAddress = ""
    """Where browsers reach the same broker; empty: nowhere, and the wallboard watches the daemon's own stream."""
    timeout: Patience = 3.0
    """For any one answer of the broker."""
    reconnect_max: Patience = 60.0
    prefix: TopicPrefix = "ringtally"
    numbers: Literal["masked", "full"] = "masked"
    accept_contacts: bool = False
    home_assistant: bool = False
    """Home Assistant shows us as a device; false takes back what an earlier run told it."""
    home_assistant_prefix: TopicPrefix = "homeassistant"
    """Where it looks for devices."""
    outbox_keep: Retention = 7 * DAY
    """How long finished calls wait for a broker that is away."""
    outbox_max: Count = 50_000
    """How many of them wait at most."""

    @property
    def is_loopback(self) -> bool:
        """Does the connection stay on this machine?"""
        return is_loopback(self.host)


class Http(Section):
    """What the daemon serves."""

    listen: Listen = "127.0.0.1:9796"
    """`host:port`; port 0: any free one."""
    web_config_file: FilePath | None = None
    """TLS and basic auth, in the exporter-toolkit's format."""
    hosts: tuple[Host, ...] = ()
    """Further names by which browsers may ask for it."""
    read_token: TokenHash = SecretStr("")
    """The hash of that of who sees numbers and names unmasked; empty: nobody."""
    read_token_file: FilePath | None = None
    write_token: TokenHash = SecretStr("")
    """Who shows it may record contacts, claims, dismissals and notes; empty: nobody."""
    write_token_file: FilePath | None = None

    @property
    def is_loopback(self) -> bool:
        """Can only this machine ask?"""
        return is_loopback(host_and_port(self.listen)[0])


class Wallboard(WaitLimits):
    """When the boards warn and alarm, and when they are silent. None: as it says, else never.

    How many wait is of the whole site; how long one does, of each queue without its own. `wait_alarm` None: the queue's `threshold`.
    """

    level_alarm: Share | None = None
    """The service level that alarms; below the goal it warns. None: 0.9 of the goal."""
    talk_limit: Seconds | None = None
    pause_limit: Seconds | None = None
    quiet: tuple[DaySpan, ...] = ()
    """When no alarm sounds, by the site's clock."""


class Callback(Section):
    """How the call-back page has numbers dialled."""

    dial_as: Literal["e164", "digits", "national"] = "e164"
    """`+79001112233`, `79001112233`, or as within `numbers.region`: `89001112233`."""
    dial_prefix: DialledPrefix | None = None
    """What is dialled for an outside line; a plus gives way to it. None: nothing."""


class Log(Section):
    """What the daemon says on stderr."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["console", "json"] = "console"


class Settings(BaseSettings):
    """All settings. `Settings()` is what an empty file says, whatever the environment: `load_settings` reads that."""

    model_config = SettingsConfigDict(
        extra="forbid",
        frozen=True,
        validate_default=False,
        hide_input_in_errors=True,
        env_prefix="RINGTALLY_",
        env_nested_delimiter="__",
    )

    site: Site = Site()
    ami: Ami = Ami()
    trunks: tuple[Trunk, ...] = ()
    queues: dict[Text, Queue] = {}
    sources: tuple[Source, ...] = ()
    departments: tuple[Department, ...] = ()
    numbers: Numbers = Numbers()
    clients: Clients | None = None
    """None: no client has a name."""
    service_level: ServiceLevel = ServiceLevel()
    working_hours: Annotated[WorkingHours, BeforeValidator(working_hours_of)] | None = None
    """None: always open."""
    follow_up: FollowUp = FollowUp()
    storage: Storage = Storage()
    mqtt: Mqtt | None = None
    """None: nothing is published."""
    http: Http = Http()
    wallboard: Wallboard = Wallboard()
    callback: Callback = Callback()
    log: Log = Log()

    @property
    def zone(self) -> ZoneInfo:
        """The site's time zone: of the settings, else the system's, else UTC."""
        return ZoneInfo(self.site.timezone or system_zone().name)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        *others: PydanticBaseSettingsSource,
        **more: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Nothing but what is given: the loader lays file, credentials and environment over each other itself."""
        del settings_cls, others, more
        return (init_settings,)

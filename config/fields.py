"""The kinds of values that settings have, each with what makes it right and how to mend it."""

import ipaddress
import re
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, SecretStr

from config.problems import closest, did_you_mean, quoted
from config.refusal import refusal

_LONGEST = 200
_PORT_MAX = 65_535
_COUNT_MAX = 10_000_000
_KEY_LONGEST = 63
# So that "Europe" and "+03:00" do not remind of a city.
_CITY_LIKENESS = 0.75
_KEY = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_HOST_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_TOPIC_PREFIX = re.compile(r"[A-Za-z0-9_-]+(?:/[A-Za-z0-9_-]+)*")
_AREA_CODE = re.compile(r"[0-9]{1,8}")
_DIALLED = re.compile(r"[0-9*#]{1,8}")
_DAY_SPAN = re.compile(r"((?:[01][0-9]|2[0-3]):[0-5][0-9])-((?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00)")
_NUMBER = re.compile(r"\+?[0-9 ().-]+")
# Whoever shows fewer digits has no case (contract, section 3).
_USABLE_DIGITS = 5


def is_loopback(host: str) -> bool:
    """Does a connection to this host stay on this machine? Names other than `localhost` count as elsewhere."""
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host.lower() in {"localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback"}


def host_and_port(text: str) -> tuple[str, int]:
    """The parts of `host:port` or `[::1]:9796`, the host without brackets. ValueError says what is wrong."""
    host, colon, port = text.rpartition(":")
    if not colon or not re.fullmatch(r"[0-9]{1,5}", port):
        raise ValueError("names no port")
    if int(port) > _PORT_MAX:
        raise ValueError("has a port above 65535")
    bracketed = host.startswith("[") and host.endswith("]")
    if not host:
        raise ValueError("names no host")
    if ":" in host and not bracketed:
        raise ValueError("has an IPv6 address without brackets")
    return _checked_host(host[1:-1] if bracketed else host), int(port)


def _shown_host(value: str) -> str:
    """What stands before an @ was meant as a name and its password."""
    before, at, host = value.rpartition("@")
    return quoted(f"…@{host}" if before and at else value)


def _checked_host(host: str) -> str:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        # Digits and dots alone are an address gone wrong, never a name (RFC 1123, section 2.1).
        if not _HOST_NAME.fullmatch(host) or re.fullmatch(r"[0-9.]+", host):
            raise ValueError("is neither a host name nor an IP address") from None
    return host


def _text(value: str) -> str:
    if not value or value != value.strip():
        raise refusal(f"{quoted(value)} is empty or has spaces around it", "write the text alone")
    if not value.isprintable() or len(value) > _LONGEST:
        raise refusal(f"{quoted(value)} has control characters or is too long", f"write up to {_LONGEST} letters")
    return value


def _optional_text(value: str) -> str:
    return _text(value) if value else value


def _secret(value: SecretStr) -> SecretStr:
    # A line end within would begin a header of its own in an AMI login.
    if not value.get_secret_value().isprintable():
        raise refusal("has a line end or a control character in it", "write it on one line")
    return value


def _filled(value: tuple[str, ...]) -> tuple[str, ...]:
    if not value:
        raise refusal("is empty", 'write at least one, e.g. ["one"]')
    return value


def _port(value: int) -> int:
    if not 1 <= value <= _PORT_MAX:
        raise refusal(f"{value} is no port", "write a number from 1 to 65535")
    return value


def _count(value: int) -> int:
    if not 1 <= value <= _COUNT_MAX:
        raise refusal(f"{value} is no number to keep", f"write a number from 1 to {_COUNT_MAX}")
    return value


def _share(value: float) -> float:
    if not 0 <= value <= 1:
        raise refusal(f"{value:g} is no share", "write a number from 0 to 1, e.g. 0.8 for 80 %")
    return value


def _host(value: str) -> str:
    try:
        return _checked_host(value)
    except ValueError as error:
        cure = 'write e.g. "127.0.0.1", "::1" or "pbx.example.com"; the port has a key of its own'
        raise refusal(f"{_shown_host(value)} {error}", cure) from None


def _listen(value: str) -> str:
    try:
        host_and_port(value)
    except ValueError as error:
        cure = 'write host:port, e.g. "127.0.0.1:9796", "[::1]:9796" or, for every address, "0.0.0.0:9796"'
        raise refusal(f"{_shown_host(value)} {error}", cure) from None
    return value


def _zone(name: str) -> str:
    try:
        ZoneInfo(name or "UTC")
    except (ValueError, OSError, KeyError):  # not found; not a zone's name; a folder of zones such as "Europe"
        cities = {zone.rpartition("/")[2]: zone for zone in sorted(available_timezones(), reverse=True)}
        city = closest(name.rpartition("/")[2], cities, _CITY_LIKENESS)
        cure = f'did you mean "{cities[city]}"?' if city is not None else 'write e.g. "Europe/Moscow"'
        raise refusal(f"{quoted(name)} is no time zone", cure) from None
    return name


def _region(name: str) -> str:
    import phonenumbers  # noqa: PLC0415 - 30 ms that only this costs

    if name not in phonenumbers.SUPPORTED_REGIONS:
        otherwise = 'write the two capital letters of a country, e.g. "RU"'
        cure = did_you_mean(name, phonenumbers.SUPPORTED_REGIONS, otherwise) if len(name) <= 3 else otherwise  # noqa: PLR2004 - about as long as a region
        raise refusal(f"{quoted(name)} is no region", cure)
    return name


def _key(value: str) -> str:
    if len(value) > _KEY_LONGEST or not _KEY.fullmatch(value):
        cure = f'write up to {_KEY_LONGEST} of a-z, 0-9 and "-" (not at the ends), e.g. "head-office"'
        raise refusal(f"{quoted(value)} cannot be a topic level", cure)
    return value


def _topic_prefix(value: str) -> str:
    if len(value) > _LONGEST or not _TOPIC_PREFIX.fullmatch(value):
        cure = 'write letters, digits, "_" and "-", levels parted by "/", e.g. "ringtally" or "pbx/calls"'
        raise refusal(f"{quoted(value)} cannot begin a topic", cure)
    return value


def _channels(value: str) -> str:
    if "/" not in _text(value):
        cure = (
            f'write how its channels begin, e.g. "PJSIP/{value}-*"'
            if value.isalnum()
            else 'write e.g. "PJSIP/megafon-*"'
        )
        raise refusal(f"{quoted(value)} matches no channel", cure)
    return value


def _area_code(value: str) -> str:
    if value and not _AREA_CODE.fullmatch(value):
        raise refusal(f"{quoted(value)} is no area code", 'write its digits, e.g. "495"')
    return value


def _dialled(value: str) -> str:
    if not _DIALLED.fullmatch(value):
        raise refusal(f"{quoted(value)} cannot be dialled", 'write the digits dialled for an outside line, e.g. "9"')
    return value


def _number(value: str) -> str:
    if not _NUMBER.fullmatch(_text(value)) or sum(map(str.isdigit, value)) < _USABLE_DIGITS:
        cure = f'write at least {_USABLE_DIGITS} digits, in any spelling, e.g. "+7 900 111-22-33"'
        raise refusal(f"{quoted(value)} is no number that could be called back", cure)
    return value


def _day_span(value: str) -> str:
    match = _DAY_SPAN.fullmatch(value)
    if match is None or match[1] == match[2]:
        raise refusal(f"{quoted(value)} is no span of hours", 'write e.g. "20:00-08:00"; all day is "00:00-24:00"')
    return value


def _path(value: object) -> object:
    if isinstance(value, str) and (not value.strip() or "\0" in value):
        raise refusal("is no path", 'write the path of a file, e.g. "/etc/ringtally/ami.secret"')
    return value


Text = Annotated[str, AfterValidator(_text)]
OptionalText = Annotated[str, AfterValidator(_optional_text)]
Secret = Annotated[SecretStr, AfterValidator(_secret)]
Port = Annotated[int, AfterValidator(_port)]
Count = Annotated[int, AfterValidator(_count)]
Share = Annotated[float, AfterValidator(_share)]
Host = Annotated[str, AfterValidator(_host)]
Listen = Annotated[str, AfterValidator(_listen)]
Zone = Annotated[str, AfterValidator(_zone)]
Region = Annotated[str, AfterValidator(_region)]
TopicKey = Annotated[str, AfterValidator(_key)]
TopicPrefix = Annotated[str, AfterValidator(_topic_prefix)]
Channels = Annotated[tuple[Annotated[str, AfterValidator(_channels)], ...], AfterValidator(_filled)]
Dids = Annotated[tuple[Text, ...], AfterValidator(_filled)]
AreaCode = Annotated[str, AfterValidator(_area_code)]
Number = Annotated[str, AfterValidator(_number)]
DialledPrefix = Annotated[str, AfterValidator(_dialled)]
DaySpan = Annotated[str, AfterValidator(_day_span)]
"""`20:00-08:00`, over midnight too; two digits each, the end not meant any more."""
FilePath = Annotated[Path, BeforeValidator(_path)]

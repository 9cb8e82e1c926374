"""What works but deserves a second look: secrets and numbers that cross a network in the clear, and the like."""

from collections.abc import Iterator

from pydantic import SecretStr

from config.fields import is_loopback
from config.problems import Fault
from config.sections import Ami, Http, Mqtt, Settings
from config.web_config import WebConfig
from config.websocket_address import leads_home
from config.yet_to_come import without_effect


def cautions(settings: Settings, web: WebConfig | None = None) -> Iterator[Fault]:
    """What an administrator should know of these settings, which can be used all the same; `web`: their web config file."""
    yield from _ami_cautions(settings.ami)
    for place, trunk in enumerate(settings.trunks):
        for index, channels in enumerate(trunk.channels):
            if not set(channels) & set("*?["):
                message = f'"{channels}" has no "*" and matches one channel, never a trunk\'s calls'
                yield Fault(("trunks", place, "channels", index), message, f'write "{channels}-*"')
    if settings.mqtt is not None:
        yield from _mqtt_cautions(settings.mqtt)
        if leads_home(settings.mqtt.websocket) and not settings.http.is_loopback:
            message = "leads browsers on other machines to themselves, and the wallboard finds no broker there"
            yield Fault(("mqtt", "websocket"), message, "name the broker as those machines know it")
    yield from _http_cautions(settings.http, web)
    yield from without_effect(settings)


def _ami_cautions(ami: Ami) -> Iterator[Fault]:
    if not _is_set(ami.secret):
        yield Fault(("ami", "secret"), "is not set, so the PBX will refuse the login", "set ami.secret_file")
    if ami.ca_file is not None and not ami.tls:
        yield Fault(("ami", "ca_file"), "means nothing without TLS", "set ami.tls = true")
    if not ami.crosses_in_clear:
        return
    if ami.auth == "plain":
        message = "sends the secret over the network in the clear"
        yield Fault(("ami", "auth"), message, 'set ami.tls = true, or leave it at "auto"')
    message = f"{ami.host} is another machine and ami.tls is off: numbers and names cross the network in the clear"
    yield Fault(("ami", "host"), message, "set ami.tls = true, or lead it through a tunnel")


def _mqtt_cautions(mqtt: Mqtt) -> Iterator[Fault]:
    for name in ("ca_file", "cert_file"):
        if getattr(mqtt, name) is not None and not mqtt.tls:
            yield Fault(("mqtt", name), "means nothing without TLS", "set mqtt.tls = true")
    if mqtt.websocket and mqtt.numbers == "full":
        message = "shows full numbers and names to whoever reaches mqtt.websocket: boards need no password there"
        yield Fault(("mqtt", "numbers"), message, 'leave it at "masked", or let only those who may see them reach it')
    if mqtt.tls or is_loopback(mqtt.host):
        return
    if _is_set(mqtt.password):
        yield Fault(("mqtt", "password"), "crosses the network in the clear", "set mqtt.tls = true")
    if mqtt.numbers == "full":
        yield Fault(("mqtt", "numbers"), "lets numbers cross the network in the clear", "set mqtt.tls = true")


def _http_cautions(http: Http, web: WebConfig | None) -> Iterator[Fault]:
    if http.is_loopback or (web is not None and web.tls is not None):
        return
    if http.web_config_file is not None and web is None:
        return  # not looked at, for its secrets
    if _is_set(http.read_token) or _is_set(http.write_token):
        message = "is open to the network without TLS: tokens, numbers and names can be read on the way"
        yield Fault(
            ("http", "listen"), message, "set http.web_config_file, or listen on 127.0.0.1 behind a proxy with TLS"
        )


def _is_set(secret: SecretStr) -> bool:
    return bool(secret.get_secret_value())

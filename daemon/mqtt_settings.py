"""Settings in the publisher's words: which broker, as whom, below which topic."""

import ssl
from pathlib import Path

from config.files import UnreadableError
from config.sections import Mqtt, Settings
from config.web_tls import load_identity
from daemon.mqtt_link import Broker
from daemon.sinks.mqtt import BRIDGE_STATE, OFFLINE, Publishing


def tls_context(ca_file: Path | None, key: str) -> ssl.SSLContext:
    """Who may have signed the other side's certificate: those of a file, or the system's authorities.

    OSError where the file cannot be used; `key` is the setting that names it.
    """
    try:
        return ssl.create_default_context(cafile=ca_file or None)
    except ssl.SSLError:
        raise OSError(f"{ca_file} holds no certificate in PEM; correct {key}") from None


def _tls_of(mqtt: Mqtt) -> ssl.SSLContext:
    context = tls_context(mqtt.ca_file, "mqtt.ca_file")
    if mqtt.cert_file is not None and mqtt.key_file is not None:
        try:
            load_identity(context, mqtt.cert_file, mqtt.key_file)
        except UnreadableError as error:
            raise OSError(f"mqtt.cert_file: {error}; {error.cure}") from None
    return context


def publishing_of(mqtt: Mqtt, settings: Settings) -> Publishing:
    """Where to publish. OSError where `ca_file`, `cert_file` or `key_file` cannot be used."""
    site = settings.site.name
    root = f"{mqtt.prefix}/{site}/"
    own_name = f"{mqtt.prefix.replace('/', '-')}-{site}"
    home_assistant = mqtt.home_assistant_prefix if mqtt.home_assistant else None
    broker = Broker(
        host=mqtt.host,
        port=mqtt.port,
        client_id=mqtt.client_id or own_name,
        will=(root + BRIDGE_STATE, OFFLINE),
        username=mqtt.username,
        password=mqtt.password.get_secret_value(),
        tls=_tls_of(mqtt) if mqtt.tls else None,
        version=mqtt.version,
        timeout_s=mqtt.timeout,
    )
    return Publishing(broker, root, mqtt.numbers == "full", mqtt.reconnect_max, own_name, home_assistant)

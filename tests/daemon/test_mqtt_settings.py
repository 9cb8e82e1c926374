"""From the settings to the broker."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from config.sections import Mqtt, Settings, Site
from daemon.mqtt_settings import publishing_of
from tests.daemon.certificates import lock_key, make_certificates, make_client_certificate


def test_the_root_the_will_and_the_name_are_made_of_prefix_and_site() -> None:
    to = publishing_of(Mqtt(prefix="pbx/calls"), Settings(site=Site(name="head-office")))
    assert to.root == "pbx/calls/head-office/"
    assert to.broker.will == ("pbx/calls/head-office/bridge/state", b"offline")
    assert to.broker.client_id == "pbx-calls-head-office"
    assert (to.broker.tls, to.broker.username, to.full) == (None, "", False)
    assert (to.device_id, to.home_assistant) == ("pbx-calls-head-office", None)


def test_home_assistant_is_told_below_its_prefix_where_it_is_to_know_of_us() -> None:
    assert publishing_of(Mqtt(home_assistant=True), Settings()).home_assistant == "homeassistant"
    named = publishing_of(Mqtt(home_assistant=True, home_assistant_prefix="ha", client_id="board"), Settings())
    assert (named.home_assistant, named.device_id.startswith("ringtally-")) == ("ha", True)


def test_what_is_set_is_used(tmp_path: Path) -> None:
    authority = make_certificates(tmp_path, "DNS:broker").authority
    mqtt = Mqtt(
        host="broker", port=8883, username="us", password=SecretStr("hidden"), tls=True, ca_file=authority, version="5",
        client_id="board", timeout=1.5, reconnect_max=9.0, numbers="full",
    )  # fmt: skip
    to = publishing_of(mqtt, Settings())
    broker = to.broker
    assert (broker.host, broker.port, broker.username, broker.password) == ("broker", 8883, "us", "hidden")
    assert (broker.client_id, broker.version, broker.timeout_s, to.reconnect_most_s) == ("board", "5", 1.5, 9.0)
    assert to.full
    assert broker.tls is not None
    assert broker.tls.check_hostname


def test_a_file_without_a_certificate_is_told(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    with pytest.raises(OSError, match=r"ca\.pem holds no certificate in PEM; correct mqtt\.ca_file"):
        publishing_of(Mqtt(tls=True, ca_file=tmp_path / "ca.pem"), Settings())


def test_a_certificate_of_ours_is_loaded_with_its_key_or_told_why_not(tmp_path: Path) -> None:
    make_certificates(tmp_path, "DNS:broker")
    ours = make_client_certificate(tmp_path, "DNS:us")
    to = publishing_of(Mqtt(tls=True, cert_file=ours, key_file=ours), Settings())
    assert to.broker.tls is not None
    with pytest.raises(OSError, match=r"mqtt\.cert_file: the key .*client\.locked is locked with a password; store it"):
        publishing_of(Mqtt(tls=True, cert_file=ours, key_file=lock_key(ours)), Settings())

"""Getting in: passwords, certificates, and a broker that does not want us."""

from pathlib import Path

import aiomqtt
import pytest

from tests.daemon.certificates import Certificates, make_certificates, make_client_certificate
from tests.daemon.fake_asterisk import FakeAsterisk
from tests.mqtt import broker as brokers
from tests.mqtt.broker import mosquitto, shipped
from tests.mqtt.listener import ROOT, listening
from tests.mqtt.service import LITTLE_PATIENCE, ids, mqtt, publishing, short_calls

RIGHT, WRONG = "no-one-must-see-this", "nor-that"


def passwords(folder: Path) -> str:
    return f"allow_anonymous false\npassword_file {brokers.passwords(folder, RIGHT)}\n"


@pytest.mark.parametrize("version", ["3.1.1", "5"])
async def test_a_password_lets_in(tmp_path: Path, version: str) -> None:
    (tmp_path / "secret").write_text(f"{RIGHT}\n")
    (tmp_path / "secret").chmod(0o600)
    section = f'username = "ringtally"\npassword_file = "{tmp_path / "secret"}"\nversion = "{version}"\n'
    async with (
        FakeAsterisk(steady=True) as pbx,
        mosquitto(tmp_path, passwords(tmp_path)) as broker,
        listening(broker.port, username="ringtally", password=RIGHT) as listener,
        publishing(tmp_path, pbx, mqtt(broker.port, section)) as daemon,
    ):
        await listener.hears("bridge/state", b"online")
        await daemon.until("/metrics", "ringtally_mqtt_connected 1.0")
        assert RIGHT not in "".join(daemon.lines)


@pytest.mark.parametrize("version", ["3.1.1", "5"])
async def test_a_refused_password_is_told_once_and_tried_slowly(tmp_path: Path, version: str) -> None:
    section = f'username = "ringtally"\npassword = "{WRONG}"\nversion = "{version}"\n'
    async with (
        FakeAsterisk(steady=True) as pbx,
        mosquitto(tmp_path, passwords(tmp_path)) as broker,
        publishing(tmp_path, pbx, mqtt(broker.port, section)) as daemon,
    ):
        told = await daemon.told("mqtt_refused")
        assert "check mqtt.username" in told["cure"]
        short_calls(pbx, ids(0, 3))
        await daemon.until("/metrics", "ringtally_mqtt_outbox_messages 3.0")
        await daemon.until("/metrics", "ringtally_mqtt_connected 0.0")
        await broker.until("disconnected, not authorised.", 2)
        assert len(daemon.events("mqtt_refused")) == 1
        assert not daemon.events("mqtt_unreachable")
        assert WRONG not in "".join(daemon.lines)


async def test_tls_with_an_authority_of_our_own(tmp_path: Path) -> None:
    certificates = make_certificates(tmp_path, "IP:127.0.0.1,DNS:localhost")
    tls = f"allow_anonymous true\ncertfile {certificates.server}\nkeyfile {certificates.server}\n"
    section = f'host = "localhost"\ntls = true\nca_file = "{certificates.authority}"\n'
    async with FakeAsterisk(steady=True) as pbx, mosquitto(tmp_path, tls) as broker:
        async with publishing(tmp_path, pbx, mqtt(broker.port, section)) as daemon:
            await daemon.until("/metrics", "ringtally_mqtt_connected 1.0")
            short_calls(pbx, ids(0, 50))
            await broker.until("Received PUBLISH from ringtally-office (d0, q1, r0, ", 100)
            await daemon.until("/metrics", "ringtally_mqtt_outbox_messages 0.0")
            assert await daemon.stop() == 0
        await broker.until("Client ringtally-office disconnected.")


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        ("127.0.0.1", "unable to get local issuer certificate"),
        ("localhost", "Hostname mismatch, certificate is not valid for 'localhost'."),
    ],
)
async def test_a_certificate_that_proves_nothing_is_told_once(tmp_path: Path, host: str, reason: str) -> None:
    """Signed by another authority; or by the right one, for another name."""
    (tmp_path / "ours").mkdir()
    (tmp_path / "theirs").mkdir()
    ours, theirs = (
        make_certificates(tmp_path / "ours", "DNS:elsewhere"),
        make_certificates(tmp_path / "theirs", "IP:127.0.0.1"),
    )
    server = theirs.server if host == "127.0.0.1" else ours.server
    tls = f"allow_anonymous true\ncertfile {server}\nkeyfile {server}\n"
    section = f'host = "{host}"\ntls = true\nca_file = "{ours.authority}"\n'
    async with (
        FakeAsterisk(steady=True) as pbx,
        mosquitto(tmp_path, tls) as broker,
        publishing(tmp_path, pbx, mqtt(broker.port, section)) as daemon,
    ):
        told = await daemon.told("mqtt_unreachable")
        assert "check mqtt.tls, mqtt.ca_file and mqtt.host" in told["cure"]
        assert told["reason"] == reason
        await broker.until("OpenSSL Error", 4)
        assert len(daemon.events("mqtt_unreachable")) == 1
        assert "as ringtally-office" not in broker.journal


def with_certificates(certificates: Certificates, clients: Certificates) -> str:
    """A broker that knows its clients by their certificates."""
    return (
        f"allow_anonymous true\ncertfile {certificates.server}\nkeyfile {certificates.server}\n"
        f"cafile {clients.authority}\nrequire_certificate true\n"
    )


@pytest.mark.parametrize("version", ["3.1.1", "5"])
async def test_a_certificate_of_our_own_lets_in_where_the_broker_asks_for_one(tmp_path: Path, version: str) -> None:
    certificates = make_certificates(tmp_path, "IP:127.0.0.1")
    ours = make_client_certificate(tmp_path, "DNS:ringtally")
    section = (
        f'tls = true\nca_file = "{certificates.authority}"\ncert_file = "{ours}"\nkey_file = "{ours}"\n'
        f'version = "{version}"\n'
    )
    async with (
        FakeAsterisk(steady=True) as pbx,
        mosquitto(tmp_path, with_certificates(certificates, certificates)) as broker,
        publishing(tmp_path, pbx, mqtt(broker.port, section)) as daemon,
    ):
        await daemon.until("/metrics", "ringtally_mqtt_connected 1.0")
        short_calls(pbx, ids(0, 3))
        await broker.until("Received PUBLISH from ringtally-office (d0, q1, r0, ", 6)


@pytest.mark.parametrize("shown", ["none", "a stranger's"])
async def test_without_the_certificate_that_the_broker_asks_for_it_is_told_once_what_to_do(
    tmp_path: Path, shown: str
) -> None:
    (tmp_path / "theirs").mkdir()
    certificates = make_certificates(tmp_path, "IP:127.0.0.1")
    make_certificates(tmp_path / "theirs", "DNS:x")
    stranger = make_client_certificate(tmp_path / "theirs", "DNS:ringtally")
    section = f'tls = true\nca_file = "{certificates.authority}"\n'
    if shown != "none":
        section += f'cert_file = "{stranger}"\nkey_file = "{stranger}"\n'
    wants = with_certificates(certificates, certificates)
    async with (
        FakeAsterisk(steady=True) as pbx,
        mosquitto(tmp_path, wants) as broker,
        publishing(tmp_path, pbx, mqtt(broker.port, section, LITTLE_PATIENCE)) as daemon,
    ):
        told = await daemon.told("mqtt_unreachable")
        assert "check mqtt.cert_file and mqtt.key_file" in told["cure"]
        assert told["reason"] == "the broker ended the connection before it answered"
        await broker.until("OpenSSL Error", 2)
        assert len(daemon.events("mqtt_unreachable")) == 1
        assert "as ringtally-office" not in broker.journal


async def test_with_the_brokers_settings_that_we_ship_boards_may_read_and_only_we_write(tmp_path: Path) -> None:
    section = f'username = "ringtally"\npassword = "{RIGHT}"\nhome_assistant = true\n'
    async with (
        FakeAsterisk(steady=True) as pbx,
        mosquitto(tmp_path, shipped(tmp_path, RIGHT)) as broker,
        listening(broker.websocket_port, transport="websockets") as board,
        publishing(tmp_path, pbx, mqtt(broker.port, section)),
    ):
        await board.hears("bridge/state", b"online")
        async with aiomqtt.Client("127.0.0.1", broker.websocket_port, transport="websockets") as stranger:
            await stranger.publish(f"{ROOT}bridge/state", b"forged", qos=1, retain=True)
        # What a directory tells us of a number in full is not for everybody's eyes either.
        async with aiomqtt.Client("127.0.0.1", broker.port, username="ringtally", password=RIGHT) as directory:
            await directory.publish(f"{ROOT}contact/in", b'{"number": "+79001112233", "by": "CRM"}', qos=1)
        short_calls(pbx, ids(0, 1))
        await board.until(lambda: board.ended)
        assert not board.of("contact/in")
        assert [each.payload for each in board.of("bridge/state")] == [b"online"]
        config = "homeassistant/device/ringtally-office/config"
        async with aiomqtt.Client("127.0.0.1", broker.port, username="ringtally", password=RIGHT) as other:
            await other.subscribe(config, qos=1)
            assert (await anext(other.messages)).retain, "Home Assistant's device is allowed too"


async def test_with_the_brokers_settings_that_we_ship_nobody_enters_the_first_door_without_password(
    tmp_path: Path,
) -> None:
    async with mosquitto(tmp_path, shipped(tmp_path, RIGHT)) as broker:
        with pytest.raises(aiomqtt.MqttCodeError, match="Not authorized"):
            async with aiomqtt.Client("127.0.0.1", broker.port):
                pass


def limited(folder: Path, rights: str) -> str:
    (folder / "acl").write_text(f"topic {rights} ringtally/#\n")
    (folder / "acl").chmod(0o600)
    return f"allow_anonymous true\nacl_file {folder / 'acl'}\n"


@pytest.mark.parametrize(
    ("rights", "version", "reason"),
    [
        ("read", "3.1.1", "what we publish does not come back"),
        ("write", "3.1.1", "what we publish does not come back"),
        ("read", "5", "Not authorized to publish"),
        ("write", "5", "what we publish does not come back"),
    ],
)
async def test_a_broker_that_lets_in_and_lets_nothing_be_written_or_read_is_told_as_refusing(
    tmp_path: Path, rights: str, version: str, reason: str
) -> None:
    """In 3.1.1 a broker has no word for it: mosquitto acknowledges what it throws away."""
    async with (
        FakeAsterisk(steady=True) as pbx,
        mosquitto(tmp_path, limited(tmp_path, rights)) as broker,
        publishing(tmp_path, pbx, mqtt(broker.port, f'version = "{version}"\n', LITTLE_PATIENCE)) as daemon,
    ):
        short_calls(pbx, ids(0, 2))
        told = await daemon.told("mqtt_refused")
        assert told["reason"] == reason
        assert "ACL" in told["cure"]
        assert "readwrite on all that is below mqtt.prefix" in told["cure"]
        await daemon.until("/metrics", "ringtally_mqtt_outbox_messages 2.0")
        await daemon.until("/metrics", "ringtally_mqtt_connected 0.0")
        await broker.until("Client ringtally-office closed its connection", 2)
        assert len(daemon.events("mqtt_refused")) == 1
        assert not daemon.events("mqtt_connected")
        assert "ringtally/office/event/call" not in broker.journal

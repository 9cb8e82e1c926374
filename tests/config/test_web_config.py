"""Web config files: what is understood, and what is told of those that cannot be used."""

import re
from pathlib import Path

import pytest

from config.loader import ConfigError, load_settings
from config.web_check import checked_web_config, web_warnings
from config.web_config import WebConfig, read_web_config
from config.web_hashes import bcrypt_cost
from tests.daemon.certificates import lock_key, make_certificates

HASH = "$2y$10$X0h1gDsPszWURQaxFh.zoubFi6DXncSjhoQNJgRrnGs7EsimhC7zG"
SETTINGS_MD = Path(__file__).parents[2] / "docs/settings.md"


def written(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "web.yml"
    path.write_text(text)
    path.chmod(mode)
    return path


def problems(folder: Path, text: str) -> list[str]:
    path = written(folder, text)
    with pytest.raises(ConfigError) as caught:
        checked_web_config(path)
    return [str(problem).removeprefix(f"{path}: ") for problem in caught.value.problems]


def test_an_empty_file_asks_for_nothing(tmp_path: Path) -> None:
    assert read_web_config(written(tmp_path, "# later\n")) == WebConfig()


def test_the_example_of_the_documentation_can_be_used(tmp_path: Path) -> None:
    blocks: list[str] = re.findall(r"```yaml\n(.*?)```", SETTINGS_MD.read_text(), re.DOTALL)
    (example,) = [block for block in blocks if "tls_server_config" in block]
    certificates = make_certificates(tmp_path, "DNS:localhost")
    for name in ("web.pem", "web.key"):
        (tmp_path / name).write_bytes(certificates.server.read_bytes())
        (tmp_path / name).chmod(0o600)
    web = checked_web_config(written(tmp_path, example))
    assert sorted(web.users) == ["anna", "prometheus"]
    assert list(web_warnings(tmp_path / "web.yml", web)) == []


def test_every_key_of_the_format_is_understood(tmp_path: Path) -> None:
    certificates = make_certificates(tmp_path, "DNS:localhost")
    web = checked_web_config(
        written(
            tmp_path,
            f"""
tls_server_config:
  cert_file: server.pem
  key_file: {certificates.server}
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: {certificates.authority.name}
  client_allowed_sans: [board.example.com]
  min_version: TLS12
  max_version: TLS12
  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TLS_AES_128_GCM_SHA256]
  prefer_server_cipher_suites: false
  curve_preferences: [X25519]
http_server_config:
  http2: false
  headers:
    Strict-Transport-Security: max-age=31536000
    X-Frame-Options: deny
    X-XSS-Protection: ""
basic_auth_users:
  anna: {HASH}
rate_limit:
  interval: 100ms
  burst: 20
""",
        )
    )
    assert web.tls is not None
    assert web.tls.files == (tmp_path / "server.pem", certificates.server, certificates.authority)
    assert web.tls.ciphers == ("ECDHE-ECDSA-AES128-GCM-SHA256",)
    assert (web.interval_s, web.burst, web.users) == (0.1, 20, {"anna": HASH})
    assert web.headers == {"Strict-Transport-Security": "max-age=31536000", "X-Frame-Options": "deny"}


def test_certificates_can_stand_in_the_file_itself(tmp_path: Path) -> None:
    certificates = make_certificates(tmp_path, "DNS:localhost")

    def block(path: Path) -> str:
        return "|\n" + "".join(f"    {line}\n" for line in path.read_text().splitlines())

    server, authority = block(certificates.server), block(certificates.authority)
    text = f"tls_server_config:\n  cert: {server}  key: {server}  client_ca: {authority}"
    assert checked_web_config(written(tmp_path, text + "  client_auth_type: VerifyClientCertIfGiven\n")).tls is not None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("tls_server_confg: {}", ['tls_server_confg: unknown key; did you mean "tls_server_config"?']),
        ("- a", ["is no table; write its keys below it, moved in by two spaces"]),
        ("basic_auth_users: hush", ["basic_auth_users: is no table; write its keys below it, moved in by two spaces"]),
        ("basic_auth_users:\n  anna: hush", ["basic_auth_users.anna: is no bcrypt hash; ringtally hash-password prints one"]),
        (
            f"basic_auth_users:\n  anna: {HASH.replace('$10$', '$32$')}",
            ["basic_auth_users.anna: has a cost of 32, which bcrypt does not know; ringtally hash-password prints one"],
        ),
        (
            f"basic_auth_users:\n  12: {HASH}\n  'a:b': {HASH}",
            [
                "basic_auth_users.12: cannot be a user's name; write a text without colon, in quotes if it is a number",
                "basic_auth_users.a:b: cannot be a user's name; write a text without colon, in quotes if it is a number",
            ],
        ),
        (f"basic_auth_users:\n  a: {HASH}\n  a: {HASH}", ["line 3, column 3: a is there twice; see docs/settings.md for an example"]),
        ("basic_auth_users: {hush: [", ["line 1, column 27: is no YAML; see docs/settings.md for an example"]),
        ("!!python/object/apply:os.system [hush]", None),
        *((each, ["is no YAML; see docs/settings.md for an example"]) for each in ("- !!timestamp hush", "!!bool hush", '!!int ""')),
        (
            "tls_server_config:\n  min_version: TLS12",
            ["tls_server_config: has neither certificate nor key; set cert_file and key_file"],
        ),
        (
            "tls_server_config:\n  cert_file: none.pem",
            [
                "tls_server_config.cert_file: {folder}/none.pem: there is no such file; make it, or correct the path",
                "tls_server_config.key_file: is missing; add it",
            ],
        ),
        (
            "tls_server_config: {cert: a, key: hush, min_version: TLS10, client_auth_type: RequireAnyClientCert}",
            [
                'tls_server_config.client_auth_type: "RequireAnyClientCert" is not safe; write one of NoClientCert, '
                "VerifyClientCertIfGiven, RequireAndVerifyClientCert",
                'tls_server_config.min_version: "TLS10" is not safe; write one of TLS12, TLS13',
            ],
        ),
        (
            "tls_server_config: {cert: a, key: hush, min_version: TLS13, max_version: TLS12}",
            ["tls_server_config.max_version: is lower than min_version; leave it out"],
        ),
        (
            "tls_server_config: {cert: a, key: hush, client_auth_type: RequireAndVerifyClientCert}",
            ["tls_server_config.client_ca_file: is missing; name who signs the certificates of clients"],
        ),
        (
            "tls_server_config: {cert: a, key: hush, client_ca: c}",
            [
                "tls_server_config.client_auth_type: is NoClientCert, and yet client_ca_file is set; "
                "write RequireAndVerifyClientCert"
            ],
        ),
        (
            "tls_server_config: {cert: a, key: hush, cipher_suites: [TLS_RSA_WITH_RC4_128_SHA]}",
            None,
        ),
        (
            "tls_server_config: {cert: a, key: hush, curve_preferences: [X25519, CurveP256]}",
            ["tls_server_config.curve_preferences: has more than one curve, which cannot be set; leave one, or none"],
        ),
        (
            "tls_server_config: {cert: hush, key: hush}",
            None,
        ),
        (
            "http_server_config: {headers: {X-Frame-Options: DENY, Server: a}}",
            None,
        ),
        ('http_server_config: {headers: {X-XSS-Protection: "1\\r\\nSet-Cookie: a"}}', ["http_server_config.headers.X-XSS-Protection: has a line end or a control character in it; write it on one line"]),
        (
            "rate_limit: {interval: soon, burst: some}",
            [
                'rate_limit.interval: "soon" is no duration; write e.g. 100ms or 1s; 0: no limit',
                'rate_limit.burst: "some" is no number; write how many may come at once, e.g. 20',
            ],
        ),
        ("rate_limit: {interval: 1s}", ["rate_limit.burst: is 0, and so nothing would be answered; write e.g. 20"]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_cure_and_without_a_secret(
    tmp_path: Path, text: str, told: list[str] | None
) -> None:
    found = problems(tmp_path, text)
    if told is not None:
        assert found == [each.replace("{folder}", str(tmp_path)) for each in told]
    assert all("hush" not in each.replace(str(tmp_path), "") for each in found)
    assert all(each.isprintable() for each in found)


def test_a_key_of_another_certificate_and_a_locked_one_are_told(tmp_path: Path) -> None:
    for name in ("ours", "theirs"):
        (tmp_path / name).mkdir()
    ours, theirs = (make_certificates(tmp_path / name, "DNS:localhost") for name in ("ours", "theirs"))
    text = "tls_server_config:\n  cert_file: {}\n  key_file: {}\n"
    (told,) = problems(tmp_path, text.format(ours.server, theirs.server))
    assert told == (
        f"tls_server_config: {ours.server} is not the certificate of the key {theirs.server}; "
        "name the two that belong together"
    )
    locked = lock_key(ours.server)
    (told,) = problems(tmp_path, text.format(ours.server, locked))
    assert told == (
        f"tls_server_config: the key {locked} is locked with a password; "
        "store it unlocked, and let only ringtally's user read it"
    )


def test_the_settings_are_refused_with_all_that_is_wrong_in_the_web_config_file(tmp_path: Path) -> None:
    web = written(tmp_path, "basic_auth_users: {anna: hush}\nrate_limt: {}\n")
    path = tmp_path / "ringtally.toml"
    path.write_text('[http]\nweb_config_file = "web.yml"\nlisten = "9796"\n')
    with pytest.raises(ConfigError) as caught:
        load_settings(path, {"TZ": "UTC"})
    assert [problem.file for problem in caught.value.problems].count(str(web)) == 2
    assert [problem.key for problem in caught.value.problems if problem.file == str(path)] == ["http.listen"]
    assert load_settings(None, {"TZ": "UTC"}, secrets=False).settings.http.web_config_file is None


def test_what_others_may_read_and_what_is_slow_or_in_the_clear_is_warned_about(tmp_path: Path) -> None:
    slow = HASH.replace("$10$", "$13$")
    path = written(tmp_path, f"basic_auth_users: {{anna: {slow}}}", 0o644)
    assert [str(each).removeprefix(f"{path}: ") for each in web_warnings(path, read_web_config(path))] == [
        f"holds secrets and may be read by every user of this machine; chmod o= {path}",
        "basic_auth_users.anna: has a cost of 13, so that each login keeps a processor of this machine busy; "
        "ringtally hash-password takes 10",
        "basic_auth_users: are asked for without TLS: passwords can be read on the way, unless that is this machine "
        "alone; set tls_server_config too",
    ]
    assert bcrypt_cost(slow) == 13
    certificates = make_certificates(tmp_path, "DNS:localhost")
    certificates.server.chmod(0o644)
    path = written(tmp_path, "tls_server_config: {cert_file: server.pem, key_file: server.pem}\n", 0o644)
    assert [str(each).removeprefix(f"{path}: ") for each in web_warnings(path, read_web_config(path))] == [
        f"tls_server_config.key_file: {certificates.server} may be read by every user of this machine; "
        f"chmod o= {certificates.server}"
    ]

"""Files of an administrator, of any bytes: settings, the web config file, the directory of clients. Used, or refused in readable lines."""

from collections.abc import Iterator
from pathlib import Path

import config
from config.effective import effective
from config.loader import ConfigError, load_settings
from config.sections import Clients, Settings
from config.web_check import checked_web_config, web_warnings
from daemon.client_file import NAME_LONGEST, ClientFileError, read_clients
from handlers.numbers import NumberPlan
from tests.fuzz.places import file_of
from tests.fuzz.target import Target

BAD = Path(__file__).parents[1] / "config" / "bad"
EXAMPLE = Path(config.__file__).parent / "ringtally.toml"
_UTC = {"TZ": "UTC"}
_PLAN = NumberPlan("RU", "495", ("9",))


def run_settings(data: bytes) -> None:
    """Settings are used, and can be written down again; or they are refused."""
    try:
        loaded = load_settings(file_of(data, "ringtally.toml"), _UTC)
    except ConfigError as error:
        _check(error)
        return
    written = effective(loaded.settings)
    again = load_settings(file_of(written.encode(), "again.toml"), _UTC, secrets=False)
    assert effective(again.settings) == written


def run_web_config(data: bytes) -> None:
    """A web config file is used, or refused."""
    path = file_of(data, "web.yml")
    try:
        found = checked_web_config(path)
    except ConfigError as error:
        _check(error)
        return
    assert all(str(each).isprintable() for each in web_warnings(path, found))
    assert all(value.isprintable() for value in found.headers.values())


def _check(error: ConfigError) -> None:
    assert error.problems
    assert all(str(problem).isprintable() and problem.message for problem in error.problems)


def run_clients(data: bytes) -> None:
    """Clients are found, with numbers and names that are nothing but that; or the file is refused in one line."""
    path = file_of(data, "clients.csv")
    try:
        found = read_clients(path, Clients(file=path), _PLAN)
    except ClientFileError as error:
        assert str(error).isprintable()  # noqa: PT017 - either outcome is right
        return
    assert found.clients
    for number, (name, responsible) in found.clients.items():
        assert number.lstrip("+").isdigit()
        for text in (name, responsible):
            assert text is None or (text.isprintable() and 0 < len(text) <= NAME_LONGEST)


def settings_seeds() -> Iterator[bytes]:
    """The example with all its keys, as it is and switched on; each file that is refused; each section alone."""
    example = EXAMPLE.read_bytes()
    yield example
    yield b"\n".join(line.removeprefix(b"#") if b" = " in line else line for line in example.splitlines())
    yield effective(Settings()).encode()
    for path in sorted(BAD.iterdir()):
        if path.is_file() and path.stat().st_size < 4096:
            yield path.read_bytes()
    section: list[bytes] = []
    for line in example.splitlines(keepends=True):
        if line.lstrip(b"# ").startswith(b"[") and section:
            yield b"".join(section)
            section = []
        section.append(line.removeprefix(b"# ").removeprefix(b"#"))
    yield b"".join(section)


def web_config_seeds() -> Iterator[bytes]:
    """One of each kind."""
    hashed = "$2b$10$" + "N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"
    yield f"basic_auth_users:\n  anna: {hashed}\n  'boris': '{hashed}'\n".encode()
    yield b"http_server_config:\n  http2: true\n  headers:\n    X-Frame-Options: deny\n    Content-Security-Policy: default-src 'self'\n"
    yield b"rate_limit:\n  interval: 100ms\n  burst: 20\n"
    yield b"tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n  client_auth_type: RequireAndVerifyClientCert\n"
    yield b"tls_server_config:\n  cert: |\n    -----BEGIN CERTIFICATE-----\n    AAAA\n  key: x\n  min_version: TLS12\n  max_version: TLS13\n"
    yield b"tls_server_config: {cipher_suites: [TLS_AES_128_GCM_SHA256], curve_preferences: [X25519], client_allowed_sans: [a]}\n"
    yield b"a: &a [1, 2]\nb: *a\n? [x]\n: !!binary aGk=\n--- \n- 2026-11-23\n"


def clients_seeds() -> Iterator[bytes]:
    """As spreadsheets and CRMs export them."""
    text = (
        "Телефон;Имя;Ответственный\n+7 900 111-22-33;Иванов;Анна\n8 (495) 123-45-67, 74951112233;ООО «Ромашка»;Борис\n"
    )
    yield text.encode()
    yield text.encode("utf-8-sig")
    yield text.encode("cp1251")
    yield text.encode("utf-16")
    yield text.replace(";", ",").replace("123-45-67,", "123-45-67").encode()
    yield b'sep=;\r\nphone;name\r\n"79001112233";"=HYPERLINK(""x"")"\r\n'
    yield b"phone\tname\tmanager\n79001112233\tA\tB\n\n79001112234\t\t\n"
    yield b'79001112233|"one\ntwo"|x\n79001112233|again|y\n7900111|\x1b[2J|z\n'
    yield b"7.9001112233E10;A\n79001112233.0;B\n=79001112233;C\n"


SETTINGS_WORDS = (
    *(f"[{name}]\n".encode() for name in Settings.model_fields),
    *(
        b"[[trunks]]\n",
        b"[[sources]]\n",
        b"[[departments]]\n",
        b"[queues.support]\n",
        b" = ",
        b'"30s"',
        b"true",
        b"0.5",
        b'["',
        b'"]',
    ),
    *(
        b'"09:00-18:00"',
        b'"2026-12-31"',
        b"mon-fri",
        b"Europe/Moscow",
        b"sha256:",
        b"127.0.0.1:9796",
        b"1979-05-27T07:32:00Z",
    ),
)
WEB_WORDS = (
    *(b"tls_server_config:\n", b"http_server_config:\n", b"basic_auth_users:\n", b"rate_limit:\n", b"  headers:\n"),
    *(
        b"  cert_file: ",
        b"  client_auth_type: ",
        b"  cipher_suites: [",
        b"  interval: ",
        b"  burst: ",
        b"$2b$10$",
        b"!!",
        b"&a ",
        b"*a",
    ),
    *(b"!!python/object/apply:os.system ", b"!!timestamp ", b"<<: ", b"? ", b"- ", b"|\n", b"{", b"}"),
)
CLIENT_WORDS = (
    *(
        b";",
        b",",
        b"\t",
        b"|",
        b'"',
        b'""',
        b"\r\n",
        b"\n",
        b"sep=;",
        b"+7",
        b"8 (495) ",
        b"79001112233",
        b"phone",
        b"name",
    ),
    *("телефон".encode(), "имя".encode(), "ответственный".encode(), b"\xef\xbb\xbf", b"\xff\xfe", b"\x00", b"E+10"),
)
TARGETS = (
    Target("settings", run_settings, settings_seeds, SETTINGS_WORDS, 4096),
    Target("web_config", run_web_config, web_config_seeds, WEB_WORDS, 2048),
    Target("clients", run_clients, clients_seeds, CLIENT_WORDS, 2048),
)

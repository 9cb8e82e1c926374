"""The web config file as the loader looks at it: can it be used as it is, and what about it deserves a second look?"""

from collections.abc import Iterator
from pathlib import Path

from config.files import UnreadableError, is_open_to_all
from config.problems import ConfigError, Problem, printable
from config.web_config import WebConfig, read_web_config
from config.web_hashes import COST_SLOW, bcrypt_cost
from config.web_tls import server_context


def checked_web_config(path: Path) -> WebConfig:
    """The file, whose certificates can be used too; ConfigError with all that is wrong."""
    web = read_web_config(path)
    if web.tls is not None:
        try:
            server_context(web.tls)
        except UnreadableError as error:
            raise ConfigError([Problem(printable(str(path)), "tls_server_config", str(error), error.cure)]) from None
    return web


def web_warnings(path: Path, web: WebConfig) -> Iterator[Problem]:
    """What works and should be looked at."""
    shown = printable(str(path))
    if (web.users or (web.tls is not None and web.tls.key)) and is_open_to_all(path):
        yield Problem(shown, "", "holds secrets and may be read by every user of this machine", f"chmod o= {shown}")
    key = None if web.tls is None else web.tls.key_file
    if key is not None and is_open_to_all(key):
        named = printable(str(key))
        message = f"{named} may be read by every user of this machine"
        yield Problem(shown, "tls_server_config.key_file", message, f"chmod o= {named}")
    for name, hashed in web.users.items():
        if bcrypt_cost(hashed) >= COST_SLOW:
            message = f"has a cost of {bcrypt_cost(hashed)}, so that each login keeps a processor of this machine busy"
            yield Problem(shown, f"basic_auth_users.{printable(name)}", message, "ringtally hash-password takes 10")
    if web.users and web.tls is None:
        message = "are asked for without TLS: passwords can be read on the way, unless that is this machine alone"
        yield Problem(shown, "basic_auth_users", message, "set tls_server_config too")

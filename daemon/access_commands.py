"""The commands that make what lets others in: tokens, and hashes of passwords. Nothing secret is ever an argument of theirs."""

import secrets
import sys

import bcrypt
import click

from config.web_hashes import token_hash
from daemon.command_line import Failure, examples

COST = 10
_BYTES_MOST = 72


@click.command("make-token", epilog=examples("ringtally make-token"))
def make_token() -> None:
    """Make a token for the HTTP API, and the hash that may stand in the settings in its place.

    The token is for who asks (Authorization: Bearer TOKEN), the hash for http.read_token or http.write_token.
    """
    token = secrets.token_urlsafe(32)
    click.echo(f"token  {token}\nhash   {token_hash(token)}")


@click.command(
    "hash-password", epilog=examples("ringtally hash-password anna", "ringtally hash-password anna <password.txt")
)
@click.argument("name")
def hash_password(name: str) -> None:
    """Print the line of a user for basic_auth_users in the web config file.

    The password is asked for, twice; or it is the first line of what comes from a pipe.
    """
    if not name or ":" in name or not name.isprintable():
        raise click.BadParameter("a name is a text without colon", param_hint="NAME")
    if sys.stdin.isatty():
        password: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    data = password.encode("utf-8", "surrogateescape")
    if not data:
        raise Failure("there is no password; type one, or pipe it in")
    if len(data) > _BYTES_MOST:
        raise Failure(
            f"the password is longer than {_BYTES_MOST} bytes, and bcrypt would not look at the rest; take a shorter one"
        )
    quoted = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    click.echo(f"{quoted}: {bcrypt.hashpw(data, bcrypt.gensalt(COST)).decode()}")

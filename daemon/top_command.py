"""The command that shows the live state in a terminal."""

import asyncio
import os
import ssl
import sys
from pathlib import Path

import aiohttp
import click
from rich.console import Console

from config.loader import DEFAULT_PATH
from config.sections import Settings
from config.web_config import read_web_config
from daemon import clock
from daemon.command_line import Failure, attempt, examples, settings_of
from daemon.own_address import own_address
from daemon.report_output import lang_option
from daemon.top.figures import trouble_of
from daemon.top.heard import Heard
from daemon.top.listener import Door, listen
from daemon.top.screen import once
from daemon.top.terminal import show
from daemon.words import Language, mark

_ONCE_WITHIN_S = 10.0
# Into a pipe nothing needs to be left out.
_PIPE_WIDTH = 200

(_HINT,) = mark("You may not read the settings, so the usual address was asked: --url names another.")

_file = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(
    epilog=examples(
        "ringtally top",
        "ringtally top --token-file ~/.ringtally-token      numbers and names in full",
        "ringtally top --url https://pbx.example.com:9796 --user anna",
        "ringtally top --once | mail -s 'calls now' boss@example.com",
    )
)
@click.option("--url", help="Where the daemon listens (default: http.listen of the settings, on this machine).")
@click.option("--token-file", type=_file, help="The read token, in a file: without it numbers and names are masked.")
@click.option("--user", help="A name of the web config file; its password is asked for.")
@click.option("--password-file", type=_file, help="The password, in a file.")
@click.option("--ca-file", type=_file, help="Who signed the daemon's certificate, if the system does not know them.")
@click.option("--once", "is_once", is_flag=True, help="Print it once; exit 1 if nothing is known of the calls now.")
@lang_option
@click.pass_context
def top(
    context: click.Context,
    url: str | None,
    token_file: Path | None,
    user: str | None,
    password_file: Path | None,
    ca_file: Path | None,
    is_once: bool,
    lang: Language | None,
) -> None:
    """Watch the live state: queues, who waits, calls, agents, the day, missed clients whom nobody has reached.

    It asks the daemon over HTTP, so it works wherever the daemon can be reached; with --url it needs no settings, and whoever may
    not read them asks the usual address of this machine. In a terminal the keys are those of htop: F1 tells them.
    """
    settings, hint = None, ""
    if context.obj is not None or (url is None and _may_read_settings()):
        settings = settings_of(context, needed=False, secrets=False).settings
    elif url is None:
        hint = _HINT
    door = Door(
        (url or _own_url(settings or Settings())).rstrip("/"),
        "" if token_file is None else _secret_in(token_file),
        _login(user, password_file),
        None if ca_file is None else ssl.create_default_context(cafile=ca_file),
    )
    language = lang or (settings.site.language if settings is not None else _own_language())
    if is_once or not sys.stdout.isatty():
        attempt(lambda: _print_once(door, Heard(hint), language))
    else:
        attempt(lambda: show(door, Heard(hint), language))


def _may_read_settings() -> bool:
    """May this user read the default file, or see that there is none?"""
    try:
        return not DEFAULT_PATH.exists() or os.access(DEFAULT_PATH, os.R_OK)
    except OSError:
        return False


def _own_url(settings: Settings) -> str:
    """Where the daemon of these settings is reached on this machine."""
    file = settings.http.web_config_file
    scheme = "https" if file is not None and read_web_config(Path(file)).tls is not None else "http"
    return own_address(settings.http.listen, scheme=scheme)


def _secret_in(path: Path) -> str:
    return path.read_text(encoding="utf-8").strip()


def _login(user: str | None, password_file: Path | None) -> str:
    if user is None:
        return ""
    password = (
        click.prompt("Password", hide_input=True, err=True) if password_file is None else _secret_in(password_file)
    )
    return aiohttp.encode_basic_auth(user, password, "utf-8")


def _own_language() -> Language:
    """As the terminal has it, where no settings say."""
    name = next(filter(None, map(os.environ.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    return "ru" if name.startswith("ru") else "en"


async def _print_once(door: Door, heard: Heard, language: Language) -> None:
    ready = asyncio.Event()

    def look() -> None:
        if heard.is_complete or heard.verdict().link == "no_daemon":
            ready.set()

    async with asyncio.TaskGroup() as tasks:
        listening = tasks.create_task(listen(door, heard, look), name="listener")
        try:
            async with asyncio.timeout(_ONCE_WITHIN_S):
                await ready.wait()
        except TimeoutError:
            heard.lose(clock.now(), "no answer in time")
        listening.cancel()
    at = heard.server_time(clock.now())
    verdict = heard.verdict()
    if verdict.link == "no_daemon":
        raise Failure(" ".join(trouble_of(heard, verdict, at, language)))
    console = Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH)
    console.print(once(heard, at, language, console.width))
    if verdict.link != "live":
        raise Failure(" ".join(trouble_of(heard, verdict, at, language)))

"""The program `ringtally`: the daemon and what looks after its settings; the other commands are beside."""

import faulthandler
import os
from importlib.metadata import version
from pathlib import Path

import click

from config.loader import DEFAULT_PATH, effective_lines, load_settings
from daemon.access_commands import hash_password, make_token
from daemon.analysis_commands import report
from daemon.app import App, run_until_signalled
from daemon.case_commands import claim, contact, dismiss, note
from daemon.client_commands import check_clients
from daemon.command_line import attempt, examples, settings_of, tell_warnings
from daemon.gap_commands import gaps
from daemon.log import configure_log
from daemon.missed_commands import missed
from daemon.notify import Notifier
from daemon.pbx_commands import check_ami, record, snippet
from daemon.person_commands import export_command, forget
from daemon.report_commands import call_story, calls, replay
from daemon.rescue_commands import rescue_command
from daemon.top_command import top
from daemon.words import Language


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=examples(
        "ringtally pbx-snippet              the AMI account to paste into the PBX",
        "ringtally check-config             are the settings right?",
        "ringtally check-ami                may the account see what it must?",
        "ringtally run                      the daemon",
        "ringtally top                      what happens now, in a terminal",
        "ringtally calls --missed --period today",
        "ringtally call 1795450254.0        one call's story",
        "ringtally report missed --period 7d",
    ),
)
@click.option("--config", "config_path", type=click.Path(path_type=Path), help=f"Settings (default {DEFAULT_PATH}).")
@click.version_option(version("ringtally"), prog_name="ringtally")
@click.pass_context
def main(context: click.Context, config_path: Path | None) -> None:
    """Live call analytics beside Asterisk.

    Exit status: 0 good, 1 failed, 2 wrong usage. Data on stdout, talk on stderr.
    """
    context.obj = config_path


for command in (
    check_ami,
    check_clients,
    snippet,
    make_token,
    hash_password,
    record,
    replay,
    calls,
    call_story,
    missed,
    report,
    gaps,
    top,
    rescue_command,
    contact,
    dismiss,
    claim,
    note,
    forget,
    export_command,
):
    main.add_command(command)


@main.command(
    epilog=examples("ringtally --config /etc/ringtally/ringtally.toml run", "RINGTALLY_LOG__LEVEL=debug ringtally run")
)
@click.pass_context
def run(context: click.Context) -> None:
    """Run the daemon.

    A PBX that is down is no failure: the daemon runs, says so in /-/ready, and connects when it can. SIGTERM and SIGINT stop it
    with everything stored, for which they wait up to 15 s where the database takes nothing (a second one ends that); SIGHUP reads the settings again and loses no call.
    """
    loaded = settings_of(context)
    settings = loaded.settings
    configure_log(settings.log.level, settings.log.format)
    tell_warnings(loaded)
    notifier = Notifier.from_environment(os.environ)
    if notifier.watchdog_s is not None:
        faulthandler.enable()  # a watchdog's SIGABRT then tells in which line we stood still

    async def go() -> None:
        path = context.obj or DEFAULT_PATH
        await run_until_signalled(App(settings, load=lambda: load_settings(path, os.environ), notifier=notifier))

    attempt(go)


@main.command(epilog=examples("ringtally demo", "ringtally demo --listen 127.0.0.1:9796 --lang ru"))
@click.option("--listen", default="127.0.0.1:0", help="Where pages and metrics are served; port 0 takes a free one.")
@click.option("--seed", type=int, help="The same calls again.")
@click.option("--seconds", type=float, help="Stop by itself after so long.")
@click.option("--lang", type=click.Choice(("en", "ru")), default="en", show_default=True)
def demo(listen: str, seed: int | None, seconds: float | None, lang: Language) -> None:
    """Watch calls happen: the daemon on a simulated PBX that replays real traffic, a broker and the wallboard.

    Needs no root and no network. The broker comes with the extra ringtally[demo]; without it the rest runs all the same.
    """
    from daemon.demo.show import show_demo  # noqa: PLC0415 - the daemon itself does without

    attempt(lambda: show_demo(listen, seed, lang, seconds))


@main.command("check-config", epilog=examples("ringtally --config ringtally.toml check-config"))
@click.option("--no-secrets", is_flag=True, help="Leave the files of secrets unread, for who may not read them.")
@click.pass_context
def check_config(context: click.Context, no_secrets: bool) -> None:
    """Check the settings: all problems at once; print what is in force, without secrets."""
    loaded = settings_of(context, secrets=not no_secrets)
    tell_warnings(loaded)
    click.echo("\n".join(effective_lines(loaded.settings)))

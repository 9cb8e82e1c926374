"""The commands that have to do with the PBX alone: its account, what that account sees, a recording of its stream."""

import secrets
from pathlib import Path

import click

from config.snippet import FLAVOURS, SnippetError, pbx_snippet
from daemon.ami_check import WATCH_S, inspect_ami
from daemon.command_line import attempt, examples, settings_of, tell_warnings
from daemon.log import configure_log
from daemon.parts import account_of
from daemon.recorder import record_to
from daemon.rules import rules_of
from handlers.ami.anonymise import Anonymiser

_LOOPBACK = "127.0.0.1"


@click.command(
    "check-ami",
    epilog=examples(
        "ringtally check-ami                  make a call meanwhile, and nothing is left open",
        "ringtally check-ami --watch 60",
    ),
)
@click.option(
    "--watch", "watch_s", type=click.FloatRange(0, 3600), default=WATCH_S, show_default=True, metavar="SECONDS",
    help="Listen for events for so long; less, if every class was seen before.",
)  # fmt: skip
@click.pass_context
def check_ami(context: click.Context, watch_s: float) -> None:
    """Log in to the PBX and tell what the account may see, and what each missing right costs.

    Proposes [[trunks]] too. Exit status 1 where something is missing for sure. Beside a running daemon it does no harm.
    """
    loaded = settings_of(context)
    tell_warnings(loaded)
    settings = loaded.settings
    lines, good = attempt(lambda: inspect_ami(account_of(settings.ami), rules_of(settings), watch_s))
    click.echo("\n".join(lines))
    if not good:
        raise SystemExit(1)


@click.command("pbx-snippet", epilog=examples("ringtally pbx-snippet --flavour freepbx --permit 192.168.1.20"))
@click.option("--flavour", type=click.Choice(FLAVOURS), default="plain", show_default=True, help="Which PBX.")
@click.option(
    "--permit",
    default=_LOOPBACK,
    show_default=True,
    help="Where ringtally logs in from: addresses or networks, by commas.",
)
def snippet(flavour: str, permit: str) -> None:
    """Print the AMI account to paste into the PBX: least rights, event filter, a fresh secret."""
    if flavour == "mikopbx" and permit == _LOOPBACK:
        click.echo(
            "warning: ringtally runs beside MikoPBX, on a machine of its own: give its address as --permit", err=True
        )
    try:
        click.echo(pbx_snippet(flavour, secrets.token_urlsafe(24), permit))
    except SnippetError as error:
        raise click.BadParameter(str(error), param_hint="--permit") from None


@click.command(
    epilog=examples("ringtally record trouble.jsonl.gz", "ringtally record --anonymise to-show-around.jsonl.gz")
)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--anonymise", is_flag=True, help="Replace numbers and names, the same by the same.")
@click.pass_context
def record(context: click.Context, file: Path, anonymise: bool) -> None:
    """Record the AMI stream to FILE (`.gz`: compressed) until interrupted.

    With --anonymise a replay tells of the same calls, of other people: the last six digits of every number, names and free
    text are replaced as they come, and how is not kept. Extensions of up to five digits and the PBX's own names stay.
    """
    loaded = settings_of(context)
    tell_warnings(loaded)
    settings = loaded.settings
    configure_log(settings.log.level, settings.log.format)
    change = Anonymiser(secrets.token_bytes(32)).message if anonymise else bytes

    def begun() -> None:
        click.echo(f"recording to {file}, Ctrl-C ends it", err=True)

    messages = attempt(lambda: record_to(account_of(settings.ami), file, change, rules_of(settings), begun))
    click.echo(f"{messages} messages in {file}", err=True)

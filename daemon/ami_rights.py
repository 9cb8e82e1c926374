"""What an AMI account may do beyond what ringtally needs: its secret in wrong hands is worth as much.

`ListCommands` names the actions that an account may ask for. Each here stands for a class of `write`; none of them is ever asked for.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

import structlog

from daemon.ami_protocol import AmiError, AmiProtocol
from handlers.ami.message import Message

CURE = "take these rights away: write = reporting is all that is needed, see: ringtally pbx-snippet"
TOO_MUCH = {
    "Originate": ("originate", "start calls, and programs through them"),
    "Command": ("command", "run any command of the PBX"),
    "UpdateConfig": ("config", "read and rewrite the PBX's configuration, secrets too"),
    "ModuleLoad": ("system", "unload the PBX's modules"),
    "Redirect": ("call", "send other people's calls elsewhere"),
    "QueueAdd": ("agent", "change who takes a queue's calls"),
    "UserEvent": ("user", "send events that other programs may believe"),
    "MessageSend": ("message", "send messages to phones"),
    "AGI": ("agi", "run the dialplan's applications on calls"),
    "AOCMessage": ("aoc", "tell phones what calls cost"),
}
log = structlog.get_logger()


class RightsTooWideError(AmiError):
    """The account may do more than it needs, and the settings want none such."""


async def commands_of(protocol: AmiProtocol, timeout_s: float) -> set[str]:
    """The actions, in lower case, that the account may ask for. Raises what `AmiProtocol.ask` raises."""
    (listed, *_) = await protocol.ask({"Action": "ListCommands"}, timeout_s)
    return {name.lower() for name, _ in Message(listed).items()}


def beyond(commands: Collection[str]) -> list[str]:
    """The actions of `TOO_MUCH` that are among these."""
    return [action for action in TOO_MUCH if action.lower() in commands]


@dataclass(slots=True)
class Rights:
    """Looks at the account after each login; what it may too much is told once, until it changes."""

    told: list[str] = field(default_factory=list)
    """The classes of `write` that were too much at the last look."""

    async def look(self, protocol: AmiProtocol, timeout_s: float, *, strict: bool) -> None:
        """RightsTooWideError where it is `strict` and the account may too much; else raises what `AmiProtocol.ask` raises."""
        rights = [TOO_MUCH[action][0] for action in beyond(await commands_of(protocol, timeout_s))]
        if rights and strict:
            told = ", ".join(rights)
            raise RightsTooWideError(f"the AMI account has write = {told}, and ami.strict_rights is set; {CURE}")
        if rights and rights != self.told:
            log.warning("ami_rights_too_wide", write=", ".join(rights), cure=CURE)
        self.told = rights

"""Asks the PBX what it is doing: channels, bridges, queues, and since when it runs."""

from daemon import clock
from daemon.ami_protocol import AmiProtocol
from handlers.ami.gathered import SNAPSHOT_ACTIONS, Gathering


async def take_snapshot(protocol: AmiProtocol, timeout_s: float) -> Gathering:
    """Ask, one after the other, each under `timeout_s`; give the answers. Raises what `AmiProtocol.ask` raises."""
    gathering = Gathering()
    for action in SNAPSHOT_ACTIONS:
        blocks = await protocol.ask({"Action": action}, timeout_s)
        gathering.answered(action, blocks, clock.now())
    return gathering

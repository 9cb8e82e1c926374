"""How calls that are passed on begin, and what is told of their one transfer."""

from handlers.facts import Call, Transfer
from tests.handlers.playbook import Play


def talking(play: Play) -> tuple[str, str]:
    """The town calls, 101 answers after 1 s, and they talk for 2 s: the two channels."""
    caller = play.incoming()
    agent = play.dial(caller, "PJSIP/101")
    play.ring(agent)
    play.wait(1)
    play.answer(caller, agent)
    play.wait(2)
    return caller, agent


def only(call: Call) -> Transfer:
    (transfer,) = call.transfers
    return transfer

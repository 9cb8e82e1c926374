"""Whatever a caller writes where PJSIP has room for 79 bytes: the calls of others are told as they were, and so is his own."""

from dataclasses import replace

from hypothesis import example, given, settings
from hypothesis import strategies as st

from handlers.ami.decode import WANTED, Decoder
from handlers.ami.framing import Framer
from handlers.core import Core
from handlers.facts import Call, CallEnded
from handlers.rules import Rules
from tests.handlers.recorded import messages

ROOM = 79
FORGER, OTHER = "07-ivr-queue-second-agent", "01-direct-caller-hangs-up"
NUMBER, EXTENSION = b"79001112233", b"Exten: 1\r\n"
VICTIM = "1795450254.0"
# Of these a forger makes his text; whole lines first, for there is little room.
PIECES = st.sampled_from(
    (
        *("\r\n", "\r\n\r\n", "\r\n\r\n\r\n", "7", "X: "),
        *("Event: Hangup\r\n", "Event: Newchannel\r\n", "Event: Shutdown\r\n", "Event: Z\r\n", "Event: VarSet\r\n"),
        *("Privilege: call,all\r\n", "Privilege: system,all\r\n", "Response: Success\r\n", "ActionID: 1\r\n"),
        *("Channel: PJSIP/trunk-00000000\r\n", "ChannelState: 6\r\n", "ChannelStateDesc: Up\r\n", "CallerIDNum: "),
        *("CallerIDName: ", "ConnectedLineNum: ", "Context: a\r\n", "Exten: 1\r\n", "Priority: 1\r\n"),
        *(
            f"Uniqueid: {VICTIM}\r\n",
            f"Linkedid: {VICTIM}\r\n",
            "Uniqueid: 1.1\r\n",
            "Linkedid: 1\r\n",
            "Cause: 16\r\n",
        ),
        *(
            "DestUniqueid: 1.1\r\n",
            "DestLinkedid: 1\r\n",
            "DestChannel: X\r\n",
            "DestCallerIDNum: ",
            "Queue: support\r\n",
        ),
    )
)
TEXTS = st.lists(PIECES, min_size=1, max_size=12).map(lambda pieces: ("7" + "".join(pieces))[:ROOM].encode())


def both(old: bytes, forged: bytes) -> list[tuple[float, bytes]]:
    """Two recordings at a time, the forger's with his text in place of what he was."""
    his, others = messages(FORGER), messages(OTHER)
    later = his[0].t - others[0].t
    mixed = [(entry.t, (entry.raw or b"").replace(old, forged)) for entry in his]
    mixed += [(entry.t + later, entry.raw or b"") for entry in others]
    return sorted(mixed, key=lambda each: each[0])


def told(stream: list[tuple[float, bytes]]) -> dict[str, Call]:
    """The calls, by id, without who their caller says that he is."""
    framer, decoder, core = Framer(WANTED, banner=False), Decoder(), Core(Rules())
    facts = [
        fact
        for at, raw in stream
        for block in framer.feed(raw)
        if (event := decoder.decode(block, at)) is not None
        for fact in core.handle(event)
    ]
    ended = [fact.call for fact in facts if isinstance(fact, CallEnded)]
    assert len(ended) == len({call.id for call in ended})
    return {call.id: replace(call, caller=None, caller_e164=None, caller_name=None, case_id=None) for call in ended}


EMPTY_LINES = (b"7" + b"\r\n" * ROOM)[:ROOM]
"""As many blocks as there is room for, in each event that bears the number, and four times in some."""
TRUE = told(both(NUMBER, NUMBER))


def test_two_calls_are_told_and_one_of_them_is_the_victims() -> None:
    assert VICTIM in TRUE
    assert len(TRUE) == 2


@settings(deadline=None)
@given(TEXTS)
@example(EMPTY_LINES)
@example(b"79001112233" + EMPTY_LINES[1:69])
def test_a_forged_number_changes_no_call(text: bytes) -> None:
    """It stands in his own events, and in those of who is connected with him."""
    assert told(both(NUMBER, text)) == TRUE


@settings(deadline=None)
@given(TEXTS)
@example(EMPTY_LINES)
def test_a_forged_extension_changes_no_call_of_others(text: bytes) -> None:
    assert told(both(EXTENSION, b"Exten: " + text + b"\r\n"))[VICTIM] == TRUE[VICTIM]

"""Channels of every technology make the same calls: chan_sip, IAX2 and DAHDI beside PJSIP."""

import pytest

from handlers.ami.events import ChannelState
from handlers.facts import CallChanged, CallStarted
from tests.handlers.playbook import Play

LINES = ["SIP/megafon", "IAX2/office", "DAHDI/i1/79001112233", "DAHDI/1", "PJSIP/74951234567"]
PHONES = [("SIP/201", "201"), ("IAX2/202", "202"), ("DAHDI/33", "33"), ("PJSIP/101", "101")]


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize(("phone", "extension"), PHONES)
def test_a_line_calls_a_phone(line: str, phone: str, extension: str) -> None:
    play = Play()
    caller = play.incoming(trunk=line)
    leg = play.dial(caller, phone)
    play.ring(leg)
    play.wait(1)
    play.answer(caller, leg)
    play.wait(2)
    play.far_end_hangs_up(caller, leg)
    call = play.only_call.call
    assert (call.direction, call.answered_by, call.talk_s) == ("in", extension, 2)
    assert call.trunk == line.split("/")[1]


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize(("phone", "extension"), PHONES)
@pytest.mark.parametrize("dialled", ["g1/89161234567", "89161234567@megafon", "office/89161234567"])
def test_a_phone_calls_through_a_line(line: str, phone: str, extension: str, dialled: str) -> None:
    play = Play()
    caller = play.channel(phone, state=4, number=extension, exten="989161234567")
    leg = play.dial(caller, line, dialled, context="from-trunk")
    play.ring(leg)
    play.wait(1)
    play.answer(caller, leg)
    play.wait(2)
    play.request_hangup(leg)
    play.hang_up(leg)
    play.hang_up(caller)
    ended = play.only_call
    call = ended.call
    assert (call.direction, call.caller, call.called, call.answered_by) == (
        "out",
        extension,
        "89161234567",
        "89161234567",
    )
    assert (call.trunk, call.talk_s, call.ended_by) == (line.split("/")[1], 2, "person")
    assert [leg.result for leg in ended.legs] == [None, "answered"]


@pytest.mark.parametrize("exten", ["74951112233", "s", ""])
def test_who_comes_in_by_chan_sip_is_a_caller_though_his_channel_is_made_like_one_that_is_rung(exten: str) -> None:
    """Newchannel says Down, and only the Newstate behind it Ring; `s` where the line was registered without a number."""
    play = Play()
    caller = play.channel("SIP/megafon", state=0, number="79001112233", exten=exten, context="from-trunk")
    play.state(caller, ChannelState.RING)
    assert [fact.call.direction for fact in play.facts if isinstance(fact, CallStarted | CallChanged)][-1] == "in"
    leg = play.dial(caller, "PJSIP/103")
    play.ring(leg)
    play.wait(6)
    play.far_end_hangs_up(caller, leg)
    call = play.only_call.call
    assert (call.direction, call.trunk, call.caller) == ("in", "megafon", "79001112233")
    assert (call.result, call.missed) == ("abandoned", True)


def test_a_line_that_the_pbx_calls_by_itself_stays_outgoing() -> None:
    play = Play()
    leg = play.channel("SIP/megafon", exten="", context="from-trunk")
    play.state(leg, ChannelState.RINGING)
    play.wait(1)
    play.hang_up(leg)
    assert play.only_call.call.direction == "out"

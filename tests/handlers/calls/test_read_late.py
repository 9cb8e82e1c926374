"""We stood still: what happened meanwhile is read late, in order, and nobody knows when any of it was."""

from handlers.ami.events import Event, StreamBroken, StreamResumed
from handlers.facts import AnswersUnseen, GapEnded
from tests.handlers.model_pbx import snapshot_after
from tests.handlers.playbook import Play


class Noted(Play):
    """A play of which the PBX remembers everything."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[Event] = []

    def say(self, event: Event) -> None:
        self.events.append(event)
        super().say(event)

    def resume(self) -> None:
        """The PBX says what lives."""
        self.say(StreamResumed(self.now, snapshot_after(self.events)._replace(boot="")))


def durations(play: Play, id_: str) -> set[float | None]:
    (call,) = [ended.call for ended in play.ended if ended.call.id == id_]
    return {call.wait_s, call.ivr_s, call.queue_s, call.ring_s, call.talk_s, call.hold_s, call.total_s}


def test_what_began_and_ended_meanwhile_has_its_result_and_no_duration_and_what_comes_later_has_both() -> None:
    play = Noted()
    play.say(StreamBroken(play.now, "slow"))
    late = play.incoming()
    leg = play.dial(late, "PJSIP/101")
    play.ring(leg)
    play.answer(late, leg)
    play.hang_up(late)
    play.hang_up(leg)
    play.resume()
    after = play.incoming()
    play.hang_up(after)
    told = {ended.call.id: ended.call for ended in play.ended}
    assert (told[late].result, told[late].end_seen, told[late].incomplete) == ("answered", True, True)
    assert (told[late].answered_at, durations(play, late)) == (None, {None})
    assert (told[after].incomplete, told[after].wait_s) == (False, 0.0)
    (gap,) = play.told(GapEnded)
    assert isinstance(gap, GapEnded)
    assert gap.reason == "slow"


def test_who_was_answered_meanwhile_and_talks_on_is_asked_about() -> None:
    play = Noted()
    caller = play.incoming()
    leg = play.dial(caller, "PJSIP/101")
    play.ring(leg)
    play.wait(3)
    play.say(StreamBroken(play.now, "slow"))
    play.wait(4)
    play.answer(caller, leg)
    play.resume()
    (asked,) = play.told(AnswersUnseen)
    assert isinstance(asked, AnswersUnseen)
    assert set(asked.channels) >= {caller, leg}
    (live,) = play.core.live_calls()
    assert (live.state, live.answered_at) == ("talking", None)


def test_a_call_of_which_nothing_was_read_late_keeps_what_is_known_of_it() -> None:
    play = Noted()
    caller = play.incoming()
    leg = play.dial(caller, "PJSIP/101")
    play.wait(3)
    play.answer(caller, leg)
    play.say(StreamBroken(play.now, "slow"))
    other = play.incoming()
    play.hang_up(other)
    play.resume()
    play.wait(10)
    play.hang_up(caller)
    play.hang_up(leg)
    told = {ended.call.id: ended.call for ended in play.ended}
    assert (told[caller].wait_s, told[caller].talk_s, told[caller].incomplete) == (3.0, 10.0, True)


def test_how_long_a_call_was_in_all_is_told_if_neither_its_beginning_nor_its_end_was_read_late() -> None:
    play = Noted()
    over, goes_on = play.incoming(), play.incoming()
    play.wait(3)
    play.say(StreamBroken(play.now, "slow"))
    begun = play.incoming()
    leg = play.dial(goes_on, "PJSIP/101")
    play.hang_up(over)
    play.resume()
    play.wait(10)
    for channel in (goes_on, leg, begun):
        play.hang_up(channel)
    told = {ended.call.id: (ended.call.total_s, ended.call.incomplete) for ended in play.ended}
    assert told == {over: (None, True), goes_on: (13.0, True), begun: (None, True)}

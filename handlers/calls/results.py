"""What became of a call: the contract's section 2, read off the call's sums when its last channel is gone.

in        answered > caller left while sought > everything rung was busy > nothing could be rung > no answer;
          without any search: ivr_only where something had answered the channel, else failed
out       answered; cancelled where our side hung up first; else what the last line dialled said
internal  like out; service where nobody was dialled and something answered
"""

from handlers.calls.channels import Channel
from handlers.calls.live_call import SAME_MOMENT_S, LiveCall
from handlers.calls.passings import Passing
from handlers.facts import LegResult, Result

_NO_USER_RESPONDING = 18
_NO_ANSWER = 19
_SUBSCRIBER_ABSENT = 20


def result_of(call: LiveCall, wait_s: float | None, short_abandon_s: float, end_seen: bool) -> Result:
    """The result of a finished call. `wait_s` is its wait; `end_seen` whether its end was."""
    if call.answered_at is not None or call.answer_unseen:
        return "answered"
    if not end_seen or call.was_perhaps_answered:
        return "unknown"
    if call.direction == "in":
        return _incoming(call, wait_s, short_abandon_s)
    return _dialled(call)


def _incoming(call: LiveCall, wait_s: float | None, short_abandon_s: float) -> Result:
    if call.left_while_sought:
        return "short_abandoned" if wait_s is not None and wait_s < short_abandon_s else "abandoned"
    if call.sought_at is None and not call.refused and not call.refused_busy:
        return "failed" if call.first.up_at is None else "ivr_only"
    if (call.any_busy or call.refused_busy) and not call.any_rung_free:
        return "busy"
    if call.any_rung_free or call.stays:
        return "no_answer"
    return "unavailable"


def _dialled(call: LiveCall) -> Result:
    if call.originated and call.first.joined_at is None and call.first.up_at is None:
        return _leg_said(call.first)
    if call.left_while_sought:
        return "cancelled"
    leg = call.last_leg
    if leg is None and not call.stays:
        if call.refused_busy:
            return "busy"
        return "failed" if call.refused or call.first.up_at is None else "service"
    if leg is None:
        return "no_answer"
    return _leg_said(leg)


def _leg_said(leg: Channel) -> Result:
    if leg.busy:
        return "busy"
    # DialEnd's NOANSWER proves nothing: it comes for a 404 too (18-outgoing-busy-and-unanswered).
    if leg.signalled:
        return "no_answer"
    return "no_answer" if leg.cause in {_NO_USER_RESPONDING, _NO_ANSWER, _SUBSCRIBER_ABSENT} else "failed"


def leg_result(call: LiveCall, leg: Channel) -> LegResult | None:
    """What became of one leg; None for the one that began the call, and for one that dialled itself: a consultation's."""
    if leg is call.first and not call.originated:
        return None
    if leg.dialled_at is None:
        return "answered" if any(talk.channel is leg for talk in call.talks.periods) else None
    if leg.joined_at is not None or leg.met_at is not None:
        return "answered"
    if leg.forwarded:
        return "forwarded"
    if leg.busy:
        return "busy"
    ended_at = leg.ring_ended_at if leg.ring_ended_at is not None else leg.ended_at
    if ended_at is None or ended_at in call.unseen_moments:
        return "unknown"
    if any(abs(talk.started_at - ended_at) <= SAME_MOMENT_S for talk in call.talks.periods):
        return "elsewhere"
    if call.left_while_sought and call.left_at is not None and abs(call.left_at - ended_at) <= SAME_MOMENT_S:
        return "cancelled"
    return "no_answer" if leg.signalled else "unavailable"


def passing_result(call: LiveCall, passing: Passing) -> str:
    """What became of a transfer, of a finished call.

    `answered`: a person had the caller; `returned`: the one who had passed him on; `failed`: the PBX refused; `abandoned`: the
    caller hung up first; `busy`, `no_answer`, `unavailable`: by those who were rung; `service`: nobody was sought.
    """
    if passing.result is not None:
        return passing.result
    later = [each.at for each in call.passed_on.passings if each.at > passing.at]
    until = min(later, default=float("inf"))
    legs = [
        leg
        for leg in call.legs
        if leg.dialled_at is not None
        and leg.joined_at is None
        and leg.dialled_at <= until
        and (leg.ended_at is None or leg.ended_at >= passing.at)
    ]
    queued = any(passing.at <= (stay.left_at or stay.joined_at) and stay.joined_at <= until for stay in call.stays)
    if not legs and not queued:
        return "unavailable" if passing.turned_away else "service"
    if call.ended_by is not None and not later:
        return "abandoned"
    if queued or any(leg.signalled and not leg.busy for leg in legs):
        return "no_answer"
    return "busy" if any(leg.busy for leg in legs) else "unavailable"

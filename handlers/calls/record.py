"""Writes a call down: the live state as frozen facts, with the durations of the contract, section 1."""

from dataclasses import dataclass, field
from typing import NamedTuple

from handlers.calls.channels import Channel, extension_of
from handlers.calls.live_call import LiveCall
from handlers.calls.parties import Numbers
from handlers.calls.results import leg_result, passing_result, result_of
from handlers.facts import Agent, Call, CallEnded, Hold, Leg, QueueStay, Result, Talk, Transfer, Wait
from handlers.rules import Rules


class _End(NamedTuple):
    """What is known of a call at its end, and not before."""

    at: float
    seen: bool
    merged_into: str | None
    result: Result | None
    missed: bool
    wait_s: float | None
    ivr_s: float | None
    queue_s: float | None
    ring_s: float | None
    talk_s: float | None
    hold_s: float | None
    total_s: float | None


_NOT_YET = _End(0.0, False, None, None, False, None, None, None, None, None, None, None)


@dataclass(slots=True)
class Run:
    """What is known of this run of the PBX: since when, and its queues' names for devices."""

    boot: str = ""
    member_names: dict[str, str] = field(default_factory=dict)


class Recorder:
    """Turns live calls into records, by one set of rules. Holds what their records share: rules, numbers, the PBX's run."""

    def __init__(self, rules: Rules, run: Run) -> None:
        self.rules = rules
        self._run = run
        self.numbers = Numbers(rules)
        self._hours = rules.working_time

    def live(self, call: LiveCall) -> Call:
        """The call as it stands, durations and result still None."""
        return self._record(call)

    def ended(self, call: LiveCall, at: float, end_seen: bool, merged_into: str | None) -> CallEnded:
        """The call as it was, with its time line. The caller has closed it at `at`; one whose end nobody will see stays open."""
        return CallEnded(
            at,
            self._record(call, self._end(call, at, end_seen, merged_into)),
            tuple(self._leg(call, leg) for leg in call.legs),
            tuple(
                QueueStay(s.queue, s.joined_at, None if s.left_unseen else s.left_at, s.outcome, s.position, s.member)
                for s in call.stays
            ),
            tuple(
                Talk(
                    t.started_at,
                    _seen(call, t.ended_at),
                    self.device_of(t.channel),
                    self.name_of(t.channel),
                    t.begun_unseen,
                )
                for t in call.talks.periods
            ),
            _holds(call),
        )

    def device_of(self, channel: Channel) -> str:
        """The device as queues know it, or the number of a mobile reached through a trunk."""
        return extension_of(channel) if channel.is_trunk else channel.parts.device

    def name_of(self, channel: Channel) -> str | None:
        """The name under which a queue knows the device, or the agent who is logged in to a pool there; or None."""
        names = self._run.member_names
        if channel.pool_agent is not None and (name := names.get(f"Agent:{channel.pool_agent}")) is not None:
            return name
        return channel.member or names.get(channel.parts.device)

    def _leg(self, call: LiveCall, leg: Channel) -> Leg:
        side = "outside" if leg in call.outside or (call.direction == "in" and leg is call.first) else "person"
        number = leg.number if leg is call.first else extension_of(leg)
        return Leg(
            uniqueid=leg.uniqueid,
            channel=leg.name,
            device=self.device_of(leg) if side == "person" else leg.parts.device,
            side=side,  # type: ignore[arg-type]  # the two words of the Literal, just above
            name=self.name_of(leg) if side == "person" else leg.caller_name,
            number=number,
            queue=leg.queue,
            started_at=leg.created_at,
            rang_at=leg.rang_at,
            ring_ended_at=_seen(call, leg.ring_ended_at),
            joined_at=_seen(call, _joined_at(call, leg)),
            ended_at=_seen(call, leg.ended_at),
            result=leg_result(call, leg),
            cause=leg.cause,
        )

    def _record(self, call: LiveCall, end: _End | None = None) -> Call:
        over = end is not None
        end = end or _NOT_YET
        seen = end.seen
        stays = call.stays
        parties = self.numbers.parties(call)
        return Call(
            id=call.id,
            pbx=self.rules.pbx,
            boot=self._run.boot,
            state="ended" if over else call.state,
            state_since=end.at if over else call.state_since,
            direction=call.direction,
            result=end.result,
            missed=end.missed,
            closed=self._hours is not None and not self._hours.is_open(call.started_at),
            voicemail=call.voicemail,
            trunk=parties.trunk,
            did=parties.did,
            source=parties.source,
            caller=parties.caller,
            caller_e164=parties.caller_e164,
            caller_name=call.first.caller_name,
            called=parties.called,
            called_e164=parties.called_e164,
            queue=stays[0].queue if stays else None,
            queues=tuple(dict.fromkeys(stay.queue for stay in stays)) if stays else (),
            answered_by=extension_of(call.answerer) if call.answerer is not None else None,
            agents=self._agents(call) if call.talks.periods else (),
            started_at=call.started_at,
            rang_at=call.rang_at,
            queued_at=call.queued_at,
            answered_at=call.answered_at,
            ended_at=end.at if seen else None,
            ended_by=(call.ended_by or "pbx") if seen else None,
            lost_after_transfer=seen and _lost_after_transfer(call),
            wait_s=end.wait_s,
            ivr_s=end.ivr_s,
            queue_s=end.queue_s,
            ring_s=end.ring_s,
            talk_s=end.talk_s,
            hold_s=end.hold_s,
            total_s=end.total_s,
            transfers=_transfers(call, seen) if call.passed_on.passings else (),
            end_seen=seen,
            incomplete=call.incomplete,
            merged_into=end.merged_into,
            waits_in=() if over or not stays else tuple(Wait(s.queue, s.joined_at) for s in stays if s.left_at is None),
        )

    def _end(self, call: LiveCall, at: float, seen: bool, merged_into: str | None) -> _End:
        """What only the end of a call tells: its result and its durations."""
        from_at, until = _wait_from(call), _wait_until(call, at)
        wait_s = max(0.0, until - from_at) if seen or call.answered_at is not None else None
        perhaps = call.was_perhaps_answered
        if call.answer_unseen or perhaps or ("wait" in call.unseen and call.answered_at is None):
            wait_s = None
        queue_s = ivr_s = ring_s = None
        if wait_s is not None:
            queue_s = min(call.queued.total_s if call.queue_wait_s is None else call.queue_wait_s, wait_s)
            sought_at = min((t for t in (call.rung.first_at, call.sought_at) if t is not None), default=until)
            ivr_s = min(max(0.0, sought_at - from_at), wait_s - queue_s)
            ring_s = min(call.rung.total_s, wait_s)
        if call.unseen:
            queue_s, ivr_s, ring_s = (
                None if part in call.unseen else told
                for part, told in (("queue", queue_s), ("ivr", ivr_s), ("ring", ring_s))
            )
        known = seen and not call.answer_unseen and not perhaps and "talk" not in call.unseen
        result = result_of(call, wait_s, self.rules.short_abandon_s, seen)
        missed = call.direction == "in" and merged_into is None and self._is_missed(call, result, seen)
        return _End(
            at,
            seen,
            merged_into,
            result,
            missed,
            _rounded(wait_s),
            _rounded(ivr_s),
            _rounded(queue_s),
            _rounded(ring_s),
            _rounded(call.talks.span.total_s) if known else None,
            _rounded(call.holds.span.total_s) if known and _are_holds_known(call) else None,
            _rounded(max(0.0, at - call.started_at)) if seen and "total" not in call.unseen else None,
        )

    def _is_missed(self, call: LiveCall, result: Result, seen: bool) -> bool:
        counted = self.rules.missed_results
        return result in counted or ("lost_after_transfer" in counted and seen and _lost_after_transfer(call))

    def _agents(self, call: LiveCall) -> tuple[Agent, ...]:
        agents: dict[str, Agent] = {}
        for talk in call.talks.periods:
            device = self.device_of(talk.channel)
            agents.setdefault(device, Agent(device, self.name_of(talk.channel)))
        return tuple(agents.values())


def _joined_at(call: LiveCall, leg: Channel) -> float | None:
    """When a leg came to the call's talk; who dialled himself may have talked with others before."""
    if leg.dialled_at is not None or leg is call.first:
        return leg.joined_at
    return next((talk.started_at for talk in call.talks.periods if talk.channel is leg), None)


def _wait_from(call: LiveCall) -> float:
    if call.originated and call.direction != "in":
        return call.first.rang_at or call.started_at
    return call.started_at


def _wait_until(call: LiveCall, ended_at: float) -> float:
    """When the wait was over: answered, or nobody sought any longer, or the caller gone, whichever came first."""
    if call.answered_at is not None:
        return call.answered_at
    until = ended_at
    if call.left_at is not None:
        until = min(until, call.left_at)
    if call.sought_at is not None and call.search_ended_at is not None:
        until = min(until, call.search_ended_at)
    return until


def _lost_after_transfer(call: LiveCall) -> bool:
    """Answered once, then sought again, and that last search ended without a person."""
    return call.direction == "in" and bool(call.talks.periods) and call.passed_on.is_lost


def _transfers(call: LiveCall, over: bool) -> tuple[Transfer, ...]:
    return tuple(
        Transfer(
            each.kind, extension_of(each.by), each.to, each.at, passing_result(call, each) if over else each.result
        )
        for each in call.passed_on.passings
    )


def _seen(call: LiveCall, at: float | None) -> float | None:
    """When something happened; None for the moment at which it was only found that it had."""
    return None if at in call.unseen_moments else at


def _are_holds_known(call: LiveCall) -> bool:
    return "hold" not in call.unseen and not call.holds.are_doubted


def _holds(call: LiveCall) -> tuple[Hold, ...]:
    holds = [
        Hold(hold.started_at, None if hold.end_unseen else _seen(call, hold.ended_at), hold.by)
        for hold in call.holds.periods
    ]
    parked = [Hold(each.started_at, _seen(call, each.ended_at), "lot") for each in call.passed_on.parkings]
    return tuple(sorted(holds + parked, key=lambda each: each.started_at) if parked else holds)


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)

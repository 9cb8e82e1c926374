"""The core's one door: events in, facts out."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from math import inf
from typing import Any

from handlers.agents.roster import Roster
from handlers.ami.events import AnswerTold, ChannelsListed, Event, StreamBroken, StreamResumed
from handlers.calls.clock_set import set_clock
from handlers.calls.ghosts import Ghosts
from handlers.calls.kept import KeptCall, changed_calls, is_named, restore
from handlers.calls.reaper import Reaper
from handlers.calls.resume import is_another_run, resume
from handlers.calls.tracker import Tracker
from handlers.case_facts import Case, CaseMissed
from handlers.cases.cases import Cases
from handlers.cases.desk import Desk
from handlers.cases.requests import Said
from handlers.facts import Call, CallEnded, Fact, GapEnded, Glance
from handlers.rules import Rules


class Core:
    """All that ringtally knows of one PBX, in memory. Holds no clock: time passes only as events say so.

    The same events always give the same facts, whatever `Tick`s come between them.
    """

    def __init__(self, rules: Rules) -> None:
        self._facts: list[Fact] = []
        self._tracker = Tracker(rules, self._facts)
        self._cases = Cases(rules, self._tracker.state.talks_with)
        self._call_back_list = self._cases.list
        self._altered = self._tracker.state.altered
        self._reaper = Reaper(self._tracker)
        self._queues = set(rules.queue_service_level_s)
        self._now = 0.0
        self._broken: StreamBroken | None = None
        self._heard_until: float | None = None
        self._roster = Roster(rules, self._tracker.state, self._facts)
        ghosts = self._ghosts = Ghosts(self._tracker)
        self._handlers: dict[type, tuple[Callable[[Any], None], ...]] = {
            StreamBroken: (self._break_stream,),
            StreamResumed: (self._resume_stream,),
            ChannelsListed: (ghosts.compare,),
        }
        told_behind: dict[type, Callable[[Any], None]] = {AnswerTold: self._answer_told}
        desk = Desk(self._cases, self._facts)
        for handlers in (self._tracker.handlers, desk.handlers, self._roster.handlers, told_behind):  # in this order
            for kind, handler in handlers.items():
                self._handlers[kind] = (*self._handlers.get(kind, ()), handler)

    @property
    def next_deadline(self) -> float | None:
        """When a `Tick` next has something to say, or None."""
        due_at = min(self._roster.due_at, self._cases.next_at, inf if self.is_idle else self._reaper.due_at)
        return None if due_at == inf else due_at

    @property
    def now(self) -> float:
        """The latest moment that any event told of."""
        return self._now

    def handle(self, event: Event | Said) -> Sequence[Fact]:
        """Take one event and return what it means, oldest first.

        Time never runs backwards: an event older than the one before it happens at the moment of that one (with several
        threads Asterisk's own stamps go back by up to 0.7 ms). Never raises for anything that Asterisk can send.
        """
        now = event.at
        if now < self._now:
            if type(event) is StreamBroken:
                self._heard_until = now  # silence is noticed late, and time has passed since
            now = self._now
            event = event._replace(at=now)
        else:
            self._now = now
        # What is due happened before, so that ticks between events change nothing.
        if self._reaper.due_at <= now:
            self._reaper.expire(now)
        if self._call_back_list.next_at <= now:
            self._facts += self._cases.pass_time(now)
        if self._roster.due_at <= now:
            self._roster.expire(now)
        for handler in self._handlers.get(type(event), ()):
            handler(event)
        if self._altered:
            self._tracker.state.tell_altered(now)
        return self._told() if self._facts else ()

    def _told(self) -> Sequence[Fact]:
        """What there is to tell, and behind each finished call what it means to agents and cases."""
        ended = [each for each in self._facts if type(each) is CallEnded]
        for fact in ended:
            self._roster.lines.call_ended(fact)
        facts = tuple(self._facts)
        self._facts.clear()
        if not ended:
            return facts
        told: list[Fact] = []
        for each in facts:
            if type(each) is CallEnded:
                told += self._followed_up(each)
            else:
                told.append(each)
        return tuple(told)

    def _followed_up(self, ended: CallEnded) -> list[Fact]:
        """A finished call, and behind it what it means to the cases."""
        told: list[Fact] = [*self._cases.ended(ended)]
        missed = next((fact for fact in told if type(fact) is CaseMissed), None)
        if missed is not None:
            ended = replace(ended, call=replace(ended.call, case_id=missed.case.id))
        return [ended, *told]

    def _break_stream(self, event: StreamBroken) -> None:
        if self._broken is not None and self._broken.is_late and not event.is_late:
            self._broken = self._broken._replace(is_late=False)  # and then the connection was lost
        if self._broken is None:
            self._broken = event if self._heard_until is None else event._replace(at=self._heard_until)
        self._heard_until = None
        self._ghosts.forget()
        self._cases.stream_broken()
        if self._tracker.state.broken_at is None:
            self._tracker.state.broken_at = self._broken.at
            self._tracker.state.doubt_all()
        self._roster.broken(event.at)

    def _resume_stream(self, event: StreamResumed) -> None:
        broken, self._broken = self._broken, None
        self._tracker.state.doubt_what_was_read_late()
        if broken is not None:
            restarted = is_another_run(self._tracker.state.run.boot, event.snapshot, broken.at)
            self._facts.append(GapEnded(event.at, broken.at, "pbx_restarted" if restarted else broken.reason))
        self._queues.update(event.snapshot.queues or ())
        is_late = broken is not None and broken.is_late
        resume(self._tracker, event.snapshot, event.at, None if broken is None else broken.at, is_late)
        self._cases.stream_resumed()
        self._roster.resumed(event.snapshot, event.at)

    def _answer_told(self, event: AnswerTold) -> None:
        channel = self._tracker.state.channels.get(event.uniqueid)
        call = channel.call if channel is not None else None
        if call is not None and call.sought_answer is None:
            self._facts += self._cases.answer_told(call.id)

    def change_rules(self, rules: Rules) -> None:
        """The settings have changed: calls that begin from here on follow these rules.

        Calls that live are told to their end by the rules they began under; only a new leg of theirs may belong to a line that
        was not known before.
        """
        self._tracker.state.change_rules(rules)
        self._queues.update(rules.queue_service_level_s)
        self._cases.change_rules(rules)
        self._roster.change_rules(rules, self._now)

    def changed_calls(self, now: float, at_once: bool = False, most: int | None = None) -> list[KeptCall]:
        """The live calls of which something changed since this was asked last: what a later run needs to take them up.

        Long ones are told of the more seldom, the longer they are, but for `at_once`. No more than `most`; who gets so many asks again.
        """
        return changed_calls(self._tracker.state, now, at_once, most)

    def is_named(self, is_in: Callable[[str | None], bool]) -> bool:
        """Does a call that lives name a number that is looked for so?"""
        return is_named(self._tracker.state, is_in)

    def keep_all_anew(self) -> None:
        """What was kept of live calls is lost: `changed_calls` tells of all of them again."""
        for call in self._tracker.state.calls:
            call.changed, call.kept_at = True, 0.0

    @property
    def broken(self) -> StreamBroken | None:
        """What broke the stream, while nothing is heard."""
        return self._broken

    def restore_calls(
        self, kept: Sequence[KeptCall], broken: StreamBroken, set_by_s: float = 0.0
    ) -> tuple[Sequence[Fact], list[KeptCall]]:
        """Take up the calls that lived when an earlier run heard the PBX last; behind `restore_cases`, before the first event.

        The stream is broken since then, and its next snapshot says which of them live still. Returns what there is to tell of calls
        of a run of the PBX before that, and those that could not be read.

        `set_by_s`: the clock was set meanwhile, forward by so many seconds or (negative) back. As in `set_clock`, what lives has
        lasted as long as it did, and the break is as of the new clock too.
        """
        unread = restore(self._tracker, kept, broken.at)
        if set_by_s:
            set_clock(self._tracker.state, set_by_s, broken.at + set_by_s)
        return self.handle(broken._replace(at=broken.at + set_by_s)), unread

    def restore_cases(self, cases: Iterable[Case], at: float, quiet_until: float) -> None:
        """Cases that an earlier run left without a contact; before the first event. See `Cases.restore`."""
        self._cases.restore(cases, at, quiet_until)

    def waiting_cases(self) -> Iterator[Case]:
        """The cases on the call-back list, in order of their first miss."""
        return self._cases.waiting()

    @property
    def live_count(self) -> int:
        """How many calls live now."""
        return self._tracker.state.live_count

    @property
    def is_idle(self) -> bool:
        """Does no call live, so that nothing is being measured?"""
        return self._tracker.state.is_idle

    def set_clock(self, by_s: float) -> None:
        """The clock was set, forward by so many seconds or (negative) back: time goes on by the new one, be it earlier than before.

        What lives has lasted as long as it did: its moments are those that the new clock would have shown. What was told stays told,
        and deadlines of cases stay where they are.
        """
        before, self._now = self._now, self._now + by_s
        set_clock(self._tracker.state, by_s, self._now)
        self._roster.restart_time(before, self._now)
        self._reaper.due_at = self._now
        if self._broken is not None:
            self._broken = self._broken._replace(at=self._broken.at + by_s)

    def live_calls(self) -> Iterator[Call]:
        """The calls that live now, oldest first."""
        return self._tracker.state.live_calls()

    def glances(self) -> Iterator[Glance]:
        """The same calls, oldest first, for who counts them: a record of each would take a fifth of a second for ten thousand."""
        return self._tracker.state.glances()

    def break_off(self, at: float) -> Sequence[CallEnded]:
        """The calls that live at `at`, oldest first, as they stand when nobody will hear of their ends.

        `answered` where an answer was seen, else `unknown`; `end_seen` is false, `incomplete` true, and what is still open has
        no end and no duration. Changes nothing: who hears on tells each one's true end.
        """
        return self._tracker.state.unfinished(at)

    def waiting(self) -> Iterator[tuple[str, float]]:
        """Who waits in a queue now: the queue's name, and since when, in epoch seconds."""
        return self._tracker.state.waiting()

    def trunk_channels(self) -> dict[str, int]:
        """How many channels each outside line has now; a line without any is not named."""
        return self._tracker.state.trunk_channels()

    def queues(self) -> list[str]:
        """The names of the queues that the PBX or the settings know, sorted."""
        return sorted(self._queues)

    def bridge_of(self, uniqueid: str) -> str | None:
        """The bridge that a live channel is in, or None."""
        channel = self._tracker.state.channels.get(uniqueid)
        return channel.bridge.id if channel is not None and channel.bridge is not None else None

    def sizes(self) -> dict[str, int]:
        """How much is remembered, by kind: what must be empty when nobody calls."""
        return self._tracker.state.sizes() | self._roster.lines.sizes()

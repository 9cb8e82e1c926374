"""What is asked of the PBX while the line stands: when somebody was answered, who is a member of its queues, which channels it lists."""

from collections.abc import Sequence

import structlog

from config.ami_account import READ
from daemon import clock
from daemon.ami_protocol import AmiProtocol
from daemon.held_events import HeldEvents
from handlers.ami.cdr_times import VARIABLES, actions_of, answer_told
from handlers.ami.events import ChannelsListed, StreamResumed
from handlers.ami.gathered import CHANNELS_ACTION, MEMBERS_ACTION, is_denied, is_success, members_of

log = structlog.get_logger()
# Reloaded queues tell of no change of their members: so old may be what is known of them.
MEMBERS_EVERY_S = 60.0
# What lives is compared with what the PBX lists, so often at least and at most: it shall not cost more than a hundredth of our time.
CHANNELS_EVERY_S = 60.0
LISTED_CHANNEL_S = 100 * 40e-6
# So many channels are asked about at once: a round trip costs Asterisk 0.2 ms, and a far PBX many times that of waiting.
ASKED_AT_ONCE = 50
RIGHTS_CURE = "give the account write = reporting, see: ringtally pbx-snippet"
# A session keeps the rights that its account had at the log-in.
EVENTS_CURE = f"give the account read = {','.join(READ)}, see: ringtally pbx-snippet; then: asterisk -rx 'manager reload', and restart ringtally"


class Questions:
    """Asks over one connection what is due; what the PBX says goes to `events`.

    Whatever asks takes the seconds that an answer may take, and raises what `AmiProtocol.ask` raises.
    """

    def __init__(self, protocol: AmiProtocol, events: HeldEvents) -> None:
        self._protocol = protocol
        self._events = events
        self._has_queues = True
        self._sees_channels = False
        self._members_at = 0.0
        self._channels_due_at = 0.0
        self._unseen: list[str] = []
        self._told_withheld: set[str] = set()

    def answered_by_snapshot(self, channels: int | None, has_queues: bool) -> None:
        """A snapshot has just told it all. `channels`: so many, None where we may not see them; `has_queues`: is app_queue there?"""
        self._has_queues = has_queues
        self._sees_channels = channels is not None
        self._members_at = clock.monotonic()
        self._next_comparison(channels or 0)

    def want_answers(self, channels: Sequence[str]) -> None:
        """Ask in the next turn when these live channels (uniqueids) were answered; each is told as `AnswerTold`."""
        self._unseen += channels

    @property
    def are_answers_wanted(self) -> bool:
        """Is there somebody whose answer nobody has asked for yet?"""
        return bool(self._unseen)

    async def ask_what_is_due(self, timeout_s: float) -> None:
        """One turn: the members and the channels when it is time, and some of the answers that are wanted."""
        if self._has_queues and (self._protocol.reloaded.is_set() or self._are_members_old()):
            await self._ask_for_members(timeout_s)
        if self._sees_channels and clock.monotonic() >= self._channels_due_at:
            await self._compare_channels(timeout_s)
        if self._unseen:
            await self._ask_when_answered(timeout_s)

    async def have_queues_come(self, timeout_s: float) -> bool:
        """Had the PBX no queues when the snapshot was taken, and has some now?"""
        if self._has_queues:
            return False
        return is_success(await self._protocol.ask({"Action": "QueueStatus"}, timeout_s))

    def _are_members_old(self) -> bool:
        return clock.monotonic() - self._members_at >= MEMBERS_EVERY_S

    async def _ask_for_members(self, timeout_s: float) -> None:
        """Hear which members the queues have: `queue reload` adds and removes some without a word, `module reload` with one."""
        self._protocol.reloaded.clear()
        at, self._members_at = clock.now(), clock.monotonic()
        self._events.hold()
        blocks = await self._protocol.ask({"Action": MEMBERS_ACTION}, timeout_s)
        held = self._events.release()
        members = members_of(blocks, at)
        events = [*([StreamResumed(at, members)] if members is not None else []), *held]
        if events:
            self._events.take(events)
        if members is not None:
            self._protocol.withheld.queues_listed(self._members_at, blocks, self._protocol.framer.events)
            self._tell_withheld()

    async def _compare_channels(self, timeout_s: float) -> None:
        """Hear which channels the PBX lists; events go on meanwhile, and are told as they come."""
        asked_at, steady_at = clock.now(), clock.monotonic()
        blocks = await self._protocol.ask({"Action": CHANNELS_ACTION}, timeout_s)
        self._next_comparison(len(blocks))
        if is_success(blocks):
            self._events.take([ChannelsListed(clock.now(), asked_at, blocks)])
            self._protocol.withheld.channels_listed(steady_at, blocks, self._protocol.framer.events)
            self._tell_withheld()

    def _next_comparison(self, channels: int) -> None:
        self._channels_due_at = clock.monotonic() + max(CHANNELS_EVERY_S, channels * LISTED_CHANNEL_S)

    def _tell_withheld(self) -> None:
        """Say once of each class that the PBX seems to withhold it."""
        withheld = self._protocol.withheld.among(self._protocol.framer.events)
        for name in sorted(withheld - self._told_withheld):
            self._told_withheld.add(name)
            log.warning("ami_events_withheld", **{"class": name}, cure=EVENTS_CURE)

    async def _ask_when_answered(self, timeout_s: float) -> None:
        """Hear of some of the channels whose answer nobody saw. An account without the right for it hears of none."""
        channels, self._unseen = self._unseen[:ASKED_AT_ONCE], self._unseen[ASKED_AT_ONCE:]
        actions = [action for channel in channels for action in actions_of(channel)]
        answers = [blocks[0] for blocks in await self._protocol.ask_all(actions, timeout_s)]
        if any(is_denied(answer) for answer in answers):
            self._unseen.clear()
            log.warning("ami_answers_not_told", action=actions[0]["Action"], cure=RIGHTS_CURE)
            return
        at, each = clock.now(), len(VARIABLES)
        self._events.take(
            [
                answer_told(channel, answers[number * each : (number + 1) * each], self._protocol.decoder.clock, at)
                for number, channel in enumerate(channels)
            ]
        )

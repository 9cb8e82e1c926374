"""The link to the PBX for ever: connect, listen until the line is lost, say what is wrong, wait, and all over again."""

import asyncio
import os
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Literal

import structlog

from daemon import clock
from daemon.ami_counters import AmiCounters, LinkCounts
from daemon.ami_line import AmiLine
from daemon.ami_login import AmiAccount, LoginRefusedError
from daemon.ami_protocol import AmiError, AmiProtocol
from daemon.ami_rights import Rights, RightsTooWideError
from daemon.backoff import Backoff
from daemon.late_reading import LateReading
from handlers.ami.events import Event, GapReason, StreamBroken

log = structlog.get_logger()

AmiState = Literal["connecting", "unreachable", "refused", "ready", "lost"]
RECONNECT_FIRST_S = 1.0
# A refused login is tried slowly: every try is a line in the PBX's security log, and fail2ban reads it.
REFUSED_FIRST_S = 60.0
REFUSED_MOST_S = 600.0
# A connection that lasted so long was a good one: the next is tried at once.
STABLE_AFTER_S = 60.0
SLOW_CURE = "Asterisk cuts off who reads too slowly: writetimeout = 5000 in the account, see: ringtally pbx-snippet"


class AmiClient:
    """Listens to one PBX for ever. Events go to `sink` in order, as each `AmiLine` tells them; `StreamBroken` when one is lost."""

    def __init__(
        self,
        account: AmiAccount,
        sink: Callable[[Sequence[Event]], None],
        on_state: Callable[[AmiState], None] = lambda _state: None,
        tap: Callable[[bytes], None] = lambda _data: None,
        asked: Callable[[str], None] = lambda _text: None,
    ) -> None:
        self._account = account
        self._sink = sink
        self._on_state = on_state
        self._tap = tap
        self._asked = asked
        self._line: AmiLine | None = None
        self._late = LateReading()
        self._rights = Rights()
        self._counts = LinkCounts()
        self._changed = False
        self._pausing: asyncio.Timeout | None = None
        self._told: str | None = None
        self._heard = clock.monotonic()
        self.state: AmiState = "connecting"
        self.given_up: RightsTooWideError | None = None
        """Why it is tried no more, or None."""
        self.on_give_up: Callable[[], None] = lambda: None

    async def run(self) -> None:
        """Connect and listen until cancelled; whatever happens to the PBX or the line only means another try."""
        while True:
            self._changed = False
            self._told = None
            await self._run_with_this_account()

    async def _run_with_this_account(self) -> None:
        """The same, until the account is changed."""
        backoff = Backoff(RECONNECT_FIRST_S, self._account.reconnect_most_s)
        refused = Backoff(REFUSED_FIRST_S, REFUSED_MOST_S)
        while not self._changed:
            waits = backoff
            try:
                stood_s = await self._listen()
            except LoginRefusedError as error:
                self._tell("refused", str(error), "check ami.username, ami.secret and the account's permit line")
                waits = refused
            except RightsTooWideError as error:
                self._set_state("refused")
                self.given_up = error
                self.on_give_up()
                await asyncio.Event().wait()  # until we are stopped
            except ssl.SSLError as error:
                self._tell("unreachable", _reason(error), "check ami.tls, ami.ca_file and whom the certificate names")
            except (OSError, TimeoutError, AmiError) as error:
                self._tell("unreachable", _reason(error), "check ami.host and ami.port, and that Asterisk runs")
            else:
                if stood_s is not None:
                    refused.reset()
                    if stood_s > STABLE_AFTER_S:
                        backoff.reset()
            await self._pause(waits.next_s())

    async def _pause(self, seconds: float) -> None:
        """Wait so long, or until the account is changed."""
        with suppress(TimeoutError):
            async with asyncio.timeout(None) as self._pausing:
                await asyncio.sleep(0 if self._changed else seconds)
        self._pausing = None

    async def _listen(self) -> float | None:
        """One connection, from its beginning to its loss; for how long it was ready, None: never. Raises what `AmiLine` raises."""
        line = AmiLine(self._account, self._sink, self._ready, self._counts, self._late, self._rights)
        await line.open(self._tap, self._asked)
        self._line, self._counts.protocol = line, line.protocol
        try:
            if not self._changed:
                await line.listen()
        finally:
            self._line = None
            self._leave(line)
        return None if line.ready_at is None else clock.monotonic() - line.ready_at

    def _ready(self) -> None:
        self._counts.connects()
        self._told = None
        self._set_state("ready")

    def _leave(self, line: AmiLine) -> None:
        """The connection is over."""
        self._counts.leave(line.protocol)
        held = line.close()
        self._counts.tell_bad()
        if held:
            self._sink(held)
        if line.ready_at is None:
            return
        self._heard = clock.monotonic() - line.protocol.silent_s
        if not _is_cancelled():
            self._lost(line, "account_changed" if self._changed else line.why_lost)

    def _lost(self, line: AmiLine, reason: GapReason) -> None:
        """From here on there is a gap; of a silent line since it was heard last."""
        protocol = line.protocol
        broken_at = clock.now() - protocol.silent_s if reason == "silent" else clock.now()
        self._counts.deaf_since(broken_at)
        self._set_state("lost")
        self._sink([StreamBroken(broken_at, reason)])
        told: dict[str, object] = {"cure": SLOW_CURE} if reason == "slow" else {}
        if protocol.cut_off_after_s is not None:
            told["read_nothing_for_s"] = round(protocol.cut_off_after_s, 3)
        log.warning("ami_lost", host=self._account.host, port=self._account.port, reason=reason, **told)

    def change_account(self, account: AmiAccount, reconnect: bool = True) -> None:
        """Log in with this account from here on. `reconnect`: at once, and a connection that stands is lost for it."""
        self._account = account
        if self._line is not None:
            self._line.account = account
        if reconnect:
            self._changed = True
            if self._pausing is not None and not self._pausing.expired():
                self._pausing.reschedule(asyncio.get_running_loop().time())
            if self._line is not None:
                self._line.protocol.close()

    def ask_for_answers(self, channels: Sequence[str]) -> None:
        """Ask soon when these live channels (uniqueids) were answered, by their CDRs; each is told as `AnswerTold`.

        Without a connection nothing is asked: the next snapshot has the core name anew whom it wants to know of.
        """
        if self._line is not None:
            self._line.ask_for_answers(channels)

    def settle(self, reason: str) -> None:
        """An event contradicts what is known: have the PBX say soon what lives. Without a connection the next one does."""
        self._counts.contradicted(reason)
        if self._line is not None:
            self._line.settle()

    @property
    def protocol(self) -> AmiProtocol | None:
        """The connection that stands, logged in or not; None: none does."""
        return self._counts.protocol

    @property
    def is_asking(self) -> bool:
        """Does somebody wait for an answer of the PBX?"""
        return self._line is not None and self._line.is_asking

    def was_deaf_since(self, at: float | None) -> None:
        """The PBX is not heard since `at` (None: nobody knows): until it is, that counts as a gap."""
        self._counts.deaf_since(at)

    def drop(self) -> None:
        """Give this connection up, for we are too far behind: the snapshot of the next one settles everything."""
        if self._line is not None:
            self._line.drop()

    async def hear_once_more(self, within_s: float) -> None:
        """Before we stop: a line that stands was heard until now, and not until the last ping; one that is dead takes so long."""
        if self._line is not None and self._line.ready_at is not None:
            await self._line.hear_once_more(within_s)

    @property
    def silent_s(self) -> float:
        """For how many seconds nothing has come of the PBX, answers to pings included; of logins that came to nothing none counts."""
        line = self._line
        if line is not None and line.ready_at is not None:
            return line.protocol.silent_s
        return clock.monotonic() - self._heard

    @property
    def is_holding(self) -> bool:
        """Are events held back until a snapshot or an answer that is asked for can go before them?"""
        return self._line is not None and self._line.is_holding

    @property
    def counters(self) -> AmiCounters:
        """The counts as of now."""
        return self._counts.now()

    def _tell(self, state: AmiState, reason: str, cure: str) -> None:
        """Say once what is wrong, until it changes."""
        if self._changed:
            return  # what failed was a try with an account that is no longer ours
        self._set_state(state)
        if self._told != f"{state} {reason}":
            self._told = f"{state} {reason}"
            log.warning(f"ami_{state}", host=self._account.host, port=self._account.port, reason=reason, cure=cure)

    def _set_state(self, state: AmiState) -> None:
        self.state = state
        self._counts.connected(state == "ready")
        self._on_state(state)


def _is_cancelled() -> bool:
    """Are we being stopped? Then nothing broke."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _reason(error: BaseException) -> str:
    if isinstance(error, TimeoutError) and not error.args:
        return "no answer in time"
    # asyncio words a refused connection in its own way; the system's words are known to everybody.
    if isinstance(error, ConnectionError) and error.errno:
        return os.strerror(error.errno)
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__

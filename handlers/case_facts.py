"""What the core says of cases: who called, was not reached, and has or has not been reached since (contract, section 3).

Moments are epoch seconds UTC, durations seconds. Every fact carries the case as it stands after it.
"""

from dataclasses import dataclass, replace
from typing import Literal

from handlers.frozen import quickly_made

CaseState = Literal["open", "recovered", "truly_missed", "recovered_late", "dismissed"]
ContactKind = Literal["outgoing", "incoming", "external"]
Outcome = Literal["done", "no_case", "no_number", "claimed_by_another"]

CONTACT_KINDS: tuple[ContactKind, ...] = ("outgoing", "incoming", "external")
WAITING_STATES: tuple[CaseState, ...] = ("open", "truly_missed")
ATTEMPT_RESULTS = ("no_answer", "busy", "cancelled", "failed", "too_short", "unknown")
"""`too_short`: answered, but the talk was under the minimum. Else the result of the call."""


NOTES_KEPT = 20
"""Of a case that waits: so many of its notes are told live."""


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody wrote on a call."""

    at: float
    by: str
    text: str


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One number that was missed, from its first miss on."""

    id: str
    """The first missed call's id; with `pbx` and `boot` it is unique."""
    pbx: str
    boot: str
    number: str
    """Normalised."""
    state: CaseState
    opened_at: float
    """When the first missed call ended."""
    due_at: float | None
    """The deadline; None: no working time will ever come."""
    last_missed_at: float
    calls: int
    attempts: int = 0
    contact: ContactKind | None = None
    contact_at: float | None = None
    contact_call: str | None = None
    contact_by: str | None = None
    reaction_s: float | None = None
    contact_s: float | None = None
    trunk: str | None = None
    did: str | None = None
    source: str | None = None
    queue: str | None = None
    department: str | None = None
    closed: bool = False
    """Was its first call outside working hours?"""
    call_ids: tuple[str, ...] = ()
    """Of its missed calls, the latest ones."""
    claimed_by: str | None = None
    claimed_until: float | None = None
    dismissed_by: str | None = None
    dismissed_why: str | None = None
    notes: tuple[Note, ...] = ()
    """Of its calls; of a case that waits in the core the latest ones."""
    client: str | None = None
    """By the site's directory, as of now, and who of us looks after him; only read back from the database."""
    responsible: str | None = None

    def as_of(self, now: float) -> "Case":
        """The same without a claim of which the time is over: it may have ended while nobody was there to note it."""
        if self.claimed_until is None or self.claimed_until > now:
            return self
        return replace(self, claimed_by=None, claimed_until=None)

    @property
    def is_waiting(self) -> bool:
        """Has nobody spoken with the caller yet?"""
        return self.state in WAITING_STATES


@dataclass(frozen=True, slots=True)
class CaseMissed:
    """A number was missed that nobody was waiting for yet, or (`again`) once more."""

    at: float
    case: Case
    call: str
    boot: str
    again: bool


@dataclass(frozen=True, slots=True)
class CaseAttempted:
    """We called back, and did not reach him, or did not talk long enough."""

    at: float
    case: Case
    call: str
    boot: str
    result: str
    by: str | None


@dataclass(frozen=True, slots=True)
class CaseRecovered:
    """Somebody spoke with him; `late`: after the deadline. Told when the contact is over; the case says when it was."""

    at: float
    case: Case
    late: bool


@dataclass(frozen=True, slots=True)
class CaseTrulyMissed:
    """The window ran out. `at` is the deadline itself, whenever that was noticed."""

    at: float
    case: Case


@dataclass(frozen=True, slots=True)
class CaseDismissed:
    """Somebody ended it by hand."""

    at: float
    case: Case


@dataclass(frozen=True, slots=True)
class CaseClaimed:
    """Somebody calls this one back himself, until a moment; or no longer, and then nobody claims it."""

    at: float
    case: Case


@dataclass(frozen=True, slots=True)
class CaseNoted:
    """Somebody wrote something on a call of it."""

    at: float
    case: Case


@dataclass(frozen=True, slots=True)
class CaseUnlisted:
    """It left the call-back list for its age, and is as it was."""

    at: float
    case: Case


@dataclass(frozen=True, slots=True)
class RequestAnswered:
    """What came of something that somebody asked of cases: `outcome`, and the cases that it was about."""

    at: float
    request: int
    outcome: Outcome
    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True)
class NumberForgotten:
    """No case knows this number any more that somebody asked to forget; so many were on the list, and are dismissed."""

    at: float
    request: int
    dismissed: int


CaseFact = (
    CaseMissed
    | CaseAttempted
    | CaseRecovered
    | CaseTrulyMissed
    | CaseDismissed
    | CaseClaimed
    | CaseNoted
    | CaseUnlisted
)
CASE_FACTS = (
    CaseMissed,
    CaseAttempted,
    CaseRecovered,
    CaseTrulyMissed,
    CaseDismissed,
    CaseClaimed,
    CaseNoted,
    CaseUnlisted,
)

"""What people say of cases: "I have spoken with him", "leave that one be", "I call this one back". The core's other events.

Like those of the PBX they are NamedTuples with `at`, the moment at which they reach the core. `request` is by what the answer
(`RequestAnswered`) is known. `asked_at` is when it was said, which to a daemon that is down may be long before; None: just now.
"""

from typing import NamedTuple

from handlers.case_facts import Note


class ContactReported(NamedTuple):
    """Somebody spoke with a number outside of the PBX, at `spoke_at`. It closes what was missed before that."""

    at: float
    request: int
    number: str
    spoke_at: float
    by: str
    asked_at: float | None = None


class DismissAsked(NamedTuple):
    """A case is to end without a contact: spam, a wrong number."""

    at: float
    request: int
    case_id: str
    by: str
    why: str
    asked_at: float | None = None


class ClaimAsked(NamedTuple):
    """Somebody calls a case back himself, until a moment; None: no longer."""

    at: float
    request: int
    case_id: str
    by: str
    until: float | None


class NoteWritten(NamedTuple):
    """Somebody noted something on a call of a case. It is stored already, and nobody waits for an answer."""

    at: float
    case_id: str
    note: Note


class ForgetAsked(NamedTuple):
    """A number is to be forgotten: `token` takes its place. Who waits can be called back by nobody any more."""

    at: float
    request: int
    number: str
    token: str
    by: str


Request = ContactReported | DismissAsked | ClaimAsked
Said = Request | NoteWritten | ForgetAsked

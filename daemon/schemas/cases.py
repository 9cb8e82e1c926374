"""A case (contract, section 4), field by field, in the order in which they are told; its steps, and times without the PBX."""

from typing import get_args

from daemon.schemas.values import Schema, count, flag, listed, moment, one_of, seconds, shared_list, text, thing
from handlers.ami.events import GapReason
from handlers.case_facts import CaseState, ContactKind

_WORKING = "Seconds of working time"
_MASKED = "masked as the site's settings say"
_NOBODY = "nobody"

STEPS = ("missed", "attempt", "recovered", "truly_missed", "recovered_late", "dismissed", "claimed")
CASE: dict[str, Schema] = {
    "id": text("The id of its first missed call"),
    "number": text(f"Whose calls were missed, {_MASKED}"),
    "client": text(f"Who that is by the site's directory, {_MASKED}", "not in it"),
    "responsible": text(f"Who looks after that client, {_MASKED}", "nobody is named"),
    "state": one_of("How it stands", get_args(CaseState)),
    "claimed_by": text("Who says that he calls back; shown to all", _NOBODY),
    "claimed_until": moment("Until when others are held off", "nobody claims it"),
    "opened_at": moment("When the first missed call ended", "the PBX's clock was absurd"),
    "due_at": moment("The deadline", "no working time will ever come"),
    "last_missed_at": moment("When the latest missed call ended", "the PBX's clock was absurd"),
    "calls": count("How many calls of this number were missed", at_least=1),
    "attempts": count("How often somebody called back in vain"),
    "contact": one_of("How somebody spoke with him", get_args(ContactKind), "nobody has"),
    "contact_at": moment("When", "nobody has"),
    "contact_call": text("By which call", "by none of ours"),
    "contact_by": text("Who did", "nobody, or not known"),
    "reaction_s": seconds("From the first miss to the first attempt or contact", "there was none", _WORKING),
    "contact_s": seconds("From the first miss to the contact", "there was none", _WORKING),
    "trunk": text("The line of the first missed call", "none"),
    "did": text("The number dialled in it", "not told"),
    "source": text("Where the caller saw that number, by the settings", "not known"),
    "queue": text("The first queue joined in it", "none"),
    "department": text("Whose call it was, by the settings", "of none"),
    "closed": flag("The first missed call came outside of working hours"),
    "dismissed_by": text(f"Who ended it by hand, {_MASKED}", _NOBODY),
    "dismissed_why": text("Why; left out where masked", "not said"),
    "call_ids": listed("The latest of its missed calls", text("A call's id")),
    "notes": shared_list("What was noted, oldest first; empty where masked", "Note"),
}
GAP: dict[str, Schema] = {
    "from": moment("Since when the PBX was not heard", "the PBX's clock was absurd"),
    "to": moment("Until when", "the PBX's clock was absurd"),
    "lasted_s": seconds("How long"),
    "reason": one_of("Why", get_args(GapReason)),
}
SHARED: dict[str, Schema] = {
    "Case": thing("A number that was missed, and what became of it", CASE),
    "Step": thing(
        "Something that happened to a case",
        {
            "at": moment("When", "the PBX's clock was absurd"),
            "kind": one_of("What; `claimed` by nobody: let go of", STEPS),
            "call": text("Of a missed call, an attempt, a contact by a call: its id", "by no call"),
            "result": text("Of an attempt; of a contact its kind; of a dismissal why, with the read token", "none"),
            "by": text("Who", "nobody, or not known"),
        },
    ),
    "Gap": thing("A time in which the PBX was not heard", GAP),
}

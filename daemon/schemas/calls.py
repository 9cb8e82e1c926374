"""A call, its time line and its notes (contract, section 4), field by field, in the order in which they are told."""

from typing import get_args

from daemon.schemas.values import Schema, count, flag, listed, moment, one_of, seconds, shared, shared_list, text, thing
from handlers.facts import CALL_STATES, DIRECTIONS, RESULTS, EndedBy, LegResult, StayOutcome

ALL_RESULTS = tuple(dict.fromkeys(result for each in RESULTS.values() for result in each))
_PASSED_ON = ("answered", "returned", "abandoned", "busy", "no_answer", "unavailable", "service", "failed")
_NOT_YET = "not so far, or nobody knows"
_MASKED = "masked as the site's settings say"

NOTE = thing(
    "What somebody noted",
    {"at": moment("When"), "by": text("Who, as he said himself"), "text": text("What")},
)
CALL: dict[str, Schema] = {
    "id": text("The call's id; with `pbx` and `boot` there is no other"),
    "pbx": text("Which PBX"),
    "boot": text("Which run of it"),
    "direction": one_of("Seen from the site", DIRECTIONS),
    "result": one_of("What became of it", ALL_RESULTS, "it goes on"),
    "missed": flag("A call from outside that no person answered, and that counts as missed (`follow_up.count`)"),
    "closed": flag("It began outside of working hours"),
    "voicemail": flag("Voicemail took it"),
    "trunk": text("The outside line, by its name in the settings", "none was used"),
    "did": text("The number that the caller dialled", "not told"),
    "source": text("Where the caller saw that number, by the settings", "not known"),
    "caller": text(f"Who called, as presented, {_MASKED}", "not presented"),
    "caller_e164": text(f"The same in the one spelling, {_MASKED}", "no usable number"),
    "caller_name": text(f"The name that the caller sent, {_MASKED}", "none"),
    "client": text(f"The outside party by the site's directory, {_MASKED}", "not in it"),
    "responsible": text(f"Who looks after that client, {_MASKED}", "nobody is named"),
    "called": text(f"What was dialled; an outside number {_MASKED}", "not told"),
    "called_e164": text(f"The same in the one spelling, {_MASKED}", "no usable number"),
    "queue": text("The first queue joined", "none"),
    "queues": listed("All queues joined, in order", text("A queue's name")),
    "answered_by": text("The device, or the outside number, that answered", "nobody did"),
    "agents": listed(
        "Who of the site talked, in order",
        thing(
            "Somebody",
            {"device": text("His device"), "name": text(f"His name, {_MASKED}", "not known")},
        ),
    ),
    "started_at": moment("When it began", "the PBX's clock was absurd"),
    "rang_at": moment("When a person's phone rang first", _NOT_YET),
    "queued_at": moment("When it joined its first queue", _NOT_YET),
    "answered_at": moment("When a person answered", _NOT_YET),
    "ended_at": moment("When it ended", "it goes on"),
    "ended_by": one_of("Who hung up first", get_args(EndedBy), "not known"),
    "case_id": text("The case that it opened or joined", "not missed, or by a number that cannot be called back"),
    "contacted_at": moment("When somebody spoke with that caller afterwards", _NOT_YET),
    "lost_after_transfer": flag("Answered, passed on, and hung up before anybody else answered"),
    "wait_s": seconds("The whole wait of the caller for a person", "nobody knows"),
    "ivr_s": seconds("Of it in menus, before anything rang or was queued", "nobody knows"),
    "queue_s": seconds("Of it in queues", "nobody knows"),
    "ring_s": seconds("How long phones rang", "nobody knows"),
    "talk_s": seconds("Talk with persons, hold included", "nobody knows"),
    "hold_s": seconds("Of it on hold", "nobody knows"),
    "total_s": seconds("From beginning to end", "nobody knows"),
    "transfers": listed(
        "How it was passed on, in order",
        thing(
            "One passing on",
            {
                "kind": one_of("Announced first or not", ("blind", "attended")),
                "by": text("Who passed on: an extension, or a number, then masked", "not known"),
                "to": text("To whom: an extension, or a number, then masked", "not known"),
                "at": moment("When", "the PBX's clock was absurd"),
                "result": one_of("What came of it", _PASSED_ON, "nothing so far"),
            },
        ),
    ),
    "recording": {"type": "null", "description": "Kept for later"},
    "end_seen": flag("Its end was heard; else durations may be null"),
    "incomplete": flag("The PBX was not heard for a part of it"),
    "merged_into": text("The call that it became a part of; then it counts nowhere", "none"),
    "notes": shared_list("What was noted on it, oldest first; empty where masked", "Note"),
}
_LIVE: dict[str, Schema] = {
    "state": one_of("What happens in it now", CALL_STATES),
    "state_since": moment("Since when", "the PBX's clock was absurd"),
    "waits_in": listed(
        "The queues in which it stands now, in the order in which it joined them",
        thing(
            "One of them",
            {"queue": text("The queue"), "since": moment("Since when", "the PBX's clock was absurd")},
        ),
    ),
}
_TIME_LINE: dict[str, Schema] = {
    "legs": listed(
        "Its channels, but for halves that only join others",
        thing(
            "One channel",
            {
                "uniqueid": text("Its id on the PBX"),
                "channel": text("Its name on the PBX"),
                "device": text("Whose it is: a device or a line"),
                "side": one_of("Outside party or person of the site", ("outside", "person")),
                "name": text(f"Its name, {_MASKED}", "not known"),
                "number": text(f"Its number, {_MASKED}", "not known"),
                "queue": text("The queue that called it", "none"),
                "started_at": moment("When it was made", "the PBX's clock was absurd"),
                "rang_at": moment("When it began to ring", "it did not"),
                "ring_ended_at": moment("When it rang no more", "it did not ring"),
                "joined_at": moment("When it first heard the other side", "it did not"),
                "ended_at": moment("When it was gone", "that was not seen"),
                "result": one_of("What became of the attempt", get_args(LegResult), "it began the call"),
                "cause": count("Why it ended, by Q.850", "not told"),
            },
        ),
    ),
    "stays": listed(
        "Its stays in queues, in order",
        thing(
            "One stay",
            {
                "queue": text("The queue"),
                "joined_at": moment("When the caller joined", "the PBX's clock was absurd"),
                "left_at": moment("When he left", "that was not seen"),
                "outcome": one_of("How", get_args(StayOutcome), "it goes on"),
                "position": count("At which place he joined", "not told"),
                "member": text("Who of the queue answered", "nobody, or not known"),
            },
        ),
    ),
    "talks": listed(
        "Its talks with persons of the site, in order",
        thing(
            "One talk",
            {
                "started_at": moment("When it began", "that was not seen"),
                "found_at": moment("When it was met, already going on", "its beginning was seen"),
                "ended_at": moment("When it ended", "that was not seen"),
                "device": text("With which device"),
                "name": text(f"Whose name, {_MASKED}", "not known"),
            },
        ),
    ),
    "holds": listed(
        "When somebody was on hold, in order",
        thing(
            "One hold",
            {
                "started_at": moment("When it began", "the PBX's clock was absurd"),
                "ended_at": moment("When it ended", "that was not seen"),
                "by": one_of("Who held, or a parking lot", ("caller", "person", "lot")),
            },
        ),
    ),
}
SHARED: dict[str, Schema] = {
    "Note": NOTE,
    "FinishedCall": thing("A finished call", CALL),
    "LiveCall": thing("A call that lives", CALL | _LIVE),
    "CallWithTimeLine": thing("A finished call with its time line", CALL | _TIME_LINE),
}


def any_call() -> Schema:
    """A call that lives or one that is finished."""
    return {"oneOf": [shared("LiveCall"), shared("FinishedCall")], "description": "As it stands after it"}

"""A call as JSON: the one shape in which the command line, HTTP, MQTT and replay tell it (contract, section 4)."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from handlers.case_facts import Note
from handlers.facts import Call, CallEnded

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST_MS = 253_402_300_799_999


def call_json(call: Call) -> dict[str, Any]:
    """The fields of the contract, in its order, as values that any JSON encoder takes. Live calls have nulls."""
    return {
        "id": call.id,
        "pbx": call.pbx,
        "boot": call.boot,
        "direction": call.direction,
        "result": call.result,
        "missed": call.missed,
        "closed": call.closed,
        "voicemail": call.voicemail,
        "trunk": call.trunk,
        "did": call.did,
        "source": call.source,
        "caller": call.caller,
        "caller_e164": call.caller_e164,
        "caller_name": call.caller_name,
        "client": call.client,
        "responsible": call.responsible,
        "called": call.called,
        "called_e164": call.called_e164,
        "queue": call.queue,
        "queues": list(call.queues),
        "answered_by": call.answered_by,
        "agents": [{"device": agent.device, "name": agent.name} for agent in call.agents],
        "started_at": iso(call.started_at),
        "rang_at": iso(call.rang_at),
        "queued_at": iso(call.queued_at),
        "answered_at": iso(call.answered_at),
        "ended_at": iso(call.ended_at),
        "ended_by": call.ended_by,
        "case_id": call.case_id,
        "contacted_at": iso(call.contacted_at),
        "lost_after_transfer": call.lost_after_transfer,
        "wait_s": _seconds(call.wait_s),
        "ivr_s": _seconds(call.ivr_s),
        "queue_s": _seconds(call.queue_s),
        "ring_s": _seconds(call.ring_s),
        "talk_s": _seconds(call.talk_s),
        "hold_s": _seconds(call.hold_s),
        "total_s": _seconds(call.total_s),
        "transfers": [
            {"kind": passed.kind, "by": passed.by, "to": passed.to, "at": iso(passed.at), "result": passed.result}
            for passed in call.transfers
        ],
        "recording": None,
        "end_seen": call.end_seen,
        "incomplete": call.incomplete,
        "merged_into": call.merged_into,
        "notes": notes_json(call.notes),
    }


def time_line_json(ended: CallEnded) -> dict[str, Any]:
    """A call with the parts of its time line after the fields of `call_json`: `legs`, `stays`, `talks`, `holds`."""
    return call_json(ended.call) | {
        "legs": [
            {
                "uniqueid": leg.uniqueid,
                "channel": leg.channel,
                "device": leg.device,
                "side": leg.side,
                "name": leg.name,
                "number": leg.number,
                "queue": leg.queue,
                "started_at": iso(leg.started_at),
                "rang_at": iso(leg.rang_at),
                "ring_ended_at": iso(leg.ring_ended_at),
                "joined_at": iso(leg.joined_at),
                "ended_at": iso(leg.ended_at),
                "result": leg.result,
                "cause": leg.cause,
            }
            for leg in ended.legs
        ],
        "stays": [
            {
                "queue": stay.queue,
                "joined_at": iso(stay.joined_at),
                "left_at": iso(stay.left_at),
                "outcome": stay.outcome,
                "position": stay.position,
                "member": stay.member,
            }
            for stay in ended.stays
        ],
        "talks": [
            {
                "started_at": None if talk.begun_unseen else iso(talk.started_at),
                "found_at": iso(talk.started_at) if talk.begun_unseen else None,
                "ended_at": iso(talk.ended_at),
                "device": talk.device,
                "name": talk.name,
            }
            for talk in ended.talks
        ],
        "holds": [
            {"started_at": iso(hold.started_at), "ended_at": iso(hold.ended_at), "by": hold.by} for hold in ended.holds
        ],
    }


def notes_json(notes: Sequence[Note]) -> list[dict[str, Any]]:
    """Notes, oldest first."""
    return [{"at": iso(note.at), "by": note.by, "text": note.text} for note in notes]


def iso(at: float | None) -> str | None:
    """A moment as `2026-11-23T18:04:05.123Z`: UTC, milliseconds, rounded as the database rounds. None stays None.

    So does what no calendar holds (before 1970, after 9999): an absurd stamp must not cost the whole answer.
    """
    if at is None or not 0 <= at * 1000 <= _LATEST_MS:
        return None
    moment = _EPOCH + timedelta(milliseconds=int(at * 1000 + 0.5))
    return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def _seconds(duration_s: float | None) -> float | None:
    return None if duration_s is None else round(duration_s, 3)

"""Calls of reports as strangers may see them, in every form: masked as facts, before anything is made of them."""

from dataclasses import replace

from handlers.facts import Agent, Call, Transfer
from storage.call_json import call_json
from storage.masking import mask_device, mask_name, mask_number, masked
from storage.reports.missed import MissedCall

_CUT = ("caller", "caller_e164", "caller_name", "called", "called_e164", "client", "responsible", "answered_by")


def masked_call(call: Call) -> Call:
    """The call with what `masked` leaves of its JSON."""
    left = masked(call_json(call))
    agents = tuple(Agent(**agent) for agent in left["agents"])
    transfers = tuple(
        Transfer(kept.kind, told["by"], told["to"], kept.at, kept.result)
        for kept, told in zip(call.transfers, left["transfers"], strict=True)
    )
    return replace(call, agents=agents, transfers=transfers, notes=(), **{name: left[name] for name in _CUT})


def masked_missed_call(call: MissedCall) -> MissedCall:
    """The missed call without what tells who called; of who reached him as much as `masked_case` leaves."""
    by = mask_name if call.contact == "external" else mask_device
    return replace(
        call,
        number=mask_number(call.number),
        name=mask_name(call.name),
        client=mask_name(call.client),
        responsible=mask_name(call.responsible),
        contact_by=by(call.contact_by),
    )

"""Who called whom, and by which line: the numbers of a call as its record has them, each in the one spelling too."""

from typing import NamedTuple

from handlers.calls.channels import Channel, extension_of
from handlers.calls.live_call import LiveCall
from handlers.calls.names import is_extension
from handlers.numbers import NumberPlan
from handlers.rules import Rules


class Parties(NamedTuple):
    """Who called whom, and by which line."""

    trunk: str | None
    did: str | None
    source: str | None
    caller: str | None
    caller_e164: str | None
    called: str | None
    called_e164: str | None


class Numbers:
    """Reads numbers off calls by one number plan, and knows by which of the site's numbers which source is advertised."""

    def __init__(self, rules: Rules) -> None:
        self._plan = NumberPlan(rules.region, rules.area_code, rules.strip_prefixes)
        self._sources = {
            each: source.name for source in rules.sources for did in source.dids for each in (did, self._spelled(did))
        }

    def parties(self, call: LiveCall) -> Parties:
        """Both sides of a call, as far as they are known now."""
        first = call.first
        trunk = did = None
        if call.direction == "in":
            caller, called = first.number, _exten(first)
            did = called
            trunk = first.side.trunk if first.side else None
        else:
            caller = first.number if is_extension(first.number) else extension_of(first)
            called = _dialled(call)
            if call.direction == "out" and call.trunk_leg is not None:
                trunk = call.trunk_leg.side.trunk if call.trunk_leg.side else None
        return Parties(
            trunk,
            did,
            self._source(did) if did and self._sources else None,
            caller,
            self._plan.normalised(caller),
            called,
            self._plan.normalised(called, call.direction == "out"),
        )

    def of_outside_party(self, call: LiveCall) -> str | None:
        """The outside party's number as the record has it, normalised; None: there is none."""
        if call.direction == "in":
            return self._plan.normalised(call.first.number)
        return self._plan.normalised(_dialled(call), True) if call.direction == "out" else None

    def _source(self, did: str) -> str | None:
        return self._sources.get(did) or self._sources.get(self._spelled(did))

    def _spelled(self, did: str) -> str:
        """One spelling of a number dialled: the PBX may be told it with or without `+7`."""
        return self._plan.normalised(did) or did


def _dialled(call: LiveCall) -> str | None:
    """What was dialled in a call that began inside; of one to the outside what the line was given."""
    if call.direction == "out" and call.trunk_leg is not None and call.trunk_leg.dialled:
        return call.trunk_leg.dialled
    return _exten(call.first)


def _exten(first: Channel) -> str | None:
    return None if first.is_exten_present else first.exten or None

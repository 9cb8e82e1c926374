"""How the daemon does, as `bridge/health` tells it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from daemon import clock
from daemon.ami_client import AmiClient, AmiState
from daemon.sinks.mqtt import MqttSink
from handlers.facts import Fact, GapEnded
from storage.call_json import iso
from storage.gaps import gap_json
from storage.writer import Writer


@dataclass(slots=True)
class Health:
    """Asks the parts each time that it is asked; those that are made later are filled in later."""

    writer: Writer
    client: AmiClient | None = None
    mqtt: MqttSink | None = None
    since: float = field(default_factory=clock.now)
    _ami: AmiState = "connecting"
    _last_gap: GapEnded | None = None

    def noted(self, state: AmiState) -> None:
        """The link to the PBX changed."""
        if state != self._ami:
            self._ami, self.since = state, clock.now()

    def take(self, facts: Sequence[Fact]) -> None:
        """Note the facts."""
        for fact in facts:
            if isinstance(fact, GapEnded):
                self._last_gap = fact

    def trouble(self) -> str | None:
        """What somebody should look after though the daemon runs; None: nothing. Tells nothing of what only the operator may see."""
        health = self.writer.health
        if health.state == "ok":
            return None
        return f"calls are not stored now, {health.waiting} wait; the daemon's log says why"

    def has_met_the_pbx(self) -> bool:
        """Has the PBX said since our start what there is?"""
        return self.client is not None and self.client.counters.connects > 0

    def payload(self) -> dict[str, Any]:
        """`since`: when the link to the PBX came into its state; `last_gap`: the last time since our start in which it was not heard."""
        gap = self._last_gap
        return {
            "ami": self._ami,
            "since": iso(self.since),
            "last_event": iso(self.client.counters.last_event_at) if self.client is not None else None,
            "last_gap": None if gap is None else gap_json(gap),
            "store": self.writer.health.state,
            "mqtt": self.mqtt.state if self.mqtt is not None else "off",
            "outbox": self.mqtt.waiting if self.mqtt is not None else 0,
        }

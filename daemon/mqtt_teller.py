"""How it stands with the broker, told the operator once, whatever the broker does."""

from typing import Literal

import structlog

from daemon import clock
from daemon.mqtt_link import Broker

# A connection that lasted so long was a good one.
STABLE_AFTER_S = 60.0

MqttState = Literal["connecting", "connected", "unreachable", "refused", "lost"]
log = structlog.get_logger()


class MqttTeller:
    """Is told what becomes of the connection, and says in the log what of that is news.

    In one outage, each thing to do about it is told once, with the first of its reasons: those may alternate for hours. A
    connection that is lost again and again within a minute is told as that, and then nothing until one lasts.
    """

    def __init__(self, broker: Broker) -> None:
        self._about = {"host": broker.host, "port": broker.port}
        self._told: set[tuple[str, str]] = set()
        self._since: float | None = None
        self._lost_at = 0.0
        self._short = 0
        self._is_flapping = False
        self.was_stable = False
        self.state: MqttState = "connecting"

    def connected(self) -> None:
        """The broker has us."""
        self.state = "connected"
        self._since = clock.monotonic()
        self.was_stable = False
        if not self._is_flapping:
            self._told.clear()
            log.info("mqtt_connected", **self._about)

    def settle(self) -> None:
        """Look whether the connection lasts."""
        if self._since is not None and not self.was_stable and clock.monotonic() - self._since >= STABLE_AFTER_S:
            self.was_stable = True
            self._short = 0
            if self._is_flapping:
                self._is_flapping = False
                self._told.clear()
                log.info("mqtt_connected", **self._about)

    def failed(self, state: Literal["unreachable", "refused"], reason: str, cure: str) -> None:
        """There is no connection any more, or none came about."""
        if self._since is None:
            self.state = state
            self.was_stable = False
            if self._is_flapping and clock.monotonic() - self._lost_at >= STABLE_AFTER_S:
                self._is_flapping = False
            self._tell(f"mqtt_{state}", reason, cure)
            return
        self._since = None
        self._lost_at = clock.monotonic()
        self.state = "lost"
        self._short = 0 if self.was_stable else self._short + 1
        if self._short > 1 and not self._is_flapping:
            self._tell(
                "mqtt_flapping",
                reason,
                "see the broker's log: it may be restarting, or another client use this mqtt.client_id",
            )
            self._is_flapping = True
        self._tell("mqtt_lost", reason, "see whether the broker runs")

    def refused_beside(self, topic: str, reason: str) -> None:
        """Something that is not needed for the rest may not be published."""
        cure = f"let the broker's ACL give this account write on {topic}, or set mqtt.home_assistant = false"
        self._tell("mqtt_home_assistant_refused", reason, cure)

    def _tell(self, event: str, reason: str, cure: str) -> None:
        if not self._is_flapping and (event, cure) not in self._told:
            self._told.add((event, cure))
            log.warning(event, **self._about, reason=reason, cure=cure)
